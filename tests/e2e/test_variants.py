"""The same chart by other tools, flags, names and sizes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ci.cluster.control_plane import SECOND_DOMAIN
from tests.e2e.kit.release import PASSWORD, Release, values_file
from tests.e2e.kit.shell import CHART, eventually, kubectl, run

Fresh = Callable[..., Release]


@pytest.mark.parametrize(
    ("helm3", "flags"),
    [(True, ("--wait",)), (False, ("--wait",)), (False, ("--rollback-on-failure",))],
    ids=["helm-3-wait", "helm-4-wait", "helm-4-rollback-on-failure"],
)
def test_install_returns_with_every_tool_that_waits(
    fresh: Fresh, helm3: bool, flags: tuple[str, ...]
) -> None:
    """Readiness must not need the hook."""
    release = fresh("db", f"variants-{3 if helm3 else 4}{flags[0]}", helm3=helm3)
    release.install("--set", "serverInstances=1", *flags)
    assert release.query("SELECT 1") == [(1,)]


def test_multi_primary_from_the_start(fresh: Fresh) -> None:
    """The mode is set at installation; every member takes writes."""
    release = fresh("mm", "variants-multi")
    release.install("--set", "topology.mode=multi-primary")
    code, document = release.status()
    replica_set = document["defaultReplicaSet"]
    assert (code, replica_set["topologyMode"]) == (0, "Multi-Primary")
    assert {member["mode"] for member in replica_set["topology"].values()} == {"R/W"}
    offsets = {release.exec_sql(f"mm-{ordinal}", "SELECT @@auto_increment_offset") for ordinal in range(3)}
    assert len(offsets) == 3
    release.test()


def test_two_releases_live_in_one_namespace_with_a_generated_password(fresh: Fresh) -> None:
    """Nothing is shared; the generated password is where NOTES says."""
    one = fresh("one", "variants-two")
    two = Release("two", one.namespace)
    notes = one.install("--set", "serverInstances=1", password="").stdout
    assert "one-credentials" in notes
    two.install("--set", "serverInstances=1,fullnameOverride=other")
    generated = one.secret("one-credentials")["rootPassword"]
    assert len(generated) >= 16
    assert one.query("SELECT @@report_host", password=generated)[0][0].startswith("one-0.")
    other = Release("other", one.namespace)
    assert other.query("SELECT @@report_host")[0][0].startswith("other-0.")


def test_helm_template_and_kubectl_apply_need_no_order(fresh: Fresh, tmp_path: Path) -> None:
    """As GitOps tools do it: every object at once, hooks too."""
    release = fresh("plain", "variants-apply")
    values = values_file(tmp_path, {"serverInstances": 1, "credentials": {"root": {"password": PASSWORD}}})
    rendered = run(
        release.helm,
        "template",
        "plain",
        str(CHART),
        "--namespace",
        release.namespace,
        "--no-hooks",
        "--values",
        values,
    ).stdout
    hooks = run(
        release.helm,
        "template",
        "plain",
        str(CHART),
        "--namespace",
        release.namespace,
        "--values",
        values,
        "--show-only",
        "templates/hooks/*.yaml",
    ).stdout
    kubectl("--namespace", release.namespace, "apply", "-f", "-", stdin=f"{rendered}\n---\n{hooks}")
    eventually(
        lambda: release.get("job", "plain-converge")["status"].get("succeeded"),
        "the converge Job succeeds",
        300,
    )
    assert release.query("SELECT 1") == [(1,)]


def test_the_longest_release_name_works(fresh: Fresh) -> None:
    """One character more is refused before anything is made."""
    longest = next(
        name
        for name in ("n" * length for length in range(53, 1, -1))
        if run(str(Release("x", "x").helm), "template", name, str(CHART), check=False).returncode == 0
    )
    release = fresh(longest, "variants-longest")
    release.install("--set", "serverInstances=1")
    assert release.query("SELECT 1") == [(1,)]


def test_another_cluster_domain_is_used_for_every_name(fresh: Fresh) -> None:
    """Nothing relies on cluster.local: the local name server answers for a second domain too."""
    release = fresh("db", "variants-domain")
    release.install("--set", f"clusterDomain={SECOND_DOMAIN}")
    members = release.status()[1]["defaultReplicaSet"]["topology"]
    assert set(members) == {f"db-{n}.db-instances.variants-domain.svc.{SECOND_DOMAIN}:3306" for n in range(3)}
    release.test()
