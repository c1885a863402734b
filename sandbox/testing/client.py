"""The client: a sandbox that makes worlds, and a world that a test acts in, moves, and asks.

Over HTTP or in the same process: the same requests go to the same doors. It is written with the standard library alone,
for whoever installs it may pin anything else.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from sandbox.testing.requested import Request, assert_requested, requests

Json = dict[str, Any]
Send = Callable[[str, str, bytes | None, dict[str, str]], tuple[int, bytes]]
"""Method, path, body and headers to status and body."""

RATES = ("late-shipment", "cancellation", "order-defect", "response-time")


class SandboxError(Exception):
    """The sandbox said no: `code` for programs, `sentence` for people, and the HTTP `status`."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(f"{code} ({status}): {sentence}")
        self.status = status
        self.code = code
        self.sentence = sentence


class Advanced(NamedTuple):
    """What moving time came to."""

    now: str
    facts: int
    kinds: dict[str, int]
    reason: str
    """reached, until, bound or nothing-due."""
    sentence: str
    fact: int | None
    """The fact that was waited for."""
    of_interest: list[Json]


class Sandbox:
    """A sandbox, with its operator's key."""

    def __init__(self, send: Send, operator_key: str, url: str) -> None:
        self._send = send
        self.operator_key = operator_key
        self.url = url

    def request(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Ask anything, with the operator's key or another. JSON in and out; SandboxError where it says no."""
        headers = {"Authorization": f"Bearer {key or self.operator_key}"}
        sent = None
        if body is not None:
            sent, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        status, answer = self._send(method, path, sent, headers)
        found: Any = json.loads(answer) if answer else None
        if status >= 400:
            raise SandboxError(status, found["code"], found["detail"])
        return found

    def world(self, scenario: str = "first-week", **options: Any) -> "World":
        """A fresh, frozen world, from a scenario or, by `from_snapshot`, from a snapshot; options as in the API."""
        chosen = {} if "from_snapshot" in options else {"scenario": scenario, "rate": 0}
        return World(self, self.request("POST", "/sandbox/worlds", chosen | options))

    def open(self, name: str) -> "World":
        """A world that is there."""
        return World(self, self.request("GET", f"/sandbox/worlds/{quote(name, safe='')}"))


class World:
    """One seller's account, its time, and what happens to it."""

    def __init__(self, sandbox: Sandbox, made: Json) -> None:
        self.sandbox = sandbox
        self.name: str = made["name"]
        self.key: str = made["keys"][0]
        """What an integration under test sends as its bearer key."""
        self.url = sandbox.url
        self._path = f"/sandbox/worlds/{self.name}"

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the seller's own API, with the world's key."""
        return self.sandbox.request(method, path, body, key=self.key)

    def _control(self, method: str, path: str = "", body: Any = None) -> Any:
        return self.sandbox.request(method, self._path + path, body)

    # -- the seller's account

    def orders(self, **filters: Any) -> list[Json]:
        """All orders that fit, such as `status="Unshipped"`, page by page."""
        return list(self._rows("/v1/orders", "orders", filters))

    def _rows(self, path: str, rows: str, filters: Json) -> Iterator[Json]:
        asked = {"limit": 100} | filters
        while True:
            page = self.request("GET", f"{path}?{urlencode(asked, doseq=True)}")
            yield from page[rows]
            if not page["next_cursor"]:
                return
            asked["cursor"] = page["next_cursor"]

    def order(self, order_id: str) -> Json:
        """One order."""
        found: Json = self.request("GET", f"/v1/orders/{order_id}")
        return found

    def ship(self, order_id: str, carrier: str = "BlueDart", **what: Any) -> Json:
        """Confirm a shipment: all that is left of the order, or its `items`."""
        made: Json = self.request("POST", f"/v1/orders/{order_id}/shipments", {"carrier": carrier} | what)
        return made

    def cancel(self, order_id: str, reason: str = "NoInventory") -> Json:
        """Cancel an order."""
        found: Json = self.request("POST", f"/v1/orders/{order_id}/cancellation", {"reason": reason})
        return found

    def threads(self, **filters: Any) -> list[Json]:
        """The threads of messages with buyers."""
        return list(self._rows("/v1/threads", "threads", filters))

    def reply(self, thread: int, text: str) -> Json:
        """Answer a buyer."""
        made: Json = self.request("POST", f"/v1/threads/{thread}/replies", {"text": text})
        return made

    def metrics(self) -> dict[str, Json]:
        """The scored rates, by name."""
        return {one["name"]: one for one in self.request("GET", "/v1/metrics")["rates"] if one["scored"]}

    def reserve(self) -> Json:
        """The reserve now, with what is held and why."""
        found: Json = self.request("GET", "/v1/reserve")
        return found

    def balance(self) -> Json:
        """The balance now."""
        found: Json = self.request("GET", "/v1/balance")
        return found

    # -- its time

    @property
    def now(self) -> str:
        """The world's moment, RFC 3339."""
        return str(self._control("GET")["now"])

    def advance(self, by: str | None = None, **how: Any) -> Advanced:
        """Move time `by` a span, `to` a moment, or `until` an event `within` a bound, which `must` come."""
        return _advanced(self._control("POST", "/advance", how if by is None else {"by": by} | how))

    def step(self) -> Advanced:
        """Move time to what is due next."""
        return _advanced(self._control("POST", "/step"))

    def simulate(self, event: str, **given: Any) -> Json:
        """Make something happen now, such as `chargebacks/file`; the answer has `order_id` and `facts`."""
        happened: Json = self._control("POST", f"/simulations/{quote(event)}", given)
        return happened

    def facts(self, *, after: int = 0, limit: int = 1000, **filters: Any) -> list[Json]:
        """What happened, in order: by `kind`, `order_id`, `by`, `since`, `until`; `wait` seconds for the first."""
        asked = urlencode({"after": after, "limit": limit} | filters, doseq=True)
        found: list[Json] = self._control("GET", f"/facts?{asked}")["facts"]
        return found

    # -- what it was asked

    def requests(self, **filters: Any) -> list[Request]:
        """What was asked of it, in order: by `method`, `path`, `operation`, `status`, `code`, `door`, `body_contains`,
        `since`, `after`, one or several of each."""
        return requests(self._control, filters)

    def assert_requested(self, times: int | None = None, **filters: Any) -> list[Request]:
        """Fail unless so many requests came that fit, or any at all: with those that nearly did. Gives them back."""
        return assert_requested(self.name, self._control, times, filters)

    def forget_requests(self) -> None:
        """Empty its journal of requests."""
        self._control("DELETE", "/requests")

    # -- kept, put back, forked

    def snapshot(self, name: str) -> Json:
        """Keep the world as it is, under a name."""
        made: Json = self._control("POST", "/snapshots", {"name": name})
        return made

    def restore(self, name: str) -> None:
        """Put the world back to a snapshot: clock, luck and agenda."""
        self._control("POST", f"/snapshots/{quote(name, safe='')}/restore")

    def fork(self, **options: Any) -> "World":
        """Another world that goes on from here, or from a `snapshot`, with a key of its own."""
        return World(self.sandbox, self._control("POST", "/forks", options))

    def delete(self) -> None:
        """Remove the world with all that belongs to it."""
        self._control("DELETE")

    # -- asserted

    def assert_no_breach(self, *rates: str) -> None:
        """Fail where one of these scored rates, or any of the four, is over its limit: with its figures and orders."""
        unknown = [name for name in rates if name not in RATES]
        if unknown:
            raise ValueError(f"There is no rate {unknown[0]!r}. There are: {', '.join(RATES)}.")
        wrong = [one for name, one in self.metrics().items() if name in (rates or RATES) and one["state"] == "breached"]
        if wrong:
            raise AssertionError("\n".join(f"World {self.name} at {self.now}: {_told(one)}" for one in wrong))


def _told(rate: Json) -> str:
    orders = ", ".join(rate["orders"][:5]) + (f" and {len(rate['orders']) - 5} more" if len(rate["orders"]) > 5 else "")
    return (
        f"{rate['name']} is {rate['percent']:.2f} % ({rate['counted']} of {rate['out_of']}), over its limit of"
        f" {rate['limit_percent']} %. By {orders or 'what was not answered in time'}."
    )


def _advanced(told: Json) -> Advanced:
    stopped = told["stopped"]
    return Advanced(
        told["now"],
        told["facts"],
        told["kinds"],
        stopped["reason"],
        stopped["sentence"],
        stopped["fact"],
        told["of_interest"],
    )
