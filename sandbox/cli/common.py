"""What several commands share: the shelf, the operator's key, a summary, a progress bar."""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from sandbox.central.world import World
    from sandbox.sim.scenario import Scenario
    from sandbox.sim.worlds import Shelf

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
set_keys = click.option(
    "--set", "wanted", metavar="KEY=VALUE", multiple=True, help="Another value of a scenario's key; may be repeated."
)


def key_and_value(option: str, words: str) -> tuple[str, str]:
    """`desks.inbox.agents=2` in its two parts."""
    key, sign, value = words.partition("=")
    if not (key.strip() and sign and value.strip()):
        raise click.UsageError(f"{option} {words[:80]!r}: write it like {option} desks.inbox.agents=2.")
    return key.strip(), value.strip()


def settings_of(wanted: tuple[str, ...]) -> dict[str, str]:
    """What `--set` asks for, key by key; of a key that is named twice, the last."""
    return dict(key_and_value("--set", words) for words in wanted)


def shelf_in(folder: Path) -> "Shelf":
    from sandbox.sim.worlds import Shelf

    return Shelf(folder / "worlds")


def operator_key_in(folder: Path) -> str:
    """The operator's key of this folder, drawn once and kept there for its owner alone."""
    path = folder / "operator.key"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"op_{secrets.token_hex(16)}\n")
    except FileExistsError:
        pass
    return path.read_text().strip()


def writable(path: Path | None) -> None:
    """A file that is to be written can be, which is found out before any work is done for it."""
    if path is None:
        return
    is_new = not path.exists()
    try:
        path.open("ab").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise not_writable(path, error) from None


def write_page(page: str, out: Path, what: str) -> None:
    """A page into a file, with a note on stderr."""
    try:
        out.write_text(page, "utf-8")
    except OSError as error:
        raise not_writable(out, error) from None
    click.echo(f"{what} is in {out}", err=True)


def not_writable(path: Path, error: OSError) -> click.UsageError:
    return click.UsageError(f"{path} cannot be written: {error.strerror}.")


def print_summary_of(world: "World", as_json: bool, **more: str) -> None:
    """How its shop stands, and what else programs are to know; the world is closed then."""
    from sandbox.cli.terminal import print_summary, summary

    found = summary(world) | more
    world.close()
    click.echo(json.dumps(found)) if as_json else print_summary(found)


@contextmanager
def progress_over(title: str, chosen: "Scenario", days: int = 0) -> Iterator[Callable[[int], None]]:
    """A bar over the history of a scenario, or over the days that run after its start."""
    from sandbox.central.days import DAY

    with progress_bar(title, chosen.start - chosen.history_days * DAY, chosen.start + days * DAY) as progress:
        yield progress


@contextmanager
def progress_bar(title: str, start: int, end: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr; none where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=max(end - start, 1))
        yield lambda at: bar.update(task, completed=at - start)
