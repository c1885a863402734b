"""The Flask application: both APIs, their document and its page, the limits, and the one place for what goes wrong."""

import hmac
import itertools
import logging
import os
import re
import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from flask import Flask, Response, g, render_template, request
from flask_openapi3 import Info, OpenAPI
from msgspec.json import encode
from werkzeug.exceptions import HTTPException

from sandbox import BANNER, __version__
from sandbox.api.control.routes import doors as control_doors
from sandbox.api.desk import Desk, bearer, enter_by_key
from sandbox.api.native import answers
from sandbox.api.native.account import doors as account_doors
from sandbox.api.native.messages import doors as message_doors
from sandbox.api.native.orders import doors as order_doors
from sandbox.api.problems import Problem, problem, problem_of
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable

BODY_BYTES_AT_MOST = 1_048_576
NATIVE = (order_doors, message_doors, account_doors)
OPEN_TO_ALL = {"/sandbox/health", "/sandbox/version"}

_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_log = logging.getLogger("sandbox")


class Operated(NamedTuple):
    """What the operator chose; the command line makes it."""

    folder: Path
    """Where the worlds are."""
    operator_key: str
    key_was_set: bool
    """Whether the operator set that key; a key that was only drawn opens the control API from this machine alone."""


def create_app(operated: Operated) -> Flask:
    """The application over one folder of worlds."""
    app = OpenAPI(
        "sandbox.api",
        info=Info(title="Seller sandbox", version=__version__, description=_DESCRIPTION),
        security_schemes={"key": {"type": "http", "scheme": "bearer"}},
        responses={"default": answers.Problem},
        validation_error_model=answers.Problem,
        doc_ui=False,
        static_folder=None,
    )
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_AT_MOST
    app.extensions["desk"] = Desk(operated.folder)
    numbers = itertools.count(1)

    @app.before_request
    def begin() -> None:
        given = request.environ.get("HTTP_X_REQUEST_ID", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else f"{os.getpid():x}-{next(numbers):x}"
        if (request.content_length or 0) > BODY_BYTES_AT_MOST:
            raise _too_large()

    @app.after_request
    def end(response: Response) -> Response:
        add = response.headers.add
        add("X-Request-Id", g.get("request_id", ""))
        add("X-Sandbox", BANNER)
        return response

    def check_operator() -> None:
        if request.path in OPEN_TO_ALL:
            return
        if not operated.key_was_set and request.remote_addr not in ("127.0.0.1", "::1"):
            raise Problem(
                "NotLoopback", "Without a key set by its operator the sandbox is moved from its own machine only."
            )
        if not hmac.compare_digest(bearer().encode(), operated.operator_key.encode()):
            raise Problem("InvalidKey", "This is not the operator's key. `sandbox serve` prints it when it starts.")

    for doors in NATIVE:
        doors.before_request(enter_by_key)
        app.register_api(doors)
    control_doors.before_request(check_operator)
    app.register_api(control_doors)
    _document(app)
    _mend(app)
    return app


_DESCRIPTION = f"""{BANNER}

`/v1` is one seller's account behind each key; `/sandbox` makes worlds and moves their time with the operator's key.
Every POST that changes something takes an `Idempotency-Key`; single resources carry an `ETag`. Money is in minor units,
moments are RFC 3339. Whatever is refused answers `application/problem+json` with a `code`."""


def _too_large() -> Problem:
    return Problem("BodyTooLarge", f"The body may have {BODY_BYTES_AT_MOST} bytes. Send less.")


def _document(app: OpenAPI) -> None:
    """/openapi.json and the page at /docs; its script comes from an installed wheel, so it works offline."""

    @app.route("/openapi.json")
    def openapi() -> Response:
        document = dict(app.api_doc)
        document.setdefault("security", [{"key": []}])
        return Response(encode(document), mimetype="application/json")

    @app.route("/docs")
    def docs() -> Response:
        page = Response(render_template("docs.html", banner=BANNER), mimetype="text/html")
        page.headers["Content-Security-Policy"] = _PAGE_POLICY
        return page

    @app.route("/docs/scalar.js")
    def scalar() -> Response:
        script = files("flask_openapi3_scalar").joinpath("templates", "scalar", "js", "scalar.standalone.js")
        return Response(script.read_bytes(), mimetype="text/javascript", headers={"Cache-Control": "max-age=86400"})

    @app.route("/")
    def index() -> Response:
        paths = {"docs": "/docs", "openapi": "/openapi.json", "native": "/v1", "control": "/sandbox"}
        return Response(encode({"notice": BANNER, "version": __version__} | paths), mimetype="application/json")


_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def _mend(app: Flask) -> None:
    """Turn everything that goes wrong into a problem; a bug is logged with its request and told without its insides."""

    @app.errorhandler(Refused)
    @app.errorhandler(Unusable)
    @app.errorhandler(Problem)
    def said_no(error: Refused | Unusable | Problem) -> Response:
        return problem_of(error)

    @app.errorhandler(HTTPException)
    def not_here(error: HTTPException) -> Response:
        if error.code == 404:
            return problem("UnknownPath", f"There is nothing at {request.path[:100]}. /docs shows what there is.")
        if error.code == 405:
            sentence = f"{request.method[:20]} is not for {request.path[:100]}. /docs shows what is."
            return problem("MethodNotAllowed", sentence)
        if error.code == 413:
            return problem_of(_too_large())
        response = problem("BadRequest", error.description or error.name)
        response.status_code = error.code or 400
        return response

    @app.errorhandler(sqlite3.Error)
    @app.errorhandler(Exception)
    def bug(error: Exception) -> Response:
        _log.error("request %s failed", g.get("request_id", ""), exc_info=error)
        response = problem("InternalError", "Something went wrong inside. The log has it under this request id.")
        response.status_code = 500
        return response
