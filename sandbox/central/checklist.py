"""The launch checklist: what is filled in, what is announced, and what the account's own record shows (1, 2, 12)."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from msgspec.json import decode

from sandbox.central import facts, settings
from sandbox.central.days import HOUR
from sandbox.central.facts import Fact, MetricsReviewed, SettingChosen
from sandbox.central.guide import RULES, name_of, rule
from sandbox.central.records import FactRow
from sandbox.central.settings import is_filled, standing
from sandbox.central.world import Act, World


class Evidence(NamedTuple):
    """The fact that shows an item to be done, and what it is about."""

    fact: int
    kind: str
    by: str
    at: int
    order_id: str | None
    case: int | None


class Item(NamedTuple):
    """One line of the checklist."""

    item: str
    part: str
    """settings, announcement or processes."""
    chapter: int
    says: str
    """What the guide asks for here: the rule's sentence."""
    missing: list[str]
    """Of a setting what is not filled in yet, of a process what the record does not show yet."""
    evidence: Evidence | None
    """None while the item is open."""


class Filling(NamedTuple):
    """A line that is done once the seller has filled in all that belongs to it."""

    part: str
    rule: Act
    kinds: dict[str, type[SettingChosen]]


class Process(NamedTuple):
    """A line that is done once the account's own record shows it."""

    shows: Callable[[World], FactRow | None]
    missing: str
    """What would show it, in words."""


FILLINGS = {
    "account-info": Filling(
        "settings",
        settings.set_account_info,
        {"account_info": facts.AccountInfoSet, "bank_account": facts.BankAccountChanged, "logo": facts.LogoSet},
    ),
    "shipping-rates": Filling(
        "settings", settings.set_shipping_rates, {"shipping_rates.Standard": facts.ShippingRatesSet}
    ),
    "notification-addresses": Filling(
        "settings",
        settings.set_notification_addresses,
        {"notification_addresses": facts.NotificationAddressesSet},
    ),
    "return-url": Filling("settings", settings.set_return_url, {"return_url": facts.ReturnUrlSet}),
    "policies": Filling("settings", settings.set_policies, {"policies": facts.PoliciesSet}),
    "announcement": Filling("announcement", settings.announce_acceptance, {"announcement": facts.AcceptanceAnnounced}),
}
"""The five settings and the announcement, in the guide's order."""


def checklist(world: World) -> list[Item]:
    """Every line of the checklist as it stands now."""
    return [
        *(_filled(world, item, filling) for item, filling in FILLINGS.items()),
        *(_shown(world, item, process) for item, process in PROCESSES.items()),
    ]


def _filled(world: World, item: str, filling: Filling) -> Item:
    asked = RULES[name_of(filling.rule)]
    missing = [name for name, kind in filling.kinds.items() if not is_filled(standing(world, kind))]
    evidence = None if missing else _evidence(world, _last_chosen(world, filling))
    return Item(item, filling.part, asked.chapter, asked.says, missing, evidence)


def _last_chosen(world: World, filling: Filling) -> FactRow | None:
    marks = ", ".join("?" * len(filling.kinds))
    where = f"seq = (select max(fact) from settings where setting in ({marks}))"
    return _fact(world, where, *(kind.__name__ for kind in filling.kinds.values()))


def _shown(world: World, item: str, process: Process) -> Item:
    asked = RULES[name_of(process.shows)]
    evidence = _evidence(world, process.shows(world))
    missing = [] if evidence else [process.missing.format(hours=world.policy.reply_within_lenient_hours)]
    return Item(item, "processes", asked.chapter, asked.says, missing, evidence)


def _evidence(world: World, row: FactRow | None) -> Evidence | None:
    if row is None:
        return None
    order_id = world.ids.order_id(row.order_number) if row.order_number else None
    return Evidence(row.seq, row.kind, row.by, row.at, order_id, decode(row.body).get("case"))


def _fact(world: World, where: str, *values: object) -> FactRow | None:
    row = world.row(f"select * from facts where {where} order by seq limit 1", values)
    return FactRow._make(row) if row else None


# -- what the record shows


@rule(chapter=12, says="Orders are confirmed with tracking by their expected dispatch date.")
def order_management(world: World) -> FactRow | None:
    """A shipment that was confirmed in time and with a tracking id."""
    row = world.row(_IN_TIME) or world.row(_IN_TIME_OF_SEVERAL)
    where = "order_number = ? and kind = 'ShipmentConfirmed' and body ->> 'package' = ?"
    return _fact(world, where, *row) if row else None


_IN_TIME = """
    select number, package from orders indexed by orders_confirmed
    cross join shipments on order_number = number and package = 1
    where orders.confirmed_at is not null and view = 'production' and orders.confirmed_at <= dispatch_by
    and tracking <> '' and (select 1 from shipments where tracking <> '' limit 1)
    order by orders.confirmed_at limit 1"""
"""A shop that never tracks is known by one look through its packages, before each order is asked for its own."""
_IN_TIME_OF_SEVERAL = """
    select number, package from orders join shipments on order_number = number
    where number in (select order_number from shipments indexed by shipments_later where package > 1)
    and view = 'production' and shipments.confirmed_at <= dispatch_by and tracking <> ''
    order by shipments.confirmed_at limit 1"""
"""An order that was tracked only with a later package is rare; the walk above passes it by."""


@rule(chapter=1, says="A trained team answers buyers: the checklist asks for an answer within 24 hours.")
def customer_service(world: World) -> FactRow | None:
    """The reply to the first message that was answered within the lenient limit."""
    row = world.row(_ANSWERED, (world.policy.reply_within_lenient_hours * HOUR,))
    where = """order_number = ? and kind = 'SellerReplied' and at = ? and body ->> 'thread' = ?
        and body ->> 'automatic' is null"""
    return _fact(world, where, *row) if row else None


_ANSWERED = """
    select order_number, answered_at, thread from messages indexed by messages_asked
    cross join orders on number = order_number
    where sender = 'buyer' and state = 'answered' and answered_at - at <= ? and view = 'production'
    order by at limit 1"""


@rule(chapter=12, says="Questions go to seller support, and its answers are read on the case dashboard.")
def seller_support(world: World) -> FactRow | None:
    """The first answer of seller support that the seller read."""
    return _fact(world, "seq = (select min(read_fact) from cases where read_fact is not null)")


@rule(chapter=12, says="Somebody keeps an eye on the rates and their targets.")
def metrics(world: World) -> FactRow | None:
    """The first time that the seller reviewed the rates."""
    return _fact(world, "seq = (select min(fact) from metrics_reviews)")


@rule(chapter=12, says="The team knows how to read its settlement reports.")
def payments(world: World) -> FactRow | None:
    """The first download of a settlement report."""
    return _downloaded(world, REPORTS["settlements"])


REPORTS = {
    "customer metrics": ("customer-metrics", "seller-performance-v1", "seller-performance-v2"),
    "payments": ("date-range-summary",),
    "settlements": ("settlement-v2", "settlement-xml"),
    "feedback": ("seller-feedback",),
    "transactions": ("transactions",),
}
"""What the guide wants the team to know the reports of, and the kinds that tell it."""
KNOWN = tuple(kind for kinds in REPORTS.values() for kind in kinds)


@rule(
    chapter=12,
    says="The team downloads and knows a report of customer metrics, payments, settlements, feedback or transactions.",
)
def reports(world: World) -> FactRow | None:
    """The first download of one of them."""
    return _downloaded(world, KNOWN)


def _downloaded(world: World, kinds: Sequence[str]) -> FactRow | None:
    marks = ", ".join("?" * len(kinds))
    return _fact(world, f"seq = (select min(downloaded_fact) from reports where kind in ({marks}))", *kinds)


PROCESSES = {
    "order-management": Process(order_management, "a shipment confirmed with tracking by its dispatch date"),
    "customer-service": Process(customer_service, "a reply to a buyer within {hours} hours"),
    "payments": Process(payments, f"a download of a report: {' or '.join(REPORTS['settlements'])}"),
    "seller-support": Process(seller_support, "an answer of seller support that was read"),
    "reports": Process(reports, f"a download of a report: {', '.join(KNOWN[:-1])} or {KNOWN[-1]}"),
    "metrics": Process(metrics, "a review of the rates"),
}
"""What shows each process to be in place: a fact, or nothing yet."""


@rule(chapter=12, says="Looking at the rates is told, so that the record shows it.")
def review_metrics(world: World, at: int) -> Iterator[Fact]:
    """The seller says that the rates were looked at. Each time counts."""
    yield MetricsReviewed(at)
