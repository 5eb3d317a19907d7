"""Orders to the supervisor of the own server, ``run-mysqld.sh``, which lives in another container.

Containers of a pod do not see each other's processes; a named pipe on a volume that both
mount reaches across (fifo(7)), and costs nothing while nobody writes.
"""

import os
from pathlib import Path

from innodb_cluster.model.errors import TemporaryError

PIPE = Path("/var/run/mysqld/orders")


def order_end(path: Path = PIPE) -> None:
    """Have a mysqld that hangs ended and started again; its supervisor leaves one alone that is at work.

    Raises:
        TemporaryError: no supervisor listens.

    """
    _order("end", path)


def order_restart(path: Path = PIPE) -> None:
    """Have mysqld killed and started again, whatever it does.

    Raises:
        TemporaryError: no supervisor listens.

    """
    _order("restart", path)


def _order(what: str, path: Path) -> None:
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(pipe, f"{what}\n".encode())
        finally:
            os.close(pipe)
    except OSError as error:
        reason = f"the server's supervisor takes no orders: {error.strerror}"
        raise TemporaryError(reason, "the kubelet's own probe ends the container within a minute") from error
