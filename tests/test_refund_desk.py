"""The refunds desk: pays back what came back, what was lost, and what it promised (chapter 10)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.central import chargebacks, messages, returns, shipments
from sandbox.central.days import DAY, HOUR
from sandbox.central.world import World
from sandbox.sim import players, words
from tests import quarrels, shop

SURE = "missed_share = 0\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    """A desk that pays two days later and overlooks nothing."""
    world = shop.staffed(tmp_path, "refunds", SURE)
    yield world
    world.close()


def came_back(world: World) -> str:
    """An order that was delivered and is back at the seller's."""
    order_id = quarrels.shipped(world)
    quarrels.deliver(world, order_id)
    world.do(returns.send, by="buyer", order_id=order_id, reason="Defective")
    world.do(returns.arrive, by="carrier", order_id=order_id)
    return order_id


def ends(world: World, how: str) -> str:
    """An order whose parcel the carrier lost, or brought back."""
    order_id = quarrels.shipped(world)
    act = shipments.lose if how == "lost" else shipments.bring_back
    world.do(act, by="carrier", order_id=order_id, package=1)
    return order_id


def says(world: World, order_id: str, topic: str) -> None:
    told = words.TOPICS[topic]
    world.do(messages.ask, by="buyer", order_id=order_id, subject=told.subject, text=told.texts[0])


def refunds(world: World) -> list[tuple[str, int]]:
    """Reason and moment of each refund of the desk, in hours after the start."""
    rows = world.execute(
        """select body ->> 'reason', (at - ?) / 3600000 from facts
        where kind = 'RefundRequested' and by = 'refunds desk' order by seq""",
        (shop.MONDAY,),
    )
    return [(reason, hours) for reason, hours in rows]


def hand_over(world: World, played_by: str) -> None:
    with world.writing():
        players.hand_over(world, "refunds", played_by)


def test_what_came_back_is_refunded_two_days_later(desk: World) -> None:
    order_id = came_back(desk)
    shop.wait(desk, 3 * DAY)
    assert refunds(desk) == [("CustomerReturn", 48)]
    assert desk.order(order_id).refunded_minor == quarrels.WHOLE


def test_a_refund_follows_from_the_return(desk: World) -> None:
    came_back(desk)
    shop.wait(desk, 3 * DAY)
    (refund,) = desk.facts(kinds=("RefundRequested",))
    (arrived,) = desk.facts(kinds=("ReturnArrived",))
    assert refund.because == arrived.seq


def test_a_desk_may_take_longer(tmp_path: Path) -> None:
    world = shop.staffed(tmp_path, "refunds", SURE + "after_days = 4.5\n")
    came_back(world)
    shop.wait(world, 5 * DAY)
    found = refunds(world)
    world.close()
    assert found == [("CustomerReturn", 108)]


@pytest.mark.parametrize(("how", "reason"), [("lost", "CarrierCreditDecision"), ("brought back", "Undeliverable")])
def test_what_never_reached_its_buyer_is_refunded(desk: World, how: str, reason: str) -> None:
    ends(desk, how)
    shop.wait(desk, 3 * DAY)
    assert refunds(desk) == [(reason, 48)]


def test_a_return_that_was_overlooked_is_not_refunded(tmp_path: Path) -> None:
    world = shop.staffed(tmp_path, "refunds", "missed_share = 1\n")
    came_back(world)
    shop.wait(world, 5 * DAY)
    found = refunds(world)
    world.close()
    assert found == []


def test_a_return_that_was_overlooked_is_refunded_when_the_buyer_asks(tmp_path: Path) -> None:
    world = shop.staffed(tmp_path, "refunds", "missed_share = 1\n")
    says(world, came_back(world), words.UNPAID)
    shop.wait(world, DAY)
    found = refunds(world)
    world.close()
    assert found == [("CustomerReturn", 4)]


@pytest.mark.parametrize("topic", [words.FAULTY, words.WRONG, words.OTHERWISE])
def test_what_is_faulty_is_refunded_at_once_where_the_shop_has_it_so(tmp_path: Path, topic: str) -> None:
    world = shop.staffed(tmp_path, "refunds", 'refunds_faulty = "at-once"\n')
    order_id = quarrels.shipped(world)
    quarrels.deliver(world, order_id)
    says(world, order_id, topic)
    shop.wait(world, 5 * HOUR)
    found = refunds(world)
    world.close()
    assert found == [("DifferentItem", 4)]


def test_what_is_faulty_has_to_come_back_first_otherwise(desk: World) -> None:
    order_id = quarrels.shipped(desk)
    quarrels.deliver(desk, order_id)
    says(desk, order_id, words.FAULTY)
    shop.wait(desk, 5 * DAY)
    assert refunds(desk) == []


def test_what_is_only_regretted_is_never_refunded_at_once(tmp_path: Path) -> None:
    world = shop.staffed(tmp_path, "refunds", 'refunds_faulty = "at-once"\n')
    order_id = quarrels.shipped(world)
    quarrels.deliver(world, order_id)
    says(world, order_id, words.REGRET)
    shop.wait(world, DAY)
    found = refunds(world)
    world.close()
    assert found == []


def test_an_order_is_refunded_once(desk: World) -> None:
    order_id = came_back(desk)
    says(desk, order_id, words.UNPAID)
    shop.wait(desk, 5 * DAY)
    assert refunds(desk) == [("CustomerReturn", 4)]


def test_what_a_chargeback_took_meanwhile_is_not_refunded_again(desk: World) -> None:
    number = quarrels.charge_back(desk, came_back(desk))
    desk.do(chargebacks.accept, by="seller", chargeback=number)
    shop.wait(desk, 5 * DAY)
    assert (refunds(desk), desk.check()) == ([], [])


# -- who plays it


@pytest.mark.parametrize("player", ["person", "program"])
def test_a_desk_that_a_person_or_a_program_plays_is_left_to_them(tmp_path: Path, player: str) -> None:
    world = shop.staffed(tmp_path, "refunds", SURE + f'played_by = "{player}"\n')
    came_back(world)
    shop.wait(world, 5 * DAY)
    found = refunds(world)
    world.close()
    assert found == []


def test_a_script_takes_up_what_came_back_at_once(desk: World) -> None:
    hand_over(desk, "person")
    came_back(desk)
    shop.wait(desk, 5 * DAY)
    hand_over(desk, "script")
    shop.wait(desk, HOUR)
    assert refunds(desk) == [("CustomerReturn", 120)]


@pytest.mark.parametrize(("how", "reason"), [("lost", "CarrierCreditDecision"), ("brought back", "Undeliverable")])
def test_a_script_takes_up_what_never_reached_its_buyer(desk: World, how: str, reason: str) -> None:
    hand_over(desk, "person")
    ends(desk, how)
    shop.wait(desk, 5 * DAY)
    hand_over(desk, "script")
    shop.wait(desk, HOUR)
    assert refunds(desk) == [(reason, 120)]


def test_a_script_leaves_alone_what_a_person_refunded(desk: World) -> None:
    hand_over(desk, "person")
    quarrels.refund(desk, came_back(desk))
    hand_over(desk, "script")
    shop.wait(desk, 5 * DAY)
    assert refunds(desk) == []


def test_a_script_that_gets_its_desk_back_refunds_once(desk: World) -> None:
    came_back(desk)
    hand_over(desk, "person")
    hand_over(desk, "script")
    shop.wait(desk, 5 * DAY)
    assert len(refunds(desk)) == 1
