"""What a cluster has made on the machine, written before it is made, so that it can be removed from any half state."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ci.cluster.addresses import Block
from ci.cluster.layout import RUN_ROOT, Layout
from ci.progress import say


@dataclass(frozen=True, slots=True)
class Record:
    """One cluster on this machine."""

    checkout: str
    block: int
    nodes: int
    boot_id: str
    state: str  # the real folder behind .cluster
    firewall: bool = False
    folders: tuple[str, ...] = ()  # mount points that were made on the host
    sysctls: dict[str, str] = field(default_factory=dict)  # values before

    @property
    def layout(self) -> Layout:
        """Where the cluster lies."""
        return Layout(Path(self.checkout))

    @property
    def addresses(self) -> Block:
        """Its addresses."""
        return Block(self.block)

    @property
    def is_orphan(self) -> bool:
        """Whether the checkout was deleted; running programs may have made folders of it again."""
        return not (Path(self.checkout) / "ci" / "cluster").is_dir()

    def but(self, **changes: object) -> "Record":
        """A copy with other values."""
        return replace(self, **changes)  # type: ignore[arg-type]  # the names are those of the fields

    def save(self) -> None:
        """Write the record, whole or not at all."""
        path = self.layout.record
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), indent=2))
        fresh.replace(path)


def load(path: Path) -> Record | None:
    """The record in a file, or None when there is none that can be read."""
    try:
        document = json.loads(path.read_text())
        document["folders"] = tuple(document["folders"])
        return Record(**document)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def all_records() -> list[Record]:
    """The records of every cluster on this machine."""
    return [record for path in sorted(RUN_ROOT.glob("*/cluster.json")) if (record := load(path))]


@contextmanager
def machine_lock() -> Iterator[None]:
    """Held while clusters of this machine come and go, so that two never choose the same addresses."""
    RUN_ROOT.mkdir(parents=True, exist_ok=True)
    with (RUN_ROOT / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def cluster_lock(layout: Layout) -> Iterator[None]:
    """Held while one cluster is brought up or down; who comes second waits."""
    RUN_ROOT.mkdir(parents=True, exist_ok=True)
    with (RUN_ROOT / f"{layout.id}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another command that works on this cluster")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
