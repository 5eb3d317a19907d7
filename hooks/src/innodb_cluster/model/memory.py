"""How much of a container's memory limit mysqld may plan with, so that it is never OOM-killed."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE

CHUNK_BYTES = 128 * MEBIBYTE
"""innodb_buffer_pool_chunk_size: mysqld rounds the pool up to a multiple of it, so it is rounded down here."""
MIN_MESSAGE_CACHE_BYTES = 128 * MEBIBYTE
"""Smallest value of group_replication_message_cache_size that the server takes."""
MAX_MESSAGE_CACHE_BYTES = GIBIBYTE
"""The server's default, meant for large machines."""
MIN_BUFFER_POOL_BYTES = 32 * MEBIBYTE
DEFAULT_BUFFER_POOL_BYTES = 128 * MEBIBYTE
"""The server's default, for a container without a limit: the machine is not this product's alone."""
BASE_BYTES = 640 * MEBIBYTE
"""What a 9.7 member takes besides, measured: 400 MiB when idle, and with 40 clients that sort and a transaction
of 120 MB, which the group's layers hold several times over, 600 MiB."""
SMALL_LIMIT_BYTES = 2 * GIBIBYTE


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """The two caches that are sized by the limit."""

    buffer_pool_bytes: int
    message_cache_bytes: int
    is_small: bool
    """Whether the server's other defaults have to be cut down too."""


def plan_memory(limit_bytes: int | None) -> MemoryPlan:
    """Divide a memory limit; None means that there is no limit.

    The message cache gets a sixteenth of the limit, the buffer pool three quarters of
    what then is left above the base, which leaves the last quarter to connections, sorts and
    the cost of growing. Limits that are too small get the smallest values that work
    instead of a refusal: a server under memory pressure is better than none.
    """
    if limit_bytes is None or limit_bytes <= 0:
        return MemoryPlan(DEFAULT_BUFFER_POOL_BYTES, MIN_MESSAGE_CACHE_BYTES, is_small=False)
    cache = min(max(limit_bytes // 16, MIN_MESSAGE_CACHE_BYTES), MAX_MESSAGE_CACHE_BYTES)
    pool = max((limit_bytes - BASE_BYTES - cache) * 3 // 4, MIN_BUFFER_POOL_BYTES)
    step = CHUNK_BYTES if pool >= CHUNK_BYTES else MEBIBYTE
    return MemoryPlan(pool // step * step, cache // MEBIBYTE * MEBIBYTE, limit_bytes < SMALL_LIMIT_BYTES)
