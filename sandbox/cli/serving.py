"""The command that serves the worlds, and the demo."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from sandbox import BANNER
from sandbox.cli.common import as_json, operator_key_in, progress_over, shelf_in

if TYPE_CHECKING:
    from sandbox.api.auth import Operated

DEFAULT_PORT, DEFAULT_WORKERS = 8800, 2
DEMO, DEMO_RATE = "demo", 60.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", "-p", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 picks one."
)
@click.option(
    "--workers", "-w", type=click.IntRange(1, 64), default=DEFAULT_WORKERS, show_default=True, help="Processes."
)
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    help="Of each process: 2, if left out; more where many wait for facts, or receivers of notifications call back.",
)
@click.option("--key", help="The operator's key; needed beyond loopback, drawn and kept if left out.")
@click.option(
    "--allow-host",
    multiple=True,
    help="Where notifications may go beside this machine: a name, an address, or *.example.com; may be repeated.",
)
@click.option("--no-journal", is_flag=True, help="Keep no journal of requests: a little faster, for load tests.")
@click.option("--demo", is_flag=True, help="Make a world that has lived for 30 days, and tell how it fared.")
@click.option("--once", is_flag=True, help="With --demo: print and end.")
@as_json
@click.pass_obj
def serve(
    folder: Path,
    host: str,
    port: int,
    workers: int,
    threads: int | None,
    key: str | None,
    allow_host: tuple[str, ...],
    no_journal: bool,
    demo: bool,
    once: bool,
    as_json: bool,
) -> None:
    """Serve the worlds over HTTP until Ctrl-C."""
    if once and not demo:
        raise click.UsageError("--once goes with --demo.")
    _check_key(host, key)
    _check_allowed(allow_host)
    found = _demo(folder, as_json) if demo else {}
    if not once:
        operated = _operated(folder, key, allow_host, journal=not no_journal)
        _serve(folder, operated, (host, port), (workers, threads), found if as_json else None)
    elif as_json:
        click.echo(json.dumps(found))


def _check_key(host: str, key: str | None) -> None:
    if host not in ("127.0.0.1", "::1", "localhost") and not key:
        raise click.UsageError(f"{host} is not loopback: set the operator's key with --key, or SANDBOX_SERVE_KEY.")
    if key is not None and not (len(key) >= 16 and key.isascii() and key.isprintable() and " " not in key):
        raise click.UsageError("The operator's key has 16 or more visible ASCII characters.")


def _check_allowed(hosts: tuple[str, ...]) -> None:
    from sandbox.api.webhooks.targets import Targets

    try:
        Targets(hosts)
    except ValueError as error:
        raise click.UsageError(f"--allow-host: {error}") from None


def _demo(folder: Path, as_json: bool) -> dict[str, Any]:
    """The demo's world, made unless it is there, and what the month did to its shop."""
    from sandbox.central.guide import Refused
    from sandbox.cli.terminal import print_summary, summary
    from sandbox.sim import scenario

    shelf = shelf_in(folder)
    if DEMO not in shelf.names():
        chosen = scenario.load("first-week").model_copy(update={"rate": DEMO_RATE})
        with progress_over("A shop lives for 30 days", chosen) as progress:
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


def _operated(folder: Path, key: str | None, allowed: tuple[str, ...], *, journal: bool) -> "Operated":
    from sandbox.api.auth import Operated

    worlds = shelf_in(folder).folder
    worlds.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Operated(worlds, key or operator_key_in(folder), key is not None, allowed, journal)


def _serve(
    folder: Path,
    operated: "Operated",
    address: tuple[str, int],
    processes: tuple[int, int | None],
    found: dict[str, Any] | None,
) -> None:
    """Serve; `found` is what the one JSON object tells besides, None where people read."""
    from sandbox.api.serve import BLOCKING_THREADS, CannotListen, check_free, serve

    (host, port), (workers, threads) = address, processes
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

    serve(operated, (host, port), ready, workers=workers, threads=threads or BLOCKING_THREADS)


def _print_address(folder: Path, base: str, operator_key: str) -> None:
    shelf = shelf_in(folder)
    click.echo(f"\nListening on {base}   (API page: {base}/docs)")
    click.echo(f"Operator key: {operator_key}")
    for name in shelf.names():
        from sandbox.sim.worlds import keys_of

        world = shelf.open(name)
        click.echo(f"World {name}: key {keys_of(world)[0]}")
        world.close()
    click.echo(f"Ctrl-C ends. {BANNER}")
