"""One attempt to hand a notification over, to real receivers that are down, slow, odd, or elsewhere."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import trustme
from standardwebhooks import Webhook, WebhookVerificationError

from sandbox import BANNER
from sandbox.api.webhooks import messenger as room
from sandbox.api.webhooks.messenger import ANSWER_BYTES_AT_MOST, Messenger, Outcome
from sandbox.api.webhooks.targets import Targets
from sandbox.testing import Receiver, receiving

BODY = json.dumps({"type": "OrderPlaced", "fact": {"fact": 7}, "text": "ä"})
SECONDS = 0.4
"""Of an attempt at somebody who takes too long; nothing is asserted of it but that it ends."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def attempt(receiver: Receiver, url: str = "", seconds: float = 5.0) -> Outcome:
    return Messenger(Targets(), seconds).attempt(url or receiver.url, receiver.secret, "msg_1", BODY)


Talk = Callable[[socket.socket], None]


@contextmanager
def speaking(talk: Talk) -> Iterator[str]:
    """A URL at which somebody talks as they like, once."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line, suppressed():
                line.recv(65_536)
                talk(line)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


@contextmanager
def suppressed() -> Iterator[None]:
    """Whoever talks may find the other gone."""
    try:
        yield
    except OSError:
        return


def told(talk: Talk, seconds: float = 5.0) -> Outcome:
    with speaking(talk) as url:
        return Messenger(Targets(), seconds).attempt(url, "whsec_" + "A" * 32, "msg_1", BODY)


# -- taken


def test_a_notification_is_taken_by_whoever_verifies_it(receiver: Receiver) -> None:
    outcome = attempt(receiver)
    assert (outcome.status, outcome.error, outcome.is_delivered) == (200, None, True)
    (came,) = receiver.received
    assert (came.id, came.type, came.payload) == ("msg_1", "OrderPlaced", json.loads(BODY))


def test_its_headers_say_what_it_is_and_nothing_else(receiver: Receiver) -> None:
    attempt(receiver)
    headers = receiver.received[0].headers
    assert headers["content-type"] == "application/json" and headers["x-sandbox"] == BANNER
    assert "not connected to Amazon" in headers["user-agent"] and headers["host"] == receiver.url.split("/")[2]
    assert set(headers) == {
        *("host", "accept-encoding", "content-length", "content-type", "user-agent", "x-sandbox"),
        *("webhook-id", "webhook-timestamp", "webhook-signature"),
    }


def test_another_secret_and_another_body_do_not_verify(receiver: Receiver) -> None:
    attempt(receiver)
    headers = receiver.received[0].headers
    with pytest.raises(WebhookVerificationError):
        Webhook(receiver.secret).verify(BODY.replace("7", "8"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 32).verify(BODY, headers)


def test_a_receiver_that_cannot_verify_it_says_so(receiver: Receiver) -> None:
    outcome = Messenger(Targets()).attempt(receiver.url, "whsec_" + "A" * 32, "msg_1", BODY)
    assert (outcome.status, len(receiver.rejected), receiver.received) == (401, 1, [])


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_status_from_200_to_299_takes_it(receiver: Receiver, status: int) -> None:
    receiver.answer(status)
    assert attempt(receiver).is_delivered


def test_names_of_this_machine_lead_to_it(receiver: Receiver) -> None:
    assert attempt(receiver, receiver.url.replace("127.0.0.1", "localhost")).is_delivered
    assert receiver.received[0].headers["host"].startswith("localhost:")


# -- not taken


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_any_other_status_does_not_take_it(receiver: Receiver, status: int) -> None:
    receiver.answer(status)
    outcome = attempt(receiver)
    assert (outcome.status, outcome.is_delivered) == (status, False) and str(status) in (outcome.error or "")
    assert json.loads(outcome.answer) == {"taken": False}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    with receiving() as elsewhere:
        receiver.answer(status, Location=elsewhere.url)
        outcome = attempt(receiver)
        assert elsewhere.asked == 0
    assert outcome.status == status
    assert outcome.error and "not followed" in outcome.error and elsewhere.url in outcome.error


def test_nobody_listens(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    outcome = attempt(receiver, f"http://127.0.0.1:{port}/")
    assert (outcome.status, outcome.error) == (None, "Nobody listens there: the connection was refused.")


def test_what_is_forbidden_is_not_connected_to(receiver: Receiver) -> None:
    outcome = attempt(receiver, "http://169.254.169.254/latest/meta-data")
    assert outcome.status is None and "can be no target" in (outcome.error or "")


# -- slow and odd


def test_a_slow_answer_is_given_up(receiver: Receiver) -> None:
    receiver.be_slow(60)
    outcome = attempt(receiver, seconds=SECONDS)
    assert (outcome.status, outcome.error) == (None, "There was no answer within 0.4 seconds.")


def dribbling(head: bytes) -> Talk:
    """Begins to answer, and goes on byte by byte as long as anybody listens."""

    def talk(line: socket.socket) -> None:
        line.sendall(head)
        while True:
            line.sendall(b"x")
            threading.Event().wait(SECONDS / 20)

    return talk


def test_an_answer_that_comes_byte_by_byte_is_given_up() -> None:
    outcome = told(dribbling(b"HTTP/1.1 200 OK\r\nX-Long: "), SECONDS)
    assert (outcome.status, outcome.error) == (None, "There was no answer within 0.4 seconds.")


def test_a_body_that_comes_byte_by_byte_was_still_an_answer() -> None:
    outcome = told(dribbling(b"HTTP/1.1 200 OK\r\n\r\n"), SECONDS)
    assert (outcome.status, outcome.is_delivered) == (200, True)


def test_a_long_body_is_read_to_a_limit() -> None:
    def talk(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 500 No\r\n\r\n" + b"x" * 1_000_000)

    outcome = told(talk)
    assert (outcome.status, outcome.answer) == (500, "x" * ANSWER_BYTES_AT_MOST)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"hello\r\n",
        b"HTTP/9.9",
        b"HTTP/1.1 999999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
    ],
)
def test_what_is_no_http_is_no_answer(said: bytes) -> None:
    outcome = told(lambda line: line.sendall(said))
    assert (outcome.status, outcome.is_delivered) == (None, False) and outcome.error


def test_a_connection_that_breaks_off_is_told() -> None:
    def talk(line: socket.socket) -> None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    outcome = told(talk)
    assert outcome.status is None and (outcome.error or "").startswith("The connection broke off")


def test_an_answer_of_any_bytes_can_be_kept() -> None:
    outcome = told(lambda line: line.sendall(b"HTTP/1.1 400 No\r\nContent-Length: 4\r\n\r\n\0\xff\xfea"))
    assert outcome.answer.endswith("a") and "\0" not in outcome.answer


# -- names that change their mind


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to this machine when it is looked up, and into a private network whenever it is asked again."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host != "app.example":
            return real(host, port, *rest, **more)
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    url = receiver.url.replace("127.0.0.1", "app.example")
    outcome = Messenger(Targets(("*.example",))).attempt(url, receiver.secret, "msg_1", BODY)
    assert outcome.is_delivered and asked == ["app.example"]
    again = Messenger(Targets(("*.example",))).attempt(url, receiver.secret, "msg_1", BODY)
    assert "private network" in (again.error or "") and len(receiver.received) == 1


def test_a_name_that_takes_for_ever_is_given_up(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def asking(*_: Any, **__: Any) -> Any:
        over.wait(60)
        raise socket.gaierror("over")

    monkeypatch.setattr(socket, "getaddrinfo", asking)
    outcome = Messenger(Targets(("app",)), SECONDS).attempt("http://app/", receiver.secret, "msg_1", BODY)
    over.set()
    assert "app has no address here" in (outcome.error or "")


# -- TLS


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[trustme.CA]:
    """An authority that the system trusts."""
    found = trustme.CA()
    found.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    room._tls.cache_clear()
    yield found
    room._tls.cache_clear()


@contextmanager
def over_tls(receiver: Receiver, certificate: trustme.LeafCert) -> Iterator[tuple[str, list[str | None]]]:
    """A receiver's URL over TLS, and the names that it was asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    names: list[str | None] = []
    context.sni_callback = lambda line, name, _: names.append(name)
    plain = receiver._server.socket
    receiver._server.socket = context.wrap_socket(plain, server_side=True)
    with closing(receiver._server.socket):
        yield receiver.url.replace("http://127.0.0.1", "https://localhost"), names


def test_a_target_that_speaks_tls_is_known_by_its_name(receiver: Receiver, authority: trustme.CA) -> None:
    with over_tls(receiver, authority.issue_cert("localhost")) as (url, names):
        outcome = attempt(receiver, url)
    assert (outcome.error, outcome.status, names, len(receiver.received)) == (None, 200, ["localhost"], 1)


@pytest.mark.parametrize("name", ["elsewhere.example", "127.0.0.1"])
def test_a_certificate_of_another_name_is_refused(receiver: Receiver, authority: trustme.CA, name: str) -> None:
    with over_tls(receiver, authority.issue_cert(name)) as (url, _):
        outcome = attempt(receiver, url)
    assert "TLS failed" in (outcome.error or "") and receiver.asked == 0


def test_a_certificate_that_nobody_vouches_for_is_refused(receiver: Receiver, authority: trustme.CA) -> None:
    with over_tls(receiver, trustme.CA().issue_cert("localhost")) as (url, _):
        outcome = attempt(receiver, url)
    assert "TLS failed" in (outcome.error or "") and receiver.asked == 0


def test_tls_with_somebody_who_does_not_speak_it_fails(receiver: Receiver) -> None:
    outcome = attempt(receiver, receiver.url.replace("http://", "https://"), seconds=2)
    assert outcome.status is None and outcome.error
