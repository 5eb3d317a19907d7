"""`python -m ci.csi`: the driver of one node, until SIGTERM or SIGINT."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

from ci.csi import protos
from ci.csi.errors import CsiError, PoolError
from ci.csi.model import parse_size
from ci.csi.pool import DEFAULT_SIZE_BYTES, Pool
from ci.csi.protos import ProtocolError
from ci.csi.records import LockedError
from ci.csi.server import SocketPathError, Sockets, serving

EXIT_CONFIGURATION = 64
EXIT_TEMPORARY = 75
WATCH_SECONDS = 1.0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ci.csi",
        description="CSI driver btrfs.csi.local: volumes are btrfs subvolumes of one pool that all nodes share",
    )
    parser.add_argument(
        "--pool", type=Path, required=True, metavar="DIR", help="the pool's folder; made if missing"
    )
    parser.add_argument(
        "--pool-size", type=parse_size, default=DEFAULT_SIZE_BYTES, metavar="SIZE", help="as in 60GiB"
    )
    parser.add_argument("--node", default="", metavar="NAME", help="the Kubernetes node that is served")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--kubelet-root", type=Path, metavar="DIR", help="serve and register there")
    where.add_argument("--socket", type=Path, metavar="PATH", help="serve here, and register nowhere")
    chosen = parser.parse_args(arguments)
    if chosen.kubelet_root and not chosen.node:
        parser.error("--kubelet-root needs --node")
    return chosen


def configure_log() -> None:
    """Lines of `key=value` on stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def serve(chosen: argparse.Namespace) -> int:
    """Serve until a signal; the exit status."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    os.umask(0o022)  # a volume's folder is to be entered by any user, whatever the shell's umask is
    pool = Pool(chosen.pool.resolve())
    pool.ensure(chosen.pool_size)
    root = chosen.kubelet_root
    sockets = Sockets.of_kubelet(root.resolve()) if root else Sockets(chosen.socket.resolve())
    with serving(protos.load(), pool, sockets, chosen.node) as refused:
        while not stop.wait(WATCH_SECONDS):
            if refused.is_set():
                return EXIT_TEMPORARY
    return 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    configure_log()
    try:
        sys.exit(serve(parse(arguments)))
    except (PoolError, ProtocolError, SocketPathError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(EXIT_CONFIGURATION)
    except (LockedError, CsiError, OSError) as error:
        print(f"error: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(EXIT_TEMPORARY)


if __name__ == "__main__":
    main()
