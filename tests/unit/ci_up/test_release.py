"""The root password of the embedded Kubernetes' release."""

import json
import stat
from pathlib import Path

import pytest

from ci.up import release
from ci.up.target import Target


def test_it_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    """A second `make up` must not change it."""
    target = Target(local=True, state=tmp_path)
    first = release.root_password(target)
    assert release.root_password(target) == first
    assert len(first) >= 20
    assert stat.S_IMODE(target.password_file.stat().st_mode) == 0o600


def test_it_reaches_helm_through_a_file_that_is_gone_afterwards(tmp_path: Path) -> None:
    """Never through an argument list, which every user of the machine can read."""
    target = Target(local=True, state=tmp_path)
    with release.values_arguments(target) as arguments:
        file = Path(arguments[-1])
        password = release.root_password(target)
        assert json.loads(file.read_text()) == {"credentials": {"root": {"password": password}}}
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert password not in " ".join(arguments)
    assert not file.exists()


def test_on_somebodys_own_kubernetes_the_chart_makes_it(tmp_path: Path) -> None:
    """A release that is there keeps the password that it has."""
    target = Target(local=False, values=(Path("mine.yaml"),), state=tmp_path)
    with release.values_arguments(target) as arguments:
        assert arguments == ["--values", "mine.yaml"]
    assert list(tmp_path.iterdir()) == []


def test_down_is_refused_elsewhere() -> None:
    """It deletes data."""
    with pytest.raises(release.StepError, match="embedded Kubernetes only"):
        release.remove(release.Steps(), Target(local=False))
