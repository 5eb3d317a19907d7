"""The manifests of the local CSI driver agree with its code."""

from pathlib import Path
from typing import Any

import yaml

from ci import csi
from ci.csi.model import DRIVER_NAME

MANIFESTS = Path(csi.__file__).parent / "manifests"


def manifest(name: str) -> Any:
    """One manifest as a document."""
    return yaml.safe_load((MANIFESTS / f"{name}.yaml").read_text())


def test_all_manifests_name_this_driver() -> None:
    """Under the three names that Kubernetes gives the field."""
    assert manifest("csidriver")["metadata"]["name"] == DRIVER_NAME
    assert manifest("storageclass")["provisioner"] == DRIVER_NAME
    assert manifest("volumesnapshotclass")["driver"] == DRIVER_NAME


def test_both_classes_are_the_default_ones() -> None:
    """A claim or snapshot without a class gets them, as charts expect of a cluster."""
    for name, annotation in (
        ("storageclass", "storageclass.kubernetes.io/is-default-class"),
        ("volumesnapshotclass", "snapshot.storage.kubernetes.io/is-default-class"),
    ):
        assert manifest(name)["metadata"]["annotations"][annotation] == "true"


def test_claims_can_grow() -> None:
    """The class allows what the driver can do."""
    assert manifest("storageclass")["allowVolumeExpansion"] is True


def test_nothing_is_attached() -> None:
    """There is no ControllerPublishVolume, so the kubelet must not wait for an attachment."""
    assert manifest("csidriver")["spec"]["attachRequired"] is False
