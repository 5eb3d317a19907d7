"""Data for measurements that depend on its size."""

from tests.e2e.kit.release import Release

BLOCK = "CONCAT(" + ",".join(["RANDOM_BYTES(1024)"] * 16) + ")"


def write_mebibytes(release: Release, count: int) -> None:
    """Write rows of 1 MiB into ``load_test.blobs`` that no compression of the storage makes smaller."""
    connection = release.connect(read_seconds=120)
    cursor = connection.cursor()
    cursor.execute("CREATE DATABASE IF NOT EXISTS load_test")
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS load_test.blobs (id INT AUTO_INCREMENT PRIMARY KEY, data LONGBLOB)"
    )
    for _ in range(count):
        cursor.execute(f"INSERT INTO load_test.blobs (data) VALUES (REPEAT({BLOCK}, 64))")
    connection.close()


def forget_binary_logs(release: Release) -> None:
    """Let no server have binary logs of what was written: a cluster that has run for a while has not all of them."""
    for pod in release.pods("server"):
        purge = "FLUSH BINARY LOGS; PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 HOUR"
        release.exec_sql(pod["metadata"]["name"], purge)
