"""Recording: a request and its answer become a line in the journal of the world that they belong to.

It is done before the answer is sent, for every request that met a door or missed it; not for the pages that explain the
API, the two calls that need no key, and whoever reads a journal. The only place that looks at the wall's clock: when
something was asked is no part of what happens in a world.
"""

import logging
from contextlib import suppress
from pathlib import Path
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING

import apsw
from flask import Request, Response, g
from msgspec.json import Encoder, decode

from sandbox.api.answer import request_id
from sandbox.api.auth import check_operator, enter_by_key
from sandbox.api.desk import NOW, desk
from sandbox.api.doors import body_as_read
from sandbox.api.journal.entry import Entry, door_of
from sandbox.api.journal.masks import MASK, masked_body, masked_query, masked_sentence, masked_text
from sandbox.api.journal.store import Journal, operators_journal
from sandbox.api.openings import Opened
from sandbox.api.problems import Problem
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable
from sandbox.central.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

BODY_AT_MOST, PATH_AT_MOST = 4_096, 1_000
"""Characters of a body, and of a path or a query, that are kept."""
_READ_AT_MOST = 65_536
"""Bytes of a body that are looked through for what is to be masked."""
BEGAN = "sandbox.began"
"""Where the moment stands at which a thread took the request up."""
UNRECORDED = {"index", "docs", "scalar", "openapi", "control_worlds.health", "control_worlds.version"}
JOURNALS_OWN = "control_requests."

_log = logging.getLogger("sandbox")
_encode = Encoder().encode


class Recorder:
    """Keeps the journals of one application."""

    def __init__(self, folder: Path, operator_key: str) -> None:
        self._strays = Journal(operators_journal(folder), folder.is_dir)
        self._operator_key = operator_key

    def record(self, asked: Request, response: Response) -> None:
        """Keep a request that was answered so. A journal that takes no line stops no answer: the log tells of it."""
        endpoint = asked.endpoint
        if endpoint is not None and (endpoint in UNRECORDED or endpoint.startswith(JOURNALS_OWN)):
            return
        try:
            door = door_of(asked.path)
            opened = _belongs_to(asked, door)
            line = _encode(self._entry(asked, response, door, opened))
            (opened.journal if opened else self._strays).append(line)
        except Exception:
            _log.exception("request %s is in no journal", request_id(asked.environ))

    def _entry(self, asked: Request, response: Response, door: str, opened: Opened | None) -> Entry:
        environ, status = asked.environ, response.status_code
        data = body_as_read(environ)
        text = data[:_READ_AT_MOST].decode("utf-8", "replace") if data else ""
        body = self._without_key(masked_body(text)) if text else None
        code, sentence = _problem(response) if status >= 400 else (None, None)
        return Entry(
            time_ns() // 1_000_000,
            _moment(environ, opened.world) if opened else None,
            environ["REQUEST_METHOD"][:20],
            _cut(self._without_key(masked_text(asked.path))),
            _cut(self._without_key(masked_query(environ["QUERY_STRING"]))),
            door,
            asked.endpoint.rpartition(".")[2] if asked.endpoint else None,
            status,
            code,
            self._without_key(masked_sentence(sentence, text)) if sentence else None,
            (perf_counter_ns() - environ[BEGAN]) // 1000,
            body and body[:BODY_AT_MOST],
            len(data) if data else _told_length(asked),
            body is not None and (len(body) > BODY_AT_MOST or len(data or b"") > _READ_AT_MOST),
            "Idempotent-Replayed" in response.headers if "HTTP_IDEMPOTENCY_KEY" in environ else None,
            request_id(environ),
        )

    def _without_key(self, text: str) -> str:
        """The operator may have chosen any key, which is known by nothing but itself."""
        return text.replace(self._operator_key, MASK)


def _moment(environ: "WSGIEnvironment", world: World) -> int | None:
    """The world's moment, as it was read for the answer, or as it is; None where its file cannot be read."""
    if NOW not in environ:
        with suppress(apsw.Error):
            return int(world.row("select now from clock")[0])
    return environ.get(NOW)


def _cut(text: str) -> str:
    return text if len(text) <= PATH_AT_MOST else f"{text[:PATH_AT_MOST]}…"


def _told_length(asked: Request) -> int:
    """How long a body is that nobody read."""
    return asked.content_length or 0 if asked.environ.get("CONTENT_LENGTH") else 0


def _problem(response: Response) -> tuple[str | None, str | None]:
    """Code and sentence of a refusal."""
    if response.mimetype != "application/problem+json":
        return None, None
    told = decode(response.get_data())
    return told["code"], told["detail"]


def _belongs_to(asked: Request, door: str) -> Opened | None:
    """The world whose account the request's key opens, or that its operator names; None where it is neither.

    A request that met no route is asked for its key here.
    """
    if door == "sandbox":
        with suppress(Problem, Refused, Unusable):
            return _named_by_operator(asked.path)
        return None
    found: Opened | None = g.get("opened")
    if found is None:
        with suppress(Problem, Refused, Unusable):
            enter_by_key()
        found = g.get("opened")
    return found


def _named_by_operator(path: str) -> Opened | None:
    parts = path.split("/", 4)
    if len(parts) < 4 or parts[2] != "worlds":
        return None
    check_operator()
    return desk().opened(parts[3]) if desk().shelf.has(parts[3]) else None
