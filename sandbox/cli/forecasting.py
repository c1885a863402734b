"""The command that forks a world's present many times, and tells what may become of it."""

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from sandbox.cli.common import as_json, progress_bar, shelf_in, writable, write_page
from sandbox.cli.teams import check_team, many_runs, note, results_in, stopped_gently, team_of

if TYPE_CHECKING:
    from sandbox.sim.forecast.forecast import Forecast

RUNS = 500
"""Wilson's interval around a share of one in ten is then 5 points wide."""
DAYS, DAYS_AT_MOST = 30, 366


@click.command()
@click.argument("name", metavar="WORLD")
@click.option(
    "--days",
    type=click.IntRange(1, DAYS_AT_MOST),
    default=DAYS,
    show_default=True,
    help="Days from the world's now on.",
)
@click.option("--runs", type=click.IntRange(1, 1_000_000), default=RUNS, show_default=True, help="Futures.")
@many_runs
@as_json
@click.pass_obj
def forecast(
    folder: Path,
    name: str,
    days: int,
    runs: int,
    jobs: int | None,
    cluster: str | None,
    out: Path | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Live a world's present on many times, each with new luck, and tell where it may come to. It is never changed."""
    from sandbox.sim.forecast.bands import foreseen
    from sandbox.sim.forecast.forecast import run
    from sandbox.sim.results import FORECAST

    check_team(jobs, cluster)
    writable(report)
    chosen = _chosen(folder, name, days, runs)
    results = results_in(out, chosen.header(), FORECAST)
    try:
        with (
            stopped_gently(results),
            team_of(jobs, cluster, chosen.shipment()) as team,
            progress_bar(f"{name}: {runs} futures", 0, runs) as progress,
        ):
            found = run(chosen, team, results, progress, note)
    finally:
        if results:
            results.close()
    summary = foreseen(chosen, found)
    if report is not None:
        from sandbox.charts.forecast_report import forecast_report

        write_page(forecast_report(summary), report, "The forecast's report")
    if as_json:
        click.echo(json.dumps(summary))
    else:
        from sandbox.cli.foretelling import print_forecast

        print_forecast(summary)


def _chosen(folder: Path, name: str, days: int, runs: int) -> "Forecast":
    from sandbox.sim.forecast.forecast import forecast as forecast_of

    with closing(shelf_in(folder).open(name)) as world:
        return forecast_of(world, days, runs)
