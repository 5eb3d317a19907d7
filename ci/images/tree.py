"""File trees as values, and tar files whose bytes depend on nothing but the tree.

A tree holds paths relative to the image's root. Times are one constant, entries are sorted by name, owners are
numbers: equal trees give equal layers, and so equal digests, on any machine.
"""

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import BinaryIO

# 2026-01-01T00:00:00Z: any constant would do; it is the time that `ls -l` shows in the images.
MODIFIED_SECONDS = 1767225600
COPY_BYTES = 1 << 20


class Kind(StrEnum):
    """What a path is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Node:
    """One path: its kind, permission bits, owner (the same number for user and group), content or link target."""

    kind: Kind
    mode: int
    owner: int = 0
    content: bytes = b""
    target: str = ""


type_of_kind = {Kind.FILE: tarfile.REGTYPE, Kind.FOLDER: tarfile.DIRTYPE, Kind.LINK: tarfile.SYMTYPE}
Tree = dict[str, Node]


def file(content: bytes | str, mode: int = 0o644, owner: int = 0) -> Node:
    """A regular file."""
    return Node(Kind.FILE, mode, owner, content.encode() if isinstance(content, str) else content)


def folder(mode: int = 0o755, owner: int = 0) -> Node:
    """A folder."""
    return Node(Kind.FOLDER, mode, owner)


def link(target: str) -> Node:
    """A symbolic link."""
    return Node(Kind.LINK, 0o777, target=target)


def with_parents(tree: Tree) -> Tree:
    """The tree with an entry for every folder on the way to a path that lacks one."""
    missing: Tree = {}
    for path in tree:
        for parent in PurePosixPath(path).parents:
            name = str(parent)
            if name != "." and name not in tree:
                missing[name] = folder()
    return {**missing, **tree}


def size_bytes(tree: Tree) -> int:
    """The sum of the sizes of all files."""
    return sum(len(node.content) for node in tree.values())


def write_tar(tree: Tree, out: BinaryIO) -> str:
    """Write a tree as an uncompressed tar; return its digest as `sha256:…`."""
    hashing = _HashingWriter(out)
    with tarfile.open(fileobj=hashing, mode="w|", format=tarfile.PAX_FORMAT, bufsize=COPY_BYTES) as tar:
        for path, node in sorted(with_parents(tree).items()):
            entry = tarfile.TarInfo(path)
            entry.type = type_of_kind[node.kind]
            entry.mode = node.mode
            entry.uid = entry.gid = node.owner
            entry.mtime = MODIFIED_SECONDS
            entry.linkname = node.target
            entry.size = len(node.content)
            tar.addfile(entry, io.BytesIO(node.content) if node.kind is Kind.FILE else None)
    return f"sha256:{hashing.digest.hexdigest()}"


def read_folder(root: Path, prefix: str = "") -> Tree:
    """The tree below a folder of this machine, its paths placed under `prefix`; owners become root's."""
    tree: Tree = {}
    for path in _walk(root):
        name = str(PurePosixPath(prefix) / path.relative_to(root).as_posix())
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            tree[name] = link(str(path.readlink()))
        elif stat.S_ISDIR(status.st_mode):
            tree[name] = folder()
        else:
            executable = bool(status.st_mode & stat.S_IXUSR)
            tree[name] = file(path.read_bytes(), 0o755 if executable else 0o644)
    return tree


def _walk(root: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(root):
        for name in [*folders, *files]:
            yield Path(where) / name


class _HashingWriter(io.RawIOBase):
    """Passes everything on and hashes it."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__()
        self._out = out
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.digest.update(data)
        self._out.write(data)
        return len(data)
