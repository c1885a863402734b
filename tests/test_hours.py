"""Hours: people write, complain, rate and go to the bank at the hours at which they buy, and not at night."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.central.days import DAY, hour_of_day, start_of_day
from sandbox.central.world import World
from sandbox.sim.asking import CLAIMS, RATES, from_then_on, some_time_after
from sandbox.sim.cast import Run
from tests import quarrels, shop

MANY = 60
IN_THE_EVENING = f"demand.hours = {[0] * 18 + [1, 1, 1] + [0] * 3}"
EVENING = {18, 19, 20}
QUARRELS = """
[buyers.ratings]
share = 1
about_the_product = 0
[buyers.returns]
faulty = 0.5
[buyers.disputes]
misses = 1
fraud = 0.2
claims_not_received = 0.5
claims_faulty = 0.5
chargebacks_not_received = 1
chargebacks_faulty = 1
[parcels]
lost_share = 0.3
"""
WRITTEN = ("BuyerAsked", "FeedbackLeft", "ClaimFiled", "ChargebackFiled")


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[World]:
    """A shop whose buyers are up from six to nine in the evening, and quarrel."""
    world = shop.altered(tmp_path, IN_THE_EVENING, QUARRELS)
    yield world
    world.close()


def test_whatever_people_write_they_write_at_their_hours(evening: World) -> None:
    with evening.writing():
        for _ in range(MANY):
            quarrels.shipped(evening)
    shop.wait(evening, 300 * DAY)
    found = evening.facts(kinds=WRITTEN, limit=10_000)
    assert {fact.kind for fact in found} == set(WRITTEN)
    assert {hour_of_day(fact.at) for fact in found} == EVENING


def test_who_waits_for_some_days_acts_on_the_day_that_this_leads_to(evening: World) -> None:
    run = Run(evening)
    for number in range(MANY):
        acts_at = some_time_after(run, number, RATES, evening.now, 5 * DAY)
        assert start_of_day(acts_at) == start_of_day(evening.now + 5 * DAY)


def test_who_has_to_wait_acts_within_a_day_of_being_allowed_to(evening: World) -> None:
    run = Run(evening)
    late = start_of_day(evening.now) + 20 * DAY // 24
    waits = [from_then_on(run, number, CLAIMS, late) - late for number in range(MANY)]
    assert all(0 <= wait < DAY for wait in waits) and len({wait // (DAY // 2) for wait in waits}) == 2


def test_each_doing_has_its_own_hour(evening: World) -> None:
    run = Run(evening)
    rates, claims = (some_time_after(run, 1, doing, evening.now, DAY) for doing in (RATES, CLAIMS))
    assert rates != claims
