"""The start script of routers, run by bash with stand-ins for MySQL's programs."""

import signal

import pytest

from tests.chart.script_box import Box

ROUTER_PASSWORD = 'it\'s $HOME \\ "quoted"'


@pytest.fixture
def router_box(box: Box) -> Box:
    """A router's box: configuration and passwords are mounted, programs write down what they read."""
    (box.root / "conf" / "mysqlrouter.conf").touch()
    (box.root / "conf" / "state.json").touch()
    (box.root / "internal" / "routerPassword").write_text(ROUTER_PASSWORD, encoding="utf-8")
    (box.root / "internal" / "restPassword").write_text("rest", encoding="utf-8")
    for name in ("mysqlrouter_keyring", "mysqlrouter_passwd"):
        box.program(name, f'[[ $1 == set ]] && cat >>{box.root / name}; echo "Please enter password:"')
    box.program("mysqlrouter", "echo routing")
    return box


def test_the_router_gets_its_keyring_by_absolute_paths_and_then_starts(router_box: Box) -> None:
    """The master key file finds a keyring by its path as it was given."""
    conf = router_box.root / "conf"
    done = router_box.run("run-router.sh")
    assert done.returncode == 0
    assert "starting mysqlrouter\nrouting\n" in done.stdout
    assert router_box.calls == [
        f"mysqlrouter_keyring init --master-key-file={conf}/master.key {conf}/keyring",
        f"mysqlrouter_keyring set --master-key-file={conf}/master.key {conf}/keyring mysqlrouter password",
        f"mysqlrouter_passwd set {conf}/rest.passwd router",
        f"mysqlrouter -c {conf}/mysqlrouter.conf",
    ]


def test_passwords_reach_the_routers_programs_by_standard_input_alone(router_box: Box) -> None:
    """Exactly, and neither by an argument nor in the log."""
    done = router_box.run("run-router.sh")
    assert (router_box.root / "mysqlrouter_keyring").read_text(encoding="utf-8") == ROUTER_PASSWORD
    assert (router_box.root / "mysqlrouter_passwd").read_text(encoding="utf-8") == "rest"
    assert ROUTER_PASSWORD not in "\n".join(router_box.calls) + done.stdout + done.stderr


def test_a_router_that_is_started_again_makes_its_keyring_anew(router_box: Box) -> None:
    """The folder outlives the container, and init refuses a file that is there."""
    conf = router_box.root / "conf"
    for name in ("master.key", "keyring", "rest.passwd"):
        (conf / name).touch()
    router_box.program(
        "mysqlrouter_keyring", f"[[ $1 == init && -e {conf}/keyring ]] && exit 1; cat >/dev/null"
    )
    assert router_box.run("run-router.sh").returncode == 0


def test_what_fails_in_a_routers_start_is_named(router_box: Box) -> None:
    """With what the program said."""
    router_box.program("mysqlrouter_keyring", "echo no space left; exit 1")
    done = router_box.run("run-router.sh")
    assert done.returncode == 1
    assert "mysqlrouter_keyring failed: no space left" in done.stderr


@pytest.mark.parametrize("name", ["routerPassword", "restPassword"])
def test_a_missing_password_is_named(router_box: Box, name: str) -> None:
    """Rather than an empty one used."""
    (router_box.root / "internal" / name).unlink()
    done = router_box.run("run-router.sh")
    assert done.returncode == 1
    assert f"{name} is missing" in done.stderr


def test_a_router_waits_for_its_configuration_beside_which_it_is_started(router_box: Box) -> None:
    """The agent writes it meanwhile; the state comes last."""
    (router_box.root / "conf" / "state.json").unlink()
    with router_box.started("run-router.sh") as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3)]
        assert "waiting for the agent" in said[2]
        (router_box.root / "conf" / "state.json").touch()
        assert "starting mysqlrouter" in process.stdout.readline()
        assert process.wait(timeout=10) == 0
    assert router_box.calls[-1] == f"mysqlrouter -c {router_box.root}/conf/mysqlrouter.conf"


def test_a_router_that_waits_for_its_configuration_can_be_stopped(router_box: Box) -> None:
    """Process 1 of a container would ignore the signal, and the pod wait until it is killed."""
    (router_box.root / "conf" / "state.json").unlink()
    with router_box.started("run-router.sh") as process:
        assert process.stdout is not None
        assert "waiting for the agent" in [process.stdout.readline() for _ in range(3)][2]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 143


def test_a_router_is_started_again_in_place_when_the_agent_orders_it(router_box: Box) -> None:
    """With everything that a start makes; the order is gone then, and an old one means nothing."""
    order = router_box.root / "run" / "restart"
    order.touch()
    journal = router_box.journal
    router_box.program(
        "mysqlrouter",
        f'[[ -e {order} ]] && exit 9\n(( $(grep -c "^mysqlrouter " {journal}) == 1 )) || exit 7\n'
        f'sleep 60 &\ntrap "kill $!; exit 0" TERM\ntouch {order}\nwait',
    )
    assert router_box.run("run-router.sh").returncode == 7
    assert [call.split()[0] for call in router_box.calls] == 2 * [
        *("mysqlrouter_keyring", "mysqlrouter_keyring", "mysqlrouter_passwd", "mysqlrouter"),
    ]


def test_a_router_that_ends_by_itself_ends_its_container_with_the_same_status(router_box: Box) -> None:
    """The kubelet starts it again, and counts it."""
    router_box.program("mysqlrouter", "exit 5")
    assert router_box.run("run-router.sh").returncode == 5


def test_a_signal_reaches_mysqlrouter_and_its_status_is_kept(router_box: Box) -> None:
    """The pod is to end, whatever the agent has ordered."""
    trap = f"touch {router_box.root}/run/restart; exit 3"
    assert router_box.status_when_told_to_end("run-router.sh", "mysqlrouter", trap) == 3
    assert len([call for call in router_box.calls if call.startswith("mysqlrouter ")]) == 1
