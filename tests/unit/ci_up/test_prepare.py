"""What `make up CONTEXT=name` needs."""

from pathlib import Path

import pytest

from ci.up import target
from ci.up.prepare import prepare_foreign
from ci.up.steps import StepError, Steps
from ci.up.target import Target


def test_missing_programs_are_named_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kubernetes is not built for whoever has one."""
    monkeypatch.setattr(target, "PROGRAMS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    helm = tmp_path / "helm"
    helm.touch(mode=0o755)
    with pytest.raises(StepError, match=r"kubectl not found.*\n.*ci\.binaries kubectl"):
        prepare_foreign(Steps(), Target(local=False, context="mine"))
    (tmp_path / "kubectl").touch(mode=0o755)
    prepare_foreign(Steps(), Target(local=False, context="mine"))


def test_a_kubeconfig_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Helm would look for a Kubernetes on this machine instead."""
    gone, there = tmp_path / "gone", tmp_path / "there"
    monkeypatch.setattr(target, "PROGRAMS", tmp_path)
    for program in ("helm", "kubectl"):
        (tmp_path / program).touch(mode=0o755)
    monkeypatch.setenv("KUBECONFIG", str(gone))
    with pytest.raises(StepError, match=f"KUBECONFIG names {gone}"):
        prepare_foreign(Steps(), Target(local=False))
    there.touch()
    monkeypatch.setenv("KUBECONFIG", f"{gone}:{there}")
    prepare_foreign(Steps(), Target(local=False))
