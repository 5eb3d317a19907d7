"""The control plane's processes and what they are told."""

import json
from pathlib import Path

from ci.cluster.addresses import Block
from ci.cluster.api import Api
from ci.cluster.layout import Layout
from ci.cluster.pki import Authority, Subject
from ci.cluster.processes import Daemon

API_PORT = 6443
ETCD_PORT = 2379
DOMAIN = "cluster.local"
SECOND_DOMAIN = "k8s.example"
"""The same names under another domain, for charts that must not rely on the usual one."""
CONTROLLER_USER = "system:kube-controller-manager"
SCHEDULER_USER = "system:kube-scheduler"
DNS_USER = "system:coredns"
RBAC = "rbac.authorization.k8s.io"
DNS_ROLE = {
    "apiVersion": f"{RBAC}/v1",
    "kind": "ClusterRole",
    "metadata": {"name": DNS_USER},
    "rules": [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ],
}
DNS_BINDING = {
    "apiVersion": f"{RBAC}/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": DNS_USER},
    "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": DNS_USER},
    "subjects": [{"apiGroup": RBAC, "kind": "User", "name": DNS_USER}],
}


def api_url(block: Block) -> str:
    """Where the API server listens, for nodes, pods and people."""
    return f"https://{block.host}:{API_PORT}"


def admin(authority: Authority, block: Block) -> Path:
    """The administrator's kubeconfig."""
    subject = Subject("admin", "local-admin", ("system:masters",))
    return authority.kubeconfig(subject, api_url(block))


def etcd(layout: Layout, block: Block, authority: Authority) -> Daemon:
    """The store. It does not wait for the disk: a crash of the machine may cost the cluster, which is for tests."""
    certificate, key = authority.pair(Subject("etcd", "etcd", names=(block.loopback,)))
    url = f"https://{block.loopback}:{ETCD_PORT}"
    peer = f"http://{block.loopback}:2380"
    command = (
        "etcd",
        f"--data-dir={layout.etcd}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        f"--cert-file={certificate}",
        f"--key-file={key}",
        f"--trusted-ca-file={authority.certificate}",
        "--client-cert-auth",
        "--unsafe-no-fsync",
        "--auto-compaction-retention=10m",
        "--quota-backend-bytes=2147483648",
        "--log-level=warn",
        "--log-format=console",
    )
    return Daemon("etcd", command)


def api_server(block: Block, authority: Authority) -> Daemon:
    """The API server."""
    service = "kubernetes.default.svc"
    names = (
        block.host,
        block.api_service,
        "kubernetes",
        "kubernetes.default",
        service,
        f"{service}.{DOMAIN}",
    )
    certificate, key = authority.pair(Subject("kube-apiserver", "kube-apiserver", names=names))
    store_certificate, store_key = authority.pair(Subject("etcd-client", "kube-apiserver"))
    kubelet_client = Subject("kubelet-client", "kube-apiserver", ("system:masters",))
    kubelet_certificate, kubelet_key = authority.pair(kubelet_client)
    folder = authority.folder
    command = (
        "kube-apiserver",
        f"--advertise-address={block.host}",
        f"--bind-address={block.host}",
        f"--secure-port={API_PORT}",
        f"--etcd-servers=https://{block.loopback}:{ETCD_PORT}",
        f"--etcd-cafile={authority.certificate}",
        f"--etcd-certfile={store_certificate}",
        f"--etcd-keyfile={store_key}",
        f"--service-cluster-ip-range={block.services}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
        f"--client-ca-file={authority.certificate}",
        f"--kubelet-certificate-authority={authority.certificate}",
        f"--kubelet-client-certificate={kubelet_certificate}",
        f"--kubelet-client-key={kubelet_key}",
        # Node names resolve nowhere: without this, logs and exec fail.
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer=https://kubernetes.default.svc.{DOMAIN}",
        f"--service-account-key-file={folder / 'sa.pub'}",
        f"--service-account-signing-key-file={folder / 'sa.key'}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        # The host has no kube-proxy: webhooks are called at the pods' addresses.
        "--enable-aggregator-routing=true",
        "--profiling=false",
    )
    return Daemon("kube-apiserver", command)


def controller_manager(block: Block, authority: Authority) -> Daemon:
    """The controllers. Without an election they work at once after a restart."""
    kubeconfig = authority.kubeconfig(Subject("kube-controller-manager", CONTROLLER_USER), api_url(block))
    command = (
        "kube-controller-manager",
        f"--bind-address={block.loopback}",
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--service-account-private-key-file={authority.folder / 'sa.key'}",
        f"--root-ca-file={authority.certificate}",
        f"--cluster-signing-cert-file={authority.certificate}",
        f"--cluster-signing-key-file={authority.key}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--allocate-node-cidrs=false",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--profiling=false",
    )
    return Daemon("kube-controller-manager", command)


def scheduler(block: Block, authority: Authority) -> Daemon:
    """The scheduler."""
    kubeconfig = authority.kubeconfig(Subject("kube-scheduler", SCHEDULER_USER), api_url(block))
    command = (
        "kube-scheduler",
        f"--bind-address={block.loopback}",
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--profiling=false",
    )
    return Daemon("kube-scheduler", command)


def corefile(block: Block, kubeconfig: Path) -> str:
    """CoreDNS's configuration: the cluster's names, and a quick no for any other, because no node goes outside."""
    return f"""\
{DOMAIN}:53 {SECOND_DOMAIN}:53 in-addr.arpa:53 ip6.arpa:53 {{
    bind {block.host}
    errors
    health {block.loopback}:8080
    ready {block.loopback}:8181
    kubernetes {DOMAIN} {SECOND_DOMAIN} in-addr.arpa ip6.arpa {{
        kubeconfig {kubeconfig}
        pods insecure
        ttl 5
    }}
}}
.:53 {{
    bind {block.host}
    errors
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""


def coredns(layout: Layout, block: Block, authority: Authority) -> Daemon:
    """The name server, on the host's address in the cluster's network."""
    kubeconfig = authority.kubeconfig(Subject("coredns", DNS_USER), api_url(block))
    path = layout.config / "Corefile"
    write_changed(path, corefile(block, kubeconfig))
    return Daemon("coredns", ("coredns", f"-conf={path}"), files=(path,))


def allow_name_server(api: Api) -> None:
    """Let CoreDNS read what names are made of."""
    api.apply(f"/apis/{RBAC}/v1/clusterroles/{DNS_USER}", json.dumps(DNS_ROLE))
    api.apply(f"/apis/{RBAC}/v1/clusterrolebindings/{DNS_USER}", json.dumps(DNS_BINDING))


def write_changed(path: Path, text: str) -> None:
    """Write a file unless it has this content."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
