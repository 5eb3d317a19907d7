"""What /proc/self/mountinfo says, as the local CSI driver reads it."""

from pathlib import Path, PurePosixPath

from ci.csi.mounts import mount_at, mounts_of, parse_mountinfo

MOUNTINFO = r"""
25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
90 25 0:50 / /pool/data rw,noatime - btrfs /dev/loop3 rw,subvolid=5,subvol=/
91 25 0:50 /volumes/a /kubelet/pods/1/mount rw,noatime - btrfs /dev/loop3 rw,subvolid=256
92 25 0:50 /volumes/a/sub /kubelet/pods/1/volume-subpaths/x ro,noatime master:7 - btrfs /dev/loop3 rw
93 25 0:50 /volumes/ab /with\040blank rw - btrfs /dev/loop3 rw
94 25 0:51 /volumes/a /other rw - btrfs /dev/loop4 rw
95 25 0:99 / /kubelet/pods/1/mount rw - tmpfs tmpfs rw
""".lstrip()

MOUNTS = parse_mountinfo(MOUNTINFO)


def test_every_line_is_a_mount() -> None:
    """With and without propagation fields, and with escaped blanks."""
    assert [mount.source for mount in MOUNTS] == ["/dev/vda", *["/dev/loop3"] * 4, "/dev/loop4", "tmpfs"]
    assert MOUNTS[4].target == Path("/with blank")
    assert [mount.read_only for mount in MOUNTS] == [False, False, False, True, False, False, False]


def test_a_folder_is_in_use_where_it_or_a_part_of_it_is_mounted() -> None:
    """Not by a folder whose name only starts alike, and not by another pool."""
    used = mounts_of(MOUNTS, "0:50", PurePosixPath("/volumes/a"))
    assert [str(mount.target) for mount in used] == [
        "/kubelet/pods/1/mount",
        "/kubelet/pods/1/volume-subpaths/x",
    ]


def test_the_newest_mount_at_a_path_is_the_one_that_is_seen() -> None:
    """And there may be none."""
    seen = mount_at(MOUNTS, Path("/kubelet/pods/1/mount"))
    assert seen is not None
    assert seen.source == "tmpfs"
    assert mount_at(MOUNTS, Path("/nowhere")) is None
