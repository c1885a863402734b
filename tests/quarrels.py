"""Buyers who want their money back, and what the tests ask about them."""

from typing import Any, cast

import pytest

from sandbox.central import chargebacks, claims, feedback, ledger, messages, orders, performance, refunds, shipments
from sandbox.central.days import DAY
from sandbox.central.disputes import CHARGEBACK, CLAIM
from sandbox.central.facts import Address, ClaimFiled, DisputeFiled, RefundRequested
from sandbox.central.guide import Refused
from sandbox.central.records import Dispute, Feedback
from sandbox.central.world import Act, World
from tests import shop

ELSEWHERE = Address("Asha Rao", "1 Mint Road", "Pune", "Maharashtra", "411001")
WHOLE = 84_900 + 4_900
"""What one kettle costs, its shipping taken in."""
FEE = 2_604 + 300
"""What the platform keeps of that: 2.9 % and 3 rupees."""
SHARE = 2_604


def shipped(world: World, *pieces: tuple[int, int], **what: Any) -> str:
    """Place an order and confirm its shipment, with tracking, to its own address; the order's id."""
    order_id = shop.place(world, *pieces)
    ship(world, order_id, **what)
    return order_id


def ship(world: World, order_id: str, **what: Any) -> None:
    papers = {"carrier": "BlueDart", "tracking": "BD100200300", **what}
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, **papers)


def first_item(world: World, order_id: str) -> str:
    return orders.items_of(world, world.order(order_id))[0][0].item_id


def deliver(world: World, order_id: str, package: int = 1) -> None:
    world.do(shipments.deliver, by="carrier", order_id=order_id, package=package)


def write(world: World, order_id: str) -> None:
    """The buyer writes to the seller."""
    world.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Where is my parcel?")


def complained(world: World, order_id: str, span: int = 2 * DAY) -> str:
    """The buyer writes and waits until a claim may be filed."""
    write(world, order_id)
    shop.wait(world, span)
    return order_id


def claim(world: World, order_id: str, reason: str = "NotReceived", **what: Any) -> int:
    """The buyer files a claim; its number."""
    (fact,) = world.do(claims.file, by="buyer", order_id=order_id, reason=reason, **what)
    return cast(ClaimFiled, fact).dispute


def claimed(world: World, reason: str = "NotReceived", amount: float | None = None, **what: Any) -> int:
    """A shipped order on which the buyer claims as soon as may be."""
    return claim(world, complained(world, shipped(world, **what)), reason, amount_minor=amount)


def charge_back(world: World, order_id: str, reason: str = "NotReceived", **what: Any) -> int:
    """The buyer's bank takes the payment back; the chargeback's number."""
    done = world.do(chargebacks.file, by="bank", order_id=order_id, reason=reason, **what)
    (filed,) = [fact.dispute for fact in done if isinstance(fact, DisputeFiled)]
    return filed


def refund(world: World, order_id: str, **what: Any) -> int:
    done = world.do(refunds.refund, by="seller", order_id=order_id, reason="Other", **what)
    (number,) = [fact.refund for fact in done if isinstance(fact, RefundRequested)]
    return number


def answer(world: World, claim: int, *evidence: tuple[str, str], text: str = "It was sent in time.") -> None:
    world.do(claims.represent, by="seller", claim=claim, text=text, evidence=evidence)


def represent(world: World, chargeback: int, *evidence: tuple[str, str], text: str = "It was sent in time.") -> None:
    world.do(chargebacks.represent, by="seller", chargeback=chargeback, text=text, evidence=evidence)


def appeal(world: World, claim: int, *evidence: tuple[str, str], text: str = "Please look again.") -> None:
    world.do(claims.appeal, by="seller", claim=claim, text=text, evidence=evidence)


def rate(world: World, order_id: str, rating: int, comment: str = "", **what: Any) -> None:
    world.do(feedback.leave, by="buyer", order_id=order_id, rating=rating, comment=comment, **what)


def rated(world: World, rating: int, comment: str = "") -> str:
    """A shipped order that its buyer rates as soon as may be."""
    order_id = shipped(world)
    shop.wait(world, 3 * DAY)
    rate(world, order_id, rating, comment)
    return order_id


def of(world: World, number: int, kind: str = CLAIM) -> Dispute:
    """A claim as it is now."""
    return performance.dispute(world, kind, number).dispute


def chargeback_of(world: World, number: int) -> Dispute:
    return of(world, number, CHARGEBACK)


def feedback_of(world: World, order_id: str) -> Feedback:
    return performance.feedback_on(world, order_id).feedback


def ended(world: World, number: int, kind: str = CLAIM) -> tuple[str | None, str | None, int]:
    """How a dispute ended, who bears it, and what the buyer got by it."""
    found = of(world, number, kind)
    return found.outcome, found.paid_by, found.paid_minor


def cost(world: World) -> dict[str, int]:
    """What disputes and refunds cost whom, in minor units: the accounts that they touch, if there is something.

    The books agree, or the test that asks fails.
    """
    assert world.check() == []
    held = ledger.balances(world)
    return {name: -held[name] for name in ("refunds", "claims", "chargebacks", "protection") if held[name]}


def refusal(world: World, act: Act, **what: Any) -> tuple[str, str]:
    """Code and sentence with which something is refused."""
    with pytest.raises(Refused) as refused:
        world.do(act, by="somebody", **what)
    return refused.value.code, refused.value.sentence
