"""What is wrong is refused with its reason, in time."""

from collections.abc import Callable
from pathlib import Path

from tests.e2e.kit.release import Release, values_file

Fresh = Callable[..., Release]
SMALL = ("--set", "serverInstances=1")


def test_an_image_that_cannot_be_pulled_is_named_within_the_time_out(fresh: Fresh) -> None:
    """The reason comes from the hook, not from helm's time-out."""
    release = fresh("bad", "bad-image")
    done = release.install(
        *SMALL,
        "--set",
        "images.server.repository=no/such-image",
        "--set",
        "timeouts.install=120",
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert "no/such-image" in printed
    assert "Pull" in printed


def test_a_storage_class_that_does_not_exist_is_named(fresh: Fresh, tmp_path: Path) -> None:
    """The scheduler's message reaches the person."""
    release = fresh("bad", "bad-class")
    values = values_file(tmp_path, {"datadirVolumeClaimTemplate": {"storageClassName": "nowhere"}})
    done = release.install(*SMALL, "--set", "timeouts.install=60", "--values", values, check=False)
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert "bad-0" in printed
    assert "PersistentVolumeClaim" in printed


def test_a_volume_that_cannot_be_made_is_named_with_the_drivers_word(fresh: Fresh) -> None:
    """While it is waited for: only an Event of the claim tells why."""
    release = fresh("bad", "bad-size")
    size = ("--set", "datadirVolumeClaimTemplate.resources.requests.storage=900Gi")
    done = release.install(*SMALL, *size, "--set", "timeouts.install=60", check=False)
    assert done.returncode != 0
    told = [line for line in (done.stdout + done.stderr).split("\\n") if "ProvisioningFailed" in line]
    assert len(told) > 1, "before the time is over as well"
    assert "data-bad-0" in told[0]


def test_a_named_secret_that_does_not_exist_stops_at_once(fresh: Fresh) -> None:
    """Before any server is made."""
    release = fresh("bad", "bad-secret")
    done = release.install(*SMALL, "--set", "credentials.existingSecret=nowhere", password="", check=False)
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert "nowhere" in printed
    assert release.pods("server") == []


def test_an_option_that_would_break_the_cluster_is_refused_by_name(fresh: Fresh) -> None:
    """serverConfig.mycnf may not take over what replication rests on."""
    release = fresh("bad", "bad-option")
    done = release.install(
        *SMALL, "--set", "serverConfig.mycnf=sync_binlog=0", "--set", "timeouts.install=60", check=False
    )
    assert done.returncode != 0
    assert "sync_binlog" in done.stdout + done.stderr
