"""The desk between the doors and the worlds: it finds the world of a key, looks, acts once, and answers."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, g, request
from msgspec.json import encode

from sandbox.api.answer import Answer
from sandbox.api.doors import body_bytes
from sandbox.api.openings import Desk, Opened, Rendered
from sandbox.api.problems import Problem, problem_of
from sandbox.central.guide import Refused
from sandbox.central.records import KeptAnswer
from sandbox.central.world import Act, World

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)

NOW = "sandbox.now"
"""Where the world's moment stands, once it was read for the request: the journal tells it."""

Render = Callable[[World], Any]


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
    found, stamped = opened.rendered.get(where), stamp(opened.world)
    environ[NOW] = opened.world.clock.now
    if found is None or found.stamp != stamped:
        with opened.world.looking():
            body = encode(render(opened.world))
            found = Rendered(stamp(opened.world), body, _tag(body))
        if len(opened.rendered) >= desk().rendered_at_most():
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
    request.environ[NOW] = world.clock.now
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
