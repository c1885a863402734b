"""The command that runs a scenario many times, in variants that differ in one key."""

import json
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
from sandbox.cli.teams import check_team, many_runs, note, results_in, stopped_gently, team_of

if TYPE_CHECKING:
    from sandbox.sim.study import Study

RUNS = 30
"""Enough for a first look: start with 20 to 30, then see how wide the intervals are (Law, chapter 9)."""


@click.command()
@click.argument("scenario", metavar="SCENARIO")
@click.option("--runs", type=click.IntRange(1, 1_000_000), default=RUNS, show_default=True, help="Replications.")
@click.option("--vary", metavar="KEY=A,B,C", help="A scenario's key and its values: each makes a variant.")
@set_keys
@click.option("--days", type=click.IntRange(1, 3660), help="Days to run after the history, which warms the shop up.")
@click.option("--seed", type=int, help="Another seed than the scenario's.")
@many_runs
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

    check_team(jobs, cluster)
    writable(report)
    chosen = _chosen(scenario, runs, vary, wanted, days, seed)
    results = results_in(out, chosen.header())
    try:
        with stopped_gently(results), team_of(jobs, cluster) as team:
            title, count = f"{chosen.scenario.title}: {runs} runs", len(chosen.places())
            with progress_bar(title, 0, count) as progress:
                found = run(chosen, team, results, progress, note)
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
