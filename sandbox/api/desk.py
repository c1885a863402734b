"""The desk between the doors and the worlds: it finds the world of a key, looks, acts once, and answers."""

import hashlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from flask import Response, current_app, g, request
from msgspec.json import encode

from sandbox.api.answer import Answer
from sandbox.api.doors import body_bytes
from sandbox.api.problems import Problem, problem_of
from sandbox.central.guide import Refused
from sandbox.central.records import KeptAnswer
from sandbox.central.world import Act, World
from sandbox.sim.worlds import Shelf, fails, keys_of

OPEN_AT_MOST = 64
"""Worlds that one thread keeps open."""
RENDERED_AT_MOST = 2048
"""Answers that one thread keeps of one world."""

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)

Render = Callable[[World], Any]


class Opened(NamedTuple):
    """A world that is open in this thread, and the file that it was."""

    path: str
    file: int
    """The file's inode: another one under this name is another world."""
    world: World
    keys: tuple[bytes, ...]
    fails: bool
    """Whether there are outages in its plot; other worlds need not be asked at every request."""
    rendered: dict[tuple[str, str], "Rendered"]
    """Answers given before, by path and query."""


class Rendered(NamedTuple):
    """An answer as it was rendered, and the stamp of what it was rendered from."""

    stamp: tuple[object, ...]
    body: bytes
    tag: str


class Desk(threading.local):
    """What one thread of one worker keeps: its shelf and the worlds it has open, the one used last at the end."""

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder)
        self._open: OrderedDict[str, Opened] = OrderedDict()

    def opened(self, name: str) -> Opened:
        """The world of that name, open. Refused with UnknownWorld once its file is gone."""
        found = self._open.get(name)
        try:
            file = os.stat(found.path if found else self.shelf.path(name)).st_ino
        except OSError:
            self.close(name)
            raise Refused("UnknownWorld", f"There is no world {name!r}.") from None
        if found and found.file == file:
            self._open.move_to_end(name)
            return found
        self.close(name)
        return self._opened_anew(name, file)

    def _opened_anew(self, name: str, file: int) -> Opened:
        path = self.shelf.path(name)
        world = World.open(path)
        found = Opened(str(path), file, world, tuple(key.encode() for key in keys_of(world)), fails(world), {})
        self._open[name] = found
        if len(self._open) > OPEN_AT_MOST:
            self.close(next(iter(self._open)))
        return found

    def close(self, name: str) -> None:
        """Let go of a world, if it is open here."""
        if found := self._open.pop(name, None):
            found.world.close()


def desk() -> Desk:
    """This application's desk."""
    found: Desk = current_app.extensions["desk"]
    return found


def look(render: Render, *, tagged: bool = False) -> Response:
    """Answer with what is so at one moment; `tagged` answers carry an ETag, and 304 where the caller has it already."""
    world: World = g.opened.world
    with world.looking():
        body = encode(render(world))
    return answer(body, tagged=tagged)


def look_again(stamp: Callable[[World], tuple[object, ...]], render: Render) -> Response:
    """The same, tagged, for what is read again and again: the answer given before, as long as its stamp is the same."""
    opened: Opened = g.opened
    environ = request.environ
    where = environ["PATH_INFO"], environ["QUERY_STRING"]
    found = opened.rendered.get(where)
    if found is None or found.stamp != stamp(opened.world):
        with opened.world.looking():
            body = encode(render(opened.world))
            found = Rendered(stamp(opened.world), body, _tag(body))
        if len(opened.rendered) >= RENDERED_AT_MOST:
            opened.rendered.clear()
        opened.rendered[where] = found
    return _tagged(found.body, found.tag, 200)


def answer(body: bytes, status: int = 200, *, tagged: bool = False) -> Response:
    """JSON out."""
    return _tagged(body, _tag(body), status) if tagged else Answer.of_json(body, status)


def _tagged(body: bytes, tag: str, status: int) -> Response:
    known = request.environ.get("HTTP_IF_NONE_MATCH")
    if known and request.method in ("GET", "HEAD") and _names(known, tag):
        return Answer(status=304, headers={"ETag": tag})
    return Answer.of_json(body, status, ("ETag", tag))


def _tag(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def _names(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in header.split(","))


def act(rule: Act, render: Render, *, status: int = 200, tagged: Render | None = None, **what: Any) -> Response:
    """Carry out one rule for the seller and answer with what `render` makes of the world then; see `carry_out`."""
    return carry_out(lambda world: world.do(rule, by="seller via api", **what), render, status=status, tagged=tagged)


def carry_out(change: Render, render: Render, *, status: int = 200, tagged: Render | None = None) -> Response:
    """Change the request's world in one transaction, and answer with what `render` makes of it then.

    With an Idempotency-Key the first answer is kept in that transaction and given again, marked; the same key with
    another request is refused. `tagged` renders the resource that an If-Match header speaks of.
    """
    world: World = g.opened.world
    key = idempotency_key()
    with world.writing():
        if key is not None and (earlier := answered_before(world)):
            return earlier
        try:
            _check_match(world, tagged)
            change(world)
        except Refused as refused:
            keep_answer(world, problem_of(refused))
            raise
        if key is not None:
            world.flush()  # what is rendered may look at the facts
            response = answer(encode(render(world)), status, tagged=tagged is render)
            keep_answer(world, response)
            return response
    with world.looking():  # others may write while this is rendered
        body = encode(render(world))
    return answer(body, status, tagged=tagged is render)


def _check_match(world: World, tagged: Render | None) -> None:
    header = request.environ.get("HTTP_IF_MATCH")
    if header and tagged and not _names(header, _tag(encode(tagged(world)))):
        raise Problem("PreconditionFailed", "The resource changed since you read it. Read it again, then decide.")


def _fingerprint() -> str:
    whole = b"\n".join((request.method.encode(), request.full_path.encode(), body_bytes()))
    return hashlib.blake2b(whole, digest_size=16).hexdigest()


def idempotency_key() -> str | None:
    """The request's Idempotency-Key. Raises Problem InvalidIdempotencyKey."""
    key = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise Problem("InvalidIdempotencyKey", "An Idempotency-Key is 1 to 200 visible ASCII characters.")
    return key


def answered_before(world: World) -> Response | None:
    """What the request's Idempotency-Key was answered before. Raises Problem IdempotencyKeyReused."""
    key = idempotency_key()
    if key is None:
        return None
    row = world.row("select * from answers where key = ?", (key,))
    if row is None:
        return None
    kept = KeptAnswer._make(row)
    if kept.fingerprint != _fingerprint():
        raise Problem(
            "IdempotencyKeyReused",
            f"The Idempotency-Key {key!r} came with another request before. Take a new key for a new request.",
        )
    response = Answer(kept.body, kept.status, content_type=kept.content_type)
    if kept.tag:
        response.headers["ETag"] = kept.tag
    response.headers["Idempotent-Replayed"] = "true"
    return response


def keep_answer(world: World, response: Response) -> None:
    """Keep what the request's Idempotency-Key is answered, if it has one, inside a transaction."""
    key = idempotency_key()
    if key is not None:
        body, headers = response.get_data(as_text=True), response.headers
        kept = (key, _fingerprint(), response.status_code, body, headers["Content-Type"], headers.get("ETag"))
        world.execute("insert into answers values (?, ?, ?, ?, ?, ?)", kept)
