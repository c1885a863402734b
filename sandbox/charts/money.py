"""Where the money went: from what buyers paid to the bank, the reserve and what is there (chapters 5 and 6)."""

from typing import Any, NamedTuple

from sandbox.central import ledger, settlements
from sandbox.central.world import World
from sandbox.charts import look
from sandbox.charts.page import Figure, Section, Table
from sandbox.charts.words import amount, money, share


class Step(NamedTuple):
    """One step of the way: what came, what went, or what there is."""

    name: str
    amount_minor: int
    """Below 0 for what leaves; for a sum, all that there is."""
    is_sum: bool
    says: str


def steps(world: World) -> list[Step]:
    """The way of the money, to the last minor unit as the ledger has it."""
    kinds = ledger.sums(world, 0)
    held = ledger.balances(world)
    balance = settlements.balance(world)

    def of(*names: str) -> int:
        return sum(kinds.get(name, 0) for name in names)

    paid, protected = of("OrderPayment"), -held["protection"]
    sellers = paid - held["fees"] - of("Refund", "Claim", "ClaimProtection", "Chargeback", "ChargebackProtection")
    return [
        Step("Paid by buyers", paid, True, "Charged package by package, as shipments were confirmed."),
        Step("Fees", -held["fees"], False, "What the platform keeps; fees that came back are taken off."),
        Step("Refunds", -of("Refund"), False, "Given back by the seller. What is pending is not in it."),
        Step("Guarantee claims", -of("Claim", "ClaimProtection"), False, "What buyers got by claims."),
        Step("Chargebacks", -of("Chargeback", "ChargebackProtection"), False, "What banks took back."),
        Step("Borne by the platform", protected, False, "Of claims and chargebacks, in the seller's place."),
        Step("The seller's", sellers + protected, True, "All that was left to the seller."),
        Step("At the bank", -held["bank"], False, "Transferred by settlements."),
        Step("In reserve", -balance.reserve_minor, False, "Held back now."),
        Step("Available", balance.available_minor, True, "The rest; below 0 the seller owes the platform."),
    ]


def went(world: World) -> Section:
    """The waterfall."""
    way = {step.name: step for step in steps(world)}
    paid = way["Paid by buyers"].amount_minor
    if not paid:
        return Section("No buyer has paid anything yet")
    notes = [f"From the top down, what buyers paid becomes what the seller has. Amounts are in {world.currency}."]
    if pending := _pending(world):
        notes.append(f"Refunds of {money(world.currency, pending)} are pending; they can be called off still.")
    return Section(_title(world, way), notes, _figure(list(way.values())), [_table(world, list(way.values()))])


def _pending(world: World) -> int:
    (pending,) = world.row("select ifnull(sum(amount_minor), 0) from refunds where state = 'pending'")
    return int(pending)


_BACK = ("Refunds", "Guarantee claims", "Chargebacks")


def _title(world: World, way: dict[str, Step]) -> str:
    paid = way["Paid by buyers"].amount_minor
    unit = "rupees" if world.currency == "INR" else world.currency
    back = -sum(way[name].amount_minor for name in _BACK)
    bank = _of_100(-way["At the bank"].amount_minor, paid)
    if not back:
        return f"Nothing of what buyers paid went back to them; {bank} of 100 {unit} reached the bank"
    return f"{_of_100(back, paid).capitalize()} of 100 {unit} paid went back to buyers, {bank} reached the bank"


def _of_100(part: int, whole: int) -> str:
    if not part:
        return "none"
    return f"{round(part * 100 / whole)}" if part * 200 >= whole else "less than 1"


def _table(world: World, way: list[Step]) -> Table:
    paid = way[0].amount_minor
    rows = [(step.name, amount(step.amount_minor), _signed_share(step.amount_minor, paid), step.says) for step in way]
    return Table("Where the money went", ("Step", f"Amount ({world.currency})", "Of what was paid", "What it is"), rows)


def _signed_share(part: int, whole: int) -> str:
    return f"-{share(-part, whole)}" if part < 0 else share(part, whole)


def _figure(way: list[Step]) -> Figure:
    values = [step.amount_minor / 100 for step in way]
    bars: dict[str, Any] = {
        "type": "waterfall",
        "orientation": "h",
        "y": [step.name for step in way],
        "x": values,
        "measure": ["absolute" if step.is_sum else "relative" for step in way],
        "text": [_label(step) for step in way],
        "textposition": "outside",
        "cliponaxis": False,
        "increasing": {"marker": {"color": look.GREEN}},
        "decreasing": {"marker": {"color": look.VERMILION}},
        "totals": {"marker": {"color": look.BLUE}},
        "connector": {"line": {"color": look.LINE, "width": 1}},
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }
    low = min(0.0, *values[-1:])
    axis = look.axis(range=(low * 1.3, values[0] * 1.32), tickformat="~s", nticks=5)
    names = look.axis(autorange="reversed", tickfont={"color": look.INK, "size": 13})
    return look.chart([bars], 440, xaxis=axis, yaxis=names)


def _label(step: Step) -> str:
    sign = "" if step.is_sum or step.amount_minor < 0 else "+"
    return f"{sign}{round(step.amount_minor / 100):,}" if step.amount_minor else "0"
