"""Events: what a plot lets happen to one order, which is chosen, or drawn from those to which it can happen."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sandbox.central import chargebacks, claims, feedback, returns, shipments
from sandbox.central.guide import Due, Refused
from sandbox.sim import words
from sandbox.sim.asking import about
from sandbox.sim.cast import Dues, Run
from sandbox.sim.scenario import Happening

_DRAWN = 0
_CANDIDATES = 1000
"""Orders that are looked at, the newest ones."""

FITTING = {
    "open": "is_open and status <> 'Pending' and confirmed_at is null",
    "on its way": """confirmed_at is not null and exists (select 1 from packages where order_number = number
        and delivered_at is null and lost_at is null and returned_at is null)""",
    "delivered": "exists (select 1 from packages where order_number = number and delivered_at is not null)",
    "paid": """paid_minor > refunding_minor + refunded_minor + reversed_minor
        and number not in (select order_number from disputes)""",
}
"""The orders to which something can happen, as SQL."""


def _anything(run: Run, at: int, one: Happening, order_id: str) -> bool:
    return True


class Event(NamedTuple):
    """Something that can happen to an order."""

    fits: str
    """One of `FITTING`."""
    begins: Callable[[Run, int, Happening, str], Dues]
    may: Callable[[Run, int, Happening, str], bool] = _anything
    """Whether the platform would allow it now."""


def _asks(fits: str, topic: str) -> Event:
    def begins(run: Run, at: int, one: Happening, order_id: str) -> Dues:
        yield Due(at, "asking.asks", about(order_id, topic))

    return Event(fits, begins)


def _steps(fits: str, name: str, about: str = "") -> Event:
    def begins(run: Run, at: int, one: Happening, order_id: str) -> Dues:
        yield Due(at, name, f"{order_id} {about}".strip())

    return Event(fits, begins)


def _tries(fits: str, by: str, act: Any, what: Callable[[Happening], dict[str, Any]]) -> Event:
    def begins(run: Run, at: int, one: Happening, order_id: str) -> Dues:
        run.tries(act, by=by, order_id=order_id, **what(one))
        return ()

    def may(run: Run, at: int, one: Happening, order_id: str) -> bool:
        try:
            return any(True for _ in act(run.world, at, order_id=order_id, **what(one)))
        except Refused:
            return False

    return Event(fits, begins, may)


def _reason(known: dict[str, Any], usual: str) -> Callable[[Happening], dict[str, Any]]:
    return lambda one: {"reason": one.reason if one.reason in known else usual}


def _rating(one: Happening) -> dict[str, Any]:
    return {"rating": one.rating}


def _first_package(one: Happening) -> dict[str, Any]:
    return {"package": 1}


def _first_attempt(one: Happening) -> dict[str, Any]:
    return {"package": 1, "attempt": 1}


EVENTS = {
    "asks-where-it-is": _asks("on its way", words.WHERE),
    "asks-about-product": _asks("open", words.PRODUCT),
    "asks-for-another-address": _asks("open", words.ADDRESS),
    "asks-to-cancel": _asks("open", words.CANCEL),
    "cancels": _steps("open", "wishes.cancels"),
    "finds-it-faulty": _steps("delivered", "complaints.is_troubled_by", "faulty"),
    "wants-to-return": _asks("delivered", words.REGRET),
    "sends-it-back": _tries("delivered", "buyer", returns.send, _reason(returns.REASONS, "NoLongerWanted")),
    "leaves-feedback": _tries("delivered", "buyer", feedback.leave, _rating),
    "claims": _tries("paid", "buyer", claims.file, _reason(claims.REASONS, "NotReceived")),
    "charges-back": _tries("paid", "bank", chargebacks.file, _reason(chargebacks.REASONS, "UnauthorisedUse")),
    "parcel-delivered": _tries("on its way", "carrier", shipments.deliver, _first_package),
    "parcel-missed": _tries("on its way", "carrier", shipments.fail, _first_attempt),
    "parcel-lost": _tries("on its way", "carrier", shipments.lose, _first_package),
    "parcel-brought-back": _tries("on its way", "carrier", shipments.bring_back, _first_package),
}
"""What can happen to an order, which orders it fits, and how it begins."""


def order_of(run: Run, at: int, number: int, one: Happening) -> str:
    """The order that is chosen, which may refuse; or one drawn from those to which it can happen, empty for none."""
    if one.order is not None:
        row = run.world.row("select order_id from orders where number = ? and view = 'production'", (one.order,))
        return str(row[0]) if row else ""
    event = EVENTS[str(one.event)]
    fits = FITTING[event.fits]
    sql = f"select order_id from orders where view = 'production' and {fits} order by number desc limit {_CANDIDATES}"
    found = [str(order_id) for (order_id,) in run.world.rows(sql)]
    first = int(run.lot("event", number, 2, _DRAWN) * len(found))
    return next((order_id for order_id in found[first:] + found[:first] if event.may(run, at, one, order_id)), "")
