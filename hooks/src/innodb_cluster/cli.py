"""The ``innodb-cluster`` command: where a command ends, with its exit status and its last words.

The router agent is dispatched here, before anything heavy is imported: it runs beside
every router and has 30 MiB.
"""

import gc
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from innodb_cluster.model.errors import InnodbClusterError

TERMINATION_LOG = Path("/dev/termination-log")
MAX_LAST_WORDS_BYTES = 4096
"""Kubernetes keeps no more of a container's termination message."""


def main() -> None:
    """Run the command line and exit with its status."""
    # Of what is imported nothing becomes garbage; looking for some took an eighth of each start.
    gc.disable()
    if sys.argv[1:] == ["router-agent"]:
        from innodb_cluster.agent import router  # noqa: PLC0415 - see the module's head

        sys.exit(ended(router.run))
    from innodb_cluster.commands import app  # noqa: PLC0415 - see the module's head

    app()


def ended(run: Callable[[], int], termination_log: Path = TERMINATION_LOG) -> int:
    """Run a command to its end and give its exit status; the reason of a failure is the last line.

    The one place that catches everything: an error of this program itself is 70, with its traceback.
    """
    gc.freeze()
    gc.enable()
    try:
        return run()
    except InnodbClusterError as error:
        _last_words(str(error), termination_log)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the top frame of every command
        traceback.print_exception(error)
        _last_words(f"unexpected {type(error).__name__}: {error}", termination_log)
        return InnodbClusterError.exit_code


def _last_words(reason: str, termination_log: Path) -> None:
    line = " ".join(reason.split())
    print(f"innodb-cluster: {line}", file=sys.stderr, flush=True)  # noqa: T201 - the product of this module
    # Kubernetes makes the file; outside a container nobody would look for it.
    with suppress(OSError):
        if termination_log.is_file():
            termination_log.write_bytes(line.encode()[:MAX_LAST_WORDS_BYTES])
