"""Every command but the router's agent: arguments in, exit status out.

Each imports what it runs inside: what renders a file has no use for
a MySQL driver, nor has ``--help`` for a Kubernetes client.
"""
# ruff: noqa: PLC0415

from collections.abc import Callable
from typing import Annotated

import typer

from innodb_cluster.cli import ended

app = typer.Typer(
    help="Hooks and agent of the MySQL InnoDB Cluster chart.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
render_app = typer.Typer(help="Write the configuration that a container reads.", no_args_is_help=True)
job_app = typer.Typer(help="Run a hook of the chart.", no_args_is_help=True)
app.add_typer(render_app, name="render")
app.add_typer(job_app, name="job")


@render_app.command("router")
def render_router() -> None:
    """Write mysqlrouter.conf and state.json of this router pod."""
    from innodb_cluster.jobs.render import run_router

    _finish(run_router)


@render_app.command("check")
def render_check() -> None:
    """Write the my.cnf of the first server, for mysqld to validate in the prepare hook."""
    from innodb_cluster.jobs.render import run_check

    _finish(run_check)


@job_app.command("prepare")
def job_prepare(
    *, rollback: Annotated[bool, typer.Option("--rollback", help="Helm goes back to earlier values.")] = False
) -> None:
    """Make passwords, certificates and the record; check the values (pre-install, pre-upgrade, pre-rollback)."""
    from innodb_cluster.jobs import prepare

    _finish(lambda: prepare.run(is_rollback=rollback))


@job_app.command("converge")
def job_converge() -> None:
    """Create the cluster, or bring it to what the values say (post-install, post-upgrade)."""
    from innodb_cluster.configuration import load_job
    from innodb_cluster.jobs import converge

    _finish(lambda: converge.run(load_job().parsed_settings()))


@job_app.command("renew")
def job_renew() -> None:
    """Renew certificates of the release's own CA that end soon, as the CronJob does every week."""
    from innodb_cluster.jobs import certificates

    _finish(certificates.run)


@job_app.command("snapshot")
def job_snapshot() -> None:
    """Take the schedule's snapshot, and let go what the retention no longer keeps."""
    from innodb_cluster.jobs import snapshot_commands

    _finish(snapshot_commands.run_scheduled)


@app.command()
def snapshot(
    *,
    name: Annotated[str, typer.Option("--name", help="Its name; without one, cluster, date and time.")] = "",
) -> None:
    """Take a VolumeSnapshot of the secondary that is least behind, and wait until it is ready."""
    from innodb_cluster.jobs import snapshot_commands

    _finish(lambda: snapshot_commands.run_once(name))


@app.command()
def snapshots() -> None:
    """List the cluster's VolumeSnapshots."""
    from innodb_cluster.jobs import snapshot_commands

    _finish(snapshot_commands.run_list)


@app.command()
def agent() -> None:
    """Write what mysqld waits for, then keep this server's member in its group; runs for ever."""

    def run() -> int:
        from innodb_cluster.jobs.render import run_server

        # Before the rest is loaded: mysqld waits for it alone.
        run_server()
        from innodb_cluster.agent import loop

        return loop.run()

    _finish(run)


@app.command("router-agent")
def router_agent() -> None:
    """Answer whether this pod's router has destinations; runs for ever."""
    from innodb_cluster.agent import router

    _finish(router.run)


@app.command()
def status(
    *, table: Annotated[bool, typer.Option("--table", help="A table for people instead of JSON.")] = False
) -> None:
    """Show the cluster's state: exit status 0 OK, 1 degraded, 2 not serving, 3 unknown."""
    from innodb_cluster.jobs import status as status_job

    _finish(lambda: status_job.run(as_table=table))


@app.command()
def explain(
    *,
    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="FILE", help="A saved look instead of a new one; - reads standard input."
        ),
    ] = "",
    manifest: Annotated[
        str,
        typer.Option(
            "--manifest",
            metavar="FILE",
            help="What helm template prints: explain the upgrade to it; - reads standard input.",
        ),
    ] = "",
    save: Annotated[
        bool, typer.Option("--save", help="Print what was seen as JSON, without secrets.")
    ] = False,
) -> None:
    """Say what an upgrade and this pod's agent would do next, and why; changes nothing."""
    from innodb_cluster.jobs import explain as explain_job

    _finish(lambda: explain_job.run(source=source, manifest=manifest, save=save))


@app.command()
def verify() -> None:
    """Test a cluster through its Service: writes, reads, members, data and routers (helm test)."""
    from innodb_cluster.jobs import verify as verify_job

    _finish(verify_job.run)


_Pod = Annotated[str, typer.Option("--pod", help="Pod whose server it is done on; this one when absent.")]
_GivenUp = Annotated[
    list[str] | None, typer.Option("--give-up", help="A pod whose transactions may be lost; once for each.")
]


@app.command("force-bootstrap")
def force_bootstrap(pod: _Pod = "", give_up: _GivenUp = None) -> None:
    """Start the group on one server after a complete outage that repair waits in; shows first what would be lost."""
    from innodb_cluster.agent import force

    _finish(lambda: force.force_bootstrap(pod, give_up or ()))


@app.command("force-quorum")
def force_quorum(give_up: _GivenUp = None) -> None:
    """Go on with this server after the majority is gone for good; shows first what would be lost."""
    from innodb_cluster.agent import force

    _finish(lambda: force.force_quorum(give_up or ()))


def _finish(run: Callable[[], int]) -> None:
    """Set the log up, run, and end the process with the command's exit status."""
    from innodb_cluster.configuration import log_level
    from innodb_cluster.effects.log import configure_log

    configure_log(log_level())
    raise typer.Exit(ended(run))
