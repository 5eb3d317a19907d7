"""Passwords go one way: through a Secret that lives as long as the hook that takes it."""

import base64

import pytest

from tests.chart.rendering import nested, render

PASSWORDS = [
    "simple",
    'it\'s "quoted"',
    "back\\slash \\n \\t",
    "$HOME $(HOME) ${HOME} `id` %s %% %(x)s",
    " spaces  at both ends ",
    "#no: {{ .Values }} comment, [list] & *alias !tag |",
    "pässwörd 密码 🔑",
    "0123456789",
    "true",
    "x" * 64,
    "~!@#$%^&*()_+-={}[]|:;<>,.?/" * 2 + "12345678",
]


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_survives_rendering_exactly(password: str) -> None:
    """Whatever is in it."""
    data = render(nested("credentials.root.password", password)).get("Secret", "mysql-root-input")["data"]
    assert base64.b64decode(data["rootPassword"]).decode() == password


def test_an_empty_password_is_left_to_the_hook() -> None:
    """Which generates one and keeps it: the chart would make another at each upgrade."""
    data = render().get("Secret", "mysql-root-input")["data"]
    decoded = {key: base64.b64decode(value).decode() for key, value in data.items()}
    assert decoded == {"rootUser": "root", "rootHost": "%", "rootPassword": ""}


def test_a_null_password_is_an_empty_one() -> None:
    """`--set credentials.root.password=null`."""
    assert (
        render(nested("credentials.root.password", None)).get("Secret", "mysql-root-input")["data"][
            "rootPassword"
        ]
        == ""
    )


@pytest.mark.parametrize("password", ["correct horse battery staple", "'\"\\$%"])
def test_the_password_is_nowhere_else(password: str) -> None:
    """Neither in clear nor encoded, in no other object."""
    encoded = base64.b64encode(password.encode()).decode()
    manifest = render(nested("credentials.root.password", password))
    for candidate in manifest.objects:
        if candidate["kind"] != "Secret":
            assert password not in str(candidate)
            assert encoded not in str(candidate)


def test_the_only_secret_that_is_rendered_is_the_hooks_input() -> None:
    """Everything else is made in the cluster, where Helm does not store it."""
    assert [s["metadata"]["name"] for s in render().kinds("Secret")] == ["mysql-root-input"]


def test_with_an_existing_secret_none_is_rendered() -> None:
    """It is only ever read."""
    manifest = render(nested("credentials.existingSecret", "mine"))
    assert manifest.kinds("Secret") == []
    assert "root-input" not in manifest.text
    rules = manifest.get("Role", "mysql-converge")["rules"]
    assert "mine" in str(rules)


def test_no_environment_variable_comes_from_a_secret() -> None:
    """Environments are inherited, dumped and shown; files are not."""
    for name, spec in render().pod_specs():
        for container in spec["containers"] + spec.get("initContainers", []):
            assert "secretKeyRef" not in str(container.get("env")), name
            assert "envFrom" not in container, name


def test_mounted_secrets_are_readable_by_the_pods_group_alone() -> None:
    """0440 and fsGroup."""
    for name, spec in render().pod_specs():
        for volume in spec["volumes"]:
            source = volume.get("secret") or volume.get("projected")
            if source:
                assert source["defaultMode"] == 0o440, f"{name} {volume['name']}"
