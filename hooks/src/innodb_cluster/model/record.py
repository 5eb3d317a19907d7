"""The record of the cluster: what is known of it while no server answers.

It lives in the ConfigMap ``<cluster>-state``. Hooks and agents write it; it outlives
the release together with the volumes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """One cluster's identity and how far its creation got."""

    cluster_name: str
    group_name: str
    """UUID of the group, the UUID part of its GTIDs."""
    cluster_id: str
    """UUID of the row in ``mysql_innodb_cluster_metadata.clusters``."""
    seed: str = ""
    """Pod that was chosen to bootstrap: written before it is done, so that a killed Job goes on there."""
    bootstrapped: str = ""
    """When the group was first bootstrapped (RFC 3339), empty before."""
    topology_mode: str = ""
    """Mode that the group was last seen in, whoever switched it."""
    topology_primary: str = ""
    """``topology.primary`` that was last applied."""
    server_instances: str = ""
    """Number of members that the cluster was last brought to."""
    restore_applied: str = ""
    """Restore that the values last asked for and that was done, ``<snapshot>#<generation>``; empty: none."""
    restore_key: str = ""
    """The one that is under way."""
    restore_phase: str = ""
    """How far that is (``model.restore.RestorePhase``)."""
    restore_safety: str = ""
    """Name of the snapshot that was taken before the last restore."""
    restore_claims: str = ""
    """uids of the claims that a restore gives up, with commas between."""
    restore_identity: str = ""
    """New with each restore: a volume with another one becomes a new server (``jobs/identity.py``)."""
    admitted_instances: str = ""
    """Number of members that may join while others are leaving; empty: ``server_instances``."""
    mycnf: str = ""
    """``serverConfig.mycnf`` that every server was last brought to."""
    mycnf_changing: str = ""
    """Options in which servers may differ from that while it changes, comma-separated."""

    @property
    def is_bootstrapped(self) -> bool:
        """Whether the cluster exists: from then on, creation is refused and repair may act."""
        return bool(self.bootstrapped)

    @property
    def members(self) -> int:
        """How many pods may hold data of the cluster, by what is written down; 0 before it is known."""
        return int(self.server_instances) if self.server_instances.isdigit() else 0

    @property
    def admitted(self) -> int:
        """How many members may join: fewer than ``members`` while some are leaving for good."""
        return int(self.admitted_instances) if self.admitted_instances.isdigit() else self.members


_KEYS = {
    "cluster_name": "clusterName",
    "group_name": "groupName",
    "cluster_id": "clusterId",
    "seed": "seed",
    "bootstrapped": "bootstrapped",
    "topology_mode": "topologyMode",
    "topology_primary": "topologyPrimary",
    "server_instances": "serverInstances",
    "restore_applied": "restoreApplied",
    "restore_key": "restoreKey",
    "restore_phase": "restorePhase",
    "restore_safety": "restoreSafety",
    "restore_claims": "restoreClaims",
    "restore_identity": "restoreIdentity",
    "admitted_instances": "admittedInstances",
    "mycnf": "mycnf",
    "mycnf_changing": "mycnfChanging",
}


def record_from_data(data: Mapping[str, str]) -> Record:
    """Read the record from a ConfigMap's data; unknown keys are left to newer versions."""
    return Record(**{field: data.get(key, "") for field, key in _KEYS.items()})


def record_to_data(record: Record) -> dict[str, str]:
    """Give the ConfigMap's data for a record."""
    return {_KEYS[field]: value for field, value in asdict(record).items()}
