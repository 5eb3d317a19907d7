"""Which Kubernetes a command is for: the embedded one, or one that the user names."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".cluster"
LOCAL_KUBECONFIG = STATE / "kubeconfig"
PROGRAMS = STATE / "bin"
CHART = ROOT / "charts" / "mysql-innodb-cluster"
LOCAL_VALUES = ROOT / "values" / "local.yaml"


@dataclass(frozen=True, slots=True)
class Target:
    """A Kubernetes and the release that is meant there."""

    local: bool
    context: str = ""
    """Empty for the current one of the kubeconfig."""
    namespace: str = "mysql"
    release: str = "mysql"
    values: tuple[Path, ...] = ()
    """Files of the user's own, after this repository's."""
    state: Path = STATE
    """Where the embedded Kubernetes keeps what it must remember."""

    @property
    def password_file(self) -> Path:
        """File with the root password of the release in the embedded Kubernetes."""
        return self.state / "root-password"

    def environment(self) -> dict[str, str]:
        """Environment of kubectl and helm: programs built here come first on PATH."""
        environment = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}"}
        if self.local:
            environment["KUBECONFIG"] = str(LOCAL_KUBECONFIG)
        return environment

    def kubectl(self, *arguments: str) -> list[str]:
        """Give the argument list of a kubectl call in the release's namespace."""
        context = ["--context", self.context] if self.context else []
        return [self.program("kubectl"), *context, "--namespace", self.namespace, *arguments]

    def helm(self, *arguments: str) -> list[str]:
        """Give the argument list of a helm call in the release's namespace."""
        context = ["--kube-context", self.context] if self.context else []
        return [self.program("helm"), *arguments, *context, "--namespace", self.namespace]

    def program(self, name: str) -> str:
        """Find a program where this repository builds it, or on PATH."""
        built = PROGRAMS / name
        return str(built) if built.exists() else (shutil.which(name) or name)


def target_from_environment(environment: Mapping[str, str]) -> Target:
    """Read CONTEXT, KUBECONFIG, NAMESPACE, RELEASE and VALUES as `make` was given them."""
    context = environment.get("CONTEXT", "")
    kubeconfig = environment.get("KUBECONFIG", "")
    own = bool(kubeconfig) and Path(kubeconfig).resolve() != LOCAL_KUBECONFIG.resolve()
    return Target(
        local=not context and not own,
        context=context,
        namespace=environment.get("NAMESPACE") or "mysql",
        release=environment.get("RELEASE") or "mysql",
        values=tuple(Path(name) for name in environment.get("VALUES", "").split()),
    )
