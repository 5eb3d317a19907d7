"""Keys and certificates of a cluster."""

import base64
import json
import stat
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from ci.cluster.pki import Authority, Subject

NODE = Subject("kubelet-node-1", "system:node:node-1", ("system:nodes",), ("node-1", "10.200.0.11"))


def test_a_pair_is_made_once_and_again_when_its_names_change(tmp_path: Path) -> None:
    """Restarting a cluster leaves its certificates alone."""
    authority = Authority(tmp_path)
    assert authority.ensure()
    assert not authority.ensure()
    first = authority.pair(NODE)[0].read_bytes()
    assert authority.pair(NODE)[0].read_bytes() == first
    moved = Subject(NODE.file, NODE.user, NODE.groups, ("node-1", "10.201.0.11"))
    assert authority.pair(moved)[0].read_bytes() != first


def test_the_certificate_says_who_and_where(tmp_path: Path) -> None:
    """User and groups are in the subject, addresses in the alternative names, signed by the authority."""
    authority = Authority(tmp_path)
    authority.ensure()
    certificate = x509.load_pem_x509_certificate(authority.pair(NODE)[0].read_bytes())
    issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    certificate.verify_directly_issued_by(issuer)
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == NODE.user
    assert certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "system:nodes"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["node-1"]


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Nobody else on the machine can read a key or a kubeconfig."""
    authority = Authority(tmp_path)
    authority.ensure()
    kubeconfig = authority.kubeconfig(
        Subject("admin", "admin", ("system:masters",)), "https://10.200.0.1:6443"
    )
    for path in (authority.key, authority.pair(NODE)[1], kubeconfig):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_kubeconfig_needs_no_other_file(tmp_path: Path) -> None:
    """It may be copied to another machine or container."""
    authority = Authority(tmp_path)
    authority.ensure()
    document = json.loads(authority.kubeconfig(NODE, "https://10.200.0.1:6443").read_text())
    user = document["users"][0]["user"]
    assert base64.b64decode(user["client-key-data"]) == authority.pair(NODE)[1].read_bytes()
    assert document["clusters"][0]["cluster"]["server"] == "https://10.200.0.1:6443"
