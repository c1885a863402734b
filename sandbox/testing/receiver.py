"""A receiver of notifications: a real HTTP server of this process that verifies and keeps what it is sent."""

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Json = dict[str, Any]
PATIENCE_SECONDS = 30.0


class Notification(NamedTuple):
    """A notification that was verified, as a receiver sees it."""

    id: str
    """`webhook-id`: the same where it comes again."""
    type: str
    """The kind of the fact."""
    fact: Json
    payload: Json
    headers: dict[str, str]
    """By their names in small letters."""


class Receiver:
    """Takes notifications at `url`, signed with its `secret`. It answers 200 unless it is told otherwise."""

    def __init__(self) -> None:
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self.received: list[Notification] = []
        """What was verified and taken, in order."""
        self.asked = 0
        """How often anybody came, whatever it was answered."""
        self.rejected: list[str] = []
        """Why others were not verified; they are answered 401."""
        self._statuses: list[int] = []
        self._status = 200
        self._headers: dict[str, str] = {}
        self._seconds = 0.0
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/notifications"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def fail(self, times: int = 1, status: int = 500) -> None:
        """Answer the next ones with an error, and take none of them."""
        self._statuses += [status] * times

    def answer(self, status: int, **headers: str) -> None:
        """Answer this from now on; only 200 to 299 takes what comes."""
        self._status, self._headers = status, headers

    def be_slow(self, seconds: float) -> None:
        """Wait so long before each answer from now on."""
        self._seconds = seconds

    def types(self) -> list[str]:
        """The kinds of facts that were taken, in order."""
        return [one.type for one in self.received]

    def wait_for(self, count: int) -> list[Notification]:
        """What was taken, once it is so many; for what is sent while nobody moves time. AssertionError if it is not."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.received) >= count, PATIENCE_SECONDS)
        assert came, f"{len(self.received)} notifications came, not {count}. Rejected: {self.rejected or 'none'}."
        return list(self.received)

    def close(self) -> None:
        """Take nothing more; whoever tries finds nobody."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        """Verify one that came, keep it if it is taken, and say what to answer."""
        from standardwebhooks import Webhook, WebhookVerificationError

        self._closing.wait(self._seconds)
        with self._changed:
            self.asked += 1
            try:
                payload = Webhook(self.secret).verify(body, headers)
            except WebhookVerificationError as error:
                self.rejected.append(str(error))
                return 401, {}
            status = self._statuses.pop(0) if self._statuses else self._status
            if 200 <= status < 300:
                came = Notification(headers["webhook-id"], payload["type"], payload["fact"], payload, headers)
                self.received.append(came)
                self._changed.notify_all()
            return status, self._headers


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver

    def handle_error(self, *_: Any) -> None:
        """Whoever sends may hang up before it is answered."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # a name of the library's
        server = self.server
        assert isinstance(server, _Server)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers = server.receiver.take(body, {name.lower(): value for name, value in self.headers.items()})
        answer = json.dumps({"taken": 200 <= status < 300}).encode()
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(answer))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """A test's own output is enough."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for a while."""
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()
