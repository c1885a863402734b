"""Time moved until something comes: to its very moment, and with the same facts as in one go."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.central import claims, messages, orders, shipments
from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.guide import Refused
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.awaited import EVENTS, Awaited, Came, advance_until, first
from sandbox.sim.driver import Driver
from sandbox.sim.scenario import parse
from tests import shop


@pytest.fixture
def lively(tmp_path: Path) -> Iterator[World]:
    """A busy shop in which things go wrong."""
    with closing(worlds.make(tmp_path / "lively.world", parse(shop.BUSY + TROUBLED, "lively.toml"))) as world:
        yield world


TROUBLED = """
[buyers.ratings]
share = 0.5
[buyers.disputes]
fraud = 0.05
claims_not_received = 0.9
misses = 0.9
[parcels]
lost_share = 0.1
[desks.dispatch]
slip_share = 0.2
slip_days = 4
"""


def wait(world: World, awaited: Awaited, span: int = 90 * DAY) -> Came | None:
    with world.writing():
        return advance_until(Driver(world), awaited, world.clock.now + span)


@pytest.mark.parametrize(
    "event", ["order", "message", "delivery", "feedback", "claim", "chargeback", "rate", "settlement", "refund"]
)
def test_time_stops_at_the_moment_of_the_first_such_fact(lively: World, event: str) -> None:
    last = lively.clock.facts
    came = wait(lively, Awaited(event))
    assert came is not None
    rows = lively.facts(last, -1, EVENTS[event].kinds)
    found = [row for row in rows if event != "rate" or '"breached":true' in row.body]
    assert came.fact == found[0].seq
    assert came.at == found[0].at == lively.now
    assert {row.at for row in found} == {came.at}


@pytest.mark.parametrize("event", ["message", "claim", "settlement", "deadline"])
def test_whoever_waits_sees_the_same_facts_as_whoever_moves_time_in_one_go(
    lively: World, tmp_path: Path, event: str
) -> None:
    ends = lively.now + 60 * DAY
    lively.copy_to(tmp_path / "twin.world")
    with closing(World.open(tmp_path / "twin.world")) as twin:
        Driver(twin).advance(ends)
        while wait(lively, Awaited(event), ends - lively.now) and lively.now < ends:
            pass
        assert lively.now == ends
        assert shop.facts(lively) == shop.facts(twin)
        assert shop.tables(lively) == shop.tables(twin)


def test_all_that_falls_due_at_that_moment_has_happened(lively: World) -> None:
    wait(lively, Awaited("claim"))
    due = lively.row("select min(at) from agenda")[0]
    assert due > lively.now


def test_what_lies_behind_that_moment_has_not(lively: World) -> None:
    came = wait(lively, Awaited("claim"))
    assert came is not None
    assert max(row.at for row in lively.facts(limit=-1)) == came.at
    assert lively.row("select count(*) from days where day >= ?", (lively.now,)) == (0,)


def test_what_never_comes_ends_at_the_bound(tmp_path: Path) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        ends = world.now + 5 * DAY
        assert wait(world, Awaited("chargeback"), 5 * DAY) is None
        assert world.now == ends


# -- an order's status


def test_an_order_is_waited_for_until_it_has_a_status(lively: World) -> None:
    wait(lively, Awaited("order"))
    order_id = lively.row("select order_id from orders where view = 'production' order by number desc")[0]
    came = wait(lively, Awaited("order-status", order_id, "Shipped"))
    assert came is not None
    order = lively.order(order_id)
    assert (order.status, order.confirmed_at) == ("Shipped", came.at)


def test_an_order_that_has_the_status_already_is_not_waited_for(tmp_path: Path) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        order_id, now = shop.place(world), world.now
        came = wait(world, Awaited("order-status", order_id, "Unshipped"))
        assert came is not None
        assert (came.fact, world.now) == (None, now)
        assert "already" in came.sentence


def test_an_order_shipped_in_parts_is_shipped_by_its_last_package(tmp_path: Path) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        piece = orders.Piece(1, 3, 84900)
        (placed,) = world.do(orders.place, by="buyer", buyer=1, address=1, pieces=[piece])
        order_id = placed.order_id  # type: ignore[attr-defined]
        item = str(placed.lines[0].item_id)  # type: ignore[attr-defined]
        seen = []
        for pieces in (1, 2):
            shop.wait(world, HOUR)
            what = {"order_id": order_id, "carrier": "BlueDart", "items": {item: pieces}}
            last = world.clock.facts
            world.do(shipments.confirm_shipment, by="seller", **what)
            for status in ("PartiallyShipped", "Shipped"):
                seen.append(first(world, Awaited("order-status", order_id, status), world.now, last) is not None)
        assert seen == [True, False, False, True]


def test_an_order_that_nobody_confirms_is_cancelled_at_its_deadline(tmp_path: Path) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        order = world.order(shop.place(world))
        came = wait(world, Awaited("order-status", order.order_id, "Canceled"))
        assert came is not None
        assert came.at == order.auto_cancel_at


# -- deadlines


def test_a_dispatch_date_passes_one_moment_after_its_last(tmp_path: Path) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        order = world.order(shop.place(world))
        came = wait(world, Awaited("deadline"))
        assert came is not None
        assert came.at == order.dispatch_by + 1 == world.now
        assert order.order_id in came.sentence


def test_the_same_deadline_is_not_waited_for_twice(tmp_path: Path) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        shop.place(world)
        wait(world, Awaited("deadline"))
        assert wait(world, Awaited("deadline"), 10 * DAY) is None


def test_a_deadline_that_was_met_does_not_pass(tmp_path: Path) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        order_id = shop.place(world)
        world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="BlueDart")
        assert wait(world, Awaited("deadline"), 20 * DAY) is None


def test_an_answer_to_a_buyer_falls_due(tmp_path: Path) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        order_id = shop.place(world)
        world.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Where is it?")
        asked = world.now
        came = wait(world, Awaited("deadline", order_id))
        assert came is not None
        assert came.at == asked + world.policy.reply_within_hours * HOUR + 1


def test_an_answer_to_a_claim_falls_due(tmp_path: Path) -> None:
    with closing(shop.slow(tmp_path)) as world:
        order_id = shop.place(world)
        world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="BlueDart")
        shop.wait(world, 40 * DAY)
        (claim, *_) = world.do(claims.file, by="buyer", order_id=order_id, reason="NotReceived")
        came = wait(world, Awaited("deadline", order_id))
        assert came is not None
        assert came.at == claim.respond_by + 1  # type: ignore[attr-defined]


# -- refused


@pytest.mark.parametrize(
    ("awaited", "code"),
    [
        (Awaited("doomsday"), "UnknownEvent"),
        (Awaited("order-status"), "UntilIncomplete"),
        (Awaited("order-status", None, "Gone"), "UnknownStatus"),
        (Awaited("settlement", None, "Shipped"), "UntilIncomplete"),
        (Awaited("fact"), "UntilIncomplete"),
        (Awaited("fact", kinds=("Nonsense",)), "UnknownKind"),
        (Awaited("message", "402-0000000-0000000"), "UnknownOrder"),
        (Awaited("rate", rate="lateness"), "UnknownRate"),
    ],
)
def test_what_nobody_can_wait_for_is_refused(tmp_path: Path, awaited: Awaited, code: str) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        now = world.now
        with pytest.raises(Refused) as refused:
            wait(world, awaited)
        assert refused.value.code == code
        assert world.now == now


def test_a_misspelt_event_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    with (
        closing(shop.quiet(tmp_path)) as world,
        pytest.raises(Refused, match=r"'clam'\. Did you mean claim\? There are: order,"),
    ):
        wait(world, Awaited("clam"))


# -- a stretch that is taken back


def test_a_stretch_that_is_taken_back_leaves_no_trace(lively: World) -> None:
    shop.wait(lively, DAY)
    tables, facts = shop.tables(lively), shop.facts(lively)
    with lively.writing():
        clock = lively.clock.now, lively.clock.facts, lively.clock.dues
        with lively.provisionally() as take_back:
            Driver(lively).advance(lively.clock.now + 10 * DAY)
            take_back()
        assert (lively.clock.now, lively.clock.facts, lively.clock.dues) == clock
    assert shop.tables(lively) == tables
    assert shop.facts(lively) == facts


def test_a_stretch_that_is_kept_stays(lively: World) -> None:
    ends = lively.now + 30 * MINUTE
    with lively.writing(), lively.provisionally():
        Driver(lively).advance(ends)
    assert lively.now == ends
