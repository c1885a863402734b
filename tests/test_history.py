"""Why: an order's history, each fact in a sentence with its rule and what led to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from msgspec import Struct

from sandbox.central import cases, checklist, claims, facts, feedback, messages, orders, refunds
from sandbox.central.days import DAY, HOUR
from sandbox.central.facts import KINDS, Fact
from sandbox.central.guide import RULES, Refused
from sandbox.central.history import Explained, history, history_page
from sandbox.central.payments import in_words
from sandbox.central.sentences import QUOTED_CHARS, SAYS, sentence
from sandbox.central.world import World
from tests import money as moneys
from tests import quarrels, shop

BOUGHT = "The buyer ordered 1 piece for INR 898.00; dispatch is promised by Tue 3 Mar 2026 23:59 IST."


def told(world: World, order_id: str, **asked: Any) -> list[tuple[str, str]]:
    """Kind and sentence of each fact."""
    return [(found.told.kind, found.told.sentence) for found in history(world, order_id, **asked)]


def kinds(world: World, order_id: str) -> list[str]:
    return [kind for kind, _ in told(world, order_id)]


def last(world: World, order_id: str, kind: str) -> Explained:
    """The last fact of a kind."""
    return [found for found in history(world, order_id) if found.told.kind == kind][-1]


def chain(world: World, order_id: str, kind: str) -> list[tuple[str, str]]:
    """What led to it, back to the beginning: links and kinds."""
    return [(cause.link, cause.told.kind) for cause in last(world, order_id, kind).because]


@contextmanager
def led_by(world: World, fact: int) -> Iterator[None]:
    """What is done inside is on record as led to by that fact, as a simulated person's move is."""
    with world.writing():
        world.cause = fact
        yield


# -- sentences


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fact_has_a_sentence(kind: str) -> None:
    assert KINDS[kind] in SAYS, f"sandbox.central.sentences.SAYS has no sentence for {kind}"


def example(kind: Any) -> Any:
    """Something of a type: the first that is allowed."""
    kind = get_args(kind)[0] if isinstance(kind, UnionType) else kind
    if isinstance(kind, type) and issubclass(kind, Struct):
        return kind(**{name: example(hint) for name, hint in get_type_hints(kind).items()})
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if get_origin(kind) in (list, dict):
        return [example(get_args(kind)[0])] if get_origin(kind) is list else dict([map(example, get_args(kind))])
    return {int: 7, float: 0.7, bool: True, str: "Something written.", object: 7}[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_has_a_beginning_and_an_end(kind: str) -> None:
    said = sentence(example(KINDS[kind]), "INR")
    assert said[0].isupper()
    assert said.endswith((".", '"')) and "None" not in said and "UNSET" not in said


def test_whatever_happened_in_a_shop_is_told(tmp_path: Path) -> None:
    world = moneys.moved(tmp_path)
    for row in world.facts(limit=-1):
        said = sentence(facts.decoded(row.kind, row.body), world.currency)
        assert said.endswith((".", '"')) and "\n" not in said
    world.close()


@pytest.mark.parametrize(
    ("minor", "said"), [(0, "INR 0.00"), (123_456_789, "INR 1,234,567.89"), (-5, "-INR 0.05"), (100, "INR 1.00")]
)
def test_money_is_told_with_its_currency(minor: int, said: str) -> None:
    assert in_words(minor, "INR") == said


SENTENCES: list[tuple[Fact, str]] = [
    (facts.OrderCancelled(0, "402", "amazon", "NotConfirmedInTime"), "Amazon cancelled the order: NotConfirmedInTime."),
    (facts.OrderCancelled(0, "402", "buyer", "BuyerCanceled"), "The buyer cancelled the order: BuyerCanceled."),
    (facts.RestCancelled(0, "402", "Late", {1: 1, 2: 2}), "What was not confirmed, 3 pieces, was cancelled: Late."),
    (facts.MemoWritten(0, "402", "Call\nfirst."), 'The seller noted: "Call first."'),
    (facts.MemoWritten(0, "402", ""), "The seller took the memo away."),
    (
        facts.SellerReplied(0, "402", 1, 2, "Shipping", "Soon.", automatic=True),
        'A machine replied under Shipping: "Soon."',
    ),
    (
        facts.RefundPosted(0, "402", 3, 10_000, 290),
        "Refund 3 is final: the buyer got INR 100.00 back, and the seller INR 2.90 of the fee.",
    ),
    (facts.RefundPosted(0, "402", 3, 10_000, 0), "Refund 3 is final: the buyer got INR 100.00 back."),
    (facts.FeedbackLeft(0, "402", 1), "The buyer rated the order 1 of 5."),
    (facts.FeedbackLeft(0, "402", 2, "Late."), 'The buyer rated the order 2 of 5: "Late."'),
    (facts.DisputeDecided(0, "402", 4, "Denied", "nobody", 0, 0, "It arrived."), "Dispute 4 ended Denied: It arrived."),
    (
        facts.DisputeDecided(0, "402", 4, "PaidByAmazon", "amazon", 500, 0, "It is protected."),
        "Dispute 4 ended PaidByAmazon, and the buyer got INR 5.00 at Amazon's cost: It is protected.",
    ),
    (facts.DisputeAnswered(0, "402", 4, "Sent.", []), 'The seller answered dispute 4: "Sent.", evidence: none.'),
    (facts.TransferMade(0, 2, 1_500), "INR 15.00 of settlement 2 left for the bank."),
    (
        facts.TransferHeld(0, 2, "AccountSuspended", shop.MONDAY),
        "The money of settlement 2 stays until Mon 2 Mar 2026 10:00 IST: AccountSuspended.",
    ),
]


@pytest.mark.parametrize(("fact", "said"), SENTENCES, ids=[said[:40] for _, said in SENTENCES])
def test_a_sentence_is_made_from_the_facts_own_fields(fact: Fact, said: str) -> None:
    assert sentence(fact, "INR") == said


def test_a_long_text_is_told_by_its_beginning(quiet: World) -> None:
    order_id = shop.place(quiet)
    quiet.do(orders.write_memo, by="seller", order_id=order_id, memo="call " * 100)
    _, said = told(quiet, order_id)[-1]
    assert said.endswith('…"') and len(said) == len('The seller noted: ""') + QUOTED_CHARS


# -- the order's facts


def test_an_orders_history_is_told_from_the_first_fact_on(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    quarrels.deliver(slow, order_id)
    paid = "The seller confirmed package 1, 1 piece: BlueDart, tracking BD100200300; the buyer paid INR 898.00."
    assert [said for _, said in told(slow, order_id)] == [BOUGHT, paid, "Package 1 was delivered."]


def test_what_went_elsewhere_without_tracking_is_told_so(slow: World) -> None:
    order_id = quarrels.shipped(slow, tracking="", ship_to=quarrels.ELSEWHERE)
    _, said = told(slow, order_id)[-1]
    assert "without tracking" in said and "another address than the order's" in said


def test_each_fact_tells_its_number_its_moment_and_who_acted(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    kept = slow.facts(order_id=order_id)
    found = [found.told for found in history(slow, order_id)]
    assert [(one.fact, one.at, one.by, one.order_id) for one in found] == [
        (row.seq, row.at, row.by, order_id) for row in kept
    ]


def test_a_history_holds_no_other_orders_facts(slow: World) -> None:
    first, second = quarrels.shipped(slow), quarrels.shipped(slow)
    ours, theirs = ({found.told.fact for found in history(slow, order_id)} for order_id in (first, second))
    assert len(ours) == len(theirs) == 2 and not ours & theirs


def test_settlements_and_transfers_are_of_no_order(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    shop.wait(slow, 30 * DAY)
    assert {row.kind for row in slow.facts(limit=-1)} >= {"SettlementClosed", "TransferMade"}
    assert kinds(slow, order_id) == ["OrderPlaced", "ShipmentConfirmed"]


def test_what_follows_from_a_case_about_an_order_is_told_with_it(quiet: World) -> None:
    order_id = shop.place(quiet)
    quiet.do(cases.open_case, by="seller", subject="Orders", text="What now?", order_id=order_id)
    quiet.do(cases.open_case, by="seller", subject="Other", text="And else?")
    shop.wait(quiet, 2 * DAY)
    assert kinds(quiet, order_id) == ["OrderPlaced", "CaseOpened", "CaseAnswered"]
    assert chain(quiet, order_id, "CaseAnswered")[0] == ("because", "CaseOpened")


def test_a_refusal_is_told_with_its_code_and_sentence(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    code, why = quarrels.refusal(slow, orders.cancel, order_id=order_id, reason="NoInventory")
    refused = last(slow, order_id, "ActionRefused")
    assert (refused.code, refused.told.sentence) == (code, f"orders.cancel was refused with {code}: {why}")
    assert (refused.told.by, refused.rule) == ("somebody", RULES["orders.cancel"])


def test_what_was_not_refused_has_no_code(slow: World) -> None:
    assert {found.code for found in history(slow, quarrels.shipped(slow))} == {None}


# -- rules


def test_an_auto_cancelled_order_names_the_30_day_rule_of_chapter_4(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, 31 * DAY)
    found = last(quiet, order_id, "OrderCancelled")
    assert found.rule and (found.rule.name, found.rule.chapter) == ("orders.auto_cancel", 4)
    assert (found.told.by, found.told.sentence) == ("amazon", "Amazon cancelled the order: NotConfirmedInTime.")
    assert chain(quiet, order_id, "OrderCancelled") == [("because", "OrderPlaced")]


def test_what_the_carrier_did_is_no_rule_of_the_guide(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    quarrels.deliver(slow, order_id)
    assert last(slow, order_id, "ParcelDelivered").rule is None


# -- what led to it


def test_a_lapsed_claim_goes_back_to_the_claim_the_shipment_and_the_order(slow: World) -> None:
    number = quarrels.claimed(slow)
    order_id = quarrels.of(slow, number).order_id
    shop.wait(slow, 8 * DAY)
    assert chain(slow, order_id, "DisputeDecided") == [
        ("because", "ClaimFiled"),
        ("upon", "ShipmentConfirmed"),
        ("upon", "OrderPlaced"),
    ]


def test_a_claim_that_a_simulated_buyer_files_is_because_of_the_shipment(slow: World) -> None:
    order_id = quarrels.complained(slow, quarrels.shipped(slow))
    shipment = last(slow, order_id, "ShipmentConfirmed").told.fact
    with led_by(slow, shipment):
        quarrels.claim(slow, order_id)
    shop.wait(slow, 8 * DAY)
    links = chain(slow, order_id, "DisputeDecided")
    assert links[:2] == [("because", "ClaimFiled"), ("because", "ShipmentConfirmed")]


def test_each_cause_is_told_in_its_own_sentence(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    quarrels.deliver(slow, order_id)
    found = history(slow, order_id)
    assert [cause.told for cause in found[2].because] == [found[1].told, found[0].told]


def test_the_order_itself_begins_its_chain(slow: World) -> None:
    assert history(slow, quarrels.shipped(slow))[0].because == []


def test_a_chain_goes_on_beyond_the_order(quiet: World) -> None:
    (reviewed,) = quiet.do(checklist.review_metrics, by="seller")
    assert isinstance(reviewed, facts.MetricsReviewed)
    review, order_id, other = quiet.clock.facts, shop.place(quiet), shop.place(quiet)
    with led_by(quiet, review):
        quarrels.write(quiet, other)
    with led_by(quiet, quiet.clock.facts):
        quiet.do(messages.contact_buyer, by="seller", order_id=order_id, subject="Other", text="Please wait.")
    found = last(quiet, order_id, "SellerWrote").because
    assert [(cause.link, cause.told.kind, cause.told.order_id) for cause in found] == [
        ("because", "BuyerAsked", other),
        ("because", "MetricsReviewed", None),
    ]
    assert kinds(quiet, order_id) == ["OrderPlaced", "SellerWrote"]


def test_each_package_is_delivered_because_of_its_own_shipment(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    item = quarrels.first_item(slow, order_id)
    for _ in range(2):
        quarrels.ship(slow, order_id, items={item: 1})
    quarrels.deliver(slow, order_id, package=1)
    found = last(slow, order_id, "ParcelDelivered").because[0].told
    assert found.sentence.startswith("The seller confirmed package 1, 1 piece")


def test_a_reply_is_upon_the_message_that_it_answers(quiet: World) -> None:
    order_id = shop.place(quiet)
    quarrels.write(quiet, order_id)
    quiet.do(messages.ask, by="buyer", order_id=order_id, subject="ReturnsPolicy", text="Can I return it?")
    quiet.do(messages.reply, by="seller", thread=1, text="It leaves today.")
    cause = last(quiet, order_id, "SellerReplied").because[0]
    assert (cause.link, cause.told.sentence) == (
        "upon",
        'The buyer wrote message 1 under Shipping: "Where is my parcel?"',
    )


def _called_off(world: World) -> str:
    order_id = quarrels.shipped(world)
    world.do(refunds.call_off, by="seller", order_id=order_id, refund=quarrels.refund(world, order_id))
    return order_id


def _refunded(world: World) -> str:
    order_id = quarrels.shipped(world)
    quarrels.refund(world, order_id)
    shop.wait(world, 3 * HOUR)
    return order_id


def _answered(world: World) -> str:
    number = quarrels.claimed(world)
    quarrels.answer(world, number)
    return quarrels.of(world, number).order_id


def _accepted(world: World) -> str:
    number = quarrels.claimed(world)
    world.do(claims.accept, by="seller", claim=number)
    return quarrels.of(world, number).order_id


def _charged_back(world: World) -> str:
    number = quarrels.claimed(world)
    order_id = quarrels.of(world, number).order_id
    quarrels.charge_back(world, order_id)
    return order_id


def _replied(world: World) -> str:
    order_id = quarrels.rated(world, 1)
    world.do(feedback.reply, by="seller", order_id=order_id, text="We are sorry.")
    return order_id


CHAINS = {
    "RefundCalledOff": (_called_off, [("upon", "RefundRequested"), ("upon", "ShipmentConfirmed")]),
    "RefundPosted": (_refunded, [("because", "RefundRequested"), ("upon", "ShipmentConfirmed")]),
    "DisputeAnswered": (_answered, [("upon", "ClaimFiled"), ("upon", "ShipmentConfirmed")]),
    "DisputeDecided": (_accepted, [("upon", "ClaimFiled"), ("upon", "ShipmentConfirmed")]),
    "ClaimWithdrawn": (_charged_back, [("upon", "ClaimFiled"), ("upon", "ShipmentConfirmed")]),
    "FeedbackAnswered": (_replied, [("upon", "FeedbackLeft"), ("upon", "ShipmentConfirmed")]),
}


@pytest.mark.parametrize("kind", CHAINS)
def test_whoever_acts_of_their_own_accord_acts_upon_something(slow: World, kind: str) -> None:
    live, links = CHAINS[kind]
    assert chain(slow, live(slow), kind) == [*links, ("upon", "OrderPlaced")]


def test_every_chain_of_a_shop_goes_back_to_the_order(tmp_path: Path) -> None:
    world = moneys.moved(tmp_path)
    for (order_id,) in world.rows("select order_id from orders where number in (select order_number from disputes)"):
        for found in history(world, order_id):
            kinds = [found.told.kind, *(cause.told.kind for cause in found.because)]
            assert kinds[-1] == "OrderPlaced"
    world.close()


def test_a_cause_on_record_is_the_nearest_of_the_chain(busy: World) -> None:
    shop.wait(busy, 9 * DAY)
    for order in busy.orders("order by number limit 40", ()):
        kept = {row.seq: row.because for row in busy.facts(order_id=order.order_id) if row.because is not None}
        found = {one.told.fact: one.because[0] for one in history(busy, order.order_id) if one.told.fact in kept}
        assert {fact: cause.told.fact for fact, cause in found.items()} == kept
        assert {cause.link for cause in found.values()} <= {"because"}


# -- pages and refusals


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_any_size_give_the_whole_history(slow: World, limit: int) -> None:
    order_id = _answered(slow)
    found, cursor = [], None
    while True:
        page = history_page(slow, order_id, cursor=cursor, limit=limit)
        found += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == history(slow, order_id) and len(found) == 5


def test_what_happens_while_somebody_pages_comes_at_the_end(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    cursor = history_page(slow, order_id, limit=1).next_cursor
    quarrels.deliver(slow, order_id)
    rest = history_page(slow, order_id, cursor=cursor)
    assert [found.told.kind for found in rest.rows] == ["ShipmentConfirmed", "ParcelDelivered"]


def test_an_order_of_the_sandbox_view_is_told_there(quiet: World) -> None:
    ((_, said),) = told(quiet, shop.place(quiet, view="sandbox"), view="sandbox")
    assert "for INR 898.00 in the sandbox view" in said


def test_a_pending_order_is_told_to_be_pending(quiet: World) -> None:
    ((_, said),) = told(quiet, shop.place(quiet, pending=True))
    assert said.endswith("; the payment is not authorised yet.")


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"order_id": "402-0000000-0000000"}, "UnknownOrder", "There is no order '402-0000000-0000000' in this world."),
    ({"order_id": "x"}, "UnknownOrder", "There is no order 'x' in this world."),
    ({"view": "sandbox"}, "WrongView", "is in the production view, and you are in the sandbox view."),
    ({"view": "other"}, "UnknownView", "There is no view 'other'."),
    ({"cursor": "soon"}, "UnknownCursor", "'soon' is no cursor."),
    ({"limit": 0}, "InvalidLimit", "A page holds 1 to 100 rows, not 0."),
    ({"limit": 101}, "InvalidLimit", "A page holds 1 to 100 rows, not 101."),
]


@pytest.mark.parametrize(("asked", "code", "why"), WRONG, ids=[f"{asked}" for asked, _, _ in WRONG])
def test_a_history_that_is_not_there_is_refused(quiet: World, asked: dict[str, Any], code: str, why: str) -> None:
    wanted = {"order_id": shop.place(quiet)} | asked
    with pytest.raises(Refused) as refused:
        history_page(quiet, **wanted)
    assert refused.value.code == code and why in refused.value.sentence
