"""`python -m tests.soak`: faults by chance, one round after the other, on a release under load.

After each round the cluster has to get whole by itself within a bound; then every acknowledged write must be there and
all members must be alike. It prints its seed, which gives the same rounds again.
"""

import argparse
import secrets
import signal
import sys
import threading
import time
from contextlib import ExitStack, suppress

from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.state import assert_alike, primary_pod, renew_restarted, wait_until_whole
from tests.e2e.kit.writers import CLIENTS, writing
from tests.soak.blows import prepare
from tests.soak.plan import Blow, rounds

BOUND_SECONDS = 300.0
"""How long a cluster may take to get whole after the worst."""
RESTARTS = 3
"""Pods with so many are renewed before a round: the kubelet would let them wait for minutes."""
VALUES = (
    "routerInstances=3,server.resources.requests.memory=512Mi,"
    "datadirVolumeClaimTemplate.resources.requests.storage=2Gi"
)


def main() -> int:
    """Soak for so many minutes; 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was done is undone
    say(f"seed {arguments.seed}, {arguments.minutes:g} minutes")
    release = Release("mysql", "soak")
    faults.mend()
    release.delete_namespace()
    try:
        release.make_namespace()
        release.install("--set", VALUES)
        count = soak(release, arguments.seed, time.monotonic() + arguments.minutes * 60)
        release.test()
    except AssertionError as failure:
        say(f"FAILED: {failure}")
        show(release)
        say(f"again: make soak SEED={arguments.seed} MINUTES={arguments.minutes:g}")
        return 1
    finally:
        faults.mend()
        faults.boot_nodes()
        release.delete_namespace()
    say(f"clean: {count} rounds, nothing lost, all members alike; seed {arguments.seed}")
    return 0


def soak(release: Release, seed: int, until: float) -> int:
    """Do one round after the other until it is time; gives how many."""
    number = 0
    for number, blows in enumerate(rounds(seed), 1):
        renew_restarted(release, RESTARTS)
        say(f"round {number}: {', with '.join(map(str, blows))}")
        started = time.monotonic()
        one_round(release, number, blows)
        say(f"round {number}: whole and alike after {time.monotonic() - started:.0f} s")
        if time.monotonic() > until:
            break
    return number


def one_round(release: Release, number: int, blows: tuple[Blow, ...]) -> None:
    """Hit the cluster, wait until it is whole, and compare."""
    wait_until_whole(release, BOUND_SECONDS)
    ready = [prepare(release, blow) for blow in blows]
    node = faults.other_node(faults.node_of(release, primary_pod(release)))
    with writing(release, number, node) as writers:
        with ExitStack() as lasting:
            for enter in ready:
                with suppress(ProcessLookupError, FileNotFoundError):  # whom the first blow has ended already
                    lasting.enter_context(enter())
            threading.Event().wait(max(blow.seconds for blow in blows))
        wait_until_whole(release, BOUND_SECONDS)
        writers.wait_for_more(20 * CLIENTS)
    assert_alike(release)


def show(release: Release) -> None:
    """Print what there is to see of a cluster that did not come back."""
    say(release.kubectl("get", "pods", "-o", "wide", check=False))
    for ordinal in range(3):
        pod = f"{release.name}-{ordinal}"
        say(f"{pod}'s agent:\n" + release.kubectl("logs", pod, "-c", "agent", "--tail=20", check=False))


def say(text: str) -> None:
    """Print a line with the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
