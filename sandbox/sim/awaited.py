"""What is awaited: what whoever moves time waits for, and the moment at which it comes.

Most of it is a fact, and comes when that is written. That a deadline passes is no fact: nobody did anything.
"""

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import NamedTuple, get_args

from msgspec.json import decode

from sandbox.central.days import DAY, HOUR, rfc3339
from sandbox.central.facts import KINDS, decoded
from sandbox.central.guide import Refused
from sandbox.central.records import CANCELED, PARTIALLY_SHIPPED, PENDING, SHIPPED, UNSHIPPED, FactRow
from sandbox.central.sentences import sentence
from sandbox.central.world import World
from sandbox.sim.driver import Driver
from sandbox.sim.scenario.happenings import Rate

RATES = get_args(Rate)
STATUSES = (PENDING, UNSHIPPED, PARTIALLY_SHIPPED, SHIPPED, CANCELED)


class Awaited(NamedTuple):
    """What somebody waits for."""

    event: str
    """One of `EVENTS`."""
    order_id: str | None = None
    """Of this order alone."""
    status: str | None = None
    rate: str | None = None
    """Such as order-defect; any of them, if left out."""
    kinds: tuple[str, ...] = ()


class Came(NamedTuple):
    """That it came, or was so already."""

    at: int
    fact: int | None
    """The fact by which it came; None for a deadline, which passes without one."""
    sentence: str


class Event(NamedTuple):
    """Something to wait for."""

    says: str
    kinds: tuple[str, ...] = ()
    """The facts by which it comes."""
    asks_for: tuple[str, ...] = ()
    """The fields that it needs."""
    takes: tuple[str, ...] = ("order_id",)
    """The fields that it may have beside those."""


_STATUS_KINDS = ("OrderPlaced", "PaymentAuthorised", "ShipmentConfirmed", "OrderCancelled", "RestCancelled")

EVENTS = {
    "order": Event("an order is placed", ("OrderPlaced",), takes=()),
    "order-status": Event("an order reaches a status", _STATUS_KINDS, ("status",)),
    "message": Event("a buyer's message arrives", ("BuyerAsked",)),
    "delivery": Event("a parcel is handed over", ("ParcelDelivered",)),
    "return": Event("a buyer sends something back", ("ReturnSent",)),
    "refund": Event("a refund is final", ("RefundPosted",)),
    "feedback": Event("a buyer leaves feedback", ("FeedbackLeft",)),
    "claim": Event("a guarantee claim is filed", ("ClaimFiled",)),
    "chargeback": Event("a chargeback is filed", ("ChargebackFiled",)),
    "decision": Event("a claim or a chargeback is decided", ("DisputeDecided",)),
    "rate": Event("a rate crosses its limit", ("LimitCrossed",), takes=("rate",)),
    "settlement": Event("a settlement closes", ("SettlementClosed",), takes=()),
    "deadline": Event("a deadline of the seller's passes without what was due"),
    "fact": Event("a fact of one of these kinds", (), ("kinds",)),
}
"""What can be awaited, by name."""


def check(world: World, one: Awaited) -> None:
    """Refused with UnknownEvent, Kind, Status, Rate or Order; with UntilIncomplete where fields are amiss."""
    event = EVENTS.get(one.event)
    if event is None:
        near = get_close_matches(one.event[:40], EVENTS, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise Refused("UnknownEvent", f"Nobody can wait for {one.event[:40]!r}. {meant}There are: {', '.join(EVENTS)}.")
    given = [name for name in ("order_id", "status", "rate", "kinds") if getattr(one, name)]
    for name in event.asks_for:
        if name not in given:
            raise Refused("UntilIncomplete", f"Waiting until {event.says} needs {_wire(name)!r}; it was left out.")
    for name in given:
        if name not in event.asks_for + event.takes:
            raise Refused("UntilIncomplete", f"Waiting until {event.says} takes no {_wire(name)!r}. Leave it out.")
    if one.status is not None and one.status not in STATUSES:
        raise Refused("UnknownStatus", f"No order is {one.status[:40]!r}. There are: {', '.join(STATUSES)}.")
    if one.rate is not None and one.rate.partition(" ")[0] not in RATES:
        raise Refused("UnknownRate", f"There is no rate {one.rate[:40]!r}. There are: {', '.join(RATES)}.")
    for kind in one.kinds:
        if kind not in KINDS:
            raise Refused("UnknownKind", f"There is no kind of fact {kind[:60]!r}. There are: {', '.join(KINDS)}.")
    if one.order_id is not None:
        world.order(one.order_id)


def _wire(name: str) -> str:
    return "kind" if name == "kinds" else name


def is_so(world: World, one: Awaited) -> Came | None:
    """Whether it need not be waited for: the order has that status already."""
    if one.event != "order-status" or one.order_id is None:
        return None
    if world.order(one.order_id).status != one.status:
        return None
    return Came(world.now, None, f"Order {one.order_id} is {one.status} already, so time stands where it stood.")


def first(world: World, one: Awaited, since: int, after_fact: int) -> Came | None:
    """The first time that it came after the moment `since` and the fact of that number; what happened is in the tables.

    Inside a transaction that is written out.
    """
    if one.event == "deadline":
        return _first_deadline(world, one, since)
    kinds = one.kinds or EVENTS[one.event].kinds
    values: list[object] = [after_fact, *kinds]
    sql = f"select * from facts where seq > ? and kind in ({', '.join('?' * len(kinds))})"
    if one.order_id is not None:
        sql += " and order_number = ?"
        values.append(world.ids.order_number(one.order_id))
    for fact in map(FactRow._make, world.rows(sql + " order by seq", tuple(values))):
        if _is_it(world, one, fact):
            says = sentence(decoded(fact.kind, fact.body), world.currency)
            return Came(fact.at, fact.seq, says)
    return None


def _is_it(world: World, one: Awaited, fact: FactRow) -> bool:
    if one.event == "order-status":
        return _status_after(world, fact) == one.status
    if one.event == "rate":
        body = decode(fact.body)
        names = body["rate"], body["rate"].partition(" ")[0]  # with its window, or without
        return bool(body["breached"]) and one.rate in (None, *names)
    return True


_SHIPPED_BEFORE = "select body from facts where order_number = ? and kind = 'ShipmentConfirmed' and seq <= ?"


def _status_after(world: World, fact: FactRow) -> str:
    """The status that an order has by a fact."""
    if fact.kind == "OrderPlaced":
        return PENDING if decode(fact.body).get("pending") else UNSHIPPED
    if fact.kind == "ShipmentConfirmed":
        (quantity,) = world.row("select quantity from orders where number = ?", (fact.order_number,))
        bodies = world.rows(_SHIPPED_BEFORE, (fact.order_number, fact.seq))
        pieces = sum(sum(decode(body)["contents"].values()) for (body,) in bodies)
        return SHIPPED if pieces == quantity else PARTIALLY_SHIPPED
    return {"PaymentAuthorised": UNSHIPPED, "OrderCancelled": CANCELED, "RestCancelled": SHIPPED}[fact.kind]


# -- deadlines


class _Deadline(NamedTuple):
    says: str
    sql: str
    """Moment and order id of the first one from a moment on that was not met; what is due counts as met until then."""
    bindings: Callable[[World], dict[str, int]] = lambda world: {}


_OF_ORDER = "(:number is null or order_number = :number)"
_DEADLINES = (
    _Deadline(
        "Order {} was to be dispatched by {}, and is not.",
        """select dispatch_by, order_id from orders where view = 'production' and placed_at > :oldest
        and dispatch_by >= :since and (:number is null or number = :number)
        and (confirmed_at is null or confirmed_at > dispatch_by)
        and (cancelled_at is null or cancelled_at > dispatch_by) order by dispatch_by, number limit 1""",
        lambda world: {"oldest": world.now - (7 * world.policy.dispatch_within_working_days + 30) * DAY},
    ),
    _Deadline(
        "The buyer of order {} was to have an answer by {}, and has none.",
        f"""select at + :reply, (select order_id from orders where number = order_number) from messages
        where sender = 'buyer' and at >= :since - :reply and {_OF_ORDER}
        and (answered_at is null or answered_at > at + :reply)
        and (state <> 'not-needed') order by at, message limit 1""",
        lambda world: {"reply": world.policy.reply_within_hours * HOUR},
    ),
    _Deadline(
        "The claim or chargeback about order {} was to be answered by {}, and is not.",
        f"""select respond_by, order_id from disputes where respond_by >= :since and {_OF_ORDER}
        and (answered_at is null or answered_at > respond_by) and (closed_at is null or closed_at >= respond_by)
        order by respond_by, dispute limit 1""",
    ),
)


def _first_deadline(world: World, one: Awaited, since: int) -> Came | None:
    """A deadline has passed one millisecond behind its last moment."""
    found = sorted(_missed(world, one, since))
    return Came(found[0][0], None, found[0][1]) if found else None


def _missed(world: World, one: Awaited, since: int) -> Iterator[tuple[int, str]]:
    number = world.ids.order_number(one.order_id) if one.order_id is not None else None
    for deadline in _DEADLINES:
        bindings: dict[str, int | None] = {"since": since, "number": number, **deadline.bindings(world)}
        if (row := world.row(deadline.sql, bindings)) and row[0] < world.now:
            yield row[0] + 1, deadline.says.format(row[1], rfc3339(row[0]))


# -- waited for


def advance_until(driver: Driver, one: Awaited, bound: int) -> Came | None:
    """Move time to the moment at which it comes, or to `bound` where it does not: inside a transaction.

    The same happens as by moving to that moment in one go. None where it did not come. Refused as `check` and
    `advance` refuse.
    """
    world = driver.world
    check(world, one)
    if so := is_so(world, one):
        return so
    while world.now < bound:
        since, last = world.now, world.clock.facts
        with world.provisionally() as take_back:
            driver.advance(min(bound, driver.next_window()))
            came = first(world, one, since, last)
            if came and came.at < world.now:
                take_back()
        if came:
            if came.at > world.now:
                driver.advance(came.at)
            return came
    return None
