"""The lists of claims and chargebacks: by the time left, page by page, with what the record says (chapter 9)."""

import pytest

from sandbox.central import claims, performance
from sandbox.central.days import DAY
from sandbox.central.disputes import CHARGEBACK, CLAIM, Verdict
from sandbox.central.guide import Refused
from sandbox.central.performance import FoundDispute
from sandbox.central.world import World
from tests import quarrels, shop
from tests.quarrels import ELSEWHERE, charge_back, claimed, shipped


def listed(world: World, kind: str = CLAIM, **what: object) -> list[int]:
    page = performance.disputes(world, kind, **what)  # type: ignore[arg-type]  # tests alone
    return [found.dispute.dispute for found in page.rows]


def in_pages_of(world: World, limit: int) -> list[int]:
    page = performance.disputes(world, CLAIM, limit=limit)
    found = list(page.rows)
    while page.next_cursor:
        page = performance.disputes(world, CLAIM, limit=limit, cursor=page.next_cursor)
        found += page.rows
    return [row.dispute.dispute for row in found]


def one(world: World, number: int, kind: str = CLAIM) -> FoundDispute:
    return performance.dispute(world, kind, number)


@pytest.fixture
def claims_in_all_states(slow: World) -> dict[str, int]:
    """A claim of each state by its name, and one more that waits, with more time left."""
    found = {"closed": claimed(slow), "appealed": claimed(slow)}
    shop.wait(slow, 8 * DAY)
    quarrels.appeal(slow, found["appealed"])
    ids = [shipped(slow) for _ in range(3)]
    for order_id in ids:
        quarrels.write(slow, order_id)
    shop.wait(slow, 2 * DAY)
    for name, order_id in zip(("under-review", "action-required", "later"), ids, strict=True):
        found[name] = quarrels.claim(slow, order_id)
        shop.wait(slow, 1)
    quarrels.answer(slow, found["under-review"])
    return found


def test_what_needs_an_answer_stands_first_by_the_time_left_then_the_newest(
    slow: World, claims_in_all_states: dict[str, int]
) -> None:
    names = ("action-required", "later", "under-review", "appealed", "closed")
    assert listed(slow) == [claims_in_all_states[name] for name in names]


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_pages_give_every_claim_once(slow: World, claims_in_all_states: dict[str, int], limit: int) -> None:
    assert in_pages_of(slow, limit) == listed(slow)


@pytest.mark.parametrize("state", ["under-review", "appealed", "closed"])
def test_claims_are_found_by_their_state(slow: World, claims_in_all_states: dict[str, int], state: str) -> None:
    assert listed(slow, states=(state,)) == [claims_in_all_states[state]]


def test_claims_are_found_by_their_order(slow: World, claims_in_all_states: dict[str, int]) -> None:
    number = claims_in_all_states["appealed"]
    assert listed(slow, order_id=quarrels.of(slow, number).order_id) == [number]


def test_claims_and_chargebacks_stand_in_lists_of_their_own(slow: World) -> None:
    claim, chargeback = claimed(slow), charge_back(slow, shipped(slow))
    assert (listed(slow), listed(slow, CHARGEBACK)) == ([claim], [chargeback])


def test_the_sandbox_view_has_neither(slow: World) -> None:
    claimed(slow)
    assert listed(slow, view="sandbox") == []


def test_a_claim_filed_meanwhile_comes_on_a_later_page(slow: World) -> None:
    first, second = claimed(slow), claimed(slow)
    page = performance.disputes(slow, CLAIM, limit=1)
    third = claimed(slow)
    assert [row.dispute.dispute for row in page.rows] == [first]
    assert listed(slow, cursor=page.next_cursor) == [second, third]


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"cursor": "x"}, "UnknownCursor"),
        ({"limit": 0}, "InvalidLimit"),
        ({"view": "test"}, "UnknownView"),
        ({"order_id": "402-1"}, "UnknownOrder"),
    ],
)
def test_a_list_that_cannot_be_is_refused(slow: World, what: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        listed(slow, **what)
    assert refused.value.code == code


# -- what is told of one


def test_an_open_claim_tells_how_it_would_end_now(slow: World) -> None:
    found = one(slow, claimed(slow)).verdict
    because = "It was sent in time, with tracking, to the address of the order."
    assert found == Verdict("GrantedAmazonFunded", "amazon", because)


def test_the_verdict_moves_with_the_record(slow: World) -> None:
    number = claimed(slow)
    quarrels.deliver(slow, quarrels.of(slow, number).order_id)
    found = one(slow, number)
    assert found.case.delivered and found.verdict and found.verdict.outcome == "Denied"


def test_a_closed_claim_has_an_outcome_and_no_verdict(slow: World) -> None:
    number = claimed(slow)
    slow.do(claims.withdraw, by="buyer", claim=number)
    assert (one(slow, number).verdict, one(slow, number).dispute.outcome) == (None, "Withdrawn")


def test_a_claim_granted_at_the_sellers_cost_says_until_when_it_may_be_appealed(slow: World) -> None:
    number = claimed(slow)
    before = one(slow, number).appeal_by
    shop.wait(slow, 7 * DAY)
    assert (before, one(slow, number).appeal_by) == (None, slow.now + 30 * DAY)


def test_an_answered_claim_says_when_it_is_decided(slow: World) -> None:
    number = claimed(slow)
    before = one(slow, number).decided_at
    quarrels.answer(slow, number)
    assert (before, one(slow, number).decided_at) == (None, slow.now + 2 * DAY)


def test_an_appealed_claim_says_when_it_is_decided(slow: World) -> None:
    number = claimed(slow)
    shop.wait(slow, 7 * DAY)
    quarrels.appeal(slow, number)
    assert one(slow, number).decided_at == slow.now + 3 * DAY


@pytest.mark.parametrize(("what", "percent"), [({}, 32.0), ({"ship_to": ELSEWHERE}, 0.0)])
def test_an_open_chargeback_tells_its_odds(slow: World, what: dict[str, object], percent: float) -> None:
    number = charge_back(slow, shipped(slow, **what))
    assert one(slow, number, CHARGEBACK).won_percent == percent


def test_a_chargeback_that_is_lost_in_any_case_says_so(slow: World) -> None:
    number = charge_back(slow, shipped(slow, ship_to=ELSEWHERE))
    found = one(slow, number, CHARGEBACK).verdict
    assert found and (found.outcome, found.paid_by) == ("Lost", "seller")


def test_the_record_is_told_as_it_is(slow: World) -> None:
    order_id = shipped(slow, ship_to=ELSEWHERE, tracking="")
    found = one(slow, charge_back(slow, order_id), CHARGEBACK).case
    assert found == (False, False, False, False, True, False, slow.order(order_id).deliver_by)
