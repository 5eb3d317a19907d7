"""Every manifest is what the Kubernetes API describes, misspelt fields included."""

import subprocess
from pathlib import Path

import pytest

from tests.chart import kubernetes_schemas
from tests.chart.rendering import VALUES_FILES, program, render

UNKNOWN_HERE = "Certificate,PodMonitor"
"""Kinds whose definition this machine does not have: cert-manager's, the Prometheus Operator's."""


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a schema for each kind."""
    folder = tmp_path_factory.mktemp("schemas")
    kubernetes_schemas.write(folder)
    return folder


def conform(manifest: str, schemas: Path) -> subprocess.CompletedProcess[str]:
    """Let kubeconform compare a manifest with the schemas."""
    location = f"{schemas}/{kubernetes_schemas.LOCATION}"
    command = [program("kubeconform"), "-strict", "-skip", UNKNOWN_HERE, "-schema-location", location]
    return subprocess.run(command, input=manifest, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("path", VALUES_FILES, ids=lambda path: path.stem)
def test_every_manifest_conforms_to_the_kubernetes_api(path: Path, schemas: Path) -> None:
    """With every set of values that is in the repository."""
    done = conform(render(files=(path,)).text, schemas)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_misspelt_field_is_found(schemas: Path) -> None:
    """A check that can't fail says nothing."""
    done = conform(render().text.replace("podManagementPolicy:", "podManagmentPolicy:"), schemas)
    assert done.returncode == 1
    assert "podManagmentPolicy" in done.stdout
