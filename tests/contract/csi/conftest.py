"""Fixtures of the tests that run the local CSI driver on a real btrfs."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ci.csi.model import GIB
from ci.csi.pool import Pool
from tests.contract.csi.drivers import Driver, leftovers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def temporary_pool_folder() -> Iterator[Path]:
    """A folder in which a pool may be; nothing of it is left afterwards, also not of a failed test."""
    if os.geteuid() != 0:
        pytest.skip("loop devices and mounts need root")
    if shutil.which("mkfs.btrfs") is None:
        pytest.skip("mkfs.btrfs is not installed (Debian: btrfs-progs)")
    # Not pytest's tmp_path: with its long names a socket's path becomes longer than the kernel allows.
    directory = Path(tempfile.mkdtemp(prefix="csi-")).resolve()
    try:
        yield directory
    finally:
        Pool(directory / "pool").destroy()
        remaining = leftovers(directory)
        assert remaining == []
        shutil.rmtree(directory)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder for one test's pool."""
    with temporary_pool_folder() as directory:
        yield directory


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    """A folder for the pool of all tests of a module."""
    with temporary_pool_folder() as directory:
        yield directory


@pytest.fixture
def pool(folder: Path) -> Pool:
    """A pool of 1 GiB for one test."""
    made = Pool(folder / "pool")
    made.ensure(GIB)
    return made


@pytest.fixture(scope="module")
def driver(shared_folder: Path) -> Iterator[Driver]:
    """A running driver for all tests of a module, which use different names."""
    pool = Pool(shared_folder / "pool")
    pool.ensure(2 * GIB)
    made = Driver(pool, shared_folder / "node-1")
    try:
        yield made.run()
    finally:
        made.end()


@pytest.fixture
def start_driver(folder: Path, pool: Pool) -> Iterator[Callable[[str], Driver]]:
    """Start drivers of several nodes over one pool."""
    started: list[Driver] = []

    def start(node: str) -> Driver:
        made = Driver(pool, folder / node, node)
        started.append(made)
        return made.run()

    try:
        yield start
    finally:
        for made in started:
            made.end()
