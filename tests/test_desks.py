"""The seller's desks: what the script does at dispatch and in the inbox, and what it leaves to a person."""

from collections import Counter
from collections.abc import Iterator
from math import exp
from pathlib import Path
from statistics import fmean, stdev

import pytest

from sandbox.central import messages, orders, shipments
from sandbox.central.days import DAY, HOUR, MINUTE, hour_of_day, parse_moment, start_of_day, weekday
from sandbox.central.world import World
from sandbox.sim import players, words, worlds
from sandbox.sim.driver import Driver
from sandbox.sim.scenario import parse
from tests import shop
from tests.test_luck import NORMAL_999, chi_square

SUNDAY = 6

DISPATCH = (
    """
title = "A shop whose dispatch desk is scripted"
seed = 7
start = "2026-03-02T10:00:00+05:30"
[demand]
orders_per_day = 0
[buyers]
pool = 3
ask_share = 0
[[products]]
sku = "KK-001"
title = "Steel kettle"
price = 849
[[products]]
sku = "KK-014"
title = "Coffee maker"
price = 1290
"""
    + shop.CALM
    + """
[desks.inbox]
played_by = "person"
[desks.stock]
no_stock_share = 0
[desks.dispatch]
slip_share = 0
"""
)

INBOX = (
    """
title = "A shop whose inbox is scripted"
seed = 7
start = "2026-03-02T10:00:00+05:30"
[demand]
orders_per_day = 0
[buyers]
pool = 3
ask_share = 0
[[products]]
sku = "KK-001"
title = "Steel kettle"
price = 849
"""
    + shop.CALM
    + """
[desks.dispatch]
played_by = "person"
[desks.inbox]
handling_minutes = 8
handling_sigma = 0
"""
)

QUEUE = (
    """
title = "An inbox that is open day and night and asked at one even rate"
seed = {seed}
start = "2026-03-02T00:00:00+05:30"
[demand]
orders_per_day = {per_day}
busyness_cv = 0
hours = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
weekdays = [1, 1, 1, 1, 1, 1, 1]
pending_share = 0
[buyers]
pool = 40
ask_share = 1
patience_days = 2
patience_sigma = 0.3
ask_again_hours = 10000
"""
    + shop.CALM
    + """
[desks.dispatch]
played_by = "person"
[desks.inbox]
opens = "0:00"
closes = "24:00"
working_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
agents = {agents}
handling_minutes = 8
handling_sigma = {sigma}
"""
)


def dispatching(folder: Path, changes: str = "") -> World:
    return worlds.make(folder / "dispatch.world", parse(DISPATCH + changes, "dispatch.toml"))


def answering(folder: Path, changes: str = "") -> World:
    return worlds.make(folder / "inbox.world", parse(INBOX + changes, "inbox.toml"))


def wait_till(world: World, text: str) -> None:
    """Let time pass until then, in the shop's own time; `MONDAY` is the 2nd of March."""
    Driver(world).advance(parse_moment(text))


def ask(world: World, order_id: str | None = None) -> int:
    """A buyer asks about an order of their own, and the number of the message."""
    order_id = order_id or shop.place(world)
    (fact,) = world.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Where is it?")
    return fact.message  # type: ignore[attr-defined,no-any-return]


def hand_over(world: World, desk: str, played_by: str) -> None:
    with world.writing():
        players.hand_over(world, desk, played_by)


def confirmed(world: World) -> list[tuple[int, int]]:
    """Moment and order of all that was confirmed, in turn."""
    return world.execute("select at, order_number from facts where kind = 'ShipmentConfirmed' order by seq").fetchall()


def answers(world: World) -> dict[int, int]:
    """When each message was answered, in minutes after it was asked."""
    rows = world.execute("select message, (answered_at - at) / 60000 from messages where answered_at is not null")
    return dict(rows.fetchall())


@pytest.fixture
def dispatch(tmp_path: Path) -> Iterator[World]:
    """A pick a day at 17:00 on working days, of what was ordered before 14:00; nothing slips or is out of stock."""
    world = dispatching(tmp_path)
    yield world
    world.close()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[World]:
    """One agent from 9:00 to 21:00 from Monday to Saturday, who needs eight minutes for each message."""
    world = answering(tmp_path)
    yield world
    world.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Six weeks of the busy shop."""
    world = shop.busy(tmp_path_factory.mktemp("lived"))
    shop.wait(world, 42 * DAY)
    yield world
    world.close()


# -- dispatch: when


def test_what_was_ordered_before_the_cut_off_leaves_with_the_pick_of_the_day(dispatch: World) -> None:
    wait_till(dispatch, "2026-03-02T13:59")
    shop.place(dispatch)
    wait_till(dispatch, "2026-03-02T23:00")
    assert [at for at, _ in confirmed(dispatch)] == [parse_moment("2026-03-02T17:00")]


def test_what_was_ordered_after_the_cut_off_waits_for_the_next_day(dispatch: World) -> None:
    wait_till(dispatch, "2026-03-02T14:01")
    shop.place(dispatch)
    wait_till(dispatch, "2026-03-04T00:00")
    assert [at for at, _ in confirmed(dispatch)] == [parse_moment("2026-03-03T17:00")]


def test_what_was_ordered_on_saturday_evening_leaves_on_monday(dispatch: World) -> None:
    wait_till(dispatch, "2026-03-07T18:00")
    shop.place(dispatch)
    wait_till(dispatch, "2026-03-10T00:00")
    assert [at for at, _ in confirmed(dispatch)] == [parse_moment("2026-03-09T17:00")]


def test_the_dispatch_desk_confirms_at_its_pick_times_only(lived: World) -> None:
    assert {at - start_of_day(at) for at, _ in confirmed(lived)} == {17 * HOUR}


def test_the_dispatch_desk_works_on_its_working_days_only(lived: World) -> None:
    assert {weekday(at) for at, _ in confirmed(lived)} == set(range(7)) - {SUNDAY}


def test_a_desk_may_pick_several_times_a_day(tmp_path: Path) -> None:
    world = dispatching(tmp_path, 'picks = ["16:00", "11:30"]\ncut_off = "24:00"\n')
    shop.place(world)
    wait_till(world, "2026-03-02T12:00")
    shop.place(world)
    shop.wait(world, DAY)
    found = [at for at, _ in confirmed(world)]
    world.close()
    assert found == [parse_moment("2026-03-02T11:30"), parse_moment("2026-03-02T16:00")]


def test_an_order_leaves_once(lived: World) -> None:
    counts = Counter(number for _, number in confirmed(lived))
    assert set(counts.values()) == {1}


# -- dispatch: what


def test_a_pick_takes_as_many_as_it_can_and_those_due_first(tmp_path: Path) -> None:
    world = dispatching(tmp_path, "capacity = 2\n")
    placed = []
    for _ in range(5):
        placed.append(world.order(shop.place(world)).number)
        shop.wait(world, MINUTE)
    shop.wait(world, 3 * DAY)
    found = confirmed(world)
    world.close()
    picks = [parse_moment(f"2026-03-0{day}T17:00") for day in (2, 2, 3, 3, 4)]
    assert found == list(zip(picks, placed, strict=True))


def test_an_order_that_is_out_of_stock_takes_no_place_in_a_pick(tmp_path: Path) -> None:
    text = DISPATCH.replace("no_stock_share = 0", "no_stock_share = 0.5").replace(
        "slip_share = 0", "slip_share = 0\ncapacity = 4"
    )
    world = worlds.make(tmp_path / "half.world", parse(text, "half.toml"))
    for _ in range(12):
        shop.place(world)
    shop.wait(world, DAY)
    counts = Counter(status for (status,) in world.execute("select status from orders"))
    world.close()
    assert counts["Shipped"] == 4 and counts["Canceled"] > 0


def test_an_overlooked_order_leaves_with_the_first_pick_after_the_slip(tmp_path: Path) -> None:
    world = worlds.make(
        tmp_path / "slips.world",
        parse(DISPATCH.replace("slip_share = 0", "slip_share = 1\nslip_days = 3"), "slips.toml"),
    )
    shop.place(world)
    shop.wait(world, 6 * DAY)
    found = [at for at, _ in confirmed(world)]
    world.close()
    assert found == [parse_moment("2026-03-05T17:00")]


def test_as_many_orders_slip_as_the_scenario_says(lived: World) -> None:
    """Slipped orders are the ones confirmed three days after they were placed or later; Sundays come to two days."""
    sql = "select count(*), sum(confirmed_at - placed_at >= 3 * 86400000) from orders where confirmed_at is not null"
    count, slipped = lived.execute(sql).fetchone()
    assert abs(slipped - count * 0.02) < NORMAL_999 * (count * 0.02 * 0.98) ** 0.5


def test_an_order_without_stock_is_cancelled_by_the_seller(tmp_path: Path) -> None:
    text = DISPATCH.replace("no_stock_share = 0", "no_stock_share = 1")
    world = worlds.make(tmp_path / "empty.world", parse(text, "empty.toml"))
    order = shop.place(world)
    shop.wait(world, DAY)
    found = world.order(order)
    world.close()
    assert (found.status, found.cancelled_by, found.cancel_reason) == ("Canceled", "seller", "NoInventory")


def test_an_order_that_is_partly_shipped_is_not_cancelled_for_want_of_stock(tmp_path: Path) -> None:
    text = DISPATCH.replace("no_stock_share = 0", "no_stock_share = 1")
    world = worlds.make(tmp_path / "empty.world", parse(text, "empty.toml"))
    order_id = shop.place(world, (1, 2))
    item = orders.details(world, order_id).items[0][0].item_id
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="DTDC", items={item: 1})
    shop.wait(world, DAY)
    found = world.order(order_id)
    world.close()
    assert (found.status, found.quantity_shipped) == ("Shipped", 2)


def test_a_pending_order_is_not_dispatched(dispatch: World) -> None:
    wait_till(dispatch, "2026-03-02T16:59:59.999")
    shop.place(dispatch, pending=True)
    wait_till(dispatch, "2026-03-02T17:00")
    assert confirmed(dispatch) == []


def test_the_desks_never_touch_an_order_of_the_sandbox_view(lived: World) -> None:
    sql = "select f.kind from facts f join orders o on o.number = f.order_number where o.view = 'sandbox' order by seq"
    kinds = [kind for (kind,) in lived.execute(sql)]
    assert kinds == ["OrderPlaced"] * 2 + ["OrderCancelled"] * 2  # the platform's, after thirty days


def test_carriers_carry_as_often_as_they_weigh(lived: World) -> None:
    counts = dict(lived.execute("select carrier, count(*) from packages group by carrier"))
    total = sum(counts.values())
    found = [counts[carrier] for carrier in ("BlueDart", "Delhivery", "DTDC")]
    assert chi_square(found, [total * share for share in (0.4, 0.4, 0.2)]) < 13.816  # two degrees of freedom, .001


def test_no_two_parcels_have_the_same_tracking_id(lived: World) -> None:
    assert lived.execute("select count(*) - count(distinct tracking) from packages").fetchone() == (0,)


# -- inbox: when


def test_a_message_is_answered_after_the_handling_time(inbox: World) -> None:
    ask(inbox)
    shop.wait(inbox, HOUR)
    assert answers(inbox) == {1: 8}


def test_messages_are_answered_in_the_order_in_which_they_came(inbox: World) -> None:
    for _ in range(4):
        ask(inbox)
    shop.wait(inbox, HOUR)
    assert answers(inbox) == {1: 8, 2: 16, 3: 24, 4: 32}


def test_two_agents_answer_side_by_side(tmp_path: Path) -> None:
    world = answering(tmp_path, "agents = 2\n")
    for _ in range(4):
        ask(world)
    shop.wait(world, HOUR)
    found = answers(world)
    world.close()
    assert found == {1: 8, 2: 8, 3: 16, 4: 16}


def test_an_agent_who_is_free_answers_the_next_at_once(inbox: World) -> None:
    ask(inbox)
    shop.wait(inbox, HOUR)
    ask(inbox)
    shop.wait(inbox, HOUR)
    assert answers(inbox) == {1: 8, 3: 8}


def test_a_message_of_the_night_is_answered_in_the_morning(inbox: World) -> None:
    wait_till(inbox, "2026-03-02T21:00")
    ask(inbox)
    wait_till(inbox, "2026-03-03T12:00")
    assert inbox.facts(kinds=("SellerReplied",))[0].at == parse_moment("2026-03-03T09:08")


def test_a_message_of_saturday_night_is_answered_on_monday(inbox: World) -> None:
    wait_till(inbox, "2026-03-07T21:30")
    ask(inbox)
    wait_till(inbox, "2026-03-10T00:00")
    assert inbox.facts(kinds=("SellerReplied",))[0].at == parse_moment("2026-03-09T09:08")


def test_the_inbox_begins_on_messages_within_its_hours_only(tmp_path: Path) -> None:
    world = shop.busy(tmp_path, "[desks.inbox]\nhandling_sigma = 0\nhandling_minutes = 12\n")
    shop.wait(world, 42 * DAY)
    begun = [fact.at - 12 * MINUTE for fact in world.facts(kinds=("SellerReplied",), limit=-1)]
    world.close()
    assert {hour_of_day(at) for at in begun} == set(range(9, 21)) and SUNDAY not in map(weekday, begun)


def test_with_an_agent_for_everybody_nobody_waits(tmp_path: Path) -> None:
    world = worlds.make(
        tmp_path / "many.world", parse(QUEUE.format(seed=1, per_day=60, agents=60, sigma=0), "many.toml")
    )
    shop.wait(world, 20 * DAY)
    found = set(answers(world).values())
    world.close()
    assert found == {8}


@pytest.mark.parametrize("sigma", [0, 0.5])
def test_the_mean_wait_is_that_of_pollaczek_and_khinchine(tmp_path: Path, sigma: float) -> None:
    """Orders come at random and buyers' patience is their own, so messages come at random too: M/G/1. Within 12 %,
    three standard errors of so many waits that hang together (tried with twelve seeds)."""
    per_day, days = 100, 120
    world = worlds.make(
        tmp_path / "queue.world", parse(QUEUE.format(seed=2, per_day=per_day, agents=1, sigma=sigma), "queue.toml")
    )
    shop.wait(world, days * DAY)
    spans = world.execute("select answered_at - at from messages where answered_at is not null").fetchall()
    world.close()
    rate, mean, square = per_day / DAY, 8 * MINUTE * exp(sigma**2 / 2), (8 * MINUTE) ** 2 * exp(2 * sigma**2)
    expected = rate * square / (2 * (1 - rate * mean))
    assert fmean(span for (span,) in spans) - mean == pytest.approx(expected, rel=0.12)


def test_messages_do_not_overtake_each_other_with_one_agent(tmp_path: Path) -> None:
    world = worlds.make(
        tmp_path / "queue.world", parse(QUEUE.format(seed=3, per_day=120, agents=1, sigma=0.5), "queue.toml")
    )
    shop.wait(world, 30 * DAY)
    sql = "select message from messages where answered_at is not null order by answered_at, message"
    found = [message for (message,) in world.execute(sql)]
    world.close()
    assert found == sorted(found)


# -- inbox: what


def test_a_message_that_was_answered_meanwhile_is_not_answered_again(inbox: World) -> None:
    ask(inbox)
    inbox.do(messages.reply, by="person", thread=1, text="It left today.")
    shop.wait(inbox, HOUR)
    assert len(inbox.facts(kinds=("SellerReplied",))) == 1


def test_a_message_that_needs_no_response_gets_none(inbox: World) -> None:
    message = ask(inbox)
    inbox.do(messages.mark_no_response_needed, by="person", message=message)
    shop.wait(inbox, HOUR)
    assert inbox.facts(kinds=("SellerReplied",)) == []


@pytest.mark.parametrize(
    ("what", "said"),
    [("unshipped", "being packed"), ("shipped", "tracking id DT123456"), ("cancelled", "was cancelled")],
)
def test_the_answer_says_how_the_order_stands(inbox: World, what: str, said: str) -> None:
    order_id = shop.place(inbox)
    if what == "shipped":
        inbox.do(shipments.confirm_shipment, by="person", order_id=order_id, carrier="DTDC", tracking="DT123456")
    if what == "cancelled":
        inbox.do(orders.cancel, by="person", order_id=order_id, reason="NoInventory")
    ask(inbox, order_id)
    shop.wait(inbox, HOUR)
    assert said in inbox.facts(kinds=("SellerReplied",))[0].body


def test_whoever_asks_after_the_last_promised_day_is_not_told_to_wait_for_it(inbox: World) -> None:
    order_id = shop.place(inbox)
    inbox.do(shipments.confirm_shipment, by="person", order_id=order_id, carrier="DTDC", tracking="DT123456")
    shop.wait(inbox, 40 * DAY)
    ask(inbox, order_id)
    shop.wait(inbox, DAY)
    texts = [text for (text,) in inbox.rows("select text from messages where sender = 'seller'")]
    assert words.TOPICS[words.NOT_ARRIVED].answer in texts and words.SOON not in texts


@pytest.mark.parametrize(("carrier", "tracking"), [("DTDC", "9876543210"), ("www.courier.in", "AB123")])
def test_the_script_answers_whatever_carrier_and_tracking_id_a_person_typed(
    inbox: World, carrier: str, tracking: str
) -> None:
    """Both are accepted with the shipment, and both would be stopped by the filter for messages."""
    order_id = shop.place(inbox)
    inbox.do(shipments.confirm_shipment, by="person", order_id=order_id, carrier=carrier, tracking=tracking)
    ask(inbox, order_id)
    shop.wait(inbox, HOUR)
    assert answers(inbox) == {1: 8}


def test_a_message_in_the_sandbox_view_does_not_stop_time(inbox: World) -> None:
    order_id = shop.place(inbox, view="sandbox")
    inbox.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Hello?", view="sandbox")
    shop.wait(inbox, DAY)
    assert inbox.now == shop.MONDAY + DAY


def test_the_script_does_not_answer_in_the_sandbox_view(inbox: World) -> None:
    hand_over(inbox, "inbox", "person")
    order_id = shop.place(inbox, view="sandbox")
    inbox.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Hello?", view="sandbox")
    ask(inbox)
    hand_over(inbox, "inbox", "script")
    shop.wait(inbox, DAY)
    assert [*answers(inbox)] == [2]


# -- played by a person, and handed over


def test_a_desk_played_by_a_person_does_nothing(quiet: World) -> None:
    ask(quiet)
    before = shop.facts(quiet)
    shop.wait(quiet, 10 * DAY)
    assert shop.facts(quiet) == before


def test_a_dispatch_desk_handed_to_the_script_takes_up_all_that_waits(quiet: World) -> None:
    for _ in range(3):
        shop.place(quiet)
    shop.wait(quiet, 3 * DAY)
    hand_over(quiet, "dispatch", "script")
    shop.wait(quiet, 5 * DAY)
    assert quiet.execute("select count(*) from orders where status = 'Shipped'").fetchone() == (3,)


def test_a_dispatch_desk_handed_to_a_person_stops(dispatch: World) -> None:
    hand_over(dispatch, "dispatch", "person")
    shop.place(dispatch)
    shop.wait(dispatch, 5 * DAY)
    assert confirmed(dispatch) == []


def test_an_inbox_handed_to_the_script_takes_up_what_waits_the_oldest_first(inbox: World) -> None:
    hand_over(inbox, "inbox", "person")
    for _ in range(3):
        ask(inbox)
        shop.wait(inbox, 10 * MINUTE)
    hand_over(inbox, "inbox", "script")
    shop.wait(inbox, HOUR)
    assert answers(inbox) == {1: 30 + 8, 2: 20 + 16, 3: 10 + 24}


def test_an_inbox_handed_to_a_person_leaves_what_waits(inbox: World) -> None:
    ask(inbox)
    shop.wait(inbox, MINUTE)
    hand_over(inbox, "inbox", "person")
    shop.wait(inbox, DAY)
    assert answers(inbox) == {}


def test_a_message_asked_just_before_the_script_takes_over_is_worked_on_once(inbox: World) -> None:
    hand_over(inbox, "inbox", "person")
    shop.wait(inbox, MINUTE)
    ask(inbox)
    hand_over(inbox, "inbox", "script")
    shop.wait(inbox, 9 * MINUTE)
    ask(inbox)
    shop.wait(inbox, HOUR)
    assert [*answers(inbox).values()] == [8, 8]


def test_a_script_that_gets_its_inbox_back_works_on_each_message_once(inbox: World) -> None:
    ask(inbox)
    shop.wait(inbox, MINUTE)
    hand_over(inbox, "inbox", "person")
    hand_over(inbox, "inbox", "script")
    shop.wait(inbox, 8 * MINUTE)
    second = ask(inbox)
    shop.wait(inbox, HOUR)
    assert answers(inbox)[second] == 8


def test_handing_over_to_who_plays_already_changes_nothing(inbox: World) -> None:
    ask(inbox)
    shop.wait(inbox, MINUTE)
    hand_over(inbox, "inbox", "script")
    shop.wait(inbox, HOUR)
    assert answers(inbox) == {1: 8}


def test_a_scenario_hands_its_desks_over_when_its_history_is_over(tmp_path: Path) -> None:
    first_week = parse(
        shop.BUSY + '[desks.dispatch]\nthen = "person"\n[desks.inbox]\nthen = "person"\n', "then.toml"
    ).model_copy(update={"history_days": 20})
    world = worlds.make(tmp_path / "then.world", first_week)
    shop.wait(world, 10 * DAY)
    sql = "select max(at) from facts where by in ('dispatch desk', 'inbox desk')"
    (last,) = world.execute(sql).fetchone()
    world.close()
    assert last <= shop.MONDAY


def test_whoever_makes_a_world_may_choose_who_plays(tmp_path: Path) -> None:
    world = worlds.make(tmp_path / "mine.world", shop.scenario(), players={"dispatch": "person"})
    shop.wait(world, 10 * DAY)
    by = {who for (who,) in world.execute("select distinct by from facts")}
    world.close()
    assert "inbox desk" in by and "dispatch desk" not in by


@pytest.mark.parametrize("player", ["person", "program"])
@pytest.mark.parametrize("desk", ["dispatch", "inbox"])
def test_a_desk_that_a_person_or_a_program_plays_is_left_to_them(tmp_path: Path, desk: str, player: str) -> None:
    world = shop.staffed(tmp_path, desk, f'played_by = "{player}"')
    ask(world)
    shop.wait(world, 8 * DAY)
    by = {who for (who,) in world.execute("select distinct by from facts")}
    world.close()
    assert f"{desk} desk" not in by


def test_an_inbox_handed_from_a_program_to_the_script_takes_up_what_waits(inbox: World) -> None:
    hand_over(inbox, "inbox", "program")
    ask(inbox)
    shop.wait(inbox, HOUR)
    hand_over(inbox, "inbox", "script")
    shop.wait(inbox, HOUR)
    assert answers(inbox) == {1: 68}


# -- inbox: whom first, how long, how well


PRIORITIES = {"oldest": [1, 2, 4], "newest": [4, 3, 2], "repeated": [3, 2, 4]}


@pytest.mark.parametrize("priority", PRIORITIES)
def test_an_inbox_takes_first_whom_its_priority_says(tmp_path: Path, priority: str) -> None:
    """The third message asks again what the first one asked; whoever answers one of them answers both."""
    world = answering(tmp_path, f'priority = "{priority}"\nplayed_by = "person"\n')
    twice, second, fourth = (shop.place(world) for _ in range(3))
    for order_id in (twice, second, twice, fourth):
        shop.wait(world, MINUTE)
        ask(world, order_id)
    hand_over(world, "inbox", "script")
    shop.wait(world, 2 * HOUR)
    asked = [row.seq for row in world.facts(kinds=("BuyerAsked",))]
    found = [asked.index(row.because or 0) + 1 for row in world.facts(kinds=("SellerReplied",))]
    world.close()
    assert found == PRIORITIES[priority]


def test_handling_times_may_be_exponential(tmp_path: Path) -> None:
    """Their mean is that of the scenario, and so is their standard deviation: within three standard errors."""
    text = QUEUE.format(seed=5, per_day=60, agents=60, sigma=0.5) + 'handling = "exponential"\n'
    world = worlds.make(tmp_path / "exponential.world", parse(text, "exponential.toml"))
    shop.wait(world, 40 * DAY)
    sql = "select answered_at - at from messages where answered_at is not null"
    spans = [span for (span,) in world.execute(sql)]
    world.close()
    error = 3 * 8 * MINUTE / len(spans) ** 0.5
    assert len(spans) > 1000 and abs(fmean(spans) - 8 * MINUTE) < error
    assert abs(stdev(spans) - 8 * MINUTE) < 2 * error


@pytest.mark.parametrize(("agents", "last"), [(1, 48), (2, 24), (3, 16), (6, 8), (9, 8)])
def test_more_agents_are_through_sooner(tmp_path: Path, agents: int, last: int) -> None:
    world = answering(tmp_path, f"agents = {agents}\n")
    for _ in range(6):
        ask(world)
    shop.wait(world, 2 * HOUR)
    found = max(answers(world).values())
    world.close()
    assert found == last


def test_whoever_answers_at_closing_time_finishes_and_leaves_the_rest(inbox: World) -> None:
    wait_till(inbox, "2026-03-02T20:57")
    for _ in range(2):
        ask(inbox)
    wait_till(inbox, "2026-03-03T12:00")
    found = [fact.at for fact in inbox.facts(kinds=("SellerReplied",))]
    assert found == [parse_moment("2026-03-02T21:05"), parse_moment("2026-03-03T09:08")]


def test_a_shift_begins_at_opening_for_all_agents(tmp_path: Path) -> None:
    world = answering(tmp_path, 'agents = 2\nopens = "11:30"\n')
    for _ in range(3):
        ask(world)
    wait_till(world, "2026-03-02T13:00")
    found = [fact.at for fact in world.facts(kinds=("SellerReplied",))]
    world.close()
    assert found == [parse_moment(f"2026-03-02T11:{minute}") for minute in (38, 38, 46)]


@pytest.mark.parametrize(("share", "helps"), [(0, False), (1, True)])
def test_answers_help_as_often_as_the_scenario_says(tmp_path: Path, share: float, helps: bool) -> None:
    world = answering(tmp_path, f"helpful_share = {share}\n")
    for _ in range(5):
        ask(world)
    shop.wait(world, 2 * HOUR)
    bodies = [row.body for row in world.facts(kinds=("SellerReplied",))]
    world.close()
    assert len(bodies) == 5 and all((words.UNHELPFUL not in body) == helps for body in bodies)


def test_an_unhelpful_agent_cancels_nothing(tmp_path: Path) -> None:
    world = answering(tmp_path, "helpful_share = 0\n")
    order_id, told = shop.place(world), words.TOPICS[words.CANCEL]
    world.do(messages.ask, by="buyer", order_id=order_id, subject=told.subject, text=told.texts[0])
    shop.wait(world, HOUR)
    found = world.order(order_id).status
    world.close()
    assert found == "Unshipped"


def test_a_helpful_agent_cancels_what_the_buyer_wants_cancelled(tmp_path: Path) -> None:
    world = shop.staffed(tmp_path, "inbox", "helpful_share = 1")
    order_id, told = shop.place(world), words.TOPICS[words.CANCEL]
    world.do(messages.ask, by="buyer", order_id=order_id, subject=told.subject, text=told.texts[0])
    shop.wait(world, 2 * HOUR)
    found = world.order(order_id)
    world.close()
    assert (found.status, found.cancel_reason) == ("Canceled", "BuyerCanceled")


@pytest.mark.parametrize(("share", "tracked"), [(0, 0), (1, 5)])
def test_parcels_have_a_tracking_id_as_often_as_the_scenario_says(tmp_path: Path, share: int, tracked: int) -> None:
    world = dispatching(tmp_path, f"tracking_share = {share}\n")
    for _ in range(5):
        shop.place(world)
    shop.wait(world, DAY)
    (found,) = world.execute("select count(*) from packages where tracking <> ''").fetchone()
    count = len(confirmed(world))
    world.close()
    assert (count, found) == (5, tracked)
