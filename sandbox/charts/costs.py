"""The orders that cost most, each with the chain of facts behind it, and the sales that cancelling lost."""

from typing import Any, NamedTuple

from sandbox.central.payments import in_words
from sandbox.central.records import PRODUCTION
from sandbox.central.world import World
from sandbox.charts import look
from sandbox.charts.chain import chain
from sandbox.charts.page import Figure, Section, Table
from sandbox.charts.words import amount, counted, moment, plain, rounded, share

MOST = 10
"""Orders that are shown."""


class Cost(NamedTuple):
    """What an order cost the seller after it was paid, in minor units."""

    order_id: str
    refunds_minor: int
    claims_minor: int
    """Those that the seller bears, appeals taken off."""
    chargebacks_minor: int
    fees_returned_minor: int

    @property
    def total_minor(self) -> int:
        """What the buyer got at the seller's expense, less the fees that came back with it."""
        return self.refunds_minor + self.claims_minor + self.chargebacks_minor - self.fees_returned_minor


_LINES = (
    {"Refund": 1},
    {"Claim": 1, "Appeal": -1},
    {"Chargeback": 1},
    {"RefundFee": 1, "ClaimFee": 1, "ChargebackFee": 1, "AppealFee": -1},
)
"""The kinds of ledger entry in each amount of a cost."""
_SUMS = ", ".join(
    f"sum({' '.join(f'{sign:+d} * iif(kind = {kind!r}, amount_minor, 0)' for kind, sign in kinds.items())})"
    for kinds in _LINES
)
_COSTS = f"""
    select order_number, {_SUMS} from entries
    where kind in ({", ".join(repr(kind) for kinds in _LINES for kind in kinds)}) group by order_number"""


def costs_of(world: World) -> list[Cost]:
    """Every order that cost the seller something, the costliest first."""
    found = [Cost(world.ids.order_id(number), *sums) for number, *sums in world.rows(_COSTS)]
    return sorted((cost for cost in found if cost.total_minor > 0), key=lambda cost: (-cost.total_minor, cost.order_id))


def costs(world: World) -> Section:
    """The costliest orders, and what led to it."""
    found, lost = costs_of(world), lost_sales(world)
    note = (
        "What an order cost is what its buyer got back at the seller's expense, by refunds, claims and chargebacks,"
        " less the fees that came back with it. The sales lost by cancelling stand apart: nobody had paid for them."
    )
    most = found[:MOST]
    tables = [_table(world, most), *(chain(world, cost.order_id, _headed(world, cost)) for cost in most)]
    tables.append(_lost_table(world, lost))
    is_any = bool(found or lost)
    return Section(_title(world, found), [note] * is_any, _figure(world, most) if most else None, tables)


def _headed(world: World, cost: Cost) -> str:
    return f"Order {cost.order_id} cost {in_words(cost.total_minor, world.currency)}: every fact of it"


def _title(world: World, found: list[Cost]) -> str:
    if not found:
        return "No order cost the seller anything after it was paid"
    total, most = sum(cost.total_minor for cost in found), sum(cost.total_minor for cost in found[:MOST])
    together = rounded(world.currency, total)
    if len(found) == 1:
        return f"One order alone cost the seller {together} after it was paid"
    if len(found) <= MOST:
        return f"{counted(len(found), 'order')} cost the seller {together} after they were paid"
    part = share(most, total)
    return f"{counted(len(found), 'order')} cost the seller {together}; {part} of it is due to {MOST} of them"


def _table(world: World, most: list[Cost]) -> Table:
    headings = ("Order", "Refunds", "Claims", "Chargebacks", "Fees that came back", "Cost")
    rows = [(cost.order_id, *map(amount, (*cost[1:4], -cost[4], cost.total_minor))) for cost in most]
    return Table(f"The orders that cost most, in {world.currency}", headings, rows)


def _figure(world: World, most: list[Cost]) -> Figure:
    names = [cost.order_id for cost in most]
    parts = (
        ("Refunds", [cost.refunds_minor for cost in most]),
        ("Claims", [cost.claims_minor for cost in most]),
        ("Chargebacks", [cost.chargebacks_minor for cost in most]),
        ("Fees that came back", [-cost.fees_returned_minor for cost in most]),
    )
    data = [_bars(place, name, names, values) for place, (name, values) in enumerate(parts) if any(values)]
    rows = look.axis(type="category", autorange="reversed")
    amounts = look.axis(title=look.titled(world.currency), tickformat="~s", nticks=6)
    shown = {"barmode": "relative", "showlegend": True, "legend": look.LEGEND, "xaxis": amounts, "yaxis": rows}
    return look.chart(data, 130 + 30 * len(most), **shown)


def _bars(place: int, name: str, orders: list[str], values: list[int]) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": orders,
        "x": [value / 100 for value in values],
        "marker": {"color": look.colour(place), "pattern": look.hatched(place)},
        "hovertemplate": "%{x:,.2f}<extra>%{fullData.name}</extra>",
    }


# -- sales lost


class Lost(NamedTuple):
    """An order, or the rest of one, that was cancelled before it was paid."""

    order_id: str
    placed_at: int
    value_minor: int
    by: str
    reason: str


_LOST = f"""
    select order_id, placed_at, items_minor + shipping_minor - paid_minor, ifnull(cancelled_by, 'amazon'),
        ifnull(cancel_reason, 'the rest was not confirmed in time')
    from orders where quantity_cancelled > 0 and view = '{PRODUCTION}' and ifnull(cancelled_by, '') <> 'buyer'
    order by 3 desc, number"""


def lost_sales(world: World) -> list[Lost]:
    """What the seller cancelled, or let lapse, the dearest first."""
    return [Lost._make(row) for row in world.rows(_LOST)]


def _lost_table(world: World, lost: list[Lost]) -> Table:
    together = in_words(sum(one.value_minor for one in lost), world.currency)
    all_of_them = f"{counted(len(lost), 'order')} worth {together}, cancelled by the seller or for want of confirmation"
    caption = all_of_them if len(lost) <= MOST else f"{all_of_them}: the {MOST} dearest"
    rows = [
        (one.order_id, moment(one.placed_at), one.by, plain(one.reason), amount(one.value_minor)) for one in lost[:MOST]
    ]
    return Table(caption, ("Order", "Placed", "Cancelled by", "Reason", f"Not paid ({world.currency})"), rows)
