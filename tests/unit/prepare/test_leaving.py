"""The part of the prepare hook that lets members leave, as far as no server is needed for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql.connection import Session, Timeouts, UnreachableError
from innodb_cluster.jobs.scale_down import PATIENCE_SECONDS, Connect, ScaleDown, reach_servers
from innodb_cluster.model.errors import RefusedError
from innodb_cluster.model.record import Record
from tests.unit.builders import record
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.kubernetes.in_memory_api import InMemoryApi
from tests.unit.prepare.builders import settings


def run(servers: int, written: Record | None, clock: FakeClock) -> None:
    """Run it where no server answers."""
    api = KubernetesApi("ns", InMemoryApi(), clock)
    if written:
        api.create_record(settings().names, written)

    def reach() -> Connect:
        def connect(pod: str, _timeouts: Timeouts) -> Session:
            raise UnreachableError(f"{pod} does not answer")

        return connect

    ScaleDown(replace(settings(), server_instances=servers), api, clock, reach).run(300)


@pytest.mark.parametrize("written", [None, record(bootstrapped=False), record(servers="3")])
def test_without_fewer_servers_no_server_is_asked(written: Record | None) -> None:
    """Installations and all other upgrades lose no time."""
    clock = FakeClock()
    run(3, written, clock)
    assert clock.passed_seconds == 0


def test_a_refusal_must_be_true_for_a_while() -> None:
    """A member that just comes back is no reason to fail an upgrade."""
    clock = FakeClock()
    with pytest.raises(RefusedError, match="no answer: db-0, db-1, db-2, db-3, db-4"):
        run(3, record(servers="5"), clock)
    assert PATIENCE_SECONDS <= clock.passed_seconds <= PATIENCE_SECONDS + 1


def test_the_ca_is_written_for_the_sessions(tmp_path: Path) -> None:
    """Nothing is mounted: at an install the Secrets do not exist when this Job starts."""
    api = KubernetesApi("ns", InMemoryApi())
    api.create_secret(settings().names, "db-ca", {"ca.crt": "CERTIFICATE"})
    api.create_secret(settings().names, "db-internal", {"adminPassword": "hidden"})
    paths = Paths(prepare_ca_file=tmp_path / "ca.crt")
    reach_servers(settings(), api, paths)
    assert paths.prepare_ca_file.read_text() == "CERTIFICATE"
