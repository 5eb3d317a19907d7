"""The schedule of snapshots, and what the hooks are told of snapshots and claims."""

from innodb_cluster.model.settings import parse_settings
from innodb_cluster.model.snapshot_settings import ClaimSettings, SnapshotSettings
from tests.chart.rendering import nested, refusal, render

SCHEDULE = {"snapshots": {"schedule": "0 3 * * *", "timeZone": "Europe/Vienna"}}


def test_there_is_no_schedule_unless_it_is_asked_for() -> None:
    """Neither the CronJob nor anybody who may delete snapshots."""
    assert "mysql-snapshot" not in {job["metadata"]["name"] for job in render().kinds("CronJob")}


def test_the_schedule_is_a_cron_job_that_runs_one_at_a_time() -> None:
    """With time enough for the snapshot."""
    spec = render(SCHEDULE).get("CronJob", "mysql-snapshot")["spec"]
    assert (spec["schedule"], spec["timeZone"]) == ("0 3 * * *", "Europe/Vienna")
    assert spec["concurrencyPolicy"] == "Forbid"
    job = spec["jobTemplate"]["spec"]
    assert job["activeDeadlineSeconds"] == 720
    pod = job["template"]["spec"]
    assert pod["serviceAccountName"] == "mysql-snapshot"
    assert pod["containers"][0]["command"] == ["innodb-cluster", "job", "snapshot"]
    assert pod["containers"][0]["name"] == job["podFailurePolicy"]["rules"][0]["onExitCodes"]["containerName"]


def test_the_schedule_gets_no_root_password() -> None:
    """The internal administrator's is all that it needs."""
    pod = render(SCHEDULE).get("CronJob", "mysql-snapshot")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    keys = {
        volume["secret"]["secretName"]: [item["key"] for item in volume["secret"].get("items", [])]
        for volume in pod["volumes"]
        if "secret" in volume
    }
    assert keys == {"mysql-internal": ["adminPassword"], "mysql-ca": ["ca.crt"]}


def test_the_settings_speak_of_snapshots_and_claims() -> None:
    """What the hooks make has to be like what the chart makes."""
    values = {
        "snapshots": {"className": "fast", "quiesce": True, "retention": {"count": "", "maxAge": "30d"}},
        "datadirVolumeClaimTemplate": {
            "storageClassName": "local",
            "accessModes": ["ReadWriteOncePod"],
            "resources": {"requests": {"storage": "20Gi"}},
        },
    }
    manifest = render(values)
    settings = parse_settings(manifest.get("ConfigMap", "mysql-settings")["data"]["settings.json"])
    assert settings.snapshots == SnapshotSettings("fast", True, None, 30 * 86_400, 600)  # noqa: FBT003 - quiesce
    template = manifest.get("StatefulSet", "mysql")["spec"]["volumeClaimTemplates"][0]
    labels = template["metadata"]["labels"]
    assert settings.data_claim == ClaimSettings("local", ("ReadWriteOncePod",), "20Gi", labels)
    assert parse_settings(
        render().get("ConfigMap", "mysql-settings")["data"]["settings.json"]
    ).data_claim == ClaimSettings(None, ("ReadWriteOnce",), "10Gi", labels)


def test_a_schedule_needs_a_name_that_fits() -> None:
    """Kubernetes lets a CronJob's name have 52 characters."""
    assert "at most 52 are possible" in refusal(SCHEDULE, release="a" * 45)
    assert render(SCHEDULE, release="a" * 43).kinds("CronJob")


def test_wrong_schedules_and_ages_are_refused_by_name() -> None:
    """By the schema."""
    assert "schedule" in refusal(nested("snapshots.schedule", "daily"))
    assert "maxAge" in refusal(nested("snapshots.retention.maxAge", "1y"))
