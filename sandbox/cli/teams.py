"""What a study and a forecast share: who runs the replications, where they are kept, and what is told meanwhile."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from sandbox.sim.results import Results
    from sandbox.sim.workers import Cluster, Processes

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--jobs", "-j", type=click.IntRange(1, 1024), help="Processes; as many as there are cores, if left out."
    ),
    click.option("--cluster", metavar="URL", help="A Dask cluster's scheduler, such as tcp://10.0.0.5:8786."),
    click.option(
        "--out", type=click.Path(path_type=Path, dir_okay=False), help="Keep the replications, and go on there."
    ),
    click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the report: one HTML file."),
)


def many_runs(command: Command) -> Command:
    """The options of a command that runs many replications."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def check_team(jobs: int | None, cluster: str | None) -> None:
    """Processes or a cluster, one of the two."""
    if cluster and jobs:
        raise click.UsageError("--jobs is for the processes of this machine; a --cluster has its own workers.")


def note(sentence: str) -> None:
    """Tell on stderr, above the bar: rich moves what is printed there, and what click echoes it cannot."""
    print(sentence, file=sys.stderr, flush=True)


def results_in(out: Path | None, header: dict[str, Any], kind: str = "study") -> "Results | None":
    """The result file, open for what the header tells, if one is wanted."""
    from sandbox.sim.results import Results

    try:
        return Results(out, header, kind) if out else None
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}.") from None


@contextmanager
def team_of(
    jobs: int | None, cluster: str | None, shipment: dict[str, bytes] | None = None
) -> Iterator["Processes | Cluster"]:
    """Whoever runs the replications; what they cannot go on with is told in a sentence."""
    from sandbox.sim.workers import Cluster, NoCluster, Processes, WorkersLost, usable_cores

    try:
        with Cluster(cluster, shipment) if cluster else Processes(jobs or usable_cores(), shipment) as team:
            yield team
    except ModuleNotFoundError as error:
        if error.name != "distributed":
            raise
        raise click.UsageError("--cluster needs Dask: pip install 'seller-sandbox[cluster]'") from None
    except NoCluster as error:
        raise click.UsageError(error.sentence) from None
    except WorkersLost as error:
        raise click.ClickException(error.sentence) from None


@contextmanager
def stopped_gently(results: "Results | None") -> Iterator[None]:
    """Whatever stops it, say what is kept and how to go on."""
    try:
        yield
    except BaseException as error:
        if results and results.found:
            kept = f"{len(results.found)} replications are kept in {results.path}"
            click.echo(f"Stopped; {kept}. The same command goes on from there.", err=True)
        elif isinstance(error, KeyboardInterrupt) and not results:
            click.echo("Stopped; nothing is kept. Name a file with --out to go on another time.", err=True)
        raise
