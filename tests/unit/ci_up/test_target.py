"""Which Kubernetes `make up` means."""

from pathlib import Path

from ci.up.target import LOCAL_KUBECONFIG, Target, target_from_environment


def test_without_a_word_it_is_the_embedded_one() -> None:
    """Empty variables count as none: make exports them empty."""
    assert target_from_environment({"CONTEXT": "", "KUBECONFIG": ""}) == Target(local=True)


def test_the_kubeconfig_of_make_shell_is_still_the_embedded_one() -> None:
    """`make up` inside of `make shell` must not take it for somebody's own."""
    assert target_from_environment({"KUBECONFIG": str(LOCAL_KUBECONFIG)}).local


def test_a_context_or_a_kubeconfig_is_somebodys_own() -> None:
    """Nothing is then built or deleted there."""
    assert not target_from_environment({"CONTEXT": "prod"}).local
    assert not target_from_environment({"KUBECONFIG": "/elsewhere/config"}).local


def test_a_context_is_named_to_kubectl_and_helm() -> None:
    """Each in its own way, and the namespace to both."""
    target = target_from_environment({"CONTEXT": "prod", "NAMESPACE": "db"})
    assert target.kubectl("get", "pods")[1:] == ["--context", "prod", "--namespace", "db", "get", "pods"]
    assert target.helm("list")[1:] == ["list", "--kube-context", "prod", "--namespace", "db"]


def test_values_are_files_in_the_order_given() -> None:
    """As with helm, the last one wins."""
    assert target_from_environment({"VALUES": "a.yaml b.yaml"}).values == (Path("a.yaml"), Path("b.yaml"))


def test_the_embedded_one_has_its_own_kubeconfig() -> None:
    """Whatever the user's is set to."""
    assert Target(local=True).environment()["KUBECONFIG"] == str(LOCAL_KUBECONFIG)
