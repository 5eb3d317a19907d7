"""Renders the chart with `helm template`; each combination of values once."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
CHART = ROOT / "charts" / "mysql-innodb-cluster"
VALUES_FILES = sorted([*(ROOT / "values").glob("*.yaml"), *(CHART / "ci").glob("*-values.yaml")])
KUBERNETES = "1.37"
"""What the chart is rendered for: a Helm that is built without a version of its own takes a very old one."""

Object = dict[str, Any]


class RefusedError(Exception):
    """Helm refused to render; the text is what a user would read."""


@cache
def program(name: str) -> str:
    """Find a program: by an environment variable ($HELM), among those that `make tools` builds, or on PATH."""
    built = ROOT / ".cluster" / "bin" / name
    found = os.environ.get(name.upper()) or (str(built) if built.exists() else shutil.which(name))
    assert found, f"no {name}: `make tools` builds it"
    return found


@dataclass(frozen=True)
class Manifest:
    """All objects of one rendering, in the order in which Helm gives them."""

    objects: tuple[Object, ...]
    text: str

    def get(self, kind: str, name: str) -> Object:
        """The object of that kind and name; fails when there is none, or more than one."""
        found = [o for o in self.objects if o["kind"] == kind and o["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} objects {kind}/{name} in {sorted(map(identity, self.objects))}"
        return found[0]

    def kinds(self, kind: str) -> list[Object]:
        """All objects of a kind."""
        return [o for o in self.objects if o["kind"] == kind]

    def pod_specs(self) -> Iterator[tuple[str, Object]]:
        """Every pod spec, with the identity of the object that has it."""
        for candidate in self.objects:
            spec = candidate.get("spec") or {}
            template = (spec.get("jobTemplate") or {}).get("spec", spec).get("template")
            if candidate["kind"] == "Pod":
                yield identity(candidate), candidate["spec"]
            elif template:
                yield identity(candidate), template["spec"]


def identity(candidate: Object) -> str:
    """Kind and name."""
    return f"{candidate['kind']}/{candidate['metadata']['name']}"


def hook(candidate: Object) -> str:
    """Events of a hook, empty for an object of the release."""
    return str((candidate["metadata"].get("annotations") or {}).get("helm.sh/hook", ""))


def render(
    values: Mapping[str, Any] | None = None,
    *,
    release: str = "mysql",
    namespace: str = "mysql",
    files: tuple[Path, ...] = (),
    helm: str = "helm",
) -> Manifest:
    """Render with these values; RefusedError when Helm refuses. Equal calls share one manifest: change nothing in it."""
    return _template(json.dumps(values or {}, ensure_ascii=False), release, namespace, files, helm)


def refusal(
    values: Mapping[str, Any] | None = None, *, release: str = "mysql", namespace: str = "mysql"
) -> str:
    """What Helm says when it refuses these values; fails when it does not."""
    try:
        render(values, release=release, namespace=namespace)
    except RefusedError as error:
        return str(error)
    raise AssertionError(f"accepted: {values}")


@cache
def _template(values: str, release: str, namespace: str, files: tuple[Path, ...], helm: str) -> Manifest:
    arguments = [part for path in files for part in ("--values", str(path))]
    target = ["--namespace", namespace, "--kube-version", KUBERNETES]
    done = subprocess.run(
        [program(helm), "template", release, str(CHART), *target, *arguments, "--values", "-"],
        input=values,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise RefusedError(done.stderr)
    # The C loader, because the chart's manifests are long and many.
    objects = yaml.load_all(done.stdout, Loader=yaml.CSafeLoader)
    return Manifest(tuple(found for found in objects if found), done.stdout)


@cache
def notes(*settings: str) -> str:
    """Give what Helm prints after an install with these `--set` arguments."""
    arguments = [part for setting in settings for part in ("--set", setting)]
    done = subprocess.run(
        [
            program("helm"),
            "install",
            "mysql",
            str(CHART),
            "--namespace",
            "shop",
            "--dry-run=client",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.partition("\nNOTES:\n")[2]


def chart_yaml(name: str) -> dict[str, Any]:
    """Parse a YAML or JSON file of the chart."""
    return dict(yaml.safe_load((CHART / name).read_text(encoding="utf-8")))


def nested(dotted: str, value: object) -> dict[str, Any]:
    """Give values with one key set: "a.b" and 1 become {"a": {"b": 1}}."""
    for key in reversed(dotted.split(".")):
        value = {key: value}
    assert isinstance(value, dict)
    return value


def merged(*documents: Mapping[str, Any]) -> dict[str, Any]:
    """Values of several documents in one, the way Helm merges them."""
    result: dict[str, Any] = {}
    for document in documents:
        for key, value in document.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result
