"""Where the money went: from what buyers paid to the bank, the reserve and what is there (chapters 5 and 6)."""

from typing import Any, NamedTuple

from sandbox.central import ledger, settlements
from sandbox.central.world import World
from sandbox.charts import look
from sandbox.charts.page import Figure, Section, Table
from sandbox.charts.words import amount, rounded, share

SUM, FLOW, PART = "sum", "flow", "part"


class Step(NamedTuple):
    """One step of the way."""

    name: str
    amount_minor: int
    """Of a flow below 0 where it leaves the seller."""
    kind: str
    """A sum of all that is above it, a flow between two sums, or a part of the last sum."""
    says: str


PAID, BANK = "Paid by buyers", "At the bank"
BACK = ("Refunds", "Guarantee claims", "Chargebacks")
"""What buyers got back."""


def steps(world: World) -> list[Step]:
    """The way of the money, to the last minor unit as the ledger has it."""
    kinds, held = ledger.sums(world, 0), ledger.balances(world)
    balance = settlements.balance(world)
    gross = {name: sum(kinds.get(kind, 0) for kind in kinds_of) for name, kinds_of in _GROSS.items()}
    flows = [
        Step("Fees", -held["fees"], FLOW, "What the platform keeps; fees that came back are taken off."),
        Step("Refunds", -gross["Refunds"], FLOW, "Given back by the seller. What is pending is not in it."),
        Step("Guarantee claims", -gross["Guarantee claims"], FLOW, "What buyers got by claims."),
        Step("Chargebacks", -gross["Chargebacks"], FLOW, "What banks took back."),
        Step("Borne by the platform", -held["protection"], FLOW, "Of claims and chargebacks, in the seller's place."),
    ]
    left = gross[PAID] + sum(step.amount_minor for step in flows)
    return [
        Step(PAID, gross[PAID], SUM, "Charged package by package, as shipments were confirmed."),
        *flows,
        Step("The seller's", left, SUM, "All that is left to the seller, in four parts:"),
        Step(BANK, held["bank"], PART, "Transferred by settlements."),
        Step("In transfer", balance.in_transfer_minor, PART, "Settled, and on its way to the bank."),
        Step("In reserve", balance.reserve_minor, PART, "Held back now."),
        Step("Available", balance.available_minor, PART, "The rest; below 0 the seller owes the platform."),
    ]


_GROSS = {
    PAID: ("OrderPayment",),
    "Refunds": ("Refund",),
    "Guarantee claims": ("Claim", "ClaimProtection"),
    "Chargebacks": ("Chargeback", "ChargebackProtection"),
}
"""The kinds of ledger entry between buyers and the rest, whoever bore them."""


def went(world: World) -> Section:
    """The waterfall."""
    way = steps(world)
    if not way[0].amount_minor:
        return Section("No buyer has paid anything yet")
    notes = [f"From the top down, what buyers paid becomes what the seller has. Amounts are in {world.currency}."]
    if pending := _pending(world):
        notes.append(f"Refunds of {rounded(world.currency, pending)} are pending; they can be called off still.")
    return Section(_title(world, way), notes, _figure(world, way), [_table(world, way)])


def _pending(world: World) -> int:
    (pending,) = world.row("select ifnull(sum(amount_minor), 0) from refunds where state = 'pending'")
    return int(pending)


def _title(world: World, way: list[Step]) -> str:
    amounts = {step.name: step.amount_minor for step in way}
    paid, back = amounts[PAID], -sum(amounts[name] for name in BACK)
    unit = "rupees" if world.currency == "INR" else world.currency
    bank = f"{_of_100(amounts[BANK], paid)} reached the bank"
    if not back:
        return f"Of 100 {unit} that buyers paid none went back to them, and {bank}"
    return f"{_of_100(back, paid).capitalize()} of 100 {unit} paid went back to buyers, {bank}"


def _of_100(part: int, whole: int) -> str:
    if not part:
        return "none"
    return f"{round(part * 100 / whole)}" if part * 200 >= whole else "less than 1"


def _table(world: World, way: list[Step]) -> Table:
    rows = [(step.name, amount(step.amount_minor), _share(step, way[0]), step.says) for step in way]
    return Table("Where the money went", ("Step", f"Amount ({world.currency})", "Of what was paid", "What it is"), rows)


def _share(step: Step, paid: Step) -> str:
    part = share(abs(step.amount_minor), paid.amount_minor)
    return f"-{part}" if step.amount_minor < 0 and not part.startswith("less") else part


# -- the chart


def _figure(world: World, way: list[Step]) -> Figure:
    placed = list(zip(way, _bases(way), strict=True))
    ends = [base + step.amount_minor for step, base in placed]
    span = (min(0, *ends) * 1.05 / 100, max(ends) * 1.05 / 100)
    axis = look.axis(range=span, tickformat="~s", nticks=5, title=look.titled(world.currency))
    names = [step.name for step in way]
    shown = {"tickvals": names, "ticktext": [_label(step) for step in way], "tickfont": {"color": look.INK, "size": 12}}
    rows = look.axis(autorange="reversed", categoryarray=names, showgrid=False, **shown)
    data = [_bars(placed, colour) for colour in dict.fromkeys(_colour(step) for step in way)]
    return look.chart(data, 80 + 44 * len(way), barmode="overlay", xaxis=axis, yaxis=rows)


def _bars(placed: list[tuple[Step, int]], colour: str) -> dict[str, Any]:
    """The bars of one colour; plotly hatches none of several colours."""
    mine = [(step, base) for step, base in placed if _colour(step) == colour]
    return {
        "type": "bar",
        "orientation": "h",
        "y": [step.name for step, _ in mine],
        "base": [base / 100 for _, base in mine],
        "x": [step.amount_minor / 100 for step, _ in mine],
        "marker": {"color": colour, "pattern": look.hatched(1 if colour == look.SKY else 0)},
        "text": [amount(step.amount_minor) for step, _ in mine],
        "textposition": "none",
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }


def _bases(way: list[Step]) -> list[int]:
    """Where each bar begins: sums at nothing, flows where the one before ended, parts side by side."""
    found, end = [], 0
    for step, before in zip(way, [None, *way], strict=False):
        is_new = step.kind == SUM or (before is not None and before.kind == SUM and step.kind == PART)
        found.append(0 if is_new else end)
        end = found[-1] + step.amount_minor
    return found


def _colour(step: Step) -> str:
    if step.kind == FLOW:
        return look.VERMILION if step.amount_minor < 0 else look.GREEN
    return look.BLUE if step.kind == SUM else look.SKY


def _label(step: Step) -> str:
    """The step with its amount under it, which fits a narrow screen as well."""
    sign = "+" if step.kind == FLOW and step.amount_minor > 0 else ""
    return f"{step.name}<br><b>{sign}{round(step.amount_minor / 100):,}</b>"
