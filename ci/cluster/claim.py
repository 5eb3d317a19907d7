"""Takes a network and a name on this machine for the cluster of a checkout, or takes up what it had."""

import os
import shutil

from ci.cluster import machine, network
from ci.cluster.addresses import NoFreeBlockError, choose_block, overlap
from ci.cluster.layout import MOST_NODES, Layout
from ci.cluster.processes import boot_id
from ci.cluster.record import Record, all_records, load, machine_lock
from ci.progress import StepError

USUAL_NODES = 3


def node_count() -> int | None:
    """How many nodes NODES asks for, or None when it asks for nothing.

    Raises StepError for what is no number from 1 to 9.
    """
    text = os.environ.get("NODES", "")
    if not text:
        return None
    if not text.isdigit() or not 1 <= int(text) <= MOST_NODES:
        raise StepError(f"NODES={text} is not a number from 1 to {MOST_NODES}")
    return int(text)


def claim(layout: Layout, count: int | None) -> Record:
    """The cluster's record, on disk: a new one, or that of a cluster that was stopped or runs.

    Raises StepError when the addresses are taken or fewer nodes are asked than there are.
    """
    with machine_lock():
        kept = load(layout.record) or load(layout.saved_record)
        record = _new(layout, count) if kept is None else _continued(layout, kept, count)
        record.save()
        shutil.copyfile(layout.record, layout.saved_record)
        return record


def _new(layout: Layout, count: int | None) -> Record:
    """The record of a new cluster, with addresses that nobody uses."""
    others = all_records()
    theirs = [str(other.addresses.network) for other in others]
    try:
        block = choose_block([*theirs, *network.used_networks(layout.bridge)])
    except NoFreeBlockError:
        raise StepError(
            "no free network 10.200.0.0/16 to 10.249.0.0/16",
            hint="end other clusters (`python -m ci.cluster list`) or remove routes (`ip route`)",
        ) from None
    return Record(
        checkout=str(layout.checkout),
        block=block.number,
        nodes=count or USUAL_NODES,
        boot_id=boot_id(),
        state=str(layout.state.resolve()),
        # The last cluster that goes puts back what the first one found.
        folders=tuple(str(path) for path in layout.folders if others or not path.exists()),
        sysctls=others[0].sysctls if others else machine.read_sysctls(),
    )


def _continued(layout: Layout, kept: Record, count: int | None) -> Record:
    """The record of a cluster that is or was here."""
    if count is not None and count < kept.nodes:
        raise StepError(
            f"the cluster has {kept.nodes} nodes and cannot shrink to {count}",
            hint="start afresh: `python -m ci.cluster down`, then `up`",
        )
    if kept.boot_id != boot_id():
        shutil.rmtree(layout.run, ignore_errors=True)  # of before the reboot
    mine = kept.addresses.network
    taken = [other for other in network.used_networks(layout.bridge) if overlap(mine, other)]
    if taken:
        raise StepError(
            f"the cluster's network {mine} is used by this machine now ({taken[0]})",
            hint="remove that, or start afresh: `python -m ci.cluster down`, then `up`",
        )
    return kept.but(boot_id=boot_id(), nodes=count or kept.nodes, state=str(layout.state.resolve()))
