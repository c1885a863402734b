"""The command that tells what was asked over HTTP."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from sandbox.cli.common import as_json, shelf_in

if TYPE_CHECKING:
    from sandbox.api.journal.entry import Numbered
    from sandbox.api.journal.nearest import Routes

_LOOK_SECONDS = 0.3


@click.command()
@click.argument("name", metavar="[WORLD]", required=False)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="So many, the last ones.")
@click.option("--follow", "-f", is_flag=True, help="Go on with those that come, until Ctrl-C.")
@as_json
@click.pass_obj
def requests(folder: Path, name: str | None, limit: int, follow: bool, as_json: bool) -> None:
    """Tell what was asked over HTTP of a world, or of none, and what came near to what there is."""
    from sandbox.cli.terminal import print_requests

    for page in _pages(folder, name, limit, follow):
        if follow and as_json:
            click.echo("".join(f"{json.dumps(one)}\n" for one in page), nl=False)
        elif as_json:
            click.echo(json.dumps({"world": name, "requests": page}))
        elif page or not follow:
            print_requests(page)


def _pages(folder: Path, name: str | None, limit: int, follow: bool) -> Iterator[list[dict[str, Any]]]:
    """The last ones, and then each time those that came since."""
    from sandbox.api.app import create_app
    from sandbox.api.auth import Operated
    from sandbox.api.journal.nearest import Routes
    from sandbox.api.journal.store import entries

    routes = Routes(create_app(Operated(shelf_in(folder).folder, "", False)).url_map)
    base = _journal(folder, name)
    found = list(entries(base))
    yield _shown(folder, name, found[-limit:], routes)
    while follow:
        time.sleep(_LOOK_SECONDS)
        _journal(folder, name)
        if new := list(entries(base, found[-1].number if found else 0)):
            found = new
            yield _shown(folder, name, found, routes)


def _journal(folder: Path, name: str | None) -> Path:
    """Where it is kept. Refused with UnknownWorld or InvalidName."""
    from sandbox.api.journal.store import journal_of, operators_journal

    shelf = shelf_in(folder)
    if name is None:
        return operators_journal(shelf.folder)
    if not shelf.has(name):
        raise shelf.unknown(name)
    return journal_of(shelf.path(name))


def _shown(folder: Path, name: str | None, found: "list[Numbered]", routes: "Routes") -> list[dict[str, Any]]:
    """Requests as the API shows them."""
    from sandbox.api.journal.entry import shown
    from sandbox.api.journal.nearest import near_misses

    if name is None:
        misses = near_misses(found, routes, None)
    else:
        with closing(shelf_in(folder).open(name)) as world:
            misses = near_misses(found, routes, world)
    return [shown(one, misses.get(one.number)) for one in found]
