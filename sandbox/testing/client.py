"""The client: a sandbox that makes worlds, and a world that a test acts in, moves, and asks.

Over HTTP or in the same process: the same requests go to the same doors. It is written with the standard library alone,
for whoever installs it may pin anything else.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.testing.asserted import breaches, has, kinds, nearest
from sandbox.testing.refused import refusal
from sandbox.testing.requested import Request, assert_requested, requests
from sandbox.testing.told import Advanced, Differences, Fact, Happened, Json, Kept, Listed, Rate, advanced

Send = Callable[[str, str, bytes | None, dict[str, str]], tuple[int, bytes]]
"""Method, path, body and headers to status and body."""

_PAGE = 1000
"""Facts of one answer, at most."""


class Sandbox:
    """A sandbox, with its operator's key."""

    def __init__(self, send: Send, operator_key: str, url: str) -> None:
        self._send = send
        self.operator_key = operator_key
        self.url = url

    def request(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Ask anything, with the operator's key or another. JSON in and out; SandboxError where it says no."""
        sent = None if body is None else json.dumps(body).encode()
        answer = self.exchange(method, path, sent, "application/json", key=key)
        return json.loads(answer) if answer else None

    def exchange(self, method: str, path: str, body: bytes | None, kind: str, *, key: str | None = None) -> bytes:
        """The same with a body of any kind, and an answer as it is."""
        headers = {"Authorization": f"Bearer {key or self.operator_key}"}
        if body is not None:
            headers["Content-Type"] = kind
        status, answer = self._send(method, path, body, headers)
        if status >= 400:
            raise refusal(status, answer)
        return answer

    def world(self, scenario: str = "first-week", **options: Any) -> "World":
        """A fresh, frozen world, from a scenario or, by `from_snapshot`, from a snapshot; options as in the API."""
        chosen = {} if "from_snapshot" in options else {"scenario": scenario, "rate": 0}
        return World(self, self.request("POST", "/sandbox/worlds", chosen | options))

    def open(self, name: str) -> "World":
        """A world that is there."""
        return World(self, self.request("GET", f"/sandbox/worlds/{quote(name, safe='')}"))

    def import_world(self, file: Path | str, name: str) -> "World":
        """A world made from a file that `export` wrote, here or elsewhere."""
        path = f"/sandbox/worlds/{quote(name, safe='')}/file"
        return World(self, json.loads(self.exchange("PUT", path, Path(file).read_bytes(), _SQLITE)))

    def simulations(self) -> Json:
        """All that can be made to happen, and the magic words."""
        found: Json = self.request("GET", "/sandbox/simulations")
        return found


_SQLITE = "application/vnd.sqlite3"


class World:
    """One seller's account, its time, and what happens to it."""

    def __init__(self, sandbox: Sandbox, made: Json) -> None:
        self.sandbox = sandbox
        self.name: str = made["name"]
        self.key: str = made["keys"][0]
        """What an integration under test sends as its bearer key."""
        self.url = sandbox.url
        """Where that integration finds the sandbox."""
        self.forks: list[World] = []
        """The worlds that were made of it here."""
        self._path = f"/sandbox/worlds/{self.name}"

    def __repr__(self) -> str:
        return f"<World {self.name} at {self.url}>"

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the seller's own API, with the world's key."""
        return self.sandbox.request(method, path, body, key=self.key)

    def _control(self, method: str, path: str = "", body: Any = None) -> Any:
        return self.sandbox.request(method, self._path + path, body)

    # -- the seller's account

    def orders(self, **filters: Any) -> list[Listed]:
        """All orders that fit, such as `status="Unshipped"`, page by page."""
        found: list[Any] = list(self._rows("/v1/orders", "orders", filters))
        return found

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

    def history(self, order_id: str) -> list[Json]:
        """What happened to an order and why: each fact with its `sentence`, its rule and what led to it."""
        return list(self._rows(f"/v1/orders/{order_id}/history", "history", {}))

    def claims(self, **filters: Any) -> list[Json]:
        """Guarantee claims, the least time left first."""
        return list(self._rows("/v1/claims", "claims", filters))

    def chargebacks(self, **filters: Any) -> list[Json]:
        """Chargebacks, likewise."""
        return list(self._rows("/v1/chargebacks", "chargebacks", filters))

    def metrics(self) -> dict[str, Rate]:
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
        return advanced(self._control("POST", "/advance", how if by is None else {"by": by} | how))

    def step(self) -> Advanced:
        """Move time to what is due next."""
        return advanced(self._control("POST", "/step"))

    def freeze(self) -> None:
        """Have time stand still, as it does in a fresh world."""
        self._control("POST", "/freeze")

    def run(self, rate: float) -> None:
        """Let so many world seconds pass in each second; a test that waits for it can fail by itself."""
        self._control("POST", "/rate", {"rate": rate})

    def desk(self, name: str, played_by: str) -> None:
        """Hand a desk (dispatch, inbox, disputes, refunds) to a `script`, a `person` or a `program`."""
        self._control("PUT", f"/desks/{quote(name, safe='')}", {"played_by": played_by})

    def simulate(self, event: str, **given: Any) -> Happened:
        """Make something happen now, such as `chargebacks/file`; the answer has `order_id` and `facts`."""
        happened: Happened = self._control("POST", f"/simulations/{quote(event)}", given)
        return happened

    def place(self, **order: Any) -> str:
        """Have somebody order, as `simulate("orders/place")` does; the order's id, empty for one `placed_at` a later
        moment."""
        return self.simulate("orders/place", **order)["order_id"] or ""

    @property
    def last_fact(self) -> int:
        """The number of the last fact: a point to look on from, or to compare with."""
        return int(self._control("GET")["facts"])

    def facts(self, *, after: int = 0, limit: int | None = None, **filters: Any) -> list[Fact]:
        """What happened, in order: by `kind`, `order_id`, `by`, `since`, `until`; all of it, or the first `limit`.

        Where there is none yet, it may `wait` for the first, so many seconds.
        """
        found: list[Fact] = []
        while limit is None or len(found) < limit:
            wanted = _PAGE if limit is None else min(_PAGE, limit - len(found))
            asked = urlencode({"after": after, "limit": wanted} | filters, doseq=True)
            page = self._control("GET", f"/facts?{asked}")
            found += page["facts"]
            if len(page["facts"]) < wanted:
                break
            after = page["last"]
            filters.pop("wait", None)
        return found

    # -- told to others

    def subscribe(self, url: str, kinds: str | list[str] = "*", **options: Any) -> Json:
        """Tell a URL of every fact of these kinds from now on; the answer has `webhook` and, once, `secret`."""
        wanted = {"url": url, "kinds": [kinds] if isinstance(kinds, str) else kinds}
        made: Json = self._control("POST", "/webhooks", wanted | options)
        return made

    def deliveries(self, *, limit: int = 1000, **filters: Any) -> list[Json]:
        """The delivery log, the oldest first: by `webhook`, `state`, `kind`, `order_id`."""
        asked = urlencode({"limit": limit} | filters, doseq=True)
        found: list[Json] = self._control("GET", f"/deliveries?{asked}")["deliveries"]
        return found

    def drain(self) -> Json:
        """Hand over now whatever waits; the answer counts what was `delivered`, what `failed`, what is `pending`."""
        handed: Json = self._control("POST", "/webhooks/drain")
        return handed

    def redeliver(self, delivery: str) -> Json:
        """Send one again, under the same id; the answer is the delivery with all its attempts."""
        found: Json = self._control("POST", f"/deliveries/{quote(delivery, safe='')}/redeliver")
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

    def snapshot(self, name: str) -> Kept:
        """Keep the world as it is, under a name."""
        made: Kept = self._control("POST", "/snapshots", {"name": name})
        return made

    def snapshots(self) -> list[Kept]:
        """What was kept."""
        found: list[Kept] = self._control("GET", "/snapshots")["snapshots"]
        return found

    def restore(self, name: str) -> None:
        """Put the world back to a snapshot: clock, luck and agenda."""
        self._control("POST", f"/snapshots/{quote(name, safe='')}/restore")

    def fork(self, **options: Any) -> "World":
        """Another world that goes on from here, or from a `snapshot`, with a key of its own."""
        self.forks.append(World(self.sandbox, self._control("POST", "/forks", options)))
        return self.forks[-1]

    def diff(self, other: "World | None" = None, **point: Any) -> Differences:
        """How it differs from another world, or from itself at a point: `since` a fact, or a `snapshot`."""
        asked = point | ({"world": other.name} if other else {})
        found: Differences = self._control("GET", f"/differences?{urlencode({'limit': 1000} | asked)}")
        return found

    def export(self, file: Path | str) -> Path:
        """Write the world into one file, without its keys; `Sandbox.import_world` and the command take it."""
        Path(file).write_bytes(self.sandbox.exchange("GET", f"{self._path}/file", None, ""))
        return Path(file)

    def delete(self) -> None:
        """Remove the world with all that belongs to it."""
        self._control("DELETE")

    # -- asserted

    def assert_no_breach(self, *rates: str) -> None:
        """Fail where one of these scored rates, or any of the four, is over its limit: with its figures and orders."""
        if wrong := breaches(self.metrics(), rates):
            raise AssertionError("\n".join(f"World {self.name} at {self.now}: {breach}" for breach in wrong))

    def assert_happened(self, kind: str, *, order_id: str | None = None, after: int = 0, **body: Any) -> Fact:
        """The first fact of that kind, of an order and with these fields in its body where they are named.

        Fails where there is none: with those of the kind that are nearest, or else with the kinds that there are.
        """
        of_order: dict[str, Any] = {} if order_id is None else {"order_id": order_id}
        found = self.facts(after=after, kind=kind, **of_order)
        for fact in found:
            if has(fact, body):
                return fact
        instead = nearest(found, order_id) if found else kinds(self.facts(after=after, **of_order), order_id)
        raise AssertionError(f"World {self.name} at {self.now}: no {kind} {body or ''}{instead}")
