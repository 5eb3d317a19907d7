"""Memory: never more than the limit, never less than works."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innodb_cluster.model.memory import (
    BASE_BYTES,
    CHUNK_BYTES,
    GIBIBYTE,
    MAX_MESSAGE_CACHE_BYTES,
    MEBIBYTE,
    MIN_BUFFER_POOL_BYTES,
    MIN_MESSAGE_CACHE_BYTES,
    plan_memory,
)


@pytest.mark.parametrize(
    ("limit_mib", "pool_mib", "cache_mib"),
    [
        (256, 32, 128),
        (512, 32, 128),
        (1024, 128, 128),
        (2048, 896, 128),
        (4096, 2304, 256),
        (16384, 11008, 1024),
        (65536, 47872, 1024),
    ],
)
def test_limits_that_people_use(limit_mib: int, pool_mib: int, cache_mib: int) -> None:
    """Small ones get the least that works, large ones three quarters of what is left."""
    plan = plan_memory(limit_mib * MEBIBYTE)
    assert (plan.buffer_pool_bytes // MEBIBYTE, plan.message_cache_bytes // MEBIBYTE) == (pool_mib, cache_mib)


@pytest.mark.parametrize("limit", [None, 0, -1])
def test_without_a_limit_the_servers_own_default_is_taken(limit: int | None) -> None:
    """The machine is not this product's alone."""
    plan = plan_memory(limit)
    assert plan.buffer_pool_bytes == 128 * MEBIBYTE
    assert not plan.is_small


@given(st.integers(min_value=GIBIBYTE, max_value=2**45))
def test_caches_and_base_fit_into_the_limit(limit: int) -> None:
    """And mysqld rounds nothing up: the pool is whole chunks."""
    plan = plan_memory(limit)
    assert plan.buffer_pool_bytes + plan.message_cache_bytes + BASE_BYTES <= limit
    assert plan.buffer_pool_bytes % CHUNK_BYTES == 0


@given(st.integers(min_value=1, max_value=2**45))
def test_the_servers_own_bounds_hold(limit: int) -> None:
    """For any limit at all."""
    plan = plan_memory(limit)
    assert plan.buffer_pool_bytes >= MIN_BUFFER_POOL_BYTES
    assert MIN_MESSAGE_CACHE_BYTES <= plan.message_cache_bytes <= MAX_MESSAGE_CACHE_BYTES


@given(st.integers(min_value=1, max_value=2**40), st.integers(min_value=0, max_value=2**40))
def test_more_memory_is_never_less_pool(limit: int, more: int) -> None:
    """Raising a limit pays."""
    assert plan_memory(limit + more).buffer_pool_bytes >= plan_memory(limit).buffer_pool_bytes
