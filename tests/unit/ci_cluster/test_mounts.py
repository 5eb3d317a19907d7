"""What is mounted below a folder."""

from pathlib import Path

from ci.cluster.mounts import mount_points

TEXT = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
90 22 0:4 net:[4026532] /run/x/namespaces/node-1 rw - nsfs nsfs rw
91 22 7:0 /a /mnt/with\\040blank\\134 rw - btrfs /dev/loop0 rw
"""


def test_mount_points_are_read_with_their_escapes() -> None:
    """The kernel writes blanks and backslashes as octal numbers."""
    assert mount_points(TEXT) == [Path("/"), Path("/run/x/namespaces/node-1"), Path("/mnt/with blank\\")]
