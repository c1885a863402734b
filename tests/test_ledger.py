"""The ledger: every entry takes from one account what it gives to another, and the books agree (chapter 5)."""

from pathlib import Path

import pytest

from sandbox.central import chargebacks, claims, ledger
from sandbox.central.days import DAY, HOUR
from sandbox.central.guide import Refused
from sandbox.central.ledger import transactions
from sandbox.central.tables.books import ACCOUNTS
from sandbox.central.world import World
from tests import shop, till
from tests.till import KETTLE, SHIPPING

PAID = KETTLE + SHIPPING


def moved(world: World, order_id: str) -> list[tuple[str, str, str, int]]:
    """What the order's entries after its payment moved."""
    entries = ledger.entries_of_order(world, world.order(order_id).number)
    return [(entry.kind, entry.source, entry.target, entry.amount_minor) for entry in entries][2:]


def kinds(world: World, **asked: object) -> list[str]:
    return [found.entry.kind for found in transactions(world, **asked).rows]  # type: ignore[arg-type]


@pytest.fixture
def lived(quiet: World) -> World:
    """A shop with a payment, a refund, a claim, a chargeback and two settlements behind it."""
    refunded, claimed, charged = (till.sold(quiet) for _ in range(3))
    till.refund(quiet, refunded, shipping_minor=900)
    till.claim(quiet, claimed)
    till.charge_back(quiet, charged)
    shop.wait(quiet, 25 * DAY)
    return quiet


# -- balances


def test_a_new_shops_accounts_are_empty(quiet: World) -> None:
    assert ledger.balances(quiet) == dict.fromkeys(ACCOUNTS, 0)


def test_all_accounts_add_up_to_nothing(lived: World) -> None:
    assert sum(ledger.balances(lived).values()) == 0 and lived.row("select count(*) > 12 from entries")[0]


def test_every_account_says_what_its_balance_is() -> None:
    assert all(says.endswith(".") for says in ACCOUNTS.values())


def test_what_buyers_paid_and_got_back_is_the_balance_of_the_buyers(lived: World) -> None:
    paid, back = lived.row("select sum(paid_minor), sum(refunded_minor + reversed_minor) from orders")
    assert -ledger.balances(lived)["buyer"] == paid - back


def test_the_trial_balance_is_zero_and_differs_from_nothing(lived: World) -> None:
    found = ledger.trial_balance(lived)
    assert (found.total_minor, found.differences, found.balances) == (0, [], ledger.balances(lived))


def test_the_balances_behind_an_entry_are_of_what_came_later(quiet: World) -> None:
    till.sold(quiet)
    (last,) = quiet.row("select max(entry) from entries")
    till.sold(quiet)
    assert ledger.balances(quiet, last)["buyer"] == -PAID


# -- who bears what


def test_an_accepted_claim_is_the_sellers_and_brings_the_fee_back(quiet: World) -> None:
    order_id = till.sold(quiet)
    quiet.do(claims.accept, by="seller", claim=till.claim(quiet, order_id))
    assert moved(quiet, order_id) == [("Claim", "claims", "buyer", PAID), ("ClaimFee", "fees", "claims", 2_604)]


def test_a_claim_that_the_record_answers_is_the_platforms(quiet: World) -> None:
    order_id = till.sold(quiet)
    claim = till.claim(quiet, order_id)
    quiet.do(claims.represent, by="seller", claim=claim, text="It left in time.")
    shop.wait(quiet, 2 * DAY)
    assert moved(quiet, order_id) == [("ClaimProtection", "protection", "buyer", PAID)]


def test_a_granted_appeal_gives_the_money_back_and_takes_the_fee_again(quiet: World) -> None:
    order_id = till.sold(quiet)
    claim = till.claim(quiet, order_id)
    shop.wait(quiet, 7 * DAY)
    quiet.do(claims.appeal, by="seller", claim=claim, text="It left in time.")
    shop.wait(quiet, 3 * DAY)
    again = [("Appeal", "protection", "claims", PAID), ("AppealFee", "claims", "fees", 2_604)]
    assert moved(quiet, order_id)[2:] == again


def test_a_lost_chargeback_is_the_sellers(quiet: World) -> None:
    order_id = till.sold(quiet)
    till.charge_back(quiet, order_id)
    shop.wait(quiet, 11 * DAY)
    lost = [("Chargeback", "chargebacks", "buyer", PAID), ("ChargebackFee", "fees", "chargebacks", 2_604)]
    assert moved(quiet, order_id) == lost


def test_an_unauthorised_payment_sent_to_the_orders_address_is_the_platforms(quiet: World) -> None:
    order_id = till.sold(quiet)
    till.charge_back(quiet, order_id, reason="UnauthorisedUse")
    assert moved(quiet, order_id) == [("ChargebackProtection", "protection", "buyer", PAID)]


def test_a_won_chargeback_moves_nothing(quiet: World) -> None:
    order_id = till.sold(quiet)
    number = till.charge_back(quiet, order_id)
    quiet.do(chargebacks.represent, by="seller", chargeback=number, text="It was delivered.")
    quiet.do(chargebacks.decide, by="bank", chargeback=number, draw=0.0)
    assert moved(quiet, order_id) == []


# -- found


def test_transactions_are_listed_the_newest_first(lived: World) -> None:
    entries = [found.entry.entry for found in transactions(lived, limit=100).rows]
    assert entries == sorted(entries, reverse=True) and len(entries) > 12


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_of_any_size_give_every_transaction_once(lived: World, limit: int) -> None:
    found, page = [], transactions(lived, limit=limit)
    while True:
        found += page.rows
        if page.next_cursor is None:
            break
        page = transactions(lived, limit=limit, cursor=page.next_cursor)
    assert found == transactions(lived, limit=100).rows


def test_a_cursor_stays_where_it_is_while_new_entries_are_posted(quiet: World) -> None:
    till.sold(quiet)
    page = transactions(quiet, limit=1)
    till.sold(quiet)
    assert kinds(quiet, cursor=page.next_cursor) == ["OrderPayment"]


def test_transactions_are_found_by_order(lived: World) -> None:
    order_id = lived.row("select order_id from refunds")[0]
    assert kinds(lived, order_id=order_id) == ["RefundFee", "Refund", "Fee", "OrderPayment"]


def test_transactions_are_found_by_kind(lived: World) -> None:
    assert kinds(lived, kinds=("Refund", "Claim")) == ["Claim", "Refund"]


@pytest.mark.parametrize("settlement", [1, 2, 3])
def test_a_settlements_transactions_are_those_of_its_period(lived: World, settlement: int) -> None:
    found = transactions(lived, settlement=settlement, limit=100).rows
    every = transactions(lived, limit=100).rows
    assert found == [one for one in every if one.settlement == settlement]


def test_the_transactions_of_a_line_come_to_the_line(lived: World) -> None:
    for settlement in (1, 2):
        row = lived.row("select fees_minor from settlements where settlement = ?", (settlement,))
        found = transactions(lived, settlement=settlement, line="fees", limit=100).rows
        assert sum(one.seller_minor for one in found) == row[0]


def test_transactions_are_found_between_two_moments_to_the_millisecond(quiet: World) -> None:
    moments = []
    for _ in range(3):
        moments.append(quiet.now)
        till.sold(quiet)
        shop.wait(quiet, HOUR)
    found = transactions(quiet, since=moments[1], before=moments[2]).rows
    assert {one.entry.at for one in found} == {moments[1]}


def test_a_span_that_ends_before_it_begins_is_refused(quiet: World) -> None:
    with pytest.raises(Refused) as refused:
        transactions(quiet, since=quiet.now, before=quiet.now - 1)
    assert refused.value.code == "ImpossibleSpan"


@pytest.mark.parametrize("cursor", ["x", "", "-1", "1.2", "9" * 30])
def test_what_is_no_cursor_is_refused(quiet: World, cursor: str) -> None:
    with pytest.raises(Refused) as refused:
        transactions(quiet, cursor=cursor)
    assert refused.value.code == "UnknownCursor"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"kinds": ("Gift",)}, "UnknownKind"),
        ({"settlement": 9}, "UnknownSettlement"),
        ({"order_id": "402-0000000-0000000"}, "UnknownOrder"),
    ],
)
def test_what_there_is_not_is_refused(quiet: World, asked: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        transactions(quiet, **asked)  # type: ignore[arg-type]
    assert refused.value.code == code


# -- what a difference looks like


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("update orders set paid_minor = paid_minor + 1 where number = (select max(number) from orders)", "paid"),
        ("update orders set fee_minor = fee_minor + 1 where number = (select max(number) from orders)", "kept as fees"),
        ("update entries set target = 'pocket' where kind = 'Fee'", "there is an account 'pocket'"),
        ("update settlements set opening_minor = 7 where settlement = 2", "settlement 2 opens with 7"),
        ("update settlements set fees_minor = 7 where settlement = 2", "settlement 2 has lines of"),
        ("update settlements set transfer_minor = 7 where settlement = 1", "settlements handed out"),
        ("update settlements set reserved_minor = 7 where settlement = 2", "left 7 as reserve"),
    ],
)
def test_books_that_somebody_changed_by_hand_say_so(lived: World, harm: str, sentence: str) -> None:
    lived.execute(harm)
    assert any(sentence in found for found in lived.check())


def test_a_copy_of_a_world_has_the_same_books(lived: World, tmp_path: Path) -> None:
    lived.copy_to(tmp_path / "copy.world")
    twin = World.open(tmp_path / "copy.world")
    assert (ledger.trial_balance(twin), twin.check()) == (ledger.trial_balance(lived), [])
    twin.close()
