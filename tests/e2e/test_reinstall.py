"""What is uninstalled can be installed again over the volumes that stayed."""

from collections.abc import Callable

from tests.e2e.kit.release import Release

OTHER = "another password"


def test_data_survives_and_the_new_password_works(fresh: Callable[..., Release]) -> None:
    """First with the same password, then with another."""
    release = fresh("again", "reinstall")
    release.install()
    release.query("CREATE DATABASE kept")
    release.query("CREATE TABLE kept.t (id INT PRIMARY KEY)")
    release.query("INSERT INTO kept.t VALUES (42)")
    group = release.get("configmap", "again-state")["data"]["groupName"]

    release.uninstall()
    release.install()
    assert release.query("SELECT id FROM kept.t") == [(42,)]

    release.uninstall()
    release.install(password=OTHER)
    assert release.query("SELECT id FROM kept.t", password=OTHER) == [(42,)]
    assert release.get("configmap", "again-state")["data"]["groupName"] == group
    assert release.status()[0] == 0
