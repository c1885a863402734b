"""One replication: a shop that lives once through a scenario, by luck of its own, and what became of it in numbers."""

from hashlib import shake_128
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sandbox.central import health, ledger, settlements, standing
from sandbox.central.days import DAY
from sandbox.central.file import LARGE_PAGES
from sandbox.central.records import LINES_OF_A_FACT, PRODUCTION
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.changes import changed, headless
from sandbox.sim.driver import Driver, no_collection
from sandbox.sim.scenario import Scenario
from sandbox.sim.scenario.expect import OF_A_RATE, SUMS

Outcome = dict[str, Any]
"""What became of a shop: plain numbers by name, and `rates`, numbers by rate."""

REPLY_HOURS = (4, 24)
"""The two readings of "in time" (chapters 11 and 12); both are told, whichever the policy takes."""


class Mark(NamedTuple):
    """The moment from which on a run is measured. What came before has warmed the shop up and counts in no sum."""

    at: int
    facts: int


def replication_seed(seed: int, replication: int) -> int:
    """The seed of a replication, the same for every variant: they meet the same buyers, parcels and banks."""
    drawn = shake_128(f"{seed}/replication/{replication}".encode()).digest(8)
    return int.from_bytes(drawn, "little") >> 2  # a scenario's seed has 64 bits and a sign


def run_replication(scenario_json: str, changes: dict[str, str], seed: int, replication: int) -> Outcome:
    """Live through the changed scenario once, its history first, in a world that is gone afterwards."""
    chosen = changed(Scenario.model_validate_json(scenario_json), changes)
    own_seed = replication_seed(seed, replication)
    begun = headless(chosen).model_copy(update={"seed": own_seed})
    with TemporaryDirectory(prefix="sandbox-") as folder:
        world = worlds.make(Path(folder) / "replication.world", begun, page_bytes=LARGE_PAGES)
        try:
            live(world, chosen.start)
            mark = marked(world)
            live(world, chosen.start + chosen.days * DAY)
            return {"seed": own_seed} | outcome(world, mark)
        finally:
            world.close()


def live(world: World, until: int) -> None:
    """Move a world that is gone afterwards, and that nobody else has."""
    driver = Driver(world)
    with world.unguarded(), no_collection():
        if world.now < until:
            driver.advance(until)


def marked(world: World) -> Mark:
    """Where the world stands: what comes is measured from here."""
    return Mark(world.now, world.clock.facts)


def outcome(world: World, mark: Mark) -> Outcome:
    """What became of the shop since the mark, in the production view; money in minor units."""
    with world.looking():
        now = settlements.balance(world)
        return {
            "rates": _rates(world, mark),
            "balance_minor": now.total_minor,
            "reserve_minor": now.reserve_minor,
            **_money(world, mark),
            **_counts(world, mark),
            **_replies(world, mark),
        }


def figures(outcome: Outcome) -> dict[str, float]:
    """An outcome as the plain figures that a scenario may expect. A rate over two windows goes by its first one.

    What has no value is left out: a rate of nothing, the day of a breach that never was.
    """
    found: dict[str, float] = {name: outcome[name] for name in SUMS}
    for label, rate in outcome["rates"].items():
        name = label.partition(" ")[0]
        values = {name: rate["percent"]} | {f"{name}.{key}": rate[key] for key in OF_A_RATE}
        found |= {key: float(value) for key, value in values.items() if value is not None and key not in found}
    return found


def _rates(world: World, mark: Mark) -> dict[str, Any]:
    """The rates that count, as they stand now and as the daily reviews since the mark found them."""
    crossed = _crossed(world, mark)
    return {standing.label(rate): _rate(world, mark, rate, crossed) for rate in health.scored_rates(world)}


def _rate(world: World, mark: Mark, rate: health.Rate, crossed: dict[str, int]) -> dict[str, Any]:
    breached = standing.counts_as_breached(world, rate)
    first_at = crossed.get(standing.label(rate), world.now if breached else None)
    return {
        "counted": rate.counted,
        "out_of": rate.out_of,
        "percent": rate.percent,
        "limit_percent": rate.limit_percent,
        "breached": breached,
        "ever_breached": first_at is not None,
        "first_breach_day": None if first_at is None else (first_at - mark.at) / DAY,
    }


def _crossed(world: World, mark: Mark) -> dict[str, int]:
    """The limits that were crossed at the mark or in a review since, with the moment of the first time."""
    sql = "select name, min(at) from notices where kind = 'limit' and breached and at > ? group by name"
    return dict(world.rows(sql, (mark.at,))) | dict.fromkeys(standing.breaches(world, mark.at), mark.at)


def _money(world: World, mark: Mark) -> dict[str, int]:
    """What went to the bank, what the platform kept, what buyers got back, what claims and chargebacks cost the seller:
    the lines of a settlement."""
    moved = ledger.sums(world, (mark.facts + 1) * LINES_OF_A_FACT - 1)
    return {
        name: -sum(sign * moved.get(kind, 0) for line in lines for kind, sign in ledger.LINES[line].items())
        for name, lines in _MONEY.items()
    }


_MONEY = {
    "released_minor": ("transferred",),
    "fees_minor": ("fees",),
    "refunded_minor": ("refunds",),
    "disputes_minor": ("claims", "chargebacks"),
}


_COUNTS = {
    "orders": "orders o where o.placed_at > :since",
    "messages": "messages join orders o on o.number = order_number where sender = 'buyer' and at > :since",
    "refunds": "refunds join orders o on o.number = order_number where requested_at > :since",
    "claims": "disputes join orders o on o.number = order_number where kind = 'claim' and filed_at > :since",
    "chargebacks": "disputes join orders o on o.number = order_number where kind = 'chargeback' and filed_at > :since",
}


def _counts(world: World, mark: Mark) -> dict[str, int]:
    asked = {"since": mark.at, "view": PRODUCTION}
    return {
        name: world.row(f"select count(*) from {where} and o.view = :view", asked)[0] for name, where in _COUNTS.items()
    }


_FIRST_REPLIES = """
    select count(*), ifnull(sum(wait), 0) from (
        select min(answered_at) - min(m.at) wait from messages m join orders o on o.number = m.order_number
        where sender = 'buyer' and state = 'answered' and view = ? group by thread having min(m.at) > ?)"""


def _replies(world: World, mark: Mark) -> dict[str, int]:
    """How long buyers waited for the first reply in a thread, and how many messages were answered in time.

    A thread without any reply has no wait yet; a message that still waits, and is younger than the limit, is not asked.
    """
    replies, waited = world.row(_FIRST_REPLIES, (PRODUCTION, mark.at))
    found = {"first_replies": replies, "first_reply_wait_ms": waited}
    days = (world.now - mark.at) // DAY
    for hours in REPLY_HOURS:
        rate = health.response_time(world, hours, scored=False, window_days=days)
        found |= {f"asked_{hours}h": rate.out_of, f"answered_{hours}h": rate.counted}
    return found
