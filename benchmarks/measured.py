"""What a shop comes to that lives for years as the base-line scenario has it: the figures that calibration compares."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from math import log
from pathlib import Path
from statistics import NormalDist

from sandbox.central.days import DAY, hour_of_day, weekday
from sandbox.central.file import LARGE_PAGES
from sandbox.central.world import World
from sandbox.sim import scenario, words, worlds
from sandbox.sim.cast import Run
from sandbox.sim.changes import headless
from sandbox.sim.receiving import LATENESS_DAYS, days_late, rating_of
from sandbox.sim.replication import live

SCENARIO, ORDERS = "calm-week", 60_000
_RIPE_DAYS = 150
"""After so many days all that becomes of an order has happened: a bank may file for 120."""
_RATING = 1
"""The place of the uniform that says what a buyer thinks; only some of them say so."""
WHERE = (words.WHERE, words.UNSHIPPED, words.NOT_ARRIVED)
"""What is asked by those who wait."""


def quantile(values: Sequence[float], share: float) -> float:
    """Of sorted values, the one below which that share lies."""
    return values[min(len(values) - 1, int(share * len(values)))]


def distance(values: Sequence[float], law: NormalDist) -> float:
    """The greatest distance between the distribution of sorted values' logarithms and a normal one."""
    count, here = len(values), 0.0
    for place, value in enumerate(values):
        expected = law.cdf(log(value))
        here = max(here, abs(expected - place / count), abs(expected - (place + 1) / count))
    return here


class Lived:
    """The first orders of a shop, once all that becomes of them has happened."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.run = Run(world)

    def column(self, sql: str) -> list[float]:
        """The first column of a query, sorted; `:last` is the last order that counts."""
        return sorted(value for value, *_ in self.world.rows(sql, {"last": ORDERS}))

    def count(self, sql: str) -> int:
        """The one value of a query."""
        (value,) = self.world.row(sql, {"last": ORDERS})
        return int(value)

    def per_order(self, sql: str) -> float:
        """The one value of a query, in percent of the orders."""
        return 100 * self.count(sql) / ORDERS

    # -- what is bought, and when

    @cached_property
    def values(self) -> list[float]:
        """What each order comes to, in rupees."""
        return self.column("select (items_minor + shipping_minor) / 100.0 from orders where number <= :last")

    @cached_property
    def hours(self) -> list[float]:
        """Shares of the 24 hours, in percent."""
        return self._shares([hour_of_day(int(at)) for at in self._placed], 24)

    @cached_property
    def weekdays(self) -> list[float]:
        """Shares of the seven days, in percent."""
        return self._shares([weekday(int(at)) for at in self._placed], 7)

    @cached_property
    def _placed(self) -> list[float]:
        return self.column("select placed_at from orders where number <= :last")

    def _shares(self, found: list[int], kinds: int) -> list[float]:
        counts = Counter(found)
        return [100 * counts[kind] / len(found) for kind in range(kinds)]

    # -- parcels

    @cached_property
    def lead_days(self) -> list[float]:
        """From the order to the confirmation of its first package."""
        sql = "select confirmed_at - placed_at from orders where number <= :last and confirmed_at"
        return [span / DAY for span in self.column(sql)]

    @cached_property
    def transit_days(self) -> list[float]:
        """From the confirmation to the door."""
        sql = "select (delivered_at - confirmed_at) from packages where order_number <= :last and delivered_at"
        return [span / DAY for span in self.column(sql)]

    @cached_property
    def lateness(self) -> dict[str, int]:
        """Orders by their class of lateness; number -> how many."""
        found = Counter(bisect_right(LATENESS_DAYS, late) for _, late in self._delivered)
        return {name: found[place] for place, name in enumerate(CLASSES)}

    @cached_property
    def _delivered(self) -> list[tuple[str, int]]:
        """Orders that arrived, and how many days late."""
        sql = """select order_id, max(p.delivered_at) from packages p join orders o on number = order_number
            where number <= :last and p.delivered_at group by number"""
        found = self.world.rows(sql, {"last": ORDERS})
        return [(order_id, days_late(self.world.order(order_id), at)) for order_id, at in found]

    @cached_property
    def unhappy(self) -> dict[str, float]:
        """What share of buyers would give 1 or 2, by class of lateness, in percent."""
        bad: Counter[int] = Counter()
        for order_id, late in self._delivered:
            order = self.world.order(order_id)
            draw = self.run.luck("after", order.number, places=8)[_RATING]
            bucket = bisect_right(LATENESS_DAYS, late)
            bad[bucket] += rating_of(self.run, order, draw, bucket) <= 2
        return {name: 100 * bad[place] / max(1, self.lateness[name]) for place, name in enumerate(CLASSES)}

    # -- what is written

    @cached_property
    def topics(self) -> Counter[str]:
        """Orders whose buyer wrote, by what about; thanks and what is asked again are no contact of their own."""
        sql = """select m.order_number, m.text from messages m where sender = 'buyer' and m.order_number <= :last"""
        found = {(number, words.topic_of(text)) for number, text in self.world.rows(sql, {"last": ORDERS})}
        return Counter(topic for _, topic in found if topic not in (None, words.THANKS))

    def contacts(self, *topics: str) -> float:
        """So many contacts in 100 orders, about all or some topics."""
        return 100 * sum(self.topics[topic] for topic in topics or self.topics) / ORDERS

    # -- disputes

    @cached_property
    def reasons(self) -> Counter[str]:
        """Chargebacks by reason."""
        sql = "select reason from disputes where kind = 'chargeback' and order_number <= :last"
        return Counter(reason for (reason,) in self.world.rows(sql, {"last": ORDERS}))

    def chargeback_days(self, reason: str = "") -> list[float]:
        """From the order to the chargeback."""
        sql = f"""select filed_at - placed_at from disputes join orders on number = order_number
            where kind = 'chargeback' and number <= :last {f"and reason = '{reason}'" if reason else ""}"""
        return [span / DAY for span in self.column(sql)]

    @cached_property
    def return_days(self) -> list[float]:
        """From the first delivery until the buyer asks to send it back."""
        sql = f"""select min(m.at) - min(p.delivered_at) from messages m join packages p using (order_number)
            where m.sender = 'buyer' and order_number <= :last and ({" or ".join(_BEGINNINGS)})
            group by order_number"""
        return [span / DAY for span in self.column(sql)]


CLASSES = ("early", "on the promised day", "1 to 2 days late", "3 to 7 days late", "more than 7 days late")
_FOUND_FAULT = (words.FAULTY, words.WRONG, words.OTHERWISE, words.REGRET)
_BEGINNINGS = [f"m.text = '{text}'" for topic in _FOUND_FAULT for text in words.TOPICS[topic].texts]


def lived(folder: Path) -> World:
    """The base-line scenario, without history, until its first orders are ripe."""
    chosen = headless(scenario.load(SCENARIO))
    world = worlds.make(folder / "calibration.world", chosen, page_bytes=LARGE_PAGES)
    days = ORDERS / chosen.demand.orders_per_day
    live(world, world.now + int(days * 1.02 + _RIPE_DAYS) * DAY)
    assert world.clock.orders >= ORDERS
    return world
