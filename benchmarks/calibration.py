"""The base-line shop beside published figures, as a page: `python -m benchmarks calibration > docs/calibration.md`.

Every line says what it is held to, and why. The page is the same at every run, and a test holds it to what is printed.
"""

import tempfile
from collections.abc import Iterator
from functools import cache
from math import exp, log, sqrt
from pathlib import Path
from statistics import NormalDist, fmean, pstdev
from typing import NamedTuple

from benchmarks.figures import Figure
from benchmarks.measured import CLASSES, ORDERS, SCENARIO, WHERE, Lived, distance, lived, quantile
from sandbox.sim import scenario, words
from sandbox.sim.scenario.demand import Demand

SURE = 3.291
"""Standard deviations of the sample: a thousandth of the samples lie further from what they were drawn from."""
MEASURED, PUBLISHED, ASSUMED = "measured", "published", "assumed"

OLIST = "Olist, 99,437 public orders of a marketplace"
PARCELS = "Olist, 4,855 delivered orders"
REVIEWS = "Olist, 96,353 reviews; the share of 2 stars by maximum entropy"
SHOP_OF_GIFTS = "UCI Online Retail, 7,599 matched returns"


class Line(NamedTuple):
    """A quantity of ours beside the source's, with what it is held to."""

    quantity: str
    ours: float
    theirs: str
    low: float
    high: float
    kind: str
    source: str
    digits: int = 1

    @property
    def holds(self) -> bool:
        """Whether ours lies within its bounds."""
        return self.low <= self.ours <= self.high

    def told(self) -> str:
        """As a row of the page."""
        ours, low, high = (f"{value:,.{self.digits}f}" for value in (self.ours, self.low, self.high))
        return f"| {self.quantity} | {ours} | {self.theirs} | {low} to {high} | {self.kind} | {self.source} |"


def fitted(quantity: str, ours: float, theirs: float, part: float, kind: str, source: str, digits: int = 1) -> Line:
    """Held to a part of the source's figure on either side: what a mixture of few parts can come to."""
    low, high = theirs * (1 - part), theirs * (1 + part)
    return Line(quantity, ours, f"{theirs:,.{digits}f}", low, high, kind, source, digits)


def sampled(quantity: str, ours: float, theirs: float, out_of: int, kind: str, source: str, digits: int = 1) -> Line:
    """A percentage that the source gives and the shop draws by: held to the luck of a sample alone."""
    spread = SURE * sqrt(theirs * (100 - theirs) / out_of)
    low, high = max(0.0, theirs - spread), theirs + spread
    return Line(quantity, ours, f"{theirs:,.{digits}f}", low, high, kind, source, digits)


def between(
    quantity: str, ours: float, low: float, high: float, out_of: int, kind: str, source: str, digits: int = 1
) -> Line:
    """A percentage between the source's bounds, with the luck of a sample at either end."""
    least, most = (SURE * sqrt(end * (100 - end) / out_of) for end in (low, high))
    theirs = f"{low:,.{digits}f} to {high:,.{digits}f}" if low else f"under {high:,.{digits}f}"
    return Line(quantity, ours, theirs, max(0.0, low - least), high + most, kind, source, digits)


# -- what is bought, and when

_VALUE_MEAN, _VALUE_SIGMA = 1000.0, 0.8107
_VALUE = NormalDist(log(_VALUE_MEAN) - _VALUE_SIGMA**2 / 2, _VALUE_SIGMA)
_INDIA = "the measured shape of Olist at the mean of Unicommerce 2020"


def bought(found: Lived) -> Iterator[Line]:
    """What orders come to, and when they come."""
    values = found.values
    yield fitted("mean order, rupees", fmean(values), _VALUE_MEAN, 0.03, PUBLISHED, "Unicommerce 2020", 0)
    for share in (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99):
        theirs = exp(_VALUE.inv_cdf(share))
        name = f"order below which {share * 100:g} % lie, rupees"
        yield fitted(name, quantile(values, share), theirs, 0.12, ASSUMED, _INDIA, 0)
    spread = pstdev([log(value) for value in values])
    yield fitted("standard deviation of its logarithm", spread, _VALUE_SIGMA, 0.03, MEASURED, OLIST, 3)
    far = distance(values, _VALUE)
    yield Line("distance from the lognormal (KS)", far, "0.027", 0, 0.06, MEASURED, OLIST, 3)
    single = 100 - found.per_order(
        "select count(distinct order_number) from items where order_number <= :last and line > 1"
    )
    yield fitted("orders of one line, %", single, 90.0, 0.02, PUBLISHED, "Olist")
    pieces = found.count("select sum(quantity) from orders where number <= :last") / ORDERS
    yield fitted("pieces in an order", pieces, 1.14, 0.03, PUBLISHED, "Olist, 112,650 pieces in 98,666 orders", 2)
    for name, ours, shares in (("hour", found.hours, _HOURS), ("weekday", found.weekdays, _WEEKDAYS)):
        off = max(abs(mine - yours) for mine, yours in zip(ours, shares, strict=True))
        yield Line(f"greatest difference of a share by {name}, % of orders", off, "0", 0, 0.5, MEASURED, OLIST, 2)


def _percents(shares: list[float]) -> list[float]:
    return [100 * share / sum(shares) for share in shares]


_HOURS, _WEEKDAYS = _percents(Demand().hours), _percents(Demand().weekdays)


# -- parcels

_TRANSIT = {0.05: 1.12, 0.1: 1.81, 0.25: 4.06, 0.5: 7.04, 0.75: 11.65, 0.9: 18.79, 0.95: 24.06, 0.99: 38.86}
_LATE = {"on the promised day": 1.2, "1 to 2 days late": 1.2, "3 to 7 days late": 2.8, "more than 7 days late": 2.8}


_FIRST_ATTEMPTS = """select count(*) from facts where kind = 'DeliveryFailed' and body like '%"attempt":1}'
    and order_number <= :last"""


def travelled(found: Lived) -> Iterator[Line]:
    """How long parcels travel, and what becomes of them."""
    lead = fmean(found.lead_days)
    yield Line("mean time from order to carrier, days", lead, "3.3", 0.5, 3.3, MEASURED, f"{PARCELS}: see below")
    days = found.transit_days
    yield fitted("mean transit, days", fmean(days), 9.12, 0.05, MEASURED, PARCELS)
    for share, theirs in _TRANSIT.items():
        name = f"transit below which {share * 100:g} % lie, days"
        yield fitted(name, quantile(days, share), theirs, 0.12, MEASURED, PARCELS)
    arrived = sum(found.lateness.values())
    late = 100 * sum(found.lateness[name] for name in CLASSES[2:]) / arrived
    yield sampled("late by calendar days, % of delivered orders", late, 6.8, 4_855, MEASURED, PARCELS)
    for name, theirs in _LATE.items():
        ours = 100 * found.lateness[name] / arrived
        yield fitted(f"{name}, %", ours, theirs, 0.5, MEASURED, PARCELS)
    sent = found.count("select count(*) from packages where order_number <= :last")
    failed = 100 * found.count(_FIRST_ATTEMPTS) / sent
    yield sampled("first attempts at which nobody is there, %", failed, 8.0, sent, PUBLISHED, "Loqate 2021")
    back = 100 * found.count("select count(*) from packages where returned_at and order_number <= :last") / sent
    yield between("brought back to the seller, %", back, 0, 2, sent, PUBLISHED, "Shipway ShipNotes FY25, prepaid")
    lost = 100 * found.count("select count(*) from packages where lost_at and order_number <= :last") / sent
    yield sampled("lost, %", lost, 0.0157, sent, PUBLISHED, "an Amazon.in clothing seller, 128,975 lines", 3)


# -- what buyers write, think and send back


def wrote(found: Lived) -> Iterator[Line]:
    """Contacts, opinions and returns."""
    contacts = found.contacts()
    yield fitted("contacts in 100 orders", contacts, 6.7, 0.1, PUBLISHED, "Gorgias, one in 15 orders")
    where = 100 * found.contacts(*WHERE) / contacts
    yield between("of them: where is it, %", where, 16, 18, int(contacts * ORDERS / 100), PUBLISHED, "Gorgias")
    address = 100 * found.contacts(words.ADDRESS) / contacts
    yield between(
        "of them: another address, %", address, 20, 30, int(contacts * ORDERS / 100), PUBLISHED, "getselfserve"
    )
    asked = found.contacts(words.ADDRESS)
    yield fitted("asks for another address, % of orders", asked, 1.3, 0.15, ASSUMED, "6.7 % times a fifth", 2)
    for name, (low, high) in zip(CLASSES, _NEGATIVE, strict=True):
        yield between(
            f"would give 1 or 2 stars: {name}, %",
            found.unhappy[name],
            low,
            high,
            found.lateness[name],
            MEASURED,
            REVIEWS,
        )
    left = found.per_order("select count(*) from feedback where order_number <= :last")
    yield Line("leaves feedback, % of orders", left, "2 to 10", 2, 10, ASSUMED, "no source found", 2)
    bad = found.per_order("select count(*) from feedback where order_number <= :last and rating <= 2")
    yield Line(
        "leaves 1 or 2 stars, % of orders", bad, "under 0.5", 0.1, 0.5, ASSUMED, "half of the limit of defects", 2
    )
    back = found.per_order("select count(*) from returns where order_number <= :last")
    yield Line("sent back, % of orders", back, "6.8", 1.5, 6.8, PUBLISHED, "an Amazon.in clothing seller: see below")
    for share, theirs, part in ((0.25, 4.08, 0.3), (0.5, 9.25, 0.15), (0.75, 24.0, 0.15), (0.9, 66.8, 0.15)):
        ours = quantile(found.return_days, share)
        name = f"from the door to asking to return: {share * 100:g} % ask within, days"
        yield fitted(name, ours, theirs, part, MEASURED, SHOP_OF_GIFTS)


_NEGATIVE = ((6.6, 14.0), (8.5, 19.0), (18.8, 32.8), (58.4, 69.4), (74.5, 83.5))


# -- what is cancelled and disputed

_REASONS = {
    "unauthorised use": (("UnauthorisedUse",), 30),
    "not received": (("NotReceived",), 26),
    "wrong item": (("WrongItem",), 15),
    "not as described": (("NotAsDescribed",), 4),
    "below expectations": (("BelowExpectations",), 4),
    "charged twice": (("ChargedTwice",), 3),
    "other": (("Other",), 18),
}


def disputed(found: Lived) -> Iterator[Line]:
    """Cancellations, claims and chargebacks."""
    buyers = found.per_order("select count(*) from orders where number <= :last and cancel_reason = 'BuyerCanceled'")
    yield Line(
        "cancelled for the buyer before it left, % of orders", buyers, "3", 0.63, 3, ASSUMED, "0.63 % at Olist", 2
    )
    stock = found.per_order("select count(*) from orders where number <= :last and cancel_reason = 'NoInventory'")
    yield sampled(
        "cancelled for want of stock, % of orders", stock, _NO_STOCK, ORDERS, ASSUMED, "the scenario's own", 2
    )
    claims = found.per_order("select count(*) from disputes where kind = 'claim' and order_number <= :last")
    yield Line("guarantee claims, % of orders", claims, "0.05", 0.03, 0.1, ASSUMED, "no source found", 3)
    total = sum(found.reasons.values())
    yield sampled("chargebacks, % of orders", 100 * total / ORDERS, 0.08, ORDERS, ASSUMED, _THREE_D, 3)
    for name, (reasons, theirs) in _REASONS.items():
        ours = 100 * sum(found.reasons[reason] for reason in reasons) / total
        yield sampled(f"of them: {name}, %", ours, theirs, total, PUBLISHED, "ClearSale, by way of firewalltimes")
    days = found.chargeback_days("UnauthorisedUse")
    off = SURE * _LAG_SIGMA / sqrt(len(days))
    low, high = _LAG_DAYS * exp(-off), _LAG_DAYS * exp(off)
    middle = exp(fmean(log(day) for day in days))
    yield Line("unauthorised use: from the order to the bank, days", middle, "30", low, high, ASSUMED, _LAG)
    defects = found.per_order("select count(*) from orders where number <= :last and defects")
    yield Line(
        "orders with a defect, %", defects, "0.3 to 0.7", 0.3, 0.7, ASSUMED, "a healthy seller; the limit is 1 %", 2
    )


_NO_STOCK = 100 * scenario.load(SCENARIO).desks.stock.no_stock_share
_THREE_D = "cards with a second factor; 0.3 to 0.9 % is published for all of e-commerce"
_LAG_DAYS, _LAG_SIGMA = 30.0, 0.6
_LAG = "several weeks on average (Amazon help); the curve is assumed"


# -- the page

_HEAD = """# Calibration

What the base-line shop comes to, beside what others have measured or published. Ours are the first {orders:,} orders of
`{name}` with its own seed, {seed}, once all that becomes of them has happened. This page is printed by
`python -m benchmarks calibration`, and a test holds it to what is printed.

*measured*: worked out from a public data set, of which the sandbox has the figures and not the rows. *published*: a
number that the named source prints. *assumed*: no usable source was found; the number is a knob, and says what it was
set by. Held to: the bounds that a test keeps. They are as wide as the luck of a sample of that size makes it (one in a
thousand lies outside), or as a mixture of few parts can be fitted, or as far as the sources contradict each other.
"""

_PARTS = {
    "What is bought, and when": bought,
    "Parcels": travelled,
    "What buyers write, think and send back": wrote,
    "What is cancelled and disputed": disputed,
}

_TAIL = """
## Where the sources contradict each other

* **Promise and transit.** The marketplace promised each order a day of its own, 23.5 days after it on average; the
  guide promises all of them the 24th. Its sellers took 3.3 days to hand a parcel over; ours take one, by their pick.
  With its transit times to the day one order in 18 would be late here and not one in 15, for a fixed promise is broken
  less often than a drawn one. The far part of the mixture is so much slower that the late share is right, and the
  slowest twentieth a little too slow.
* **Late parcels and messages.** With 6.8 % of orders late and 1.2 messages about parcels in 100 orders, no more than
  one late buyer in six can have written. One in ten does here, and one in 80 of all would ask before that.
* **Returns and messages.** In this shop whoever sends something back writes first. With the 6.8 % of a clothing seller
  nobody could write about anything else: the shop keeps the messages and has fewer returns. The 22 to 29 % that are
  published for India count parcels that were paid at the door and refused.
* **Opinions.** The shares of bad ratings are of buyers who were all asked. On a marketplace few answer: see the key
  `buyers.ratings.share`. Whoever wrote and was cared for is milder, so ours lie in the lower half of the bounds.
* **Chargebacks.** 0.3 to 0.9 % of card payments are published. With 0.6 %, and half as many other defects, hardly any
  seller would stay under the limit of 1 %: the shop is taken to ask its cards for a second factor.
* **Carriers in India.** Trade pages have 1 to 2 days within a zone and 5 to 10 to small towns, without data. The times
  measured in another large country are taken instead. `[[parcels.transit]]` takes others.
"""


@cache
def lines() -> dict[str, list[Line]]:
    """All lines by their part of the page; the shop lives once."""
    with tempfile.TemporaryDirectory() as folder:
        world = lived(Path(folder))
        found = Lived(world)
        told = {title: list(part(found)) for title, part in _PARTS.items()}
        world.close()
    return told


def page() -> str:
    """The page as Markdown."""
    parts = [_HEAD.format(orders=ORDERS, name=SCENARIO, seed=scenario.load(SCENARIO).seed)]
    for title, rows in lines().items():
        parts.append(
            f"\n## {title}\n\n| quantity | ours | theirs | held to | kind | source |\n|---|---|---|---|---|---|\n"
        )
        parts.extend(f"{row.told()}\n" for row in rows)
    return "".join((*parts, _TAIL))


def measure() -> list[Figure]:
    """Print the page; each line is a figure with two bounds."""
    print(page(), end="")
    rows = [row for found in lines().values() for row in found]
    low = [Figure(row.quantity, row.ours, row.low, "") for row in rows]
    return low + [Figure(row.quantity, row.ours, row.high, "", at_least=False) for row in rows]
