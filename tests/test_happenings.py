"""Happenings: what befalls the shop from outside, once each, at a time or on a condition, and what follows from it."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from sandbox.central import health, holds, orders, reserve, shipments, standing
from sandbox.central.days import DAY, HOUR, parse_moment
from sandbox.central.orders import Piece
from sandbox.central.replay import replayed
from sandbox.central.world import World
from sandbox.sim import players, stock, worlds
from sandbox.sim.cast import Run
from sandbox.sim.driver import Driver
from sandbox.sim.events import EVENTS
from sandbox.sim.scenario import Happening, parse
from sandbox.sim.scenario.happenings import Event
from tests import quarrels, shop

Make = Callable[..., World]


def happening(what: str, **keys: object) -> str:
    """A happening as it is written in a scenario, on the first day if nothing else is said."""
    conditions = {"day", "when_over", "when_orders"}
    keys = {"what": what} | ({} if conditions & set(keys) else {"day": 1}) | keys
    lines = [f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for key, value in keys.items()]
    return "[[happenings]]\n" + "\n".join(lines) + "\n"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Worlds in which parcels travel for years and something happens; `desk` names one that its script plays."""
    made: list[World] = []

    def new(plot: str, desk: str = "", keys: str = "") -> World:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(shop.staffed(folder, desk, keys, plot) if desk else shop.slow(folder, plot))
        return made[-1]

    yield new
    for world in made:
        world.close()


def days(world: World, count: float) -> None:
    shop.wait(world, int(count * DAY))


def come(world: World, number: int, **what: object) -> str:
    """The `number`-th buyer comes and orders a kettle; the order's id."""
    (fact,) = world.do(
        orders.place,
        by="buyer",
        **{"buyer": 1, "address": 1, "pieces": [Piece(1, 1, 84_900)], "shipping_minor": 4_900, "number": number} | what,
    )
    return fact.order_id  # type: ignore[attr-defined,no-any-return]


def kinds(world: World) -> list[str]:
    """All that the world tells of its happenings, and what followed from them."""
    rows = world.facts(limit=-1)
    begun = {row.seq for row in rows if row.kind in ("HappeningBegan", "HappeningEnded")}
    return [row.kind for row in rows if row.seq in begun or row.because in begun]


def begins(world: World) -> list[int]:
    return [row.at for row in world.facts(kinds=("HappeningBegan",), limit=-1)]


# -- when


def test_a_happening_of_a_day_begins_at_ten_of_that_day(make: Make) -> None:
    world = make(happening("stock-lost", sku="KK-001", day=3))
    days(world, 5)
    assert begins(world) == [parse_moment("2026-03-04T10:00")]


def test_a_happening_may_have_a_time_of_day(make: Make) -> None:
    world = make(happening("stock-lost", sku="KK-001", day=2, time="17:45"))
    days(world, 5)
    assert begins(world) == [parse_moment("2026-03-03T17:45")]


def test_the_first_day_is_the_first_one_after_the_history(tmp_path: Path) -> None:
    text = shop.QUIET.replace("seed = 7", "seed = 7\nhistory_days = 9") + happening("stock-lost", sku="KK-001")
    world = worlds.make(tmp_path / "later.world", parse(text, "later.toml"))
    before = begins(world)
    shop.wait(world, DAY)
    after = begins(world)
    world.close()
    assert (before, after) in (([shop.MONDAY],) * 2, ([], [shop.MONDAY]))


def test_a_happening_may_wait_for_so_many_orders(make: Make) -> None:
    world = make(happening("stock-lost", sku="KK-001", when_orders=3))
    for number in range(1, 6):
        days(world, 0.5)
        come(world, number)
    days(world, 1)
    assert begins(world) == [shop.MONDAY + 1.5 * DAY]


def test_orders_that_come_by_themselves_are_counted_too(tmp_path: Path) -> None:
    world = shop.busy(tmp_path, happening("stock-lost", sku="KK-001", when_orders=40))
    shop.wait(world, 5 * DAY)
    (placed,) = world.execute("select placed_at from orders where number = 40").fetchone()
    found = begins(world)
    world.close()
    assert found == [placed]


@pytest.mark.parametrize("rate", ["order-defect", "late-shipment", "cancellation", "response-time"])
def test_a_happening_may_wait_for_any_rate_that_is_scored(make: Make, rate: str) -> None:
    assert rate in {one.name for one in health.scored_rates(make(""))}


def test_a_happening_may_wait_for_a_rate_over_its_limit(make: Make) -> None:
    world = make(happening("account-review", when_over="order-defect"))
    for number in range(40):
        order_id = quarrels.shipped(world)
        if number < 4:
            quarrels.charge_back(world, order_id)
    days(world, 3)
    crossed = [row for row in world.facts(kinds=("LimitCrossed",), limit=-1) if "order-defect" in row.body]
    (began,) = world.facts(kinds=("HappeningBegan",))
    assert (began.at, began.because) == (crossed[0].at, crossed[0].seq)


def test_a_rate_that_nobody_waits_for_begins_nothing(make: Make) -> None:
    world = make(happening("account-review", when_over="late-shipment"))
    for number in range(40):
        order_id = quarrels.shipped(world)
        if number < 4:
            quarrels.charge_back(world, order_id)
    days(world, 3)
    assert begins(world) == []


def test_each_happening_begins_once(make: Make) -> None:
    plot = happening("stock-lost", sku="KK-001") + happening("stock-lost", sku="KK-014", when_orders=1)
    world = make(plot)
    for number in range(1, 5):
        come(world, number)
        days(world, 2)
    assert len(begins(world)) == 2


def test_a_happening_is_told_by_its_name_or_its_kind(make: Make) -> None:
    world = make(
        happening("stock-lost", sku="KK-001", name="Water in the cellar") + happening("stock-lost", sku="KK-014")
    )
    days(world, 1)
    found = world.execute("select body ->> 'says' from facts where kind = 'HappeningBegan' order by seq").fetchall()
    assert found == [("Water in the cellar",), ("stock lost",)]


# -- stock, couriers, festivals


@pytest.mark.parametrize(("pieces", "left"), [(3, 7), (99, 0), (None, 0)])
def test_pieces_go_missing_or_all_of_them(tmp_path: Path, pieces: int | None, left: int) -> None:
    lost = happening("stock-lost", sku="KK-001", **({"pieces": pieces} if pieces else {}))
    text = shop.QUIET.replace("price = 849", "price = 849\nstock = 10") + lost
    world = worlds.make(tmp_path / "lost.world", parse(text, "lost.toml"))
    shop.wait(world, DAY)
    found = stock.pieces(Run(world))
    world.close()
    assert found == {"KK-001": left}


def test_a_product_that_was_not_counted_is_out_of_stock_once_it_is_lost(make: Make) -> None:
    world = make(happening("stock-lost", sku="KK-001"), "dispatch", "slip_share = 0\n[desks.stock]\nno_stock_share = 0")
    kettle, maker = shop.place(world), shop.place(world, (2, 1))
    days(world, 1)
    assert (world.order(kettle).cancel_reason, world.order(maker).status) == ("NoInventory", "Shipped")


TRAVELS = "[[parcels.transit]]\nweight = 1\nmean_days = 2\nshape = 5\n"


def travelled(folder: Path, plot: str, carrier: str = "BlueDart", after: int = 2 * HOUR) -> int:
    """How long a parcel was on its way that was sent so long after the start."""
    folder.mkdir()
    world = shop.quiet(folder, TRAVELS + plot)
    shop.wait(world, after)
    order_id = quarrels.shipped(world, carrier=carrier)
    shop.wait(world, 60 * DAY)
    package = orders.packages_of(world, world.order(order_id))[0]
    world.close()
    assert package.delivered_at is not None
    return package.delivered_at - package.confirmed_at


def test_what_is_sent_in_a_strike_takes_so_many_times_as_long(tmp_path: Path) -> None:
    usual, struck = (
        travelled(tmp_path / name, plot) for name, plot in [("a", ""), ("b", happening("courier-strike", slower=3))]
    )
    assert struck == pytest.approx(3 * usual, abs=3)


def test_a_strike_of_one_carrier_leaves_the_others_alone(tmp_path: Path) -> None:
    plot = happening("courier-strike", carrier="BlueDart")
    struck, other = (travelled(tmp_path / name, plot, name) for name in ("BlueDart", "DTDC"))
    assert struck == pytest.approx(2 * other, abs=2)


def test_what_is_sent_after_a_strike_travels_as_usual(tmp_path: Path) -> None:
    plot = happening("courier-strike", days=2)
    usual, later = (travelled(tmp_path / name, text, after=3 * DAY) for name, text in [("a", ""), ("b", plot)])
    assert later == usual


def test_two_strikes_at_once_slow_each_other(tmp_path: Path) -> None:
    plot = happening("courier-strike", slower=2, days=1) + happening("courier-strike", slower=3, days=4)
    usual, both = (travelled(tmp_path / name, text) for name, text in [("a", ""), ("b", plot)])
    assert both == pytest.approx(6 * usual, abs=6)


def placed(folder: Path, plot: str, since: int, until: int) -> int:
    """Orders of the busy shop between two moments, in hours after the start."""
    folder.mkdir()
    world = shop.busy(folder, plot)
    shop.wait(world, until * HOUR)
    sql = "select count(*) from orders where view = 'production' and placed_at between ? and ?"
    (count,) = world.execute(sql, (shop.MONDAY + since * HOUR, shop.MONDAY + until * HOUR)).fetchone()
    world.close()
    return int(count)


@pytest.mark.parametrize("time", ["10:00", "15:00", "23:00"])
def test_a_festival_brings_so_many_times_the_orders_while_it_lasts(tmp_path: Path, time: str) -> None:
    begins = int(time[:2]) - 10
    usual = placed(tmp_path / "a", "", begins, begins + 48)
    more = placed(tmp_path / "b", happening("festival", factor=6, days=2, time=time), begins, begins + 48)
    assert 4 * usual < more < 8 * usual


def test_a_festival_of_an_evening_is_felt_that_evening(tmp_path: Path) -> None:
    usual = placed(tmp_path / "a", "", 8, 14)
    assert placed(tmp_path / "b", happening("festival", factor=8, days=0.25, time="18:00"), 8, 14) > 3 * usual


def test_after_a_festival_as_much_is_bought_as_before(tmp_path: Path) -> None:
    usual = placed(tmp_path / "a", "", 48, 24 * 20)
    after = placed(tmp_path / "b", happening("festival", factor=8, days=1), 48, 24 * 20)
    assert 0.8 * usual < after < 1.2 * usual


@pytest.mark.parametrize("what", ["courier-strike", "festival", "desk-away", "integration-outage"])
def test_what_lasts_is_told_when_it_is_over(make: Make, what: str) -> None:
    whose = {"desk": "inbox"} if what == "desk-away" else {}
    world = make(happening(what, days=1.5, **whose))
    days(world, 3)
    (ended,) = world.facts(kinds=("HappeningEnded",))
    (began,) = world.facts(kinds=("HappeningBegan",))
    assert (ended.at - began.at, ended.because) == (1.5 * DAY, began.seq)


# -- desks


DISPATCH = "slip_share = 0\n[desks.stock]\nno_stock_share = 0"


def test_a_dispatch_desk_that_nobody_plays_ships_nothing_until_it_is_back(make: Make) -> None:
    world = make(happening("desk-away", desk="dispatch", days=2), "dispatch", DISPATCH)
    days(world, 0.05)
    order_id = shop.place(world)
    days(world, 4)
    assert world.order(order_id).confirmed_at == parse_moment("2026-03-04T17:00")


def test_an_inbox_that_nobody_plays_takes_up_what_waits_when_it_is_back(make: Make) -> None:
    world = make(happening("desk-away", desk="inbox", days=1), "inbox", "handling_sigma = 0")
    days(world, 0.05)
    quarrels.write(world, shop.place(world))
    days(world, 3)
    (answer,) = world.facts(kinds=("SellerReplied",))
    assert answer.at == parse_moment("2026-03-03T10:08")


def test_a_disputes_desk_that_nobody_plays_answers_when_it_is_back(make: Make) -> None:
    world = make(happening("desk-away", desk="disputes", days=2), "disputes", "after_hours = 1\nmissed_share = 0")
    days(world, 0.05)
    quarrels.charge_back(world, quarrels.shipped(world))
    days(world, 3)
    (answer,) = world.facts(kinds=("DisputeAnswered",))
    assert parse_moment("2026-03-04T10:00") < answer.at < parse_moment("2026-03-04T16:00")


def test_a_refunds_desk_that_nobody_plays_refunds_when_it_is_back(make: Make) -> None:
    world = make(happening("desk-away", desk="refunds", days=5), "refunds", "missed_share = 0")
    world.do(shipments.lose, by="carrier", order_id=quarrels.shipped(world), package=1)
    days(world, 6)
    (refund,) = world.facts(kinds=("RefundRequested",))
    assert refund.at == parse_moment("2026-03-07T10:00")


def test_with_an_agent_away_the_others_go_on(make: Make) -> None:
    world = make(
        happening("desk-away", desk="inbox", agents=1), "inbox", "agents = 2\nhandling_sigma = 0\nhandling_minutes = 10"
    )
    days(world, 0.05)
    for _ in range(2):
        quarrels.write(world, shop.place(world))
    days(world, 0.5)
    found = world.execute("select (answered_at - at) / 60000 from messages where sender = 'buyer'").fetchall()
    assert found == [(10,), (20,)]


def test_with_all_agents_away_messages_wait_for_them(make: Make) -> None:
    world = make(happening("desk-away", desk="inbox", agents=5), "inbox", "agents = 2\nhandling_sigma = 0")
    days(world, 0.05)
    quarrels.write(world, shop.place(world))
    days(world, 2)
    (answer,) = world.facts(kinds=("SellerReplied",))
    assert answer.at == parse_moment("2026-03-03T10:08")


def test_an_outage_stops_the_dispatch_and_the_inbox(make: Make) -> None:
    world = make(happening("integration-outage", days=2))
    days(world, 1)
    during = players.players(Run(world))
    days(world, 2)
    assert during == {"dispatch": "away", "inbox": "away", "disputes": "person", "refunds": "person"}
    assert set(players.players(Run(world)).values()) == {"person"}


def test_a_person_who_was_away_plays_again_afterwards(make: Make) -> None:
    world = make(happening("desk-away", desk="inbox"))
    quarrels.write(world, shop.place(world))
    days(world, 3)
    assert (players.players(Run(world))["inbox"], world.facts(kinds=("SellerReplied",))) == ("person", [])


def test_whoever_takes_over_a_desk_that_is_away_keeps_it(make: Make) -> None:
    plot = happening("desk-away", desk="inbox", days=1) + happening("desk-away", desk="inbox", day=5)
    world = make(plot, "inbox")
    days(world, 0.5)
    with world.writing():
        players.hand_over(world, "inbox", "person")
    days(world, 2)
    between = players.players(Run(world))["inbox"]
    days(world, 5)
    assert (between, players.players(Run(world))["inbox"]) == ("person", "person")


def test_a_desk_is_away_until_the_last_of_two_reasons_is_over(make: Make) -> None:
    plot = happening("desk-away", desk="inbox", days=4) + happening("integration-outage", day=2, days=1)
    world = make(plot, "inbox")
    days(world, 3)
    during = players.players(Run(world))["inbox"]
    days(world, 2)
    assert (during, players.players(Run(world))["inbox"]) == ("away", "script")


def test_whoever_took_over_during_an_absence_plays_once_the_next_one_is_over_too(make: Make) -> None:
    plot = happening("desk-away", desk="inbox", days=3) + happening("integration-outage", day=2, days=4)
    world = make(plot, "inbox")
    days(world, 0.5)
    with world.writing():
        players.hand_over(world, "inbox", "person")
    days(world, 4)
    during = players.players(Run(world))["inbox"]
    days(world, 2)
    assert (during, players.players(Run(world))["inbox"]) == ("away", "person")


def test_nobody_answers_between_two_absences_that_overlap(make: Make) -> None:
    plot = happening("desk-away", desk="inbox", days=2) + happening("integration-outage", day=2, days=3)
    world = make(plot, "inbox", "handling_sigma = 0")
    days(world, 0.05)
    quarrels.write(world, shop.place(world))
    days(world, 6)
    (answer,) = world.facts(kinds=("SellerReplied",))
    assert answer.at == parse_moment("2026-03-06T10:08")


def test_a_desk_that_is_away_at_the_start_is_then_played_as_the_scenario_has_it(make: Make) -> None:
    keys = 'played_by = "script"\nthen = "program"'
    world = make(happening("desk-away", desk="inbox", time="10:00", days=1), "inbox", keys)
    before = players.players(Run(world))["inbox"]
    days(world, 2)
    assert (before, players.players(Run(world))["inbox"]) == ("away", "program")


# -- banks and the platform


def test_a_wave_of_chargebacks_takes_so_many_orders_within_its_days(make: Make) -> None:
    world = make(happening("chargeback-wave", orders=4, days=2, time="12:00", reason="NotReceived"))
    for _ in range(9):
        quarrels.shipped(world)
    days(world, 5)
    filed = world.facts(kinds=("ChargebackFiled",))
    (began,) = begins(world)
    assert len(filed) == 4 and len({row.order_number for row in filed}) == 4
    assert all(began <= row.at <= began + 2 * DAY and '"NotReceived"' in row.body for row in filed)


def test_a_wave_takes_no_more_orders_than_there_are(make: Make) -> None:
    world = make(happening("chargeback-wave", time="12:00"))
    shop.place(world)
    for _ in range(3):
        quarrels.shipped(world)
    quarrels.refund(world, quarrels.shipped(world))
    days(world, 5)
    assert len(world.facts(kinds=("ChargebackFiled",))) == 3


def test_a_review_holds_all_funds_until_it_is_over(make: Make) -> None:
    plan = '[policy.changes]\nseller_plan = "professional"\n'
    world = make(happening("account-review", days=3, time="12:00") + plan)
    quarrels.shipped(world)
    days(world, 1)
    during, funds = reserve.reserve(world), holds.funds(world, world.now)
    days(world, 3)
    after = reserve.reserve(world)
    assert during.amount_minor == funds > 0
    assert "Review" in {hold.reason for hold in during.holds} - {hold.reason for hold in after.holds}


def test_an_account_is_under_review_until_the_review_is_over(make: Make) -> None:
    world = make(happening("account-review", days=3, time="12:00"))
    found = []
    for _ in range(6):
        found.append(standing.standing(world))
        days(world, 1)
    assert found == ["good", "under-review", "under-review", "under-review", "good", "good"]


def test_a_review_says_why(make: Make) -> None:
    world = make(happening("account-review", name="Too good to be true."))
    days(world, 1)
    (opened,) = world.facts(kinds=("ReviewOpened",))
    assert '"Too good to be true."' in opened.body and opened.by == "amazon"


def test_a_policy_changes_for_all_that_comes_later(make: Make) -> None:
    plot = 'policy = "guide-2015"\nchanges = {auto_cancel_after_hours = 48}\n'
    world = make(happening("policy-change", time="12:00") + plot)
    before = world.policy.auto_cancel_after_hours
    days(world, 1)
    assert before != 48 == world.policy.auto_cancel_after_hours


def test_a_policy_change_is_seen_by_whoever_has_the_world_open(make: Make) -> None:
    world = make(happening("policy-change", policy="marketplace-today", time="12:00"))
    other = World.open(world.path)
    days(world, 1)
    assert other.now and other.policy == world.policy
    assert other.policy.name == "marketplace-today"
    other.close()


# -- an event at an order


OF_EVENT = {
    "asks-where-it-is": "BuyerAsked",
    "asks-about-product": "BuyerAsked",
    "asks-for-another-address": "BuyerAsked",
    "asks-to-cancel": "BuyerAsked",
    "cancels": "OrderCancelled",
    "finds-it-faulty": "BuyerAsked",
    "wants-to-return": "BuyerAsked",
    "sends-it-back": "ReturnSent",
    "leaves-feedback": "FeedbackLeft",
    "claims": "ClaimFiled",
    "charges-back": "ChargebackFiled",
    "parcel-delivered": "ParcelDelivered",
    "parcel-missed": "DeliveryFailed",
    "parcel-lost": "ParcelLost",
    "parcel-brought-back": "ParcelReturned",
}


def with_one_of_each(world: World) -> dict[str, str]:
    """An order on its way, one that arrived, and one that waits, each asked about; the last one was just placed."""
    found = {"on its way": come(world, 1), "delivered": come(world, 2)}
    for order_id in found.values():
        quarrels.ship(world, order_id)
        quarrels.write(world, order_id)
    quarrels.deliver(world, found["delivered"])
    days(world, 3)
    return found | {"open": come(world, 3)}


def test_every_event_is_tried_here() -> None:
    assert set(OF_EVENT) == set(EVENTS) == set(get_args(Event))


@pytest.mark.parametrize("event", OF_EVENT)
def test_an_event_happens_to_an_order_that_fits(make: Make, event: str) -> None:
    world = make(happening("event", event=event, day=4, time="10:10"))
    placed = with_one_of_each(world)
    days(world, 0.02)
    (found,) = [row for row in world.facts(kinds=(OF_EVENT[event],), limit=-1) if row.at > shop.MONDAY + 3 * DAY]
    fits = EVENTS[event][0]
    fitting = [placed[fits]] if fits in placed else [placed["on its way"], placed["delivered"]]
    assert found.order_number in [world.order(order_id).number for order_id in fitting]


@pytest.mark.parametrize("event", OF_EVENT)
def test_an_event_happens_to_the_order_that_is_chosen(make: Make, event: str) -> None:
    fits = EVENTS[event][0]
    number = {"on its way": 1, "delivered": 2, "open": 3, "paid": 1}[fits]
    world = make(happening("event", event=event, order=number, day=4, time="10:10"))
    with_one_of_each(world)
    days(world, 0.02)
    found = [row for row in world.facts(kinds=(OF_EVENT[event],), limit=-1) if row.at > shop.MONDAY + 3 * DAY]
    (began,) = world.facts(kinds=("HappeningBegan",))
    assert [(row.order_number, row.because) for row in found] == [(number, began.seq)]


@pytest.mark.parametrize("order", [1, 99])
@pytest.mark.parametrize("event", OF_EVENT)
def test_an_event_for_which_there_is_no_order_comes_to_nothing(make: Make, event: str, order: int) -> None:
    world = make(happening("event", event=event) + happening("event", event=event, order=order, day=2))
    days(world, 3)
    assert kinds(world) == ["HappeningBegan"] * 2


@pytest.mark.parametrize("event", OF_EVENT)
def test_an_event_at_an_order_that_does_not_fit_does_not_stop_time(tmp_path: Path, event: str) -> None:
    """The first order is of the sandbox view, the second one pending, the third cancelled, the fourth refunded."""
    plot = "".join(happening("event", event=event, order=number, day=2) for number in (1, 2, 3, 4))
    text = shop.QUIET.replace("orders_per_day = 0", "orders_per_day = 0\npending_minutes = 1_000_000")
    world = worlds.make(tmp_path / "unfit.world", parse(text + plot, "unfit.toml"))
    come(world, 1, view="sandbox")
    come(world, 2, pending=True)
    world.do(orders.cancel, by="seller", order_id=come(world, 3), reason="NoInventory")
    quarrels.ship(world, order_id := come(world, 4))
    quarrels.refund(world, order_id)
    shop.wait(world, 3 * DAY)
    found = begins(world)
    world.close()
    assert len(found) == 4


def test_a_claim_is_drawn_from_the_orders_on_which_one_may_be_filed(make: Make) -> None:
    """Of twenty one buyer wrote to the seller."""
    world = make(happening("event", event="claims", day=4, time="10:10"))
    order_ids = [quarrels.shipped(world) for _ in range(20)]
    quarrels.write(world, order_ids[7])
    days(world, 3.1)
    (filed,) = world.facts(kinds=("ClaimFiled", "ActionRefused"))
    assert (filed.kind, filed.order_number) == ("ClaimFiled", world.order(order_ids[7]).number)


def test_feedback_is_drawn_from_the_orders_that_may_be_rated(make: Make) -> None:
    """Of twenty one is not rated yet."""
    world = make(happening("event", event="leaves-feedback", day=5, time="10:10"))
    order_ids = [quarrels.shipped(world) for _ in range(20)]
    for order_id in order_ids:
        quarrels.deliver(world, order_id)
    days(world, 3.5)
    for order_id in order_ids[:7] + order_ids[8:]:
        quarrels.rate(world, order_id, 5)
    days(world, 1)
    left = world.facts(kinds=("FeedbackLeft", "ActionRefused"))
    assert [(row.kind, row.order_number) for row in left[19:]] == [("FeedbackLeft", world.order(order_ids[7]).number)]


def test_an_event_that_no_order_fits_says_so(make: Make) -> None:
    world = make(happening("event", event="claims"))
    days(world, 1)
    (began,) = world.facts(kinds=("HappeningBegan",))
    assert '"event: there is no order that it fits"' in began.body


def test_feedback_of_an_event_is_as_bad_as_it_is_asked_for(make: Make) -> None:
    world = make(happening("event", event="leaves-feedback", rating=2, order=2, day=4, time="10:10"))
    order_id = with_one_of_each(world)["delivered"]
    days(world, 0.02)
    assert quarrels.feedback_of(world, order_id).rating == 2


@pytest.mark.parametrize(("reason", "found"), [("DefectiveOrDifferent",) * 2, ("WrongItem", "NotReceived")])
def test_a_claim_of_an_event_has_its_reason_or_the_first_there_is(make: Make, reason: str, found: str) -> None:
    world = make(happening("event", event="claims", reason=reason, order=1, day=4, time="10:10"))
    with_one_of_each(world)
    days(world, 0.02)
    (filed,) = world.facts(kinds=("ClaimFiled",))
    assert f'"{found}"' in filed.body


# -- what follows, and that it is always the same


PLOT = (
    happening("stock-lost", sku="KK-001", pieces=4, day=3)
    + happening("courier-strike", carrier="BlueDart", day=2, days=3.3)
    + happening("festival", factor=3, day=4, days=1.6)
    + happening("desk-away", desk="inbox", agents=1, day=5, days=1)
    + happening("desk-away", desk="disputes", day=6, days=2)
    + happening("integration-outage", day=9, days=1.2)
    + happening("chargeback-wave", orders=5, day=8, days=3)
    + happening("account-review", day=7, days=2)
    + happening("policy-change", policy="marketplace-today", day=11)
    + happening("stock-lost", sku="KK-014", when_orders=120)
    + happening("account-review", when_over="late-shipment")
    + "".join(happening("event", event=event, day=6 + place % 11) for place, event in enumerate(OF_EVENT))
)


def lived(folder: Path, name: str, windows: list[tuple[int, int]], reopened: bool = False) -> list[tuple[object, ...]]:
    """All facts of the busy shop with all of the plot: spans of hours, each in windows of so many hours."""
    world = shop.busy(folder, PLOT, name)
    driver = Driver(world)
    for span, window in windows:
        if reopened:
            world.close()
            world = World.open(world.path)
            driver = Driver(world)
        driver.advance(world.now + span * HOUR, window=window * HOUR)
    found = shop.facts(world)
    world.close()
    return found


LASTS = 18 * 24


def test_a_plot_is_the_same_for_every_window(tmp_path: Path) -> None:
    whole = lived(tmp_path, "whole", [(LASTS, 100 * 24)])
    for hours in (1, 24):
        assert lived(tmp_path, f"by-{hours}", [(LASTS, hours)]) == whole


@pytest.mark.parametrize("span", [7, 24])
def test_a_plot_goes_on_as_it_would_have_when_its_world_is_opened_again(tmp_path: Path, span: int) -> None:
    spans = [(min(span, LASTS - at), 24) for at in range(0, LASTS, span)]
    assert lived(tmp_path, "again", spans, reopened=True) == lived(tmp_path, "whole", [(LASTS, 24)])


def test_two_who_move_a_world_in_turn_come_to_what_one_would(tmp_path: Path) -> None:
    world = shop.busy(tmp_path, PLOT, "turns")
    other = World.open(world.path)
    drivers = [Driver(world), Driver(other)]
    for turn in range(LASTS // 9):
        drivers[turn % 2].advance(world.now + 9 * HOUR)
    found = shop.facts(world)
    world.close()
    other.close()
    assert found == lived(tmp_path, "whole", [(LASTS, 24)])


def test_every_happening_of_a_plot_begins_once_and_its_tables_can_be_made_again(tmp_path: Path) -> None:
    world = shop.busy(tmp_path, PLOT)
    shop.wait(world, LASTS * HOUR)
    numbers = [int(n) for (n,) in world.execute("select body ->> 'happening' from facts where kind = 'HappeningBegan'")]
    twin = replayed(world, tmp_path / "twin.world")
    same = shop.tables(twin) == shop.tables(world)
    twin.close()
    world.close()
    assert same and sorted(numbers) == sorted(set(numbers)) and len(numbers) >= 10 + len(OF_EVENT)


CAUSED = [
    ("account-review", "ReviewOpened", {}),
    ("policy-change", "PolicyChanged", {"policy": "marketplace-today"}),
    ("chargeback-wave", "ChargebackFiled", {}),
    ("event", "ParcelLost", {"event": "parcel-lost"}),
    ("event", "BuyerAsked", {"event": "asks-where-it-is"}),
]


@pytest.mark.parametrize(("what", "kind", "keys"), CAUSED)
def test_what_follows_from_a_happening_says_so(make: Make, what: str, kind: str, keys: dict[str, str]) -> None:
    world = make(happening(what, time="12:00", **keys))
    quarrels.shipped(world)
    days(world, 2)
    (began,), (followed, *_) = world.facts(kinds=("HappeningBegan",)), world.facts(kinds=(kind,))
    assert followed.because == began.seq


def test_the_facts_of_a_plot_lie_in_the_order_of_time(tmp_path: Path) -> None:
    moments = [int(str(row[1])) for row in lived(tmp_path, "ordered", [(LASTS, 24)])]
    assert all(before <= after for before, after in pairwise(moments))


def test_a_happening_lasts_a_day_where_nothing_else_is_said() -> None:
    assert Happening(what="festival", day=1).lasts == DAY
