"""The disputes desk: answers claims and chargebacks with the record, refunds them, or lets them lapse (chapter 9)."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.world import World
from sandbox.sim import players
from tests import quarrels, shop

PROMPT = "after_hours = 1\nmissed_share = 0\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    """A desk that overlooks nothing and needs an hour or so."""
    world = shop.staffed(tmp_path, "disputes", PROMPT)
    yield world
    world.close()


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Callable[[str], World]]:
    """Such a desk with other keys."""
    made: list[World] = []

    def make(keys: str) -> World:
        made.append(shop.staffed(tmp_path, "disputes", keys))
        return made[-1]

    yield make
    for world in made:
        world.close()


def charged_back(world: World) -> int:
    return quarrels.charge_back(world, quarrels.shipped(world))


def hand_over(world: World, played_by: str) -> None:
    with world.writing():
        players.hand_over(world, "disputes", played_by)


def evidence(world: World, number: int, kind: str = "claim") -> list[str]:
    return [piece[0] for piece in json.loads(quarrels.of(world, number, kind).evidence)]


FILED = pytest.mark.parametrize(
    ("kind", "file"), [("claim", quarrels.claimed), ("chargeback", charged_back)], ids=["claim", "chargeback"]
)


# -- answers


@FILED
def test_a_case_is_answered_within_hours(desk: World, kind: str, file: Callable[[World], int]) -> None:
    number = file(desk)
    shop.wait(desk, 6 * HOUR)
    found = quarrels.of(desk, number, kind)
    assert found.state == "under-review" and found.answered_at is not None
    assert 0 < found.answered_at - found.filed_at < 6 * HOUR


@FILED
def test_an_answer_follows_from_the_case(desk: World, kind: str, file: Callable[[World], int]) -> None:
    file(desk)
    shop.wait(desk, 6 * HOUR)
    (answered,) = desk.facts(kinds=("DisputeAnswered",))
    (filed,) = desk.facts(kinds=("ClaimFiled", "ChargebackFiled"))
    assert (answered.by, answered.because) == ("disputes desk", filed.seq)


def test_an_answer_comes_with_the_tracking_id_of_what_is_on_its_way(desk: World) -> None:
    number = quarrels.claimed(desk)
    shop.wait(desk, 6 * HOUR)
    assert evidence(desk, number) == ["Tracking"]


def test_an_answer_comes_with_the_proof_of_what_arrived_and_how_to_return_it(desk: World) -> None:
    order_id = quarrels.shipped(desk)
    quarrels.deliver(desk, order_id)
    number = quarrels.claim(desk, quarrels.complained(desk, order_id), "DefectiveOrDifferent")
    shop.wait(desk, 6 * HOUR)
    assert evidence(desk, number) == ["Tracking", "ProofOfDelivery", "ReturnInstructions"]


def test_without_a_tracking_id_the_answer_has_no_evidence(desk: World) -> None:
    number = quarrels.claimed(desk, tracking="")
    shop.wait(desk, 6 * HOUR)
    assert (quarrels.of(desk, number).answered_at is not None, evidence(desk, number)) == (True, [])


@pytest.mark.parametrize("carrier", ["www.courier.in", "x" * 60])
def test_the_script_answers_whatever_carrier_a_person_typed(desk: World, carrier: str) -> None:
    number = quarrels.claimed(desk, carrier=carrier, tracking="9876543210")
    shop.wait(desk, 6 * HOUR)
    assert evidence(desk, number) == ["Tracking"]


@pytest.mark.parametrize("limit", [1, 10])
def test_an_answer_is_as_short_as_the_policy_wants_it(tmp_path: Path, limit: int) -> None:
    world = shop.staffed(tmp_path, "disputes", PROMPT, f"[policy.changes]\nmessage_max_chars = {limit}\n")
    number = charged_back(world)
    shop.wait(world, 6 * HOUR)
    answer = quarrels.chargeback_of(world, number).answer
    world.close()
    assert answer and len(answer) <= limit


# -- refunds, or does nothing


@FILED
def test_a_desk_that_refunds_closes_the_case_at_its_own_cost(
    staffed: Callable[[str], World], kind: str, file: Callable[[World], int]
) -> None:
    world = staffed(PROMPT + f'{kind}s = "refund"\n')
    number = file(world)
    shop.wait(world, 6 * HOUR)
    assert quarrels.ended(world, number, kind) == ("Refunded", "seller", quarrels.WHOLE)


@pytest.mark.parametrize("keys", [PROMPT + '{}s = "ignore"\n', "missed_share = 1\n"], ids=["ignored", "overlooked"])
@FILED
def test_a_case_that_is_ignored_or_overlooked_lapses(
    staffed: Callable[[str], World], kind: str, file: Callable[[World], int], keys: str
) -> None:
    world = staffed(keys.format(kind))
    number = file(world)
    shop.wait(world, 30 * DAY)
    found = quarrels.of(world, number, kind)
    assert (found.answered_at, found.closed_at, found.paid_by) == (None, found.respond_by, "seller")


def test_a_desk_may_answer_claims_and_refund_chargebacks(staffed: Callable[[str], World]) -> None:
    world = staffed(PROMPT + 'chargebacks = "refund"\n')
    claim, chargeback = quarrels.claimed(world), charged_back(world)
    shop.wait(world, 6 * HOUR)
    assert quarrels.of(world, claim).state == "under-review"
    assert quarrels.chargeback_of(world, chargeback).outcome == "Refunded"


def test_a_case_that_a_person_answered_meanwhile_is_not_answered_again(desk: World) -> None:
    number = quarrels.claimed(desk)
    quarrels.answer(desk, number)
    shop.wait(desk, 6 * HOUR)
    assert [fact.by for fact in desk.facts(kinds=("DisputeAnswered",))] == ["seller"]


def test_a_chargeback_that_is_covered_needs_no_answer(desk: World) -> None:
    quarrels.charge_back(desk, quarrels.shipped(desk), "UnauthorisedUse")
    shop.wait(desk, DAY)
    assert desk.facts(kinds=("DisputeAnswered",)) == []


# -- who plays it


@pytest.mark.parametrize("player", ["person", "program"])
@FILED
def test_a_desk_that_a_person_or_a_program_plays_is_left_to_them(
    staffed: Callable[[str], World], kind: str, file: Callable[[World], int], player: str
) -> None:
    world = staffed(PROMPT + f'played_by = "{player}"\n')
    number = file(world)
    shop.wait(world, DAY)
    assert quarrels.of(world, number, kind).state == "action-required"


@FILED
def test_a_script_takes_up_all_that_is_open(desk: World, kind: str, file: Callable[[World], int]) -> None:
    hand_over(desk, "person")
    number = file(desk)
    shop.wait(desk, 12 * HOUR)
    hand_over(desk, "script")
    shop.wait(desk, 6 * HOUR)
    assert quarrels.of(desk, number, kind).state == "under-review"


def test_a_desk_that_is_handed_to_a_person_leaves_what_it_had_taken_up(desk: World) -> None:
    number = quarrels.claimed(desk)
    shop.wait(desk, MINUTE)
    hand_over(desk, "person")
    shop.wait(desk, DAY)
    assert quarrels.of(desk, number).state == "action-required"


def test_a_script_that_gets_its_desk_back_answers_each_case_once(desk: World) -> None:
    quarrels.claimed(desk)
    hand_over(desk, "person")
    hand_over(desk, "script")
    shop.wait(desk, DAY)
    assert len(desk.facts(kinds=("DisputeAnswered",))) == 1


def test_a_script_overlooks_the_same_cases_when_it_takes_over(staffed: Callable[[str], World]) -> None:
    world = staffed("missed_share = 1\n")
    hand_over(world, "person")
    number = quarrels.claimed(world)
    hand_over(world, "script")
    shop.wait(world, DAY)
    assert quarrels.of(world, number).state == "action-required"
