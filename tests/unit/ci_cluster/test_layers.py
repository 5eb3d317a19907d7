"""Unpacked layers that nodes share."""

import hashlib
import os
from pathlib import Path

from ci.cluster.layers import LayerCache, chain_ids, folders_of_mount


def test_a_snapshot_is_named_after_all_layers_below_it() -> None:
    """The lowest by its layer alone; each further one by the hash of the name below and its own."""
    expected = hashlib.sha256(b"sha256:a sha256:b").hexdigest()
    assert chain_ids(["sha256:a", "sha256:b"]) == ["sha256:a", f"sha256:{expected}"]
    assert chain_ids([]) == []


def test_lower_folders_come_from_the_bottom() -> None:
    """An overlay's option lists the topmost first."""
    options = ["workdir=/w", "upperdir=/up", "lowerdir=/top:/middle:/bottom"]
    lower, upper = folders_of_mount([{"Type": "overlay", "Source": "overlay", "Options": options}])
    assert lower == [Path("/bottom"), Path("/middle"), Path("/top")]
    assert upper == Path("/up")


def test_a_single_layer_is_a_bind_mount() -> None:
    """Read-only when it is looked at, writable when it is being made."""
    view = {"Type": "bind", "Source": "/one", "Options": ["ro", "rbind"]}
    fresh = {"Type": "bind", "Source": "/one", "Options": ["rw", "rbind"]}
    assert folders_of_mount([view]) == ([Path("/one")], None)
    assert folders_of_mount([fresh]) == ([], Path("/one"))


def test_a_node_gets_links_to_the_same_files(tmp_path: Path) -> None:
    """No second copy on the disk; owners and modes of folders are kept."""
    unpacked, node = tmp_path / "unpacked", tmp_path / "node"
    (unpacked / "etc").mkdir(parents=True, mode=0o750)
    (unpacked / "etc" / "file").write_text("content")
    (unpacked / "link").symlink_to("etc/file")
    node.mkdir()
    cache = LayerCache(tmp_path / "cache")
    cache.add("sha256:a", unpacked)
    cache.put("sha256:a", node)
    assert (node / "etc" / "file").samefile(unpacked / "etc" / "file")
    assert (node / "link").readlink() == Path("etc/file")
    assert (node / "etc").stat().st_mode == (unpacked / "etc").stat().st_mode


def test_layers_that_are_long_unused_are_forgotten(tmp_path: Path) -> None:
    """A layer goes two weeks after a node last got it."""
    source, node = tmp_path / "source", tmp_path / "node"
    source.mkdir()
    node.mkdir()
    cache = LayerCache(tmp_path / "cache")
    for name in ("sha256:old", "sha256:new"):
        cache.add(name, source)
        cache.put(name, node)
    os.utime(cache.folder / "old.used", (0, 0))
    cache.prune()
    assert not cache.has(["sha256:old"])
    assert cache.has(["sha256:new"])
