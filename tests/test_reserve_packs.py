"""The reserve's other packs: the tiers and DD+7, against the worked example of the public help pages (chapter 6)."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.central import claims, health, messages, orders, shipments
from sandbox.central.days import DAY, HOUR, parse_moment
from sandbox.central.holds import Held
from sandbox.central.reserve import PACKS, reserve
from sandbox.central.settlements import balance
from sandbox.central.world import World
from sandbox.sim.scenario import parse
from sandbox.sim.worlds import make
from tests import shop, till
from tests.quarrels import FEE
from tests.till import KETTLE, SHIPPING

PAID = KETTLE + SHIPPING
NET = PAID - FEE
SEASONED = {"tier_2_after_days": 0, "tier_2_after_orders": 0}


def packed(folder: Path, pack: str, **changes: object) -> World:
    return till.with_policy(folder, reserve_pack=pack, **changes)


def held(world: World) -> list[tuple[str, int, list[str]]]:
    return [
        (hold.reason, hold.amount_minor, [world.ids.order_id(one.number) for one in hold.orders])
        for hold in reserve(world).holds
    ]


# -- the worked example


def to(world: World, day: int) -> None:
    """Move to that day of August, at the hour of the order."""
    shop.wait(world, parse_moment(f"2026-08-{day:02d}T10:00:00+05:30") - world.now)


@pytest.fixture(params=["tier-1", "tier-2"])
def example(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """Ordered on 1 August for 100, without fees; no settlement closes meanwhile, for it would hand all of it out."""
    rules = f'fee_percent = 0\nfee_fixed_minor = 0\nreserve_pack = "{request.param}"\n'
    rules += "settlement_first_after_days = 60\n"
    rules += "tier_2_after_days = 0\ntier_2_after_orders = 0\n"
    words = shop.QUIET.replace("2026-03-02", "2026-08-01").replace("price = 849\n", "price = 100\n")
    world = make(tmp_path / "example.world", parse(f"{words}[policy.changes]\n{rules}", "example.toml"))
    world.do(orders.place, by="buyer", buyer=1, address=1, pieces=[orders.Piece(1, 1, 10_000)])
    yield world
    world.close()


def shipped_on_the_third(world: World) -> str:
    (order_id,) = world.row("select order_id from orders")
    to(world, 3)
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="BlueDart", tracking="BD1")
    return str(order_id)


def test_the_worked_example_until_the_tenth_of_august(example: World) -> None:
    shipped_on_the_third(example)
    at_once = 0 if example.policy.reserve_pack == "tier-1" else 10_000
    seen = [balance(example).available_minor]
    shop.wait(example, 7 * DAY - 1)
    seen.append(balance(example).available_minor)
    assert seen == [at_once, at_once]


def test_the_worked_example_on_the_tenth_of_august(example: World) -> None:
    shipped_on_the_third(example)
    to(example, 10)
    assert balance(example).available_minor == 10_000


def test_the_worked_example_with_a_claim_on_the_sixteenth(example: World) -> None:
    order_id = shipped_on_the_third(example)
    to(example, 14)
    example.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Where is it?")
    to(example, 16)
    example.do(claims.file, by="buyer", order_id=order_id, reason="NotReceived", amount_minor=1_000)
    assert balance(example).available_minor == 9_000
    assert held(example) == [("OpenDisputes", 1_000, [order_id])]


# -- tier 1


def test_tier_1_holds_the_payments_of_seven_days_to_the_millisecond(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-1")
    order_id = till.sold(world)
    shop.wait(world, 7 * DAY - 1)
    assert held(world) == [("RecentPayments", PAID, [order_id])]
    shop.wait(world, 1)
    assert held(world) == []


def test_tier_1_holds_open_disputes_where_they_are_more(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-1")
    dear = till.sold(world, (1, 2))
    shop.wait(world, 7 * DAY)
    till.sold(world)
    till.charge_back(world, dear)
    assert held(world) == [("OpenDisputes", 2 * KETTLE + SHIPPING, [dear])]


def test_tier_1_holds_payments_where_they_are_more(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-1")
    order_id = till.sold(world)
    till.charge_back(world, order_id, 10_000)
    assert held(world) == [("RecentPayments", PAID, [order_id])]


# -- tier 2


@pytest.fixture
def rated(tmp_path: Path) -> Iterator[World]:
    """A shop in tier 2, whose defect rate counts from the first order on: 4 orders, one of them charged back."""
    world = packed(tmp_path, "tier-2", standing_orders_at_least=1, **SEASONED)
    charged, *_ = (till.sold(world) for _ in range(4))
    till.charge_back(world, charged)
    yield world
    world.close()


def test_tier_2_holds_the_defect_rates_share_of_the_sales_and_names_the_defective_orders(rated: World) -> None:
    (charged,) = rated.row("select order_id from disputes")
    shop.wait(rated, 11 * DAY)  # it is lost, so nothing is open
    (hold,) = reserve(rated).holds
    assert (hold.reason, hold.amount_minor, hold.free_at) == ("DefectShare", 4 * PAID // 4, None)
    assert hold.orders == [
        Held(rated.order(charged).number, 0, hold.orders[0].filed_at, hold.orders[0].filed_at + 60 * DAY)
    ]
    assert "25.00 %" in hold.says


def test_tier_2_counts_as_defective_what_the_rate_counts(rated: World) -> None:
    policy = rated.policy
    rate = health.order_defect(rated, policy.chargeback_is_defect, policy.withdrawn_or_denied_claim_is_defect)
    shop.wait(rated, 11 * DAY)
    (hold,) = reserve(rated).holds
    assert [rated.ids.order_id(order.number) for order in hold.orders] == rate.orders


def test_the_sales_of_tier_2_are_those_of_30_days(rated: World) -> None:
    shop.wait(rated, 29 * DAY)
    assert [hold.amount_minor for hold in reserve(rated).holds] == [PAID]
    shop.wait(rated, DAY)
    assert reserve(rated).holds == []


def test_too_few_orders_make_no_defect_rate(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-2", **SEASONED)
    till.charge_back(world, till.sold(world), 10_000)
    assert [hold[:2] for hold in held(world)] == [("OpenDisputes", 10_000)]


def test_a_young_account_is_in_tier_1(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-2", tier_2_after_days=7, tier_2_after_orders=0)
    shop.wait(world, 7 * DAY - 1)
    till.sold(world)
    assert [hold[:2] for hold in held(world)] == [("RecentPayments", PAID)]
    shop.wait(world, 1)
    assert held(world) == []


def test_an_account_with_few_orders_is_in_tier_1(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-2", tier_2_after_days=0, tier_2_after_orders=2)
    till.sold(world)
    assert [hold[:2] for hold in held(world)] == [("RecentPayments", PAID)]
    till.sold(world)
    assert held(world) == []


# -- the others


def test_tier_2_in_the_us_holds_three_percent_of_a_mean_day(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-2-us")
    for _ in range(3):
        latest = till.sold(world)
    assert held(world) == [("DailyShare", round(3 * PAID * 0.03 / 28), [latest])]


def test_a_mean_days_share_is_rounded_once_at_the_end(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-2-us", tier_2_us_percent=100)
    for _ in range(100):
        till.sold(world, (2, 2))
    (hold,) = reserve(world).holds
    assert hold.amount_minor == round(100 * (2 * 129_000 + SHIPPING) / 28) == 938_929


@pytest.mark.parametrize(("days", "amount"), [(16, 5_613), (80, 1_123)])
def test_half_a_minor_unit_of_a_mean_day_is_one_more(tmp_path: Path, days: int, amount: int) -> None:
    world = packed(tmp_path, "tier-2-us", tier_2_us_percent=100, tier_2_us_days=days)
    till.sold(world)
    assert (PAID / days % 1, [hold[1] for hold in held(world)]) == (0.5, [amount])


def test_tier_2_in_the_us_holds_open_disputes_where_they_are_more(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-2-us")
    order_id = till.sold(world)
    till.charge_back(world, order_id, 1_000)
    assert held(world) == [("OpenDisputes", 1_000, [order_id])]


def test_a_share_of_28_days_is_free_after_them(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-2-us")
    till.sold(world)
    shop.wait(world, 27 * DAY)
    assert [hold[0] for hold in held(world)] == ["DailyShare"]
    shop.wait(world, DAY)
    assert held(world) == []


def test_tier_2_plus_holds_open_disputes_alone_while_the_defect_rate_is_within_its_limit(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-2-plus", order_defect_limit_percent=50.0, **SEASONED)
    charged, *_ = (till.sold(world) for _ in range(3))
    till.charge_back(world, charged)
    assert held(world) == [("OpenDisputes", PAID, [charged])]


def test_tier_2_plus_is_tier_2_while_the_defect_rate_is_over_its_limit(tmp_path: Path) -> None:
    world = packed(tmp_path, "tier-2-plus", standing_orders_at_least=1, **SEASONED)
    charged, *_ = (till.sold(world) for _ in range(3))
    till.charge_back(world, charged, 100)
    assert held(world) == [("DefectShare", PAID, [charged])]


@pytest.fixture
def delivering(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """A shop under DD+7 with one order shipped."""
    world = packed(tmp_path, "dd7")
    yield world, till.sold(world)
    world.close()


def test_an_order_on_its_way_is_held_and_no_day_is_known(delivering: tuple[World, str]) -> None:
    world, order_id = delivering
    (hold,) = reserve(world).holds
    assert (hold.reason, hold.orders) == ("NotDeliveredYet", [Held(world.order(order_id).number, NET, world.now, None)])


def test_an_order_falls_free_seven_days_after_its_delivery(delivering: tuple[World, str]) -> None:
    world, order_id = delivering
    delivered_at = world.now
    world.do(shipments.deliver, by="carrier", order_id=order_id, package=1)
    assert [hold.free_at for hold in reserve(world).holds] == [delivered_at + 7 * DAY]
    shop.wait(world, 7 * DAY - 1)
    assert held(world) == [("NotDeliveredYet", NET, [order_id])]
    shop.wait(world, 1)
    assert held(world) == []


def test_what_never_arrives_is_held_for_60_days_and_the_hold_says_so(tmp_path: Path) -> None:
    with closing(shop.slow(tmp_path, '[policy.changes]\nreserve_pack = "dd7"\n')) as world:
        order_id = till.sold(world)
        shop.wait(world, 60 * DAY - 1)
        (hold,) = reserve(world).holds
        assert held(world) == [("NotDeliveredYet", NET, [order_id])] and "of the past 60 days" in hold.says
        shop.wait(world, 1)
        assert held(world) == []


def test_how_long_what_never_arrives_is_held_is_the_policys(tmp_path: Path) -> None:
    changes = '[policy.changes]\nreserve_pack = "dd7"\ndelivery_hold_at_most_days = 9\n'
    with closing(shop.slow(tmp_path, changes)) as world:
        order_id, sold_at = till.sold(world), world.now
        shop.wait(world, 5 * DAY)
        world.do(shipments.deliver, by="carrier", order_id=order_id, package=1)
        assert [hold.free_at for hold in reserve(world).holds] == [sold_at + 9 * DAY]
        shop.wait(world, 4 * DAY)
        assert held(world) == []


def test_of_one_order_dd7_holds_all_that_the_seller_has_of_it(delivering: tuple[World, str]) -> None:
    world, order_id = delivering
    seen = [reserve(world).amount_minor]
    till.refund(world, order_id, shipping_minor=SHIPPING)
    shop.wait(world, 2 * HOUR)
    seen.append(reserve(world).amount_minor)
    assert seen == [NET, NET - SHIPPING + 142] and balance(world).total_minor == seen[-1]


def test_each_package_is_held_until_its_own_delivery(tmp_path: Path) -> None:
    world = packed(tmp_path, "dd7")
    order_id = shop.place(world, (1, 2))
    (kettle,) = till.items(world, order_id)
    for _ in range(2):
        till.ship(world, order_id, items={kettle: 1})
    world.do(shipments.deliver, by="carrier", order_id=order_id, package=1)
    shop.wait(world, 7 * DAY)
    share = 2_462  # of the second package, which bears no fixed part
    assert held(world) == [("NotDeliveredYet", KETTLE - share, [order_id])]


def test_dd7_holds_disputes_too_but_no_order_twice(delivering: tuple[World, str]) -> None:
    world, order_id = delivering
    till.charge_back(world, order_id)
    assert held(world) == [("Chargebacks", PAID, [order_id])]


# -- all of them


@pytest.mark.parametrize("pack", PACKS)
def test_a_shop_without_sales_has_no_reserve_in_any_pack(tmp_path: Path, pack: str) -> None:
    world = packed(tmp_path, pack)
    shop.place(world)
    assert held(world) == []


@pytest.mark.parametrize("pack", PACKS)
def test_every_hold_of_every_pack_names_its_orders_and_says_why(tmp_path: Path, pack: str) -> None:
    world = packed(tmp_path, pack, standing_orders_at_least=1, **SEASONED)
    order_ids = [till.sold(world) for _ in range(3)]
    till.charge_back(world, order_ids[0], 1_000)
    shop.wait(world, DAY)
    holds = reserve(world).holds
    assert holds and all(hold.orders and hold.says.endswith(".") and hold.amount_minor > 0 for hold in holds)
