"""The Flask application: both APIs, their document and its page, the limits, and the one place for what goes wrong."""

import logging
import threading
from collections.abc import Callable
from importlib.resources import files
from queue import SimpleQueue
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import apsw
from flask import Flask, Request, Response, render_template, request
from flask_openapi3 import Info, OpenAPI
from msgspec.json import encode
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from sandbox import BANNER, __version__
from sandbox.api.answer import Answer, request_id
from sandbox.api.auth import OPEN_TO_ALL, Operated
from sandbox.api.control import ROOMS as CONTROL_ROOMS
from sandbox.api.doors import BODY_BYTES_AT_MOST, read_to_the_end, too_large
from sandbox.api.journal.record import BEGAN, Recorder
from sandbox.api.native import answers
from sandbox.api.native.account import doors as account_doors
from sandbox.api.native.cases import doors as case_doors
from sandbox.api.native.disputes import doors as dispute_doors
from sandbox.api.native.messages import doors as message_doors
from sandbox.api.native.money import doors as money_doors
from sandbox.api.native.orders import doors as order_doors
from sandbox.api.native.reports import doors as report_doors
from sandbox.api.native.settings import doors as setting_doors
from sandbox.api.openings import Desk
from sandbox.api.problems import Problem, problem, problem_of
from sandbox.api.webhooks.messenger import Messenger
from sandbox.api.webhooks.targets import Targets
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable, trouble_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_log = logging.getLogger("sandbox")


_TURNS = tuple(threading.Lock() for _ in range(64))
_AT_WORK = 2
"""Requests to sellers' accounts that a process works on at once: more only take the interpreter from each other, and a
sixth fewer are answered. Its other threads are for whoever waits, moves time, or is called back meanwhile."""


class Application(OpenAPI):
    """Flask with the OpenAPI document."""

    response_class = Answer
    desk: Desk
    recorder: Recorder | None
    """Keeps the journals, if there are any."""
    places: "SimpleQueue[None]"
    """Those of the requests that are worked on, while they are free."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view here is a coroutine, and asking each of them costs a tenth of a request."""
        return func

    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        """One change after the other in each worker, key by key.

        Two threads that work towards the same world's turn only take the interpreter from each other, while one of them
        has that turn and all other workers wait for it: a fifth fewer changes. Looking waits for nobody, nor does time.
        """
        environ[BEGAN] = perf_counter_ns()
        try:
            if not environ["PATH_INFO"].startswith("/v1"):
                return super().wsgi_app(environ, start_response)
            if environ["REQUEST_METHOD"] == "GET":
                return self._in_its_place(environ, start_response)
            whose = environ.get("HTTP_AUTHORIZATION"), environ.get("HTTP_X_SANDBOX_WORLD")
            with _TURNS[hash(whose) % len(_TURNS)]:
                return self._in_its_place(environ, start_response)
        finally:
            self.desk.give_back()

    def _in_its_place(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        """Once there is a place for it, which costs nothing where there is."""
        self.places.get()
        try:
            return super().wsgi_app(environ, start_response)
        finally:
            self.places.put(None)

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """The routes, for one request. None of them asks for its host, which costs a tenth of a request to work out."""
        if request is None:
            return None
        environ = request.environ
        host, scheme = environ.get("HTTP_HOST", "localhost"), environ["wsgi.url_scheme"]
        where = (host, request.root_path, "", scheme, request.path, environ["REQUEST_METHOD"])
        return MapAdapter(self.url_map, *where, environ["QUERY_STRING"])

    def full_dispatch_request(self, *context: Any) -> Response:
        """Answer a request, and keep it in a journal before the answer goes out.

        Flask's own does as much, and tells of it to those who listen to its signals or keep sessions; nobody does here,
        and that costs as much as the journal.
        """
        try:
            answer = self.preprocess_request(*context)
            if answer is None:
                answer = self.dispatch_request(*context)
        except Exception as error:
            answer = self.handle_user_exception(*context, error)  # type: ignore[call-arg]
        response = self.make_response(answer)
        if self.recorder:
            self.recorder.record(request._get_current_object(), response)  # type: ignore[attr-defined]
        return response


def create_app(operated: Operated) -> Application:
    """The application over one folder of worlds."""
    app = Application(
        "sandbox.api",
        info=Info(title="Seller sandbox", version=__version__, description=_DESCRIPTION),
        security_schemes={"key": {"type": "http", "scheme": "bearer"}},
        validation_error_model=answers.Problem,
        doc_ui=False,
        static_folder=None,
    )
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_AT_MOST
    app.extensions["operated"] = operated
    app.extensions["desk"] = app.desk = Desk(operated.folder)
    app.extensions["messenger"] = Messenger(Targets(operated.allowed_hosts))
    app.places = SimpleQueue()
    for _ in range(_AT_WORK):
        app.places.put(None)
    app.recorder = Recorder(operated.folder, operated.operator_key) if operated.journal else None

    for doors in (
        order_doors,
        message_doors,
        money_doors,
        dispute_doors,
        account_doors,
        setting_doors,
        case_doors,
        report_doors,
        *CONTROL_ROOMS,
    ):
        app.register_api(doors)
    _document(app)
    _mend(app)
    return app


_DESCRIPTION = f"""{BANNER}

`/v1` is one seller's account behind each key; `/sandbox` makes worlds and moves their time with the operator's key,
which opens any account where the header `X-Sandbox-World` names it.
Every POST that changes something takes an `Idempotency-Key`; single resources carry an `ETag`. Money is in minor units,
moments are RFC 3339. Whatever is refused answers `application/problem+json` with a `code`."""


def _document(app: Application) -> None:
    """/openapi.json and the page at /docs; its script comes from an installed wheel, so it works offline."""

    @app.route("/openapi.json")
    def openapi() -> Response:
        return Answer(encode(_completed(app.api_doc)), mimetype="application/json")

    @app.route("/docs")
    def docs() -> Response:
        page = Answer(render_template("docs.html", banner=BANNER), mimetype="text/html")
        page.headers["Content-Security-Policy"] = _PAGE_POLICY
        return page

    @app.route("/docs/scalar.js")
    def scalar() -> Response:
        script = files("flask_openapi3_scalar").joinpath("templates", "scalar", "js", "scalar.standalone.js")
        return Answer(script.read_bytes(), mimetype="text/javascript", headers={"Cache-Control": "max-age=86400"})

    @app.route("/")
    def index() -> Response:
        paths = {"docs": "/docs", "openapi": "/openapi.json", "native": "/v1", "control": "/sandbox"}
        return Answer(encode({"notice": BANNER, "version": __version__} | paths), mimetype="application/json")


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what holds for all operations: the key, and what a refusal looks like."""
    refusal = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"description": "Refused, and why.", "content": refusal}
            operation["security"] = [] if path in OPEN_TO_ALL else [{"key": []}]
    return document | {"security": [{"key": []}]}


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
        read_to_the_end()
        return problem_of(error)

    @app.errorhandler(HTTPException)
    def not_here(error: HTTPException) -> Response:
        read_to_the_end()
        if error.code == 404:
            return problem("UnknownPath", f"There is nothing at {request.path[:100]}. /docs shows what there is.")
        if error.code == 405:
            sentence = f"{request.method[:20]} is not for {request.path[:100]}. /docs shows what is."
            response = problem("MethodNotAllowed", sentence)
            response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
            return response
        if error.code == 413:
            return problem_of(too_large())
        response = problem("BadRequest", error.description or error.name)
        response.status_code = error.code or 400
        return response

    @app.errorhandler(apsw.Error)
    def unreadable(error: apsw.Error) -> Response:
        trouble = trouble_of(error, "The world's file")
        return problem_of(trouble) if trouble else bug(error)

    @app.errorhandler(Exception)
    def bug(error: Exception) -> Response:
        _log.error("request %s failed", request_id(request.environ), exc_info=error)
        return problem("InternalError", "Something went wrong inside. The log has it under this request id.")
