"""A blueprint whose requests are checked in one short pass.

flask-openapi3 reads the models for the OpenAPI document. Checking with it costs a request as much again as answering,
for it works out a query's JSON schema each time; so the checking is done here, from the same models.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import update_wrapper
from types import NoneType
from typing import TYPE_CHECKING, Any, get_origin

from flask import Response, request
from flask_openapi3 import APIBlueprint
from msgspec import MsgspecError
from msgspec.json import decode
from pydantic import BaseModel, ValidationError

from sandbox.api.problems import Problem, turn_down

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Model = type[BaseModel] | None
BODY_BYTES_AT_MOST = 1_048_576


def too_large() -> Problem:
    """The problem of a body over the limit, whether its length was told or found out."""
    length = f"has {request.content_length} bytes" if request.content_length else "is too long"
    return Problem("BodyTooLarge", f"The body {length}; it may have {BODY_BYTES_AT_MOST} bytes. Send less.")


class Doors(APIBlueprint):
    """Routes of one room, with their models."""

    @staticmethod
    def create_view_func(
        func: Any,
        header: Any,
        cookie: Any,
        path: Model,
        query: Model,
        form: Any,
        body: Model,
        raw: Any,
        *_: Any,
        **__: Any,
    ) -> Callable[..., Response]:
        """The view that Flask calls: it hands `func` its path, query and body, checked."""
        assert not (header or cookie or form or raw)
        lists = (
            [name for name, field in query.model_fields.items() if get_origin(field.annotation) is list]
            if query
            else []
        )

        def view(**parts: str) -> Response:
            asked: dict[str, BaseModel] = {}
            model: Model = None
            try:
                if model := path:
                    asked["path"] = model.model_validate(parts)
                if model := query:
                    asked["query"] = model.model_validate(_query(lists))
                elif request.environ["QUERY_STRING"]:
                    _refuse_query()
                if model := body:
                    asked["body"] = model.model_validate(_body())
            except ValidationError as error:
                assert model
                raise turn_down(error, model) from None
            answered: Response = func(**asked)
            return answered

        return update_wrapper(view, func)


def _query(lists: list[str]) -> dict[str, Any]:
    """The query's fields; of one that is given twice the last counts, unless it is a list."""
    if not request.environ["QUERY_STRING"]:
        return {}
    given = request.args
    return {name: given.getlist(name) if name in lists else values[-1] for name, values in given.lists()}


def _refuse_query() -> None:
    for name in request.args:
        raise Problem("UnknownField", f"{name[:60]}: This path takes no query. /docs tells what it takes.")


def body_bytes() -> bytes:
    """The body as it came, read once. Raises Problem BodyTooLarge, whether its length was told or not."""
    environ = request.environ
    if _KEPT not in environ:
        if (request.content_length or 0) > BODY_BYTES_AT_MOST:
            raise too_large()
        environ[_KEPT] = _read(
            environ["wsgi.input"], request.content_length, environ.get("wsgi.input_terminated", False)
        )
    kept: bytes = environ[_KEPT]
    if len(kept) > BODY_BYTES_AT_MOST:
        raise too_large()
    return kept


def body_as_read(environ: "WSGIEnvironment") -> bytes | None:
    """The body, if somebody has read it."""
    return environ.get(_KEPT)


def read_to_the_end() -> None:
    """Leave nothing of a refused request unread: the server would close a connection that its caller goes on using."""
    with suppress(Problem):
        body_bytes()


def _read(stream: Any, length: int | None, ends: bool) -> bytes:
    """So many bytes, or up to one more than there may be.

    A stream that `ends` by itself is read in one go: granian takes four times as long for a number of bytes.
    """
    if ends and length is not None:
        return bytes(stream.read())
    left, parts = BODY_BYTES_AT_MOST + 1 if length is None else length, []
    while left and (part := stream.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


_KEPT = "sandbox.body"
_KINDS = {str: "a string", list: "an array", bool: "true or false", NoneType: "null"}


def _body() -> dict[str, Any]:
    """The JSON object of the body."""
    data = body_bytes()
    if not data:
        raise Problem("NoBody", "The body is empty. Send a JSON object as application/json.")
    kind = request.environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem("UnsupportedMediaType", f"The body is {kind[:60] or 'of no type'}. Send application/json.")
    try:
        body = decode(data)
    except (MsgspecError, RecursionError, UnicodeDecodeError):
        raise Problem("NotJson", "The body is no JSON. Send one JSON object in UTF-8.") from None
    if not isinstance(body, dict):
        raise Problem("NotJson", f"The body is JSON, but {_KINDS.get(type(body), 'a number')}. Send one JSON object.")
    return body
