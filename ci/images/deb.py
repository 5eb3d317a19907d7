"""Contents of .deb files as trees: trimmed, on the merged /usr, without running a maintainer's script."""

import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ci.images.errors import BuildError
from ci.images.tree import Kind, Node, Tree, file, folder, link

# Folders that are links into /usr in the image: a package that still ships files there must not replace the link.
MERGED = ("bin/", "sbin/", "lib/", "lib64/")
STATUS = "var/lib/dpkg/status.d"


def read_package(path: Path, drops: Callable[[str], bool]) -> Tree:
    """The files of a package, without those for which `drops` says so, and its entry for scanners.

    The entry is the package's control file under /var/lib/dpkg/status.d: there is no dpkg in the images, and this is
    where scanners look then. Raises BuildError when the file is not a package.
    """
    tree: Tree = {}
    hard_links: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(_dpkg_deb("--fsys-tarfile", path))) as tar:
        for member in tar:
            name = _merged(member.name.removeprefix("./").strip("/"))
            if name in {"", "."} or drops(name):
                continue
            if member.islnk():
                hard_links[name] = _merged(member.linkname.removeprefix("./"))
            elif node := _node(tar, member):
                tree[name] = node
    for name, target in hard_links.items():
        if target in tree:
            tree[name] = tree[target]
    control = _dpkg_deb("--field", path).decode()
    fields = dict(line.split(": ", 1) for line in control.splitlines() if ": " in line and line[0] != " ")
    tree[f"{STATUS}/{fields['Package']}"] = file(f"{control.rstrip()}\nStatus: install ok installed\n")
    return _without_empty_folders(tree)


def _node(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Node | None:
    if member.isdir():
        return folder(member.mode)
    if member.issym():
        return link(member.linkname)
    content = tar.extractfile(member) if member.isreg() else None
    # Programs that run as another user have no use where nothing may gain privileges.
    return file(content.read(), member.mode & 0o777) if content else None


def _merged(name: str) -> str:
    return f"usr/{name}" if name.startswith(MERGED) else name


def _without_empty_folders(tree: Tree) -> Tree:
    """The tree without folders below /usr/share that lost all their files: documentation and the like."""
    kept = [path for path, node in tree.items() if node.kind is not Kind.FOLDER]
    used = {str(parent) for path in kept for parent in PurePosixPath(path).parents}
    used.update(kept)
    return {path: node for path, node in tree.items() if path in used or not path.startswith("usr/share")}


def _dpkg_deb(action: str, path: Path) -> bytes:
    try:
        return subprocess.run(
            ["dpkg-deb", action, str(path)], check=True, capture_output=True, timeout=300
        ).stdout
    except FileNotFoundError as error:
        raise BuildError("dpkg-deb is not installed", hint="build the images on Debian or Ubuntu") from error
    except subprocess.SubprocessError as error:
        raise BuildError(
            f"{path.name} cannot be unpacked: {error}", hint=f"remove {path} and try again"
        ) from error
