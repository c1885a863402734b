"""An answer: whole bytes with few headers, sent as they are."""

import itertools
import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Response
from werkzeug.datastructures import Headers

from sandbox import BANNER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_KEPT = "sandbox.request_id"
_numbers = itertools.count(1)


def request_id(environ: "WSGIEnvironment") -> str:
    """The request's id: its own X-Request-Id, or a new one."""
    if _KEPT not in environ:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        environ[_KEPT] = given if _REQUEST_ID.fullmatch(given) else f"{os.getpid():x}-{next(_numbers):x}"
    kept: str = environ[_KEPT]
    return kept


class Answer(Response):
    """A response that is never a stream nor a redirect; what werkzeug does for those costs a third of a request."""

    @classmethod
    def of_json(cls, body: bytes, status: int, *headers: tuple[str, str]) -> "Answer":
        """JSON with headers of our own, put where they are kept: setting them looks through all of them for each."""
        found, length = Headers(), str(len(body))
        found._list.extend((("Content-Type", "application/json"), ("Content-Length", length), *headers))
        return cls([body], status, found)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Send it, with the request's id and the banner that says what this is not."""
        headers: list[Any] = self.headers.to_wsgi_list()
        headers += (("X-Request-Id", request_id(environ)), ("X-Sandbox", BANNER))
        start_response(self._status, headers)
        if environ["REQUEST_METHOD"] == "HEAD" or self._status_code in (204, 304):
            return []
        return self.response  # type: ignore[return-value]  # a list of one
