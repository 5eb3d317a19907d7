"""What is seen of a release right after one of its tests has failed; later it is mended or deleted."""

from tests.e2e.kit.release import Release

LINES = "12"
"""Of each container; the server's and its agent's say what they saw and did."""


def tell(release: Release) -> str:
    """Give its pods and the last lines that its servers and agents wrote."""
    parts = [release.kubectl("get", "pods", "--output", "wide", check=False)]
    for pod in release.pods("server"):
        name = pod["metadata"]["name"]
        for container in ("agent", "mysql"):
            wrote = release.kubectl("logs", name, "--container", container, "--tail", LINES, check=False)
            parts.append(f"{name} {container}:\n{wrote}")
    return "\n".join(parts)
