"""A renewed certificate reaches running servers and routers, and nothing is restarted for it but mysqlrouter itself."""

import itertools
import json
import ssl
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from innodb_cluster.effects.files.certificates import Issued, inspect, issue_leaf
from innodb_cluster.model.certificates import CA_CERT, CERT, KEY, LEAF_LIFETIME, CertificateFacts
from tests import handshake
from tests.e2e.kit.ledger import writing
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import whole

SERVER, ROUTER = "mysql-tls", "mysql-router-tls"


def der(secret: dict[str, str]) -> bytes:
    """Certificate of a Secret, as a handshake shows it."""
    return ssl.PEM_cert_to_DER_cert(secret[CERT])


def age(release: Release, name: str) -> None:
    """Put a certificate of the release's own CA into a Secret that has lived for a year but an hour."""
    authority, old = release.secret("mysql-ca"), release.secret(name)
    facts = inspect(authority[CA_CERT], old[CERT], old[KEY])
    assert isinstance(facts, CertificateFacts)
    issuer = Issued(authority[CERT], authority[KEY])
    made = datetime.now(UTC) + timedelta(hours=1) - LEAF_LIFETIME
    leaf = issue_leaf(issuer, "aged", facts.host_names, made, is_rsa=facts.is_rsa)
    data = {CERT: leaf.certificate, KEY: leaf.private_key}
    encoded = {key: b64encode(value.encode()).decode() for key, value in data.items()}
    release.kubectl("patch", "secret", name, "--patch", json.dumps({"data": encoded}))


def presented(release: Release, component: str, ask: Callable[[str], bytes]) -> set[bytes]:
    """What the pods of a component present; nothing while one of them turns connections away."""
    try:
        return {ask(pod["status"]["podIP"]) for pod in release.pods(component)}
    except OSError:  # also what a failed verification is
        return set()


def wait_for(release: Release, ca: Path, *, servers: bytes, routers: bytes) -> None:
    """Wait until every server and router presents what is asked for, to those that verify it."""
    counter = itertools.count()

    def done() -> bool:
        # A changed annotation has the kubelet look at the pod's Secrets at once, instead of within a minute or two.
        selector = f"app.kubernetes.io/instance={release.name},app.kubernetes.io/component in (server,router)"
        release.kubectl("annotate", "pod", "-l", selector, f"look={next(counter)}", "--overwrite")
        mysql = presented(release, "server", lambda ip: handshake.classic(ip, 3306, str(ca)))
        rw = presented(release, "router", lambda ip: handshake.classic(ip, 6446, str(ca)))
        rest = presented(release, "router", lambda ip: handshake.https(ip, 8443))
        return (mysql, rw, rest) == ({servers}, {routers}, {routers})

    eventually(done, "the certificates of the Secrets presented", 120, pause_seconds=3)


def test_renewed_certificates_are_presented_without_a_restart_of_pods(
    shared: Release, tmp_path: Path
) -> None:
    """Certificates that end within the hour are renewed by the CronJob's Job, loaded by all, while clients write."""
    ca = tmp_path / CA_CERT
    ca.write_text(shared.secret("mysql-ca")[CA_CERT])
    before = shared.identities()
    fresh = der(shared.secret(ROUTER))
    for name in (SERVER, ROUTER):
        age(shared, name)
    # The routers' own one is far from its end: they go on with it.
    wait_for(shared, ca, servers=der(shared.secret(SERVER)), routers=fresh)
    for pod in shared.pods("router"):
        name = pod["metadata"]["name"]
        shared.kubectl("exec", name, "-c", "router", "--", "touch", "/var/run/mysqlrouter/restart")
    wait_for(shared, ca, servers=der(shared.secret(SERVER)), routers=der(shared.secret(ROUTER)))
    with writing(shared) as ledger:
        shared.kubectl("create", "job", "renew-now", "--from=cronjob/mysql-renew")
        shared.kubectl("wait", "--for=condition=complete", "job/renew-now", "--timeout=120s")
        wait_for(shared, ca, servers=der(shared.secret(SERVER)), routers=der(shared.secret(ROUTER)))
        ledger.wait_for_more()
    assert fresh != der(shared.secret(ROUTER))
    assert shared.identities() == before
    assert whole(shared)
    reasons = {event["reason"] for event in shared.all("event")}
    assert "CertificateLoaded" in reasons
    assert not reasons & {"CertificateRefused"}
