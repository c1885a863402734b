"""The commands that move time: a scenario from its beginning, a world from where it stands."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM, signal
from threading import Event
from typing import TYPE_CHECKING, Any

import rich_click as click

from sandbox.cli.common import (
    as_json,
    print_summary_of,
    progress_bar,
    progress_over,
    set_keys,
    settings_of,
    shelf_in,
    writable,
)
from sandbox.cli.reporting import write_run_report

if TYPE_CHECKING:
    from sandbox.central.world import World
    from sandbox.sim.scenario import Scenario
    from sandbox.sim.worlds import Shelf


@click.command()
@click.argument("scenario", metavar="SCENARIO")
@click.option("--name", help="The world's name; the scenario's, with a number, if left out.")
@click.option("--seed", type=int, help="Another seed than the scenario's.")
@click.option("--days", type=click.IntRange(1, 3660), help="Days to run, the history included.")
@click.option("--orders-per-day", type=click.FloatRange(0, 1_000_000), help="Another demand than the scenario's.")
@set_keys
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the run report: one HTML file.")
@as_json
@click.pass_obj
def run(
    folder: Path,
    scenario: str,
    name: str | None,
    seed: int | None,
    days: int | None,
    orders_per_day: float | None,
    wanted: tuple[str, ...],
    report: Path | None,
    as_json: bool,
) -> None:
    """Simulate a scenario, its desks played by scripts, and keep the world."""
    from sandbox.central.file import LARGE_PAGES
    from sandbox.sim import scenario as scenarios
    from sandbox.sim.changes import changed

    writable(report)
    chosen = _chosen(changed(scenarios.load(scenario), settings_of(wanted)), seed, days, orders_per_day)
    shelf = shelf_in(folder)
    stopped = Event()
    with progress_over(chosen.title, chosen, chosen.days) as progress, _stopping(stopped):
        life = partial(_live, chosen, progress, stopped)
        world = shelf.make(name or _free_name(shelf, Path(scenario).stem), chosen, page_bytes=LARGE_PAGES, then=life)
    if stopped.is_set():
        _tell_stopped(world, chosen)
        raise KeyboardInterrupt
    if report is not None:
        write_run_report(world, report)
    print_summary_of(world, as_json, **({} if report is None else {"report": str(report)}))


def _chosen(scenario: "Scenario", seed: int | None, days: int | None, orders_per_day: float | None) -> "Scenario":
    """The scenario without people, with what the options change."""
    from sandbox.sim.changes import headless

    chosen = headless(scenario)
    changes: dict[str, Any] = {"days": days or chosen.days}
    if seed is not None:
        changes["seed"] = seed
    if orders_per_day is not None:
        changes["demand"] = chosen.demand.model_copy(update={"orders_per_day": orders_per_day})
    return chosen.model_copy(update=changes)


def _free_name(shelf: "Shelf", stem: str) -> str:
    taken = set(shelf.names())
    return next(name for name in (f"{stem[:30].lower()}-{number}" for number in range(1, 100_000)) if name not in taken)


def _live(chosen: "Scenario", progress: Callable[[int], None], stopped: Event, world: "World") -> None:
    """Move a new world through its days, or to the end of the one in which somebody asks to stop."""
    from sandbox.central.days import DAY
    from sandbox.sim.driver import Driver

    driver, end = Driver(world), chosen.start + chosen.days * DAY
    reached = driver.advance(end, progress=progress, is_enough=stopped.is_set).end
    if reached < end:
        driver.advance(reached + (end - reached) % DAY)


@contextmanager
def _stopping(stopped: Event) -> Iterator[None]:
    """Whoever asks to stop waits until what was begun is done; asking again stops at once, and keeps nothing."""

    def ask(number: int, _: object) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    before = {one: signal(one, ask) for one in (SIGINT, SIGTERM, SIGHUP)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal(one, handler)


def _tell_stopped(world: "World", chosen: "Scenario") -> None:
    from sandbox.central.days import DAY

    done = (world.now - chosen.start) // DAY
    world.close()
    click.echo(f"Stopped; day {done} is kept in {world.path}.", err=True)
    click.echo(f"Go on with: sandbox advance {world.path.stem} --by {chosen.days - done}d", err=True)


@click.command()
@click.argument("name", metavar="WORLD")
@click.option("--by", help="A span such as 90m, 36h, 7d or P1DT12H.")
@click.option("--to", help="A moment such as 2026-03-09T09:00:00+05:30.")
@click.option("--until", metavar="EVENT", help="What to wait for, such as chargeback, message or deadline.")
@click.option("--within", default="90d", show_default=True, help="The bound of --until.")
@as_json
@click.pass_obj
def advance(
    folder: Path, name: str, by: str | None, to: str | None, until: str | None, within: str, as_json: bool
) -> None:
    """Move a world's time, whole or not at all."""
    from sandbox.central.days import parse_moment, parse_span, rfc3339
    from sandbox.sim.driver import Driver, counts

    if sum(way is not None for way in (by, to, until)) != 1:
        raise click.UsageError("Say how far: --by, --to or --until, one of them.")
    world = shelf_in(folder).open(name)
    start, last = world.now, world.clock.facts
    try:
        target = parse_moment(to) if to is not None else start + parse_span(within if by is None else by)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    stopped = "Time was moved as far as asked."
    with progress_bar(f"{name}: time moves", start, target) as progress:
        if until is None:
            Driver(world).advance(target, progress=progress)
        else:
            stopped = _waited(world, until, target)
    happened = counts(world, last)
    if as_json:
        moved = {"from": rfc3339(start), "now": rfc3339(world.now), "kinds": happened, "stopped": stopped}
        click.echo(json.dumps(moved | {"facts": sum(happened.values())}))
    else:
        from sandbox.cli.terminal import print_advanced

        print_advanced(name, start, world.now, happened, stopped if until else "")


def _waited(world: "World", until: str, bound: int) -> str:
    """Move time until something comes, and tell why it stopped."""
    from sandbox.central.days import rfc3339
    from sandbox.sim.awaited import Awaited, advance_until
    from sandbox.sim.driver import Driver

    with world.writing():
        came = advance_until(Driver(world), Awaited(until), bound)
    return came.sentence if came else f"It did not come by {rfc3339(bound)}, which is the bound."
