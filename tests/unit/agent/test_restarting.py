"""An agent has the server of its own pod started anew, and no other."""

import pytest

from innodb_cluster.agent.observer import Observer
from innodb_cluster.agent.performing import performer_of
from innodb_cluster.effects import performer
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.model.actions import EndServer
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.names import Names
from tests.unit.builders import record, seen, stopped
from tests.unit.kubernetes.builders import NAMESPACE, api_with_pods
from tests.unit.kubernetes.fake_clock import FakeClock


def test_only_the_own_server_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipe leads to the own pod's supervisor, whatever name the action bears."""
    orders: list[str] = []
    monkeypatch.setattr(performer, "order_restart", lambda: orders.append("restart"))
    observer = Observer(
        Names("db", NAMESPACE),
        "db-0",
        KubernetesApi(NAMESPACE, api_with_pods()),
        MountedSecrets(),
        FakeClock(),
    )
    observation = seen(stopped("db-0"))
    effects = performer_of(observer, "db-0", observation, lambda: observation, lambda *_: False)
    with pytest.raises(InnodbClusterError, match="only the agent beside it"):
        effects.perform(EndServer("db-1"), record())
    assert orders == []
    effects.perform(EndServer("db-0"), record())
    assert orders == ["restart"]
