"""The commands. The only place that reads the environment, the wall clock's zone and the user's folders.

Data goes to stdout, progress and notes to stderr; `--json` prints one object. Heavy rooms are imported by the commands
that need them, so that `--help` answers at once.
"""

import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import rich_click as click

from sandbox import BANNER, __version__
from sandbox.cli_reports import as_json, export, report

if TYPE_CHECKING:
    from sandbox.central.world import World
    from sandbox.sim.scenario import Scenario
    from sandbox.sim.worlds import Shelf

BAD_FILE, INTERRUPTED, USAGE = 3, 130, 2
DEFAULT_PORT, DEFAULT_WORKERS = 8800, 2
DEMO, DEMO_RATE = "demo", 60.0
CHUNK_DAYS = 7
"""A run commits this often: what a kill loses at most."""

click.rich_click.SHOW_ARGUMENTS = True


def main() -> None:
    """Run the command line, with the exit codes of the README."""
    from sandbox.central.guide import Refused
    from sandbox.central.troubles import Unusable
    from sandbox.sim.scenario import InvalidScenario

    try:
        code = sandbox.main(standalone_mode=False, auto_envvar_prefix="SANDBOX")
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(INTERRUPTED)
    except InvalidScenario as error:
        _stop(error.code, error.sentence, BAD_FILE)
    except Unusable as error:
        _stop(error.code, error.sentence, BAD_FILE)
    except Refused as error:
        _stop(error.code, error.sentence, USAGE)


def _stop(code: str, sentence: str, exit_code: int) -> NoReturn:
    click.echo(f"{code}: {sentence}", err=True)
    sys.exit(exit_code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=BANNER)
@click.version_option(__version__, prog_name="sandbox")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The folder of worlds and keys.")
@click.pass_context
def sandbox(context: click.Context, data: Path | None) -> None:
    """A stateful Seller Central in which time can be moved."""
    from platformdirs import user_data_path

    context.obj = data or user_data_path("seller-sandbox", appauthor=False)


sandbox.add_command(report)
sandbox.add_command(export)


def _shelf(folder: Path) -> "Shelf":
    from sandbox.sim.worlds import Shelf

    return Shelf(folder / "worlds")


# -- serve


@sandbox.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", "-p", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 picks one."
)
@click.option(
    "--workers", "-w", type=click.IntRange(1, 64), default=DEFAULT_WORKERS, show_default=True, help="Processes."
)
@click.option("--key", help="The operator's key; needed beyond loopback, drawn and kept if left out.")
@click.option("--demo", is_flag=True, help="Make a world that has lived for 30 days, and tell how it fared.")
@click.option("--once", is_flag=True, help="With --demo: print and end.")
@as_json
@click.pass_obj
def serve(
    folder: Path, host: str, port: int, workers: int, key: str | None, demo: bool, once: bool, as_json: bool
) -> None:
    """Serve the worlds over HTTP until Ctrl-C."""
    if once and not demo:
        raise click.UsageError("--once goes with --demo.")
    _check_key(host, key)
    found = _demo(folder, as_json) if demo else {}
    if not once:
        _serve(folder, host, port, workers, key, found if as_json else None)
    elif as_json:
        click.echo(json.dumps(found))


def _check_key(host: str, key: str | None) -> None:
    if host not in ("127.0.0.1", "::1", "localhost") and not key:
        raise click.UsageError(f"{host} is not loopback: set the operator's key with --key, or SANDBOX_SERVE_KEY.")
    if key is not None and not (len(key) >= 16 and key.isascii() and key.isprintable() and " " not in key):
        raise click.UsageError("The operator's key has 16 or more visible ASCII characters.")


def _demo(folder: Path, as_json: bool) -> dict[str, Any]:
    """The demo's world, made unless it is there, and what the month did to its shop."""
    from sandbox.central.guide import Refused
    from sandbox.sim import scenario
    from sandbox.terminal import print_summary, summary

    shelf = _shelf(folder)
    if DEMO not in shelf.names():
        chosen = scenario.load("first-week").model_copy(update={"rate": DEMO_RATE})
        with _progress("A shop lives for 30 days", chosen) as progress:
            try:
                shelf.make(DEMO, chosen, progress=progress).close()
            except Refused as refused:
                if refused.code != "WorldExists":
                    raise
    world = shelf.open(DEMO)
    found = summary(world)
    world.close()
    if not as_json:
        print_summary(found)
    return found


def _serve(folder: Path, host: str, port: int, workers: int, key: str | None, found: dict[str, Any] | None) -> None:
    """Serve; `found` is what the one JSON object tells besides, None where people read."""
    from sandbox.api.auth import Operated
    from sandbox.api.serve import CannotListen, check_free, serve

    shelf = _shelf(folder)
    shelf.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    operated = Operated(shelf.folder, key or _operator_key(folder), key is not None)
    try:
        port = check_free(host, port)
    except CannotListen as error:
        raise click.UsageError(f"Cannot listen on {error}. Choose another with --port.") from None
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def ready() -> None:
        if found is not None:
            click.echo(json.dumps(found | {"url": base, "operator_key": operated.operator_key}))
        else:
            _print_address(folder, base, operated.operator_key)
        sys.stdout.flush()

    serve(operated, host, port, workers, ready)


def _print_address(folder: Path, base: str, operator_key: str) -> None:
    shelf = _shelf(folder)
    click.echo(f"\nListening on {base}   (API page: {base}/docs)")
    click.echo(f"Operator key: {operator_key}")
    for name in shelf.names():
        from sandbox.sim.worlds import keys_of

        world = shelf.open(name)
        click.echo(f"World {name}: key {keys_of(world)[0]}")
        world.close()
    click.echo(f"Ctrl-C ends. {BANNER}")


def _operator_key(folder: Path) -> str:
    """The operator's key of this folder, drawn once and kept there for its owner alone."""
    path = folder / "operator.key"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"op_{secrets.token_hex(16)}\n")
    except FileExistsError:
        pass
    return path.read_text().strip()


# -- run and advance


@sandbox.command()
@click.argument("scenario", metavar="SCENARIO")
@click.option("--name", help="The world's name; the scenario's, with a number, if left out.")
@click.option("--seed", type=int, help="Another seed than the scenario's.")
@click.option("--days", type=click.IntRange(1, 3660), help="Days to run, the history included.")
@click.option("--orders-per-day", type=click.FloatRange(0, 1_000_000), help="Another demand than the scenario's.")
@as_json
@click.pass_obj
def run(
    folder: Path,
    scenario: str,
    name: str | None,
    seed: int | None,
    days: int | None,
    orders_per_day: float | None,
    as_json: bool,
) -> None:
    """Simulate a scenario, its desks played by scripts, and keep the world."""
    from sandbox.central.file import LARGE_PAGES
    from sandbox.sim import scenario as scenarios

    chosen = _headless(scenarios.load(scenario), seed, days, orders_per_day)
    shelf = _shelf(folder)
    world = shelf.make(name or _free_name(shelf, Path(scenario).stem), chosen, page_bytes=LARGE_PAGES)
    with _progress(chosen.title, chosen, chosen.days) as progress:
        _run_on(world, chosen, progress)
    _print_summary(world, as_json)


def _headless(chosen: "Scenario", seed: int | None, days: int | None, orders_per_day: float | None) -> "Scenario":
    """The scenario from the beginning of its history, with scripts at both desks for all of its days."""
    from sandbox.central.days import DAY

    desks = chosen.desks
    script = {"played_by": "script", "then": None}
    changes: dict[str, Any] = {
        "start": chosen.start - chosen.history_days * DAY,
        "history_days": 0,
        "days": days or chosen.history_days + chosen.days,
        "desks": desks.model_copy(
            update={
                "dispatch": desks.dispatch.model_copy(update=script),
                "inbox": desks.inbox.model_copy(update=script),
            }
        ),
    }
    if seed is not None:
        changes["seed"] = seed
    if orders_per_day is not None:
        changes["demand"] = chosen.demand.model_copy(update={"orders_per_day": orders_per_day})
    return chosen.model_copy(update=changes)


def _free_name(shelf: "Shelf", stem: str) -> str:
    taken = set(shelf.names())
    return next(name for name in (f"{stem[:30].lower()}-{number}" for number in range(1, 100_000)) if name not in taken)


def _run_on(world: "World", chosen: "Scenario", progress: Callable[[int], None]) -> None:
    from sandbox.central.days import DAY
    from sandbox.sim.driver import Driver, no_collection

    end, driver = chosen.start + chosen.days * DAY, Driver(world)
    try:
        with world.in_bulk(), no_collection():
            while world.now < end:
                driver.advance(min(world.now + CHUNK_DAYS * DAY, end), progress=progress)
    except KeyboardInterrupt:
        left = -(-(end - world.now) // DAY)
        done = (world.now - chosen.start) // DAY
        click.echo(f"Stopped; day {done} is kept in {world.path}.", err=True)
        click.echo(f"Go on with: sandbox advance {world.path.stem} --by {left}d", err=True)
        raise


@sandbox.command()
@click.argument("name", metavar="WORLD")
@click.option("--by", help="A span such as 90m, 36h, 7d or P1DT12H.")
@click.option("--to", help="A moment such as 2026-03-09T09:00:00+05:30.")
@as_json
@click.pass_obj
def advance(folder: Path, name: str, by: str | None, to: str | None, as_json: bool) -> None:
    """Move a world's time, whole or not at all."""
    from sandbox.central.days import parse_moment, parse_span, rfc3339
    from sandbox.sim.driver import Driver, counts

    if (by is None) == (to is None):
        raise click.UsageError("Say how far: --by or --to, one of the two.")
    world = _shelf(folder).open(name)
    try:
        target = parse_moment(to) if to is not None else world.now + parse_span(by or "")
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with _bar(f"{name}: time moves", world.now, target) as progress:
        advanced = Driver(world).advance(target, progress=progress)
    happened = counts(world, advanced.after_fact)
    if as_json:
        moved = {"from": rfc3339(advanced.start), "now": rfc3339(advanced.end), "kinds": happened}
        click.echo(json.dumps(moved | {"facts": sum(happened.values())}))
    else:
        from sandbox.terminal import print_advanced

        print_advanced(name, advanced.start, advanced.end, happened)


# -- seeing


@sandbox.command()
@as_json
@click.pass_obj
def worlds(folder: Path, as_json: bool) -> None:
    """List the worlds with their clocks and keys."""
    from sandbox.central.days import rfc3339
    from sandbox.central.troubles import Unusable
    from sandbox.sim.worlds import keys_of
    from sandbox.terminal import print_worlds

    shelf, found = _shelf(folder), []
    for name in shelf.names():
        try:
            world = shelf.open(name)
        except Unusable as trouble:
            found.append({"name": name, "trouble": trouble.code, "detail": trouble.sentence})
            continue
        (orders,) = world.row("select count(*) from orders")
        clock = {"now": rfc3339(world.now), "rate": world.clock.rate, "orders": orders}
        found.append({"name": name} | clock | {"keys": list(keys_of(world))})
        world.close()
    if as_json:
        click.echo(json.dumps({"folder": str(shelf.folder), "worlds": found}))
    else:
        print_worlds(shelf.folder, found)


@sandbox.command()
@click.argument("name", metavar="WORLD")
@as_json
@click.pass_obj
def show(folder: Path, name: str, as_json: bool) -> None:
    """Tell how a world's shop stands: rates, orders by status, messages waiting, reserve."""
    _print_summary(_shelf(folder).open(name), as_json)


@sandbox.command()
@click.argument("name", metavar="[WORLD]", required=False)
@as_json
@click.pass_obj
def key(folder: Path, name: str | None, as_json: bool) -> None:
    """Print a world's key, or the operator's where no world is named."""
    from sandbox.sim.worlds import keys_of

    found = _operator_key(folder) if name is None else keys_of(_shelf(folder).open(name))[0]
    click.echo(json.dumps({"world": name, "key": found}) if as_json else found)


@sandbox.command()
@click.option("--policy", "pack", help="Print this policy's numbers instead of the rules.")
@as_json
def guide(pack: str | None, as_json: bool) -> None:
    """Print the guide as it is carried out: chapter, rule, file and line; or a policy's numbers."""
    from sandbox.central.policy import names, policy
    from sandbox.terminal import policy_numbers, print_policy, print_rules, rule_rows

    if pack is not None:
        numbers = policy_numbers(policy(pack))
        click.echo(json.dumps({"policy": pack, "numbers": numbers})) if as_json else print_policy(pack, numbers)
        return
    rows = rule_rows()
    click.echo(json.dumps({"rules": rows, "policies": names()})) if as_json else print_rules(rows)


# -- what several commands print


def _print_summary(world: "World", as_json: bool) -> None:
    from sandbox.terminal import print_summary, summary

    found = summary(world)
    world.close()
    click.echo(json.dumps(found)) if as_json else print_summary(found)


@contextmanager
def _progress(title: str, chosen: "Scenario", days: int = 0) -> Iterator[Callable[[int], None]]:
    """A bar over the history of a scenario, or over the days that run after its start."""
    from sandbox.central.days import DAY

    with _bar(title, chosen.start - chosen.history_days * DAY, chosen.start + days * DAY) as progress:
        yield progress


@contextmanager
def _bar(title: str, start: int, end: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr; none where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=max(end - start, 1))
        yield lambda at: bar.update(task, completed=at - start)
