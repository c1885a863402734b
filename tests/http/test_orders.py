"""/v1/orders over HTTP: found, read, shipped, cancelled, noted on, packed."""

from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox.central import shipments
from sandbox.central.guide import RULES, name_of
from sandbox.central.orders import checked_view
from sandbox.central.world import Act, World
from tests.http.conftest import Worlds
from tests.server import Answer, Client, Server, Shop, problem_of, said_no

ELSEWHERE = {
    "name": "A Neighbour",
    "line1": "9 Other Street",
    "city": "Pune",
    "state": "Maharashtra",
    "postal_code": "411001",
}


def moments(orders: list[Any]) -> list[str]:
    return [row["placed_at"] for row in orders]


# -- lists


def test_orders_are_listed_the_newest_first(still: Shop) -> None:
    placed = moments(still.orders())
    assert placed == sorted(placed, reverse=True) and len(placed) > 100


def test_a_page_holds_25_orders_unless_another_limit_is_asked_for(still: Shop) -> None:
    assert len(still.seller.get("/v1/orders").json["orders"]) == 25


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_a_page_holds_as_many_orders_as_asked_for(still: Shop, limit: int) -> None:
    assert len(still.seller.get("/v1/orders", {"limit": limit}).json["orders"]) == limit


@pytest.mark.parametrize("limit", [1, 3, 25, 100])
def test_pages_of_any_size_give_every_order_once(still: Shop, limit: int) -> None:
    found = [row["order_id"] for row in still.pages("/v1/orders", limit=limit, status="Unshipped")]
    assert found == still.ids("Unshipped") and len(set(found)) == len(found)


def test_paging_repeats_and_hides_nothing_while_new_orders_come_in(world: Shop) -> None:
    there = [row["order_id"] for row in world.orders()]
    found, cursor = [], {}
    while True:
        page = world.seller.get("/v1/orders", {"limit": 10} | cursor).json
        found += [row["order_id"] for row in page["orders"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
        world.advance("6h")
    assert found == there and len(world.orders()) > len(there)


@pytest.mark.parametrize("status", ["Unshipped", "Shipped", "Canceled"])
def test_orders_are_found_by_status(still: Shop, status: str) -> None:
    found = still.orders(status=status)
    assert found and {row["status"] for row in found} == {status}


def test_orders_are_found_by_any_of_several_statuses(still: Shop) -> None:
    found = still.orders(status=["Shipped", "Canceled"])
    assert {row["status"] for row in found} == {"Shipped", "Canceled"}


def test_orders_are_found_by_the_moments_between_which_they_were_placed(still: Shop) -> None:
    every = moments(still.orders())
    newest, oldest = every[10], every[20]
    assert moments(still.orders(placed_from=oldest, placed_before=newest)) == every[11:21]


def test_a_day_without_an_offset_is_the_shops_own_day(still: Shop) -> None:
    found = moments(still.orders(placed_from="2026-02-28", placed_before="2026-03-01"))
    assert found and all("2026-02-27T18:30" <= at < "2026-02-28T18:30" for at in found)


def test_an_order_is_found_by_its_id(still: Shop) -> None:
    (row,) = still.orders()[40:41]
    assert still.orders(q=row["order_id"]) == [row]


def test_orders_are_found_by_a_part_of_the_id(still: Shop) -> None:
    order_id = still.orders()[40]["order_id"]
    assert order_id in [row["order_id"] for row in still.orders(q=order_id[6:14])]


def test_orders_are_found_by_the_buyers_name(still: Shop) -> None:
    name = still.orders()[0]["buyer_name"]
    assert {row["buyer_name"] for row in still.orders(q=name.upper())} == {name}


@pytest.mark.parametrize("words", ["chai", "KK-033", "masala tin", "TIN 250"])
def test_orders_are_found_by_words_of_a_title_or_sku(still: Shop, words: str) -> None:
    found = still.orders(q=words)
    assert found and all("Masala chai tin, 250 g" in row["titles"] for row in found)


@pytest.mark.parametrize("words", ["%", "_", "\\", "' or 1=1 --", "nobody-has-this", "\0", "🫖", "402-0000000-0000000"])
def test_words_that_no_order_has_find_none(still: Shop, words: str) -> None:
    assert still.orders(q=words) == []


def test_words_and_filters_hold_together(still: Shop) -> None:
    found = still.orders(q="kettle", status="Shipped")
    assert found and all(row["status"] == "Shipped" and "kettle" in str(row["titles"]) for row in found)


def test_each_view_lists_its_own_orders(still: Shop) -> None:
    assert not {row["order_id"] for row in still.orders()} & {row["order_id"] for row in still.orders(view="sandbox")}


def test_the_sandbox_view_holds_the_orders_of_the_checkout(still: Shop) -> None:
    assert len(still.orders(view="sandbox")) == 3


# -- read


def test_an_order_reads_as_the_list_says(still: Shop) -> None:
    row = still.orders()[5]
    order = still.order(row["order_id"])
    same = ("order_id", "status", "placed_at", "dispatch_by", "deliver_by", "currency", "total_minor", "late")
    assert {key: order[key] for key in same} == {key: row[key] for key in same}


def test_an_orders_money_adds_up(still: Shop) -> None:
    order = still.order(still.several())
    items = sum(item["price_minor"] * item["quantity"] for item in order["items"])
    assert (order["items_minor"], order["total_minor"]) == (items, items + order["shipping_minor"])


def test_a_buyer_goes_by_the_masked_address(still: Shop) -> None:
    assert still.order(still.unshipped())["buyer"]["masked_email"].endswith("@marketplace.example.invalid")


def test_a_pending_order_shows_no_address(states: Client, orders: dict[str, str]) -> None:
    found = states.get(f"/v1/orders/{orders['pending']}").json
    assert (found["status"], found["ship_to"]) == ("Pending", None)


def test_an_order_of_the_sandbox_view_is_read_there(states: Client, orders: dict[str, str]) -> None:
    assert states.get(f"/v1/orders/{orders['test']}", {"view": "sandbox"}).json["view"] == "sandbox"


# -- shipped


def test_an_order_is_shipped_whole(world: Shop) -> None:
    answer = world.ship(world.unshipped())
    assert (answer.status, answer.json["status"]) == (201, "Shipped")


def test_a_shipment_answers_with_the_order_as_it_reads_then(world: Shop) -> None:
    order_id = world.several()
    assert world.ship(order_id).json == world.order(order_id)


def test_a_shipment_is_kept_as_it_was_told(world: Shop) -> None:
    (package,) = world.ship(
        world.unshipped(), carrier="A Cousin's Van", tracking="V 17/A", method="by hand", shipped_at=world.now()
    ).json["packages"]
    told = {key: package[key] for key in ("package", "carrier", "tracking", "method", "shipped_at", "confirmed_at")}
    assert told == {
        "package": 1,
        "carrier": "A Cousin's Van",
        "tracking": "V 17/A",
        "method": "by hand",
        "shipped_at": world.now(),
        "confirmed_at": world.now(),
    }


def test_an_order_is_shipped_item_by_item(world: Shop) -> None:
    order_id = world.several()
    item = world.order(order_id)["items"][0]["item_id"]
    answer = world.ship(order_id, items={item: 1})
    assert (answer.json["status"], answer.json["packages"][0]["items"]) == ("PartiallyShipped", {item: 1})


def test_the_last_piece_makes_the_order_shipped(world: Shop) -> None:
    order_id = world.several()
    item = world.order(order_id)["items"][0]["item_id"]
    world.ship(order_id, items={item: 1})
    found = world.ship(order_id).json
    assert found["status"] == "Shipped" and [row["package"] for row in found["packages"]] == [1, 2]


def test_no_more_pieces_ship_than_were_ordered(world: Shop) -> None:
    order_id = world.several()
    item = world.order(order_id)["items"][0]
    assert said_no(world.ship(order_id, items={item["item_id"]: item["quantity"] + 1})) == (422, "NotThatMany")


def test_what_was_shipped_in_part_cannot_ship_again(world: Shop) -> None:
    order_id = world.several()
    item = world.order(order_id)["items"][0]
    world.ship(order_id, items={item["item_id"]: 1})
    assert said_no(world.ship(order_id, items={item["item_id"]: item["quantity"]})) == (422, "NotThatMany")


def test_a_parcel_to_another_address_is_recorded_and_not_protected(world: Shop) -> None:
    (package,) = world.ship(world.unshipped(), ship_to=ELSEWHERE).json["packages"]
    assert not package["address_ok"] and package["ship_to"]["line1"] == "9 Other Street"


def test_the_orders_own_address_is_known_in_other_capitals_and_spaces(world: Shop) -> None:
    order_id = world.unshipped()
    own = world.order(order_id)["ship_to"]
    own |= {"name": f"  {own['name'].upper()} ", "phone": "another"}
    (package,) = world.ship(order_id, ship_to=own).json["packages"]
    assert package["address_ok"] and package["ship_to"] is None


def test_an_order_of_the_sandbox_view_ships_there(world: Shop) -> None:
    order_id = world.orders(view="sandbox")[0]["order_id"]
    answer = world.seller.post(f"/v1/orders/{order_id}/shipments?view=sandbox", {"carrier": "DTDC"})
    assert (answer.status, answer.json["status"]) == (201, "Shipped")


def test_a_late_confirmation_is_late_whatever_ship_date_is_typed(world: Shop) -> None:
    order_id = world.unshipped()
    typed = world.now()
    world.advance("4d")
    assert world.ship(order_id, shipped_at=typed).json["late"]


def test_a_ship_date_is_the_day_of_the_order_at_the_earliest(world: Shop) -> None:
    order_id = world.unshipped()
    placed_at = datetime.fromisoformat(world.order(order_id)["placed_at"])
    day = placed_at.astimezone(timezone(timedelta(hours=5, minutes=30))).date()
    assert world.ship(order_id, shipped_at=day.isoformat()).status == 201


def test_a_shipped_order_is_paid_and_before_it_is_not(world: Shop) -> None:
    order_id = world.unshipped()
    before = world.order(order_id)
    after = world.ship(order_id).json
    assert (before["paid_minor"], after["paid_minor"]) == (0, before["total_minor"])


def test_a_parcel_is_delivered_in_time(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    world.advance("60d")
    assert world.order(order_id)["packages"][0]["delivered_at"] > world.order(order_id)["confirmed_at"]


@pytest.mark.parametrize(
    ("act", "key"), [(shipments.lose, "lost_at"), (shipments.bring_back, "returned_at")], ids=["lost", "brought back"]
)
def test_an_order_changes_its_tag_when_a_parcel_is_lost_or_brought_back(
    server: Server, world: Shop, act: Act, key: str
) -> None:
    path = f"/v1/orders/{(order_id := world.unshipped())}"
    world.ship(order_id)
    before = world.seller.get(path)
    with closing(World.open(server.folder / "worlds" / f"{world.name}.world")) as opened:
        opened.do(act, by="carrier", order_id=order_id, package=1)
    after = world.seller.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert (before.json["packages"][0][key], after.json["packages"][0][key]) == (None, world.now())
    assert after.headers["etag"] != before.headers["etag"]


def test_one_confirmation_is_one_fact_of_the_sellers(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    (fact,) = [fact for fact in world.facts("ShipmentConfirmed") if fact["order_id"] == order_id]
    assert (fact["by"], fact["rule"]) == ("seller via api", "shipments.confirm_shipment")


# -- cancelled, noted on, packed


def test_an_order_is_cancelled_by_the_seller(world: Shop) -> None:
    answer = world.cancel(world.unshipped(), "PricingError")
    told = {"cancelled_at": world.now(), "by": "seller", "reason": "PricingError"}
    assert (answer.status, answer.json["status"], answer.json["cancellation"]) == (200, "Canceled", told)


def test_a_pending_order_can_be_cancelled(world: Shop) -> None:
    assert world.cancel(world.pending()).json["status"] == "Canceled"


def test_a_memo_is_kept(world: Shop) -> None:
    order_id = world.unshipped()
    world.seller.put(f"/v1/orders/{order_id}/memo", {"memo": "फ़ोन किया 🫖 <b>&amp;"})
    assert world.order(order_id)["memo"] == "फ़ोन किया 🫖 <b>&amp;"


def test_an_empty_memo_takes_the_old_one_away(world: Shop) -> None:
    order_id = world.unshipped()
    for memo in ("call first", ""):
        answer = world.seller.put(f"/v1/orders/{order_id}/memo", {"memo": memo})
    assert (answer.status, answer.json["memo"]) == (200, "")


def test_the_same_memo_twice_is_one_fact(world: Shop) -> None:
    order_id = world.unshipped()
    for _ in range(2):
        world.seller.put(f"/v1/orders/{order_id}/memo", {"memo": "call first"})
    assert len(world.facts("MemoWritten")) == 1


def test_a_packing_slip_lists_what_lies_in_the_parcel(still: Shop) -> None:
    order = still.order(still.several())
    slip = still.seller.get(f"/v1/orders/{order['order_id']}/packing-slip").json
    assert [(row["title"], row["quantity"]) for row in slip["items"]] == [
        (row["title"], row["quantity"]) for row in order["items"]
    ]


def test_a_packing_slip_bears_the_orders_id_and_address(still: Shop) -> None:
    order = still.order(still.several())
    slip = still.seller.get(f"/v1/orders/{order['order_id']}/packing-slip").json
    assert (slip["order_id"], slip["ship_to"]) == (order["order_id"], order["ship_to"])


def test_a_packing_slip_has_no_price_anywhere(still: Shop) -> None:
    order = still.order(still.several())
    slip = still.seller.get(f"/v1/orders/{order['order_id']}/packing-slip").body.decode().lower()
    sums = [order[key] for key in ("items_minor", "total_minor", "shipping_minor")]
    sums += [item["price_minor"] for item in order["items"]]
    told = [str(amount) for amount in sums] + [f"{amount / 100:.2f}" for amount in sums]
    assert not [word for word in (*told, "price", "minor", "inr", "currency", "₹", "mail", "@") if word in slip]


def test_a_shipped_orders_slip_can_be_printed_again(states: Client, orders: dict[str, str]) -> None:
    assert states.get(f"/v1/orders/{orders['shipped']}/packing-slip").status == 200


# -- refused

SHIP, CANCEL, MEMO, SLIP = ("POST", "shipments"), ("POST", "cancellation"), ("PUT", "memo"), ("GET", "packing-slip")
CONFIRM = name_of(shipments.confirm_shipment)
VIEW = name_of(checked_view)
BAD_ITEM = "10000000000000"

REFUSALS: list[tuple[str, tuple[str, str], Any, int, str, str | None, str]] = [
    ("pending", SHIP, {"carrier": "DTDC"}, 409, "OrderPending", CONFIRM, "{id}"),
    ("cancelled", SHIP, {"carrier": "DTDC"}, 409, "OrderNotOpen", CONFIRM, "{id}"),
    ("shipped", SHIP, {"carrier": "DTDC"}, 409, "AlreadyShipped", CONFIRM, "{id}"),
    ("test", SHIP, {"carrier": "DTDC"}, 409, "WrongView", VIEW, "sandbox"),
    ("open", SHIP, {"carrier": ""}, 422, "InvalidCarrier", CONFIRM, "''"),
    ("open", SHIP, {"carrier": " \t"}, 422, "InvalidCarrier", CONFIRM, "t'"),
    ("open", SHIP, {"carrier": "Blue\nDart"}, 422, "InvalidCarrier", CONFIRM, "Blue\\nDart"),
    ("open", SHIP, {"carrier": "B" * 61}, 422, "InvalidCarrier", CONFIRM, "BBB"),
    ("open", SHIP, {"carrier": "DTDC", "tracking": "!!"}, 422, "InvalidTracking", CONFIRM, "!!"),
    ("open", SHIP, {"carrier": "DTDC", "tracking": "12"}, 422, "InvalidTracking", CONFIRM, "12"),
    ("open", SHIP, {"carrier": "DTDC", "tracking": "1" * 41}, 422, "InvalidTracking", CONFIRM, "1" * 41),
    ("open", SHIP, {"carrier": "DTDC", "shipped_at": "2020-01-01"}, 422, "InvalidShipDate", CONFIRM, "2019-12-31"),
    ("open", SHIP, {"carrier": "DTDC", "shipped_at": "2030-01-01"}, 422, "InvalidShipDate", CONFIRM, "2029-12-31"),
    ("open", SHIP, {"carrier": "DTDC", "items": {}}, 422, "EmptyPackage", CONFIRM, "at least one"),
    ("open", SHIP, {"carrier": "DTDC", "items": {BAD_ITEM: 1}}, 422, "UnknownItem", CONFIRM, BAD_ITEM),
    ("open", SHIP, {"carrier": "DTDC", "items": {"{item}": 0}}, 422, "NotThatMany", CONFIRM, "0 of item {item}"),
    ("open", SHIP, {"carrier": "DTDC", "items": {"{item}": -1}}, 422, "NotThatMany", CONFIRM, "-1 of item {item}"),
    ("open", SHIP, {"carrier": "DTDC", "items": {"{item}": 10**18}}, 422, "NotThatMany", CONFIRM, str(10**18)),
    ("cancelled", CANCEL, {"reason": "NoInventory"}, 409, "OrderNotOpen", "orders.cancel", "{id}"),
    ("shipped", CANCEL, {"reason": "NoInventory"}, 409, "AlreadyShipped", "orders.cancel", "{id}"),
    ("partly", CANCEL, {"reason": "NoInventory"}, 409, "AlreadyShipped", "orders.cancel", "{id}"),
    ("open", CANCEL, {"reason": "Tired"}, 422, "UnknownReason", "orders.cancel", "Tired"),
    ("open", CANCEL, {"reason": "NotConfirmedInTime"}, 422, "UnknownReason", "orders.cancel", "NotConfirmedInTime"),
    ("test", CANCEL, {"reason": "NoInventory"}, 409, "WrongView", VIEW, "sandbox"),
    ("open", MEMO, {"memo": "x" * 501}, 422, "MemoTooLong", None, "501"),
    ("test", MEMO, {"memo": "x"}, 409, "WrongView", VIEW, "sandbox"),
    ("pending", SLIP, None, 409, "NothingToPack", "shipments.packing_slip", "{id}"),
    ("cancelled", SLIP, None, 409, "NothingToPack", "shipments.packing_slip", "{id}"),
    ("test", SLIP, None, 409, "WrongView", VIEW, "sandbox"),
]
"""Which order, what is done, with what; status, code, the rule that refuses and what its sentence holds."""


def tried(states: Client, order_id: str, act: tuple[str, str], body: Any) -> tuple[Answer, str]:
    """What comes of an act on an order, and the id of the order's first item."""
    item = states.get(f"/v1/orders/{order_id}").json.get("items", [{"item_id": ""}])[0]["item_id"]
    if body and "{item}" in body.get("items", {}):
        body = body | {"items": {item: body["items"]["{item}"]}}
    return states.ask(act[0], f"/v1/orders/{order_id}/{act[1]}", body), item


@pytest.mark.parametrize(("which", "act", "body", "status", "code", "rule", "value"), REFUSALS)
def test_what_the_rules_do_not_allow_is_refused_with_code_rule_and_value(
    states: Client,
    orders: dict[str, str],
    which: str,
    act: tuple[str, str],
    body: Any,
    status: int,
    code: str,
    rule: str | None,
    value: str,
) -> None:
    answer, item = tried(states, orders[which], act, body)
    said = problem_of(answer)
    chapter, says = (RULES[rule].chapter, RULES[rule].says) if rule else (None, None)
    assert [said["status"], said["code"]] == [status, code]
    assert [said.get(key) for key in ("rule", "chapter", "says")] == [rule, chapter, says]
    assert value.format(id=orders[which], item=item) in said["detail"]


def test_a_refused_act_changes_nothing_but_the_record(world: Shop) -> None:
    order_id, before = world.unshipped(), world.facts()
    seen = world.order(order_id)
    world.ship(order_id, carrier="")
    (fact,) = world.facts(after=before[-1]["fact"])
    assert (world.order(order_id), fact["kind"], fact["order_id"]) == (seen, "ActionRefused", order_id)


def test_an_order_is_confirmed_once_and_no_more(world: Shop) -> None:
    order_id = world.unshipped()
    assert [world.ship(order_id).status for _ in range(3)] == [201, 409, 409]


def test_an_unshipped_order_is_cancelled_after_30_days(make: Worlds) -> None:
    shop = make()
    order_id = shop.unshipped()
    shop.advance("30d")
    assert shop.order(order_id)["cancellation"]["by"] == "amazon"


def test_what_was_never_shipped_of_an_order_is_told_when_it_was_cancelled_and_why(make: Worlds) -> None:
    shop = make()
    order_id = shop.several()
    first, *others = shop.order(order_id)["items"]
    shop.ship(order_id, items={first["item_id"]: 1})
    assert shop.order(order_id)["rest_cancelled"] is None
    shop.advance("30d")
    found = shop.order(order_id)
    left = {first["item_id"]: first["quantity"] - 1} | {item["item_id"]: item["quantity"] for item in others}
    assert (found["status"], found["cancellation"]) == ("Shipped", None)
    assert found["rest_cancelled"] == {
        "cancelled_at": found["auto_cancel_at"],
        "by": "amazon",
        "reason": "NotConfirmedInTime",
        "items": {item_id: pieces for item_id, pieces in left.items() if pieces},
    }
