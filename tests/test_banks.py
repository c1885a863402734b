"""Banks: they read the seller's answer to a chargeback, and decide some weeks later, by named luck."""

from contextlib import closing
from pathlib import Path

from sandbox.central import chargebacks
from sandbox.central.days import DAY
from sandbox.central.disputes import CHARGEBACK
from sandbox.central.world import World
from tests import quarrels, shop
from tests.quarrels import ELSEWHERE, charge_back, chargeback_of, shipped


def answered(world: World, count: int = 1, **what: object) -> list[int]:
    """Chargebacks that the seller answered on the day they came."""
    numbers = [charge_back(world, shipped(world, **what)) for _ in range(count)]
    for number in numbers:
        quarrels.represent(world, number)
    return numbers


def outcomes(world: World, numbers: list[int]) -> list[str | None]:
    return [chargeback_of(world, number).outcome for number in numbers]


def test_a_bank_decides_between_half_and_one_and_a_half_times_the_policys_days(slow: World) -> None:
    numbers = answered(slow, 40)
    shop.wait(slow, 32 * DAY)
    waits = [(chargeback_of(slow, number).closed_at or 0) - shop.MONDAY for number in numbers]
    assert 10.5 * DAY <= min(waits) < 14 * DAY and 28 * DAY < max(waits) <= 31.5 * DAY


def test_a_bank_finds_for_the_seller_about_as_often_as_the_policy_says(slow: World) -> None:
    numbers = answered(slow, 400)
    shop.wait(slow, 32 * DAY)
    found = outcomes(slow, numbers)
    assert set(found) == {"Won", "Lost"} and 0.27 < found.count("Won") / 400 < 0.37
    assert slow.check() == []


def test_what_was_sent_elsewhere_is_always_lost(slow: World) -> None:
    numbers = answered(slow, 50, ship_to=ELSEWHERE)
    shop.wait(slow, 32 * DAY)
    assert set(outcomes(slow, numbers)) == {"Lost"}


def test_the_same_seed_gives_the_same_decisions_at_the_same_moments(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        with closing(shop.slow(tmp_path, name=name)) as world:
            answered(world, 20)
            shop.wait(world, 32 * DAY)
            found.append(world.rows("select outcome, closed_at from disputes order by dispute"))
    assert found[0] == found[1]


def test_a_decision_waits_for_no_answer_and_asks_nothing_of_the_days_between(tmp_path: Path) -> None:
    found = []
    for name, steps in (("leap", [32]), ("steps", [5, 9, 3, 15])):
        with closing(shop.slow(tmp_path, name=name)) as world:
            answered(world, 20)
            for days in steps:
                shop.wait(world, days * DAY)
            found.append(shop.tables(world)["disputes"])
    assert found[0] == found[1]


def test_a_later_answer_meets_the_same_bank(tmp_path: Path) -> None:
    found = []
    for name, days in (("soon", 0), ("late", 9)):
        with closing(shop.slow(tmp_path, name=name)) as world:
            numbers = [charge_back(world, shipped(world)) for _ in range(20)]
            shop.wait(world, days * DAY)
            for number in numbers:
                quarrels.represent(world, number)
            shop.wait(world, 32 * DAY)
            found.append(outcomes(world, numbers))
    assert found[0] == found[1]


def test_a_dispute_more_changes_no_other_decision(tmp_path: Path) -> None:
    found = []
    for name in ("without", "with"):
        with closing(shop.slow(tmp_path, name=name)) as world:
            ids = [shipped(world) for _ in range(20)]
            if name == "with":
                charge_back(world, ids.pop(), "UnauthorisedUse")
            for order_id in ids[:19]:
                quarrels.represent(world, charge_back(world, order_id))
            shop.wait(world, 32 * DAY)
            found.append(
                world.rows("select order_id, outcome, closed_at from disputes where outcome <> 'PaidByAmazon'")
            )
    assert found[0] == found[1]


def test_an_answered_claim_goes_to_no_bank(slow: World) -> None:
    quarrels.answer(slow, quarrels.claimed(slow))
    shop.wait(slow, DAY)
    assert slow.row("select count(*) from agenda where step like 'banks.%'") == (0,)


def test_a_chargeback_that_ended_meanwhile_is_not_decided_again(slow: World) -> None:
    (number,) = answered(slow)
    slow.do(chargebacks.accept, by="seller", chargeback=number)
    shop.wait(slow, 32 * DAY)
    assert quarrels.ended(slow, number, CHARGEBACK)[0] == "Refunded"


def test_what_a_bank_did_is_told_with_its_name_and_its_cause(slow: World) -> None:
    answered(slow)
    shop.wait(slow, 32 * DAY)
    (decided,) = slow.facts(kinds=("DisputeDecided",))
    (answer,) = slow.facts(kinds=("DisputeAnswered",))
    assert (decided.by, decided.rule, decided.because) == ("bank", "chargebacks.decide", answer.seq)
