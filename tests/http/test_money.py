"""Money over HTTP: refunds, the balance, settlements, transactions, the reserve and the ledger."""

from typing import Any

import pytest

from sandbox.central.tables.books import ACCOUNTS
from tests.http.conftest import Worlds
from tests.server import Answer, Client, Shop, problem_of, said_no


@pytest.fixture(scope="module")
def rich(operator: Client) -> Shop:
    """A world with a month behind it, in which a refund is final. No test changes it."""
    shop = Shop(operator, name="rich", history_days=30)
    refund(shop, shop.ids("Shipped")[0], shipping_minor=900)
    shop.advance("1d")
    return shop


def refund(shop: Shop, order_id: str, headers: dict[str, str] | None = None, **what: Any) -> Answer:
    return shop.seller.post(f"/v1/orders/{order_id}/refunds", {"reason": "CustomerReturn"} | what, headers)


def refunds(shop: Shop, order_id: str) -> Any:
    return shop.seller.get(f"/v1/orders/{order_id}/refunds").json


def call_off(shop: Shop, order_id: str, number: int, headers: dict[str, str] | None = None) -> Answer:
    return shop.seller.post(f"/v1/orders/{order_id}/refunds/{number}/cancellation", headers=headers)


@pytest.fixture
def sold(world: Shop) -> str:
    """An order that was shipped a moment ago."""
    order_id = world.unshipped()
    assert world.ship(order_id).status == 201
    return order_id


# -- refunds


def test_a_refund_answers_with_what_it_gives_and_until_when_it_can_be_called_off(world: Shop, sold: str) -> None:
    answer = refund(world, sold)
    order = world.order(sold)
    assert (answer.status, answer.json["state"], answer.json["amount_minor"]) == (201, "pending", order["paid_minor"])
    assert order["refundable_minor"] == 0 and answer.json["final_at"] > answer.json["requested_at"]


def test_items_and_shipping_are_refunded_by_name(world: Shop, sold: str) -> None:
    item_id = world.order(sold)["items"][0]["item_id"]
    found = refund(world, sold, items={item_id: 500}, shipping_minor=100, currency="INR").json
    assert (found["items"], found["shipping_minor"], found["amount_minor"]) == ({item_id: 500}, 100, 600)


def test_a_refund_keeps_memo_and_note_and_says_its_reason(world: Shop, sold: str) -> None:
    found = refund(world, sold, shipping_minor=1, memo="Dented", note="Sorry").json
    assert (found["memo"], found["note"], found["says"]) == ("Dented", "Sorry", "Customer return")


def test_an_orders_refunds_are_listed_with_what_is_left(world: Shop, sold: str) -> None:
    order = world.order(sold)
    refund(world, sold, shipping_minor=900)
    found = refunds(world, sold)
    assert [one["amount_minor"] for one in found["refunds"]] == [900]
    assert found["left"]["total_minor"] == order["paid_minor"] - 900
    assert found["left"]["shipping_minor"] == order["shipping_minor"] - 900


def test_a_refund_is_final_once_its_time_is_up(world: Shop, sold: str) -> None:
    number = refund(world, sold).json["refund"]
    world.advance("2h")
    assert world.seller.get(f"/v1/orders/{sold}/refunds/{number}").json["state"] == "final"


def test_a_refund_is_called_off_while_it_is_pending(world: Shop, sold: str) -> None:
    number = refund(world, sold).json["refund"]
    answer = call_off(world, sold, number)
    assert (answer.status, answer.json["state"]) == (200, "called-off")
    assert world.order(sold)["refundable_minor"] == world.order(sold)["paid_minor"]


def test_a_final_refund_is_not_called_off(world: Shop, sold: str) -> None:
    number = refund(world, sold).json["refund"]
    world.advance("2h")
    assert said_no(call_off(world, sold, number)) == (409, "RefundNotPending")


def test_a_refund_sent_twice_with_one_key_happens_once(world: Shop, sold: str) -> None:
    answers = [refund(world, sold, {"Idempotency-Key": "once"}, shipping_minor=100) for _ in range(2)]
    assert answers[0].body == answers[1].body and answers[1].headers["idempotent-replayed"] == "true"
    assert len(refunds(world, sold)["refunds"]) == 1


def test_a_refund_that_changed_meanwhile_is_not_called_off_unseen(world: Shop, sold: str) -> None:
    number = refund(world, sold).json["refund"]
    tag = world.seller.get(f"/v1/orders/{sold}/refunds/{number}").headers["etag"]
    world.advance("2h")
    assert said_no(call_off(world, sold, number, {"If-Match": tag})) == (412, "PreconditionFailed")


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ({"shipping_minor": 0.5}, 422, "FractionOfMinorUnit"),
        ({"shipping_minor": -1}, 422, "AmountNotPositive"),
        ({"shipping_minor": 0}, 422, "NothingAsked"),
        ({"shipping_minor": 10**30}, 422, "MoreThanLeft"),
        ({"items": {}}, 422, "NothingAsked"),
        ({"items": {"12345678901234": 5}}, 422, "UnknownItem"),
        ({"currency": "USD"}, 422, "WrongCurrency"),
        ({"reason": "Because"}, 422, "UnknownReason"),
        ({"note": "x" * 501}, 422, "InvalidNote"),
        ({"shipping_minor": "100"}, 422, "InvalidField"),
        ({"shipping_minor": True}, 422, "InvalidField"),
        ({"items": [1]}, 422, "InvalidField"),
        ({"amount": 5}, 422, "UnknownField"),
    ],
)
def test_a_refund_that_does_not_fit_is_refused(rich: Shop, what: dict[str, Any], status: int, code: str) -> None:
    assert said_no(refund(rich, rich.ids("Shipped")[1], **what)) == (status, code)


def test_a_refusal_names_the_rule_and_its_chapter(rich: Shop) -> None:
    found = problem_of(refund(rich, rich.ids("Shipped")[1], shipping_minor=10**9))
    assert (found["chapter"], found["rule"]) == (10, "refunds.refund") and "never exceeds" in found["says"]


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("open", "", (409, "NotPaid")),
        ("cancelled", "", (409, "NotPaid")),
        ("test", "?view=sandbox", (409, "NotPaid")),
        ("test", "", (409, "WrongView")),
    ],
)
def test_an_order_that_was_not_paid_is_not_refunded(
    states: Client, orders: dict[str, str], name: str, query: str, expected: tuple[int, str]
) -> None:
    assert said_no(states.post(f"/v1/orders/{orders[name]}/refunds{query}", {"reason": "Other"})) == expected


def test_an_order_is_refunded_once(world: Shop, sold: str) -> None:
    refund(world, sold)
    assert said_no(refund(world, sold)) == (409, "AlreadyRefunded")


@pytest.mark.parametrize("path", ["/v1/orders/402-0000000-0000000/refunds", "/v1/orders/x/refunds/1"])
def test_refunds_of_an_unknown_order_are_not_found(rich: Shop, path: str) -> None:
    assert said_no(rich.seller.get(path)) == (404, "UnknownOrder")


def test_an_unknown_refund_is_not_found(rich: Shop) -> None:
    assert said_no(rich.seller.get(f"/v1/orders/{rich.ids('Shipped')[0]}/refunds/999")) == (404, "UnknownRefund")


# -- balance and settlements


def test_the_balance_is_what_is_held_and_what_is_available(rich: Shop) -> None:
    found = rich.seller.get("/v1/balance").json
    parts = ("reserve_minor", "available_minor", "in_transfer_minor")
    assert found["total_minor"] == sum(found[part] for part in parts) > 0
    lines = found["period"]["lines"]
    assert found["total_minor"] == sum(lines.values()) + found["period"]["reserved_before_minor"]


def test_settlements_are_listed_the_last_one_first(rich: Shop) -> None:
    found = rich.pages("/v1/settlements", limit=2)
    assert [one["settlement"] for one in found] == [3, 2, 1]


def test_a_settlement_adds_up(rich: Shop) -> None:
    for one in rich.pages("/v1/settlements"):
        assert one["closing_minor"] == sum(one["lines"].values()) + one["reserve_change_minor"]


def behind(shop: Shop, settlement: int, limit: int) -> dict[str, Any]:
    """The lines of a settlement with what is behind them."""
    found = shop.seller.get(f"/v1/settlements/{settlement}", {"limit": limit}).json["behind"]
    return {line["line"]: line for line in found}


def test_each_line_of_a_settlement_comes_with_what_is_behind_it(rich: Shop) -> None:
    lines = behind(rich, 2, 100)
    for name in set(lines) - {"opening", "reserve_change"}:
        line = lines[name]
        query = {"settlement": 2, "line": line["line"], "limit": 100}
        every = rich.pages("/v1/transactions", **query)
        assert line["transactions"] == every[:100] and line["count"] == len(every)
        assert line["amount_minor"] == sum(one["seller_minor"] for one in every)


def test_what_a_settlement_began_with_comes_with_the_entries_that_left_it(rich: Shop) -> None:
    line = behind(rich, 2, 1)["opening"]
    signs = {"available": 1, "reserve": -1}
    left = sum(signs.get(one["target"], -1) * one["amount_minor"] for one in line["transactions"])
    assert line["amount_minor"] == left > 0 and line["next_cursor"] is None
    assert {one["settlement"] for one in line["transactions"]} == {1}


def test_what_the_reserve_took_comes_with_its_entry(rich: Shop) -> None:
    line = behind(rich, 2, 1)["reserve_change"]
    (entry,) = line["transactions"]
    assert (entry["kind"], entry["settlement"], entry["amount_minor"]) == ("Reserve", 2, abs(line["amount_minor"]))


def test_the_first_page_of_a_line_leads_to_the_next(rich: Shop) -> None:
    line = behind(rich, 2, 3)["orders"]
    query = {"settlement": 2, "line": "orders", "limit": 3}
    more = rich.seller.get("/v1/transactions", query | {"cursor": line["next_cursor"]}).json["transactions"]
    assert [*line["transactions"], *more] == rich.seller.get("/v1/transactions", query | {"limit": 6}).json[
        "transactions"
    ]


@pytest.mark.parametrize("settlement", [4, 99])
def test_a_settlement_that_is_not_closed_is_not_found(rich: Shop, settlement: int) -> None:
    assert said_no(rich.seller.get(f"/v1/settlements/{settlement}")) == (404, "UnknownSettlement")


# -- transactions


def test_transactions_are_paged_without_repeating_or_hiding_any(rich: Shop) -> None:
    entries = [one["entry"] for one in rich.pages("/v1/transactions", limit=100)]
    assert entries == sorted(set(entries), reverse=True) and len(entries) > 100


def test_transactions_are_found_by_order(rich: Shop) -> None:
    order_id = rich.pages("/v1/transactions", kind="Refund")[0]["order_id"]
    kinds = [one["kind"] for one in rich.pages("/v1/transactions", order_id=order_id)]
    assert kinds == ["RefundFee", "Refund", "Fee", "OrderPayment"]


def test_transactions_are_found_by_several_kinds(rich: Shop) -> None:
    found = {one["kind"] for one in rich.pages("/v1/transactions", kind=["Refund", "Transfer"])}
    assert found == {"Refund", "Transfer"}


def test_transactions_are_found_between_two_moments(rich: Shop) -> None:
    span = {"from": "2026-02-10", "to": "2026-02-11"}
    found = rich.pages("/v1/transactions", **span)
    every = [one for one in rich.pages("/v1/transactions") if "2026-02-09T18:30" <= one["at"] < "2026-02-10T18:30"]
    assert found == every and found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"from": "2026-02-11", "to": "2026-02-10"}, (422, "ImpossibleSpan")),
        ({"from": "yesterday"}, (422, "InvalidField")),
        ({"kind": "Gift"}, (422, "UnknownKind")),
        ({"line": "gifts"}, (422, "InvalidField")),
        ({"settlement": 99}, (404, "UnknownSettlement")),
        ({"order_id": "x"}, (404, "UnknownOrder")),
        ({"cursor": "x"}, (422, "UnknownCursor")),
        ({"limit": 101}, (422, "InvalidField")),
        ({"since": "2026-02-11"}, (422, "UnknownField")),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    rich: Shop, query: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert said_no(rich.seller.get("/v1/transactions", query)) == expected


# -- the reserve


def test_the_reserve_says_why_how_much_which_orders_and_until_when(rich: Shop) -> None:
    found = rich.seller.get("/v1/reserve").json
    assert found["amount_minor"] == sum(hold["amount_minor"] for hold in found["holds"])
    plan = next(hold for hold in found["holds"] if hold["reason"] == "IndividualPlan")
    assert plan["says"].startswith("On the individual plan") and plan["free_at"] and len(plan["orders"]) == 50
    assert plan["count"] > 50 and set(plan["orders"][0]) == {"order_id", "amount_minor", "filed_at", "free_at"}


def test_a_reason_is_viewed_with_all_its_orders(rich: Shop) -> None:
    first = rich.seller.get("/v1/reserve/IndividualPlan").json
    path, orders, cursor = "/v1/reserve/IndividualPlan", [], {}
    while True:
        page = rich.seller.get(path, {"limit": 40} | cursor).json
        orders += page["orders"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len({one["order_id"] for one in orders}) == first["count"]
    assert sum(one["amount_minor"] for one in orders) == first["amount_minor"]


def test_a_reason_that_holds_nothing_is_not_found(rich: Shop) -> None:
    assert said_no(rich.seller.get("/v1/reserve/Chargebacks")) == (404, "UnknownHold")


def test_the_history_tells_each_day_by_reason(rich: Shop) -> None:
    found = rich.seller.get("/v1/reserve/history", {"from": "2026-02-20", "to": rich.now()}).json["days"]
    assert found[-1]["amount_minor"] == rich.seller.get("/v1/reserve").json["amount_minor"]
    assert all(day["amount_minor"] == sum(day["reasons"].values()) for day in found)
    assert found[0]["as_of"] == "2026-02-20T18:29:59.999Z"


def test_a_long_history_goes_on_at_its_cursor(rich: Shop) -> None:
    whole = rich.seller.get("/v1/reserve/history", {"from": "1990-01-01"}).json
    first = rich.seller.get("/v1/reserve/history", {"from": "1990-01-01", "limit": 20}).json
    rest = rich.seller.get("/v1/reserve/history", {"from": "1990-01-01", "cursor": first["next_cursor"]}).json
    assert first["days"] + rest["days"] == whole["days"] and len(first["days"]) == 20
    assert rest["next_cursor"] is whole["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"from": "2026-02-20", "to": "2026-02-19"}, "ImpossibleSpan"),
        ({"to": "2030-01-01"}, "NotYetKnown"),
        ({"limit": 101}, "InvalidField"),
        ({"cursor": "x"}, "UnknownCursor"),
        ({"from": "x"}, "InvalidField"),
    ],
)
def test_a_history_of_an_impossible_span_is_refused(rich: Shop, query: dict[str, str], code: str) -> None:
    assert said_no(rich.seller.get("/v1/reserve/history", query)) == (422, code)


@pytest.mark.parametrize(("policy", "pack"), [("guide-2015", "guide-2015"), ("marketplace-today", "dd7")])
def test_the_policy_chooses_how_the_reserve_is_worked_out(make: Worlds, policy: str, pack: str) -> None:
    shop = make(history_days=10, policy=policy)
    assert shop.seller.get("/v1/reserve").json["pack"] == pack


# -- the ledger


def test_the_accounts_say_what_their_balances_are(rich: Shop) -> None:
    found = rich.seller.get("/v1/ledger/accounts").json["accounts"]
    assert {one["account"]: one["says"] for one in found} == ACCOUNTS
    assert sum(one["balance_minor"] for one in found) == 0


def test_the_trial_balance_is_zero_and_nothing_differs(rich: Shop) -> None:
    found = rich.seller.get("/v1/ledger/trial-balance").json
    assert (found["total_minor"], found["differences"], found["as_of"]) == (0, [], rich.now())


# -- all of them


SINGLE = ["/v1/balance", "/v1/settlements/1", "/v1/reserve"]


@pytest.mark.parametrize("path", SINGLE)
def test_a_single_resource_is_not_sent_again_while_it_is_the_same(rich: Shop, path: str) -> None:
    tag = rich.seller.get(path).headers["etag"]
    assert rich.seller.get(path, headers={"If-None-Match": tag}).status == 304


@pytest.mark.parametrize("path", [*SINGLE, "/v1/settlements", "/v1/transactions", "/v1/ledger/accounts"])
def test_money_is_for_whoever_has_the_key(rich: Shop, path: str) -> None:
    assert said_no(Client(rich.seller.url).get(path)) == (401, "NoKey")


@pytest.mark.parametrize("path", ["/v1/balance", "/v1/reserve", "/v1/ledger/trial-balance"])
def test_a_path_without_a_query_takes_none(rich: Shop, path: str) -> None:
    assert said_no(rich.seller.get(path, {"view": "sandbox"})) == (422, "UnknownField")
