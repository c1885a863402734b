"""/sandbox/worlds/<name>/requests and /sandbox/requests: what was asked over HTTP, found again, counted, forgotten."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from flask import Response, current_app
from msgspec.json import encode
from pydantic import Field, StringConstraints

from sandbox.api.answer import Answer
from sandbox.api.asked import Asked, Moment
from sandbox.api.auth import Operated
from sandbox.api.control import answers_requests
from sandbox.api.control.entry import WorldPath, control_doors, enter
from sandbox.api.desk import answer, desk
from sandbox.api.journal.entry import Door, Numbered, shown
from sandbox.api.journal.matching import Filters, Miss, fit, nearly, was_of
from sandbox.api.journal.nearest import Routes, near_misses
from sandbox.api.journal.store import KEPT_AT_MOST, empty, entries, journal_of, operators_journal
from sandbox.api.problems import Problem
from sandbox.central.days import rfc3339
from sandbox.central.world import World

doors = control_doors("requests")

_SHOWN_OF_BODY = 200
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class CountQuery(Asked):
    """Which requests."""

    method: list[Word] = Field([], description="Any of these.")
    path: str | None = Field(
        None,
        min_length=1,
        max_length=2_000,
        description="That path and all below it; with `*` for anything, all of it.",
    )
    operation: list[Word] = Field([], description="Any of these, such as confirm_shipment.")
    status: list[Annotated[str, StringConstraints(pattern=r"^[1-5](xx|[0-9][0-9])$")]] = Field(
        [], description="Any of these, such as 404 or 4xx."
    )
    code: list[Word] = Field([], description="Any of these codes of refusals.")
    door: list[Door] = Field([], description="Any of these parts of the API.")
    body_contains: str | None = Field(None, min_length=1, description="What stands in the body as it is kept.")
    since: Moment | None = Field(None, description="The earliest moment, of the world's time.")
    after: int = Field(0, ge=0, le=2**62, description="Requests with a higher number.")


class RequestsQuery(CountQuery):
    """Which requests, and how many of them."""

    limit: int = Field(100, ge=1, le=1000)


def _filters(query: CountQuery) -> Filters:
    for name in query.operation:
        _check_operation(name)
    methods = tuple(method.upper() for method in query.method)
    given = (query.path, tuple(query.operation), tuple(query.status), tuple(query.code), tuple(query.door))
    return Filters(methods, *given, query.body_contains, query.since)


def _check_operation(name: str) -> None:
    """A name that is misspelt would never be found, and whoever counts on that would not hear of it."""
    known = {endpoint.rpartition(".")[2] for endpoint in current_app.view_functions}
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else "/openapi.json has them, and the journal shows them."
        raise Problem("UnknownOperation", f"There is no operation {name[:60]!r}. {hint}")


def _kept(base: Path) -> list[Numbered]:
    operated: Operated = current_app.extensions["operated"]
    if not operated.journal:
        sentence = "This server keeps no journal of requests: it was started with --no-journal. Start it without."
        raise Problem("JournalOff", sentence)
    return list(entries(base))


def _routes() -> Routes:
    """The routes of this application, put in order by the first one who asks."""
    found = current_app.extensions.get("routes")
    if found is None:
        found = current_app.extensions["routes"] = Routes(current_app.url_map)
    routes: Routes = found
    return routes


def _page(base: Path, query: RequestsQuery, world: World | None) -> Response:
    filters, kept = _filters(query), _kept(base)
    found = fit((one for one in kept if one.number > query.after), filters)
    page = found[: query.limit]
    newest = max(query.after, kept[-1].number if kept else 0)
    misses = near_misses(page, _routes(), world)
    told = {
        "requests": [shown(one, misses.get(one.number)) for one in page],
        "last": page[-1].number if len(found) > len(page) else newest,
        "first_kept": kept[0].number if kept else None,
        "kept_at_most": KEPT_AT_MOST,
    }
    return answer(encode(told))


@doors.get("/worlds/<name>/requests", summary="List requests", responses={200: answers_requests.Requests})
def list_requests(path: WorldPath, query: RequestsQuery) -> Response:
    """What was asked of this world's account, and of this API about it, in order, the last 10,000 of it at most.

    Whatever was answered before is there. Secrets are masked, long bodies cut. `near_miss` says what a request that
    was refused came nearest to.
    """
    world = enter(path.name)
    return _page(journal_of(world.path), query, world)


@doors.get("/worlds/<name>/requests/count", summary="Count requests", responses={200: answers_requests.Counted})
def count_requests(path: WorldPath, query: CountQuery) -> Response:
    """How many there are, and where there is none, those that come nearest, each with the filters that it fails."""
    world = enter(path.name)
    filters, kept = _filters(query), _kept(journal_of(world.path))
    scope = [one for one in kept if one.number > query.after]
    found = len(fit(scope, filters))
    near = [] if found else nearly(scope, filters)
    misses = near_misses((miss.one for miss in near), _routes(), world)
    told = {"count": found, "of": len(scope), "near_misses": [_missed(miss, filters, misses) for miss in near]}
    return answer(encode(told))


def _missed(miss: Miss, filters: Filters, misses: dict[int, str]) -> dict[str, Any]:
    failed = [
        {
            "filter": name,
            "wanted": _told(name, getattr(filters, name)),
            "was": _told(name, was_of(miss.one.entry, name)),
        }
        for name in miss.failed
    ]
    return {"request": shown(miss.one, misses.get(miss.one.number)), "failed": failed}


def _told(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if name == "since":
        return rfc3339(value)
    return (", ".join(value) if isinstance(value, tuple) else str(value))[:_SHOWN_OF_BODY]


@doors.delete("/worlds/<name>/requests", summary="Empty the journal", responses={204: None})
def empty_requests(path: WorldPath) -> Response:
    """Forget all requests of this world. Their numbers run on."""
    empty(journal_of(enter(path.name).path))
    return Answer(status=204)


@doors.get("/requests", summary="List requests of no world", responses={200: answers_requests.Requests})
def list_other_requests(query: RequestsQuery) -> Response:
    """What belongs to no world: without a good key, about all worlds, or about one that is not there."""
    return _page(operators_journal(desk().shelf.folder), query, None)


@doors.delete("/requests", summary="Empty the operator's journal", responses={204: None})
def empty_other_requests() -> Response:
    """Forget all requests that belong to no world."""
    empty(operators_journal(desk().shelf.folder))
    return Answer(status=204)
