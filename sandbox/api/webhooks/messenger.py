"""The messenger: one attempt to hand a notification over, signed as Standard Webhooks has it, bounded in time and size.

The only place that looks at the wall clock: `webhook-timestamp` is of the wall, for receivers turn old ones away.
"""

import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import IPPROTO_TCP, SHUT_RDWR, TCP_NODELAY, create_connection, socket
from threading import Timer
from typing import NamedTuple

from standardwebhooks import Webhook as Signature

from sandbox import BANNER, __version__
from sandbox.api.webhooks.targets import Address, Target, Targets
from sandbox.central.guide import Refused

ATTEMPT_SECONDS = 5.0
"""How long an attempt may take in all, from looking the name up to the end of the answer."""
ANSWER_BYTES_AT_MOST = 2_048
"""Bytes of an answer's body that are read and kept."""
GONE = 410
"""Who answers this wants to be told nothing more."""


class Outcome(NamedTuple):
    """What an attempt came to."""

    milliseconds: int
    status: int | None = None
    error: str | None = None
    """Why it failed, in a sentence."""
    answer: str = ""

    @property
    def is_delivered(self) -> bool:
        """Whether the notification was taken."""
        return self.error is None


class Messenger:
    """Hands notifications over to the targets that are allowed."""

    def __init__(self, targets: Targets, seconds: float = ATTEMPT_SECONDS) -> None:
        self.targets = targets
        self._seconds = seconds

    def attempt(self, url: str, secret: str, delivery: str, body: str) -> Outcome:
        """Send it once. Whatever goes wrong is told in the outcome."""
        begun = time.monotonic()
        ends = begun + self._seconds
        status, error, answer = None, None, b""
        try:
            status, answer, elsewhere = self._sent(url, _signed(secret, delivery, body), body.encode(), ends)
            error = None if 200 <= status < 300 else _not_taken(status, elsewhere)
        except Refused as refused:
            error = refused.sentence
        except (OSError, HTTPException, ValueError) as trouble:
            late = time.monotonic() >= ends
            error = f"There was no answer within {self._seconds:g} seconds." if late else _told(trouble)
        milliseconds = round((time.monotonic() - begun) * 1000)
        return Outcome(milliseconds, status, error, answer.decode("utf-8", "replace").replace("\0", ""))

    def _sent(self, url: str, headers: dict[str, str], body: bytes, ends: float) -> tuple[int, bytes, str]:
        """The answer's status, the beginning of its body, and where it leads to."""
        target, addresses = self.targets.addresses(url, self._seconds)
        with _connected(target, addresses, ends) as connection:
            connection.request("POST", target.path, body, headers)
            with closing(connection.getresponse()) as answer:
                if time.monotonic() >= ends:
                    raise TimeoutError  # it was cut off before its headers were over, which looks like their end
                return answer.status, _beginning(answer), answer.getheader("Location") or ""


def _beginning(answer: HTTPResponse) -> bytes:
    """Of an answer's body; whether the notification was taken is said already, so it may as well break off."""
    try:
        return answer.read(ANSWER_BYTES_AT_MOST)
    except (OSError, HTTPException, ValueError):
        return b""


def _signed(secret: str, delivery: str, body: str) -> dict[str, str]:
    """The headers of one attempt: the same id each time, and a signature of this moment."""
    now = int(time.time())
    return {
        "Content-Type": "application/json",
        "User-Agent": f"seller-sandbox/{__version__} (not connected to Amazon)",
        "X-Sandbox": BANNER,
        "webhook-id": delivery,
        "webhook-timestamp": str(now),
        "webhook-signature": Signature(secret).sign(delivery, datetime.fromtimestamp(now, UTC), body),
    }


@contextmanager
def _connected(target: Target, addresses: list[Address], ends: float) -> Iterator[HTTPConnection]:
    """A connection to one of the addresses that were checked, under the target's own name, cut off when time is up."""
    with _reached(addresses, target.port, ends) as plain, _secured(plain, target) as line, _cut_off(line, ends):
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        connection = _SPEAKS[target.scheme](target.host, target.port)
        connection.sock = line  # so that it connects nowhere by itself
        yield connection


_SPEAKS: dict[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}
"""They differ in the port that goes without saying; and neither follows a redirect."""


def _reached(addresses: list[Address], port: int, ends: float) -> socket:
    """A socket to the first address at which somebody listens."""
    trouble: OSError = TimeoutError()
    for address in addresses:
        try:
            found = create_connection((str(address), port), max(ends - time.monotonic(), 0.001))
            found.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            return found
        except OSError as error:
            trouble = error
    raise trouble


def _secured(plain: socket, target: Target) -> socket:
    """The same socket, or one that will speak TLS over it and asks for a certificate of the target's own name."""
    if target.scheme == "http":
        return plain
    return _tls().wrap_socket(plain, server_hostname=target.host, do_handshake_on_connect=False)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """What the system trusts; reading it takes 20 ms."""
    return ssl.create_default_context()


@contextmanager
def _cut_off(line: socket, ends: float) -> Iterator[None]:
    """Break a connection off when time is up: a timeout of the socket begins anew with each byte that comes."""
    clock = Timer(max(ends - time.monotonic(), 0), _cut, (line,))
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


def _cut(line: socket) -> None:
    with suppress(OSError):
        socket.shutdown(line, SHUT_RDWR)  # of a TLS socket too, without a word to what it does just now


def _not_taken(status: int, elsewhere: str) -> str:
    if 300 <= status < 400:
        to = f" to {elsewhere[:100]!r}" if elsewhere else ""
        return f"It answered {status}, a redirect{to}. Redirects are not followed: give the webhook its real URL."
    if status == GONE:
        return "It answered 410: it wants to be told nothing more."
    return f"It answered {status}; only 200 to 299 says that it was taken."


def _told(trouble: Exception) -> str:
    if isinstance(trouble, ConnectionRefusedError):
        return "Nobody listens there: the connection was refused."
    if isinstance(trouble, ssl.SSLError):
        return f"TLS failed: {str(getattr(trouble, 'verify_message', '') or trouble.reason)[:200]}."
    if isinstance(trouble, HTTPException):
        return f"What it answered is no HTTP, or too much of it ({type(trouble).__name__})."
    return f"The connection broke off: {str(getattr(trouble, 'strerror', None) or trouble)[:200]}."
