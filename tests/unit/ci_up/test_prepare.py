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
    helm = tmp_path / "helm"
    helm.touch(mode=0o755)
    with pytest.raises(StepError, match=r"kubectl not found.*\n.*ci\.binaries kubectl"):
        prepare_foreign(Steps(), Target(local=False, context="mine"))
    (tmp_path / "kubectl").touch(mode=0o755)
    prepare_foreign(Steps(), Target(local=False, context="mine"))
