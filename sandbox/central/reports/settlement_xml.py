"""A settlement in its documented XML form."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sandbox.central.days import rfc3339
from sandbox.central.records import LINES_OF_A_FACT
from sandbox.central.reports.money import OTHER, SettlementLine
from sandbox.central.reports.render import Heading, amount
from sandbox.central.reports.xml import leaf, leaves, node, written

_ORDER = ("Order", "ShipmentID", "Item", "ItemPrice", "ItemFees")
_ADJUSTMENT = ("Adjustment", "AdjustmentID", "AdjustedItem", "ItemPriceAdjustments", "ItemFeeAdjustments")


def settlement_xml(heading: Heading, rows: Iterable[Sequence[Any]]) -> bytes:
    """One Order for each package, one Adjustment for whatever gave back, and the rest as OtherTransaction."""
    return written("SettlementReport", _parts(map(SettlementLine._make, rows), heading.currency))


def _parts(lines: Iterator[SettlementLine], currency: str) -> Iterator[str]:
    yield _summary(next(lines))
    for (kind, _), of_fact in groupby(lines, _together):
        found = list(of_fact)
        if kind == OTHER:
            yield _other(found[0], currency)
        else:
            yield _about_order(found, currency)


def _together(line: SettlementLine) -> tuple[str, object]:
    """Lines of one fact about an order stand together; any other stands alone."""
    if line.transaction == OTHER:
        return OTHER, (line.description, line.entries)
    return line.transaction, line.entries[0] // LINES_OF_A_FACT


def _summary(line: SettlementLine) -> str:
    moments = {"StartDate": line.since, "EndDate": line.closed_at, "DepositDate": line.deposit_at}
    return node(
        "SettlementData",
        leaf("AmazonSettlementID", line.settlement),
        _money("TotalAmount", line.total_minor, line.currency),
        leaves({tag: rfc3339(at) for tag, at in moments.items() if at is not None}),
    )


def _money(tag: str, minor: int | None, currency: str) -> str:
    return leaf(tag, amount(minor), f' currency="{currency}"')


def _about_order(lines: list[SettlementLine], currency: str) -> str:
    first = lines[0]
    tag, number, item_tag, prices, fees = _ORDER if first.shipment_id else _ADJUSTMENT
    about: dict[str, object] = {"AmazonOrderID": first.order_id, number: first.shipment_id or first.adjustment_id}
    if not first.shipment_id:
        about["AdjustmentType"] = first.transaction
    about["MarketplaceName"] = first.marketplace
    by_item: dict[str, list[SettlementLine]] = {}
    for line in lines:
        by_item.setdefault(line.item_id, []).append(line)
    parcel = leaves({"MerchantFulfillmentID": first.fulfilment, "PostedDate": rfc3339(first.posted_at or 0)})
    items = [_item(item_tag, prices, fees, of_item, currency) for of_item in by_item.values()]
    return node(tag, leaves(about), node("Fulfillment", parcel, *items))


def _item(tag: str, prices: str, fees: str, lines: list[SettlementLine], currency: str) -> str:
    about: dict[str, object] = {"AmazonOrderItemCode": lines[0].item_id, "SKU": lines[0].sku}
    for line in lines:
        if line.quantity is not None:
            about["Quantity"] = line.quantity
    price = [_part("Component", line, currency) for line in lines if line.amount_type == "ItemPrice"]
    fee = [_part("Fee", line, currency) for line in lines if line.amount_type == "ItemFees"]
    groups = [node(group, *parts) for group, parts in ((prices, price), (fees, fee)) if parts]
    return node(tag, leaves(about), *groups)


def _part(tag: str, line: SettlementLine, currency: str) -> str:
    return node(tag, leaf("Type", line.description), _money("Amount", line.amount_minor, currency))


def _other(line: SettlementLine, currency: str) -> str:
    about: dict[str, object] = {"TransactionType": line.description, "TransactionID": line.adjustment_id}
    posted = leaf("PostedDate", rfc3339(line.posted_at or 0))
    return node("OtherTransaction", leaves(about), posted, _money("Amount", line.amount_minor, currency))
