"""Simulations: one event, now, at an order that is chosen or drawn, by the same rules as for everybody in the cast.

What the platform would refuse is refused, with its reason. An order that is drawn is drawn by luck of its own, so that
nobody else's luck is moved by it.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple

from sandbox.central import chargebacks, claims, feedback, messages, orders, returns, shipments, standing
from sandbox.central.days import DAY, after
from sandbox.central.disputes import CHARGEBACK, UNDER_REVIEW, disputes_of
from sandbox.central.facts import Fact
from sandbox.central.guide import Document, Due, Refused
from sandbox.central.orders import packages_of
from sandbox.central.records import PENDING, Dispute
from sandbox.central.world import World
from sandbox.sim import asking, checkout, stock, words
from sandbox.sim.asking import about
from sandbox.sim.cast import Run
from sandbox.sim.events import FITTING

Fields = dict[str, Any]
Happens = Callable[[Run, int, Fields], None]
"""Makes it happen at a moment, by what the caller said."""
Rule = Callable[..., Iterable[Fact | Due | Document]]
_CANDIDATES = 1000
"""Orders that are looked at, the newest ones."""


class Simulation(NamedTuple):
    """Something that can be made to happen."""

    says: str
    happens: Happens
    takes: tuple[str, ...] = ()
    """The fields that it may be given, beside the order's."""
    needs: tuple[str, ...] = ()
    """Those of them that it must be given."""
    fits: str = ""
    """The orders to which it can happen, one of `events.FITTING`; empty where it is about no order that is there."""


def _does(act: Rule, by: str, *takes: str) -> Happens:
    """It is one rule, tried by somebody. Refused where the rule has nothing to do any more."""

    def happens(run: Run, at: int, given: Fields) -> None:
        what = {name: given[name] for name in ("order_id", *takes) if name in given}
        if not run.world.do(act, by=by, **what):
            raise Refused("NothingHappened", f"That has happened to order {given['order_id']} already.")

    return happens


def _asks(topic: str) -> Happens:
    """A buyer writes about a topic, as those in the cast do: who is not answered asks again."""

    def happens(run: Run, at: int, given: Fields) -> None:
        world, last = run.world, run.world.clock.facts
        order = world.order(given["order_id"])
        for due in [*asking.asks(run, at, about(order.order_id, topic))]:
            world.put_off(due, world.clock.facts)
        if world.clock.facts == last:
            raise Refused("NothingToAsk", f"Order {order.order_id} is {order.status}: nobody asks for that any more.")

    return happens


# -- orders


def _places(run: Run, at: int, given: Fields) -> None:
    """Somebody orders, now or at the moment that is named."""
    basket = {name: value for name, value in given.items() if name != "placed_at"}
    placed_at = given.get("placed_at", at)
    if placed_at == at:
        checkout.place(run, basket)
    else:
        checkout.later(run, placed_at, basket)


def _is_reviewed(run: Run, at: int, given: Fields) -> None:
    """An order whose payment is looked at is pending: its seller must wait."""
    _places(run, at, {**given, "pending": True})


# -- parcels


def _to_parcel(act: Rule) -> Happens:
    def happens(run: Run, at: int, given: Fields) -> None:
        order = run.world.order(given["order_id"])
        waiting = [one.package for one in packages_of(run.world, order) if one.delivered_at is None]
        package = given.get("package") or (waiting[0] if waiting else 1)
        if not run.world.do(act, by="carrier", order_id=order.order_id, package=package):
            raise Refused("NothingHappened", f"Package {package} of order {order.order_id} was delivered already.")

    return happens


# -- banks


def _bank_decides(run: Run, at: int, given: Fields) -> None:
    """The bank finds for whom the caller says, where the case leaves that open."""
    world, order_id = run.world, given["order_id"]
    found = _charged_back(world, order_id)
    if found.state != UNDER_REVIEW:
        raise Refused(
            "NotUnderReview", f"Chargeback {found.dispute} is {found.state}; a bank decides what was answered."
        )
    is_won = given["outcome"] == "won"
    odds = chargebacks.odds_percent(world, found)
    if is_won and not odds:
        why = chargebacks.certain(world, found)
        told = why.because if why else "The policy gives it no chance."
        raise Refused("OutcomeImpossible", f"Chargeback {found.dispute} cannot be won. {told}")
    if not is_won and odds >= 100:
        raise Refused("OutcomeImpossible", f"Chargeback {found.dispute} cannot be lost: the policy has all such won.")
    world.do(chargebacks.decide, by="bank", chargeback=found.dispute, draw=0.0 if is_won else 1.0)


def _charged_back(world: World, order_id: str) -> Dispute:
    order = world.order(order_id)
    found = [one for one in disputes_of(world, order) if one.kind == CHARGEBACK]
    if not found:
        raise Refused("UnknownChargeback", f"Order {order_id} was not charged back.")
    return found[-1]


# -- the account


def _account_is_reviewed(run: Run, at: int, given: Fields) -> None:
    """The platform takes a closer look, for so many days."""
    run.world.do(standing.open_review, by="amazon", until=after(at, given["days"] * DAY), because="A closer look.")


# -- stock


def _stock_is_lost(run: Run, at: int, given: Fields) -> None:
    sku = given["sku"]
    if run.world.row("select 1 from products where sku = ?", (sku,)) is None:
        raise Refused("UnknownProduct", f"There is no product {sku[:60]!r} in this shop.")
    stock.lose(run, sku, given.get("pieces"))


_BASKET = ("items", "buyer", "address", "view", "placed_at")
SIMULATIONS: dict[tuple[str, str], Simulation] = {
    ("orders", "place"): Simulation("A buyer orders", _places, (*_BASKET, "pending")),
    ("payments", "review"): Simulation("A buyer orders, and the payment is looked at", _is_reviewed, _BASKET),
    ("payments", "authorise"): Simulation(
        "A pending order's payment comes through", _does(orders.authorise, "amazon"), fits="pending"
    ),
    ("payments", "decline"): Simulation(
        "A pending order's payment is declined", _does(orders.decline, "amazon"), fits="pending"
    ),
    ("messages", "send"): Simulation(
        "A buyer writes", _does(messages.ask, "buyer", "subject", "text"), ("subject", "text"), fits="any"
    ),
    ("address-changes", "request"): Simulation("A buyer wants another address", _asks(words.ADDRESS), fits="open"),
    ("cancellations", "request"): Simulation("A buyer asks to cancel", _asks(words.CANCEL), fits="open"),
    ("cancellations", "make"): Simulation(
        "A buyer cancels by themselves", _does(orders.cancel_by_buyer, "buyer"), fits="open"
    ),
    ("returns", "send"): Simulation(
        "A buyer sends it back", _does(returns.send, "buyer", "reason"), ("reason",), fits="delivered"
    ),
    ("returns", "arrive"): Simulation("What was sent back arrives", _does(returns.arrive, "carrier"), fits="sent back"),
    ("feedback", "leave"): Simulation(
        "A buyer leaves feedback",
        _does(feedback.leave, "buyer", "rating", "comment"),
        ("rating", "comment"),
        ("rating",),
        "confirmed",
    ),
    ("claims", "file"): Simulation(
        "A buyer files a guarantee claim",
        _does(claims.file, "buyer", "reason", "text", "amount_minor"),
        ("reason", "text", "amount_minor"),
        fits="paid",
    ),
    ("chargebacks", "file"): Simulation(
        "A bank takes a payment back",
        _does(chargebacks.file, "bank", "reason", "text", "amount_minor"),
        ("reason", "text", "amount_minor"),
        fits="paid",
    ),
    ("banks", "decide"): Simulation(
        "A bank decides about a chargeback", _bank_decides, ("outcome",), ("outcome",), "charged back"
    ),
    ("parcels", "deliver"): Simulation(
        "A parcel is handed over", _to_parcel(shipments.deliver), ("package",), fits="on its way"
    ),
    ("parcels", "lose"): Simulation("A parcel is lost", _to_parcel(shipments.lose), ("package",), fits="on its way"),
    ("parcels", "return"): Simulation(
        "A parcel comes back to the seller", _to_parcel(shipments.bring_back), ("package",), fits="on its way"
    ),
    ("accounts", "review"): Simulation("The platform reviews the account", _account_is_reviewed, ("days",)),
    ("stock", "lose"): Simulation("Stock is lost", _stock_is_lost, ("sku", "pieces"), ("sku",)),
}
"""What can be made to happen, by thing and verb."""

_USUAL: dict[tuple[str, str], Fields] = {
    ("accounts", "review"): {"days": 7},
    ("messages", "send"): {"subject": "OtherQuestion", "text": "Could you tell me more about what I ordered?"},
    ("returns", "send"): {"reason": "NoLongerWanted"},
    ("claims", "file"): {"reason": "NotReceived"},
    ("chargebacks", "file"): {"reason": "UnauthorisedUse"},
}
"""What is taken where a field is left out."""

_MORE_FITTING = {
    "any": "true",
    "pending": f"status = '{PENDING}'",
    "confirmed": "confirmed_at is not null and number not in (select order_number from feedback)",
    "sent back": "number in (select order_number from returns where arrived_at is null)",
    "charged back": f"number in (select order_number from disputes where state = '{UNDER_REVIEW}')",
}


def simulated(thing: str, verb: str) -> Simulation:
    """What is made to happen by these two words. Refused with UnknownEvent."""
    found = SIMULATIONS.get((thing, verb))
    if found is None:
        names = [f"{one}/{does}" for one, does in SIMULATIONS]
        near = get_close_matches(f"{thing[:40]}/{verb[:40]}", names, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise Refused(
            "UnknownEvent", f"Nothing is called {thing[:40]}/{verb[:40]}. {meant}There is {', '.join(names)}."
        )
    return found


def simulate(world: World, thing: str, verb: str, given: Fields) -> str | None:
    """Make it happen now, inside a transaction; the order's id, where it is about one.

    `given` are the fields that the caller named. An order that is not named is drawn from those to which it can
    happen. Refused with UnknownEvent, NoSuchOrder where none fits, FieldNotTaken, FieldMissing, or by the rule itself.
    """
    one, run = simulated(thing, verb), Run(world)
    for name in given:
        if name != "order_id" or not one.fits:
            _check_taken(f"{thing}/{verb}", name, one)
    for name in one.needs:
        if name not in given:
            raise Refused("FieldMissing", f"{thing}/{verb} needs {name!r}. Takes: {', '.join(one.takes)}.")
    whole = _USUAL.get((thing, verb), {}) | given
    if one.fits and "order_id" not in given:
        whole["order_id"] = _drawn(run, world.clock.now, one, whole)
    last = world.clock.facts
    one.happens(run, world.clock.now, whole)
    run.save()
    named: str | None = whole.get("order_id") or _placed_since(world, last)
    return named


def _check_taken(event: str, name: str, one: Simulation) -> None:
    if name not in one.takes:
        fields = ", ".join((*(("order_id",) if one.fits else ()), *one.takes)) or "nothing"
        raise Refused("FieldNotTaken", f"{event} takes no {name[:40]!r}. It takes: {fields}.")


def _placed_since(world: World, last: int) -> str | None:
    world.flush()
    row = world.row(
        "select order_id from orders where number = (select max(order_number) from facts where seq > ?)", (last,)
    )
    return str(row[0]) if row else None


def _drawn(run: Run, at: int, one: Simulation, given: Fields) -> str:
    """One of the orders that the event fits, the platform willing: from the drawn one on, the first that it may be."""
    world = run.world
    fits = (FITTING | _MORE_FITTING)[one.fits]
    sql = f"select order_id from orders where view = 'production' and {fits} order by number desc limit {_CANDIDATES}"
    found = [str(order_id) for (order_id,) in world.rows(sql)]
    first = int(checkout.draw(run) * len(found))
    for order_id in found[first:] + found[:first]:
        with world.provisionally() as take_back:
            try:
                one.happens(run, at, {**given, "order_id": order_id})
                fit = True
            except Refused:
                fit = False
            take_back()
            run.forget()
        if fit:
            return order_id
    raise Refused("NoSuchOrder", f"{one.says}: there is no order in this world to which that can happen now.")
