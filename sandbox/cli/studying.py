"""The command that runs a scenario many times, in variants that differ in one key."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from sandbox.cli.common import (
    as_json,
    key_and_value,
    progress_bar,
    set_keys,
    settings_of,
    writable,
    write_page,
)

if TYPE_CHECKING:
    from sandbox.sim.results import Results
    from sandbox.sim.study import Study
    from sandbox.sim.workers import Cluster, Processes

RUNS = 30
"""Enough for a first look: start with 20 to 30, then see how wide the intervals are (Law, chapter 9)."""


@click.command()
@click.argument("scenario", metavar="SCENARIO")
@click.option("--runs", type=click.IntRange(1, 1_000_000), default=RUNS, show_default=True, help="Replications.")
@click.option("--vary", metavar="KEY=A,B,C", help="A scenario's key and its values: each makes a variant.")
@set_keys
@click.option("--days", type=click.IntRange(1, 3660), help="Days to run after the history, which warms the shop up.")
@click.option("--seed", type=int, help="Another seed than the scenario's.")
@click.option("--jobs", "-j", type=click.IntRange(1, 1024), help="Processes; as many as there are cores, if left out.")
@click.option("--cluster", metavar="URL", help="A Dask cluster's scheduler, such as tcp://10.0.0.5:8786.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Keep the replications, and go on there.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the report: one HTML file.")
@as_json
def study(
    scenario: str,
    runs: int,
    vary: str | None,
    wanted: tuple[str, ...],
    days: int | None,
    seed: int | None,
    jobs: int | None,
    cluster: str | None,
    out: Path | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Run a scenario many times, each variant by the same luck, and tell how sure the figures are."""
    from sandbox.sim.comparison import compared
    from sandbox.sim.study import run

    if cluster and jobs:
        raise click.UsageError("--jobs is for the processes of this machine; a --cluster has its own workers.")
    writable(report)
    chosen = _chosen(scenario, runs, vary, wanted, days, seed)
    results = _results(out, chosen)
    try:
        with _stopped_gently(results), _team(jobs, cluster) as team:
            title, count = f"{chosen.scenario.title}: {runs} runs", len(chosen.places())
            with progress_bar(title, 0, count) as progress:
                found = run(chosen, team, results, progress, _note)
    finally:
        if results:
            results.close()
    summary = compared(chosen, found)
    if report is not None:
        _write_report(summary, report)
    if as_json:
        click.echo(json.dumps(summary))
    else:
        from sandbox.cli.comparing import print_comparison

        print_comparison(summary)


def _write_report(summary: dict[str, Any], out: Path) -> None:
    from sandbox.charts.study_report import study_report

    write_page(study_report(summary), out, "The study's report")


def _note(sentence: str) -> None:
    """Tell on stderr, above the bar: rich moves what is printed there, and what click echoes it cannot."""
    print(sentence, file=sys.stderr, flush=True)


def _chosen(
    name: str, runs: int, vary: str | None, wanted: tuple[str, ...], days: int | None, seed: int | None
) -> "Study":
    from sandbox.sim import scenario as scenarios
    from sandbox.sim.changes import changed, split
    from sandbox.sim.study import study

    options = {"days": days, "seed": seed}
    changes = settings_of(wanted) | {key: str(value) for key, value in options.items() if value is not None}
    fixed = changed(scenarios.load(name), changes)
    if vary is None:
        return study(fixed, runs)
    key, values = key_and_value("--vary", vary)
    return study(fixed, runs, key, tuple(split(values)))


def _results(out: Path | None, chosen: "Study") -> "Results | None":
    from sandbox.sim.results import Results

    try:
        return Results(out, chosen.header()) if out else None
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}.") from None


@contextmanager
def _team(jobs: int | None, cluster: str | None) -> Iterator["Processes | Cluster"]:
    """Whoever runs the replications; what they cannot go on with is told in a sentence."""
    from sandbox.sim.workers import Cluster, NoCluster, Processes, WorkersLost, usable_cores

    try:
        with Cluster(cluster) if cluster else Processes(jobs or usable_cores()) as team:
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
def _stopped_gently(results: "Results | None") -> Iterator[None]:
    """Whatever stops a study, say what is kept and how to go on."""
    try:
        yield
    except BaseException as error:
        if results and results.found:
            kept = f"{len(results.found)} replications are kept in {results.path}"
            click.echo(f"Stopped; {kept}. The same command goes on from there.", err=True)
        elif isinstance(error, KeyboardInterrupt) and not results:
            click.echo("Stopped; nothing is kept. Name a file with --out to go on another time.", err=True)
        raise
