"""Trees and the tar files made of them."""

import hashlib
import io
import tarfile
from pathlib import Path

from ci.images.tree import (
    MODIFIED_SECONDS,
    Kind,
    Tree,
    file,
    folder,
    link,
    read_folder,
    size_bytes,
    write_tar,
)

TREE: Tree = {
    "usr/bin/tool": file("#!/bin/sh\n", 0o755),
    "etc/name": file("value", owner=27),
    "var/run": link("/run"),
    "tmp": folder(0o1777),
}


def packed(tree: Tree) -> tuple[bytes, str]:
    """A tree as a tar file, and its digest."""
    out = io.BytesIO()
    digest = write_tar(tree, out)
    return out.getvalue(), digest


def test_equal_trees_give_equal_bytes() -> None:
    """The order in which paths were put into a tree does not show."""
    assert packed(TREE) == packed(dict(reversed(TREE.items())))


def test_the_digest_is_that_of_the_bytes() -> None:
    """What write_tar returns is the hash of what it wrote."""
    content, digest = packed(TREE)
    assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_entries_carry_what_the_tree_says() -> None:
    """Modes, owners, links and the one constant time arrive in the tar file."""
    with tarfile.open(fileobj=io.BytesIO(packed(TREE)[0])) as tar:
        entries = {entry.name: entry for entry in tar}
    assert entries["usr/bin/tool"].mode == 0o755
    assert (entries["etc/name"].uid, entries["etc/name"].gid) == (27, 27)
    assert entries["var/run"].linkname == "/run"
    assert entries["tmp"].mode == 0o1777
    assert {entry.mtime for entry in entries.values()} == {MODIFIED_SECONDS}


def test_parents_come_before_their_contents() -> None:
    """Every folder on the way has an entry, ahead of what lies in it."""
    with tarfile.open(fileobj=io.BytesIO(packed(TREE)[0])) as tar:
        names = tar.getnames()
    assert names == sorted(names)
    assert {"usr", "usr/bin", "etc", "var"} <= set(names)


def test_a_folder_is_read_with_its_links_and_modes(tmp_path: Path) -> None:
    """A folder of this machine becomes a tree that belongs to root."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tool").write_text("x")
    (tmp_path / "bin" / "tool").chmod(0o700)
    (tmp_path / "data").write_text("yy")
    (tmp_path / "link").symlink_to("data")
    tree = read_folder(tmp_path, "opt/here")
    assert tree["opt/here/bin/tool"].mode == 0o755
    assert tree["opt/here/data"].mode == 0o644
    assert tree["opt/here/link"].kind is Kind.LINK
    assert size_bytes(tree) == 3
