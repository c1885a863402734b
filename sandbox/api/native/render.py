"""The native API's JSON: one pure function for each thing. Moments are RFC 3339 UTC, money is in minor units."""

from typing import Any

from msgspec.json import decode

from sandbox.central import facts
from sandbox.central.cases import Dialogue
from sandbox.central.checklist import Evidence, Item
from sandbox.central.days import HOUR, rfc3339
from sandbox.central.health import Rate
from sandbox.central.messages import Conversation
from sandbox.central.orders import OrderDetails, shipped
from sandbox.central.payments import left_minor
from sandbox.central.policy import Policy
from sandbox.central.records import PENDING, AddressRow, Case, Message, Package
from sandbox.central.search import FoundMessage, FoundOrder, FoundThread, Page
from sandbox.central.settings import Settings
from sandbox.central.shipments import PackingSlip
from sandbox.central.tracking import SAYS, Journey

Json = dict[str, Any]


def moment(at: int | None) -> str | None:
    """A moment, or nothing."""
    return None if at is None else rfc3339(at)


def order(details: OrderDetails, currency: str) -> Json:
    """An order, whole. A pending one shows no address: it may not be shipped yet."""
    row = details.order
    gone = shipped(details.packages)
    return {
        "order_id": row.order_id,
        "view": row.view,
        "status": row.status,
        "placed_at": rfc3339(row.placed_at),
        "buyer": {"name": details.buyer.name, "masked_email": details.buyer.masked_email},
        "ship_to": None if row.status == PENDING else address(details.ship_to),
        "service": row.service,
        "dispatch_by": rfc3339(row.dispatch_by),
        "deliver_from": rfc3339(row.deliver_from),
        "deliver_by": rfc3339(row.deliver_by),
        "auto_cancel_at": rfc3339(row.auto_cancel_at),
        "currency": currency,
        "items_minor": row.items_minor,
        "shipping_minor": row.shipping_minor,
        "total_minor": row.items_minor + row.shipping_minor,
        "paid_minor": row.paid_minor,
        "fee_minor": row.fee_minor,
        "refunded_minor": row.refunded_minor,
        "refundable_minor": left_minor(row),
        "confirmed_at": moment(row.confirmed_at),
        "late": bool(row.late),
        "items": [
            {
                "item_id": item.item_id,
                "sku": product.sku,
                "title": product.title,
                "quantity": item.quantity,
                "quantity_shipped": gone[item.line],
                "quantity_cancelled": 0 if row.is_open else item.quantity - gone[item.line],
                "price_minor": item.price_minor,
            }
            for item, product in details.items
        ],
        "packages": [package(found, details) for found in details.packages],
        "cancellation": cancellation(details),
        "rest_cancelled": rest_cancelled(details),
        "memo": row.memo,
    }


def cancellation(details: OrderDetails) -> Json | None:
    """How an order ended, if it was cancelled."""
    row = details.order
    if row.cancelled_at is None:
        return None
    return {"cancelled_at": rfc3339(row.cancelled_at), "by": row.cancelled_by, "reason": row.cancel_reason}


def rest_cancelled(details: OrderDetails) -> Json | None:
    """What of an order shipped in part was cancelled, when and why."""
    rest = details.rest
    if rest is None:
        return None
    item_ids = {item.line: item.item_id for item, _ in details.items}
    items = {item_ids[line]: quantity for line, quantity in rest.contents.items()}
    return {"cancelled_at": rfc3339(rest.at), "by": "amazon", "reason": rest.reason, "items": items}


def package(found: Package, details: OrderDetails) -> Json:
    """A confirmed package."""
    item_ids = {item.line: item.item_id for item, _ in details.items}
    contents = decode(found.contents).items()
    return {
        "package": found.package,
        "carrier": found.carrier,
        "method": found.method,
        "tracking": found.tracking,
        "shipped_at": rfc3339(found.shipped_at),
        "confirmed_at": rfc3339(found.confirmed_at),
        "items": {item_ids[int(line)]: quantity for line, quantity in contents},
        "address_ok": bool(found.address_ok),
        "ship_to": decode(found.ship_to) if found.ship_to else None,
        "delivered_at": moment(found.delivered_at),
        "lost_at": moment(found.lost_at),
        "returned_at": moment(found.returned_at),
    }


def tracking(found: Journey) -> Json:
    """What the carrier has told of a package until now."""
    return {
        "order_id": found.order_id,
        "package": found.package.package,
        "carrier": found.package.carrier,
        "tracking": found.package.tracking,
        "scans": [{"at": rfc3339(scan.at), "code": scan.code, "says": SAYS[scan.code]} for scan in found.scans],
    }


def address(row: AddressRow) -> Json:
    """Where a parcel goes."""
    return {
        "name": row.name,
        "line1": row.line1,
        "line2": row.line2,
        "city": row.city,
        "state": row.state,
        "postal_code": row.postal_code,
        "country": row.country,
        "phone": row.phone,
    }


def listed_order(found: FoundOrder, currency: str) -> Json:
    """An order as a list shows it."""
    row = found.order
    return {
        "order_id": row.order_id,
        "status": row.status,
        "placed_at": rfc3339(row.placed_at),
        "dispatch_by": rfc3339(row.dispatch_by),
        "deliver_by": rfc3339(row.deliver_by),
        "buyer_name": found.buyer_name,
        "titles": found.titles.split("\n"),
        "quantity": row.quantity,
        "quantity_to_ship": row.quantity - row.quantity_shipped - row.quantity_cancelled,
        "currency": currency,
        "total_minor": row.items_minor + row.shipping_minor,
        "late": bool(row.late),
    }


def orders(page: Page[FoundOrder], currency: str) -> Json:
    """A page of orders."""
    return {"orders": [listed_order(found, currency) for found in page.rows], "next_cursor": page.next_cursor}


def packing_slip(slip: PackingSlip) -> Json:
    """What lies in the parcel: no prices."""
    details = slip.details
    return {
        "shop": slip.shop,
        "order_id": details.order.order_id,
        "placed_at": rfc3339(details.order.placed_at),
        "service": details.order.service,
        "ship_to": address(details.ship_to),
        "items": [
            {"item_id": item.item_id, "sku": product.sku, "title": product.title, "quantity": item.quantity}
            for item, product in details.items
        ],
        "notice": "Practice only. No real order.",
    }


def message(row: Message, policy: Policy) -> Json:
    """One message; a buyer's has its two clocks."""
    found: Json = {
        "message": row.message,
        "thread": row.thread,
        "sender": row.sender,
        "sent_at": rfc3339(row.at),
        "text": row.text,
        "automatic": bool(row.automatic),
        "state": row.state,
        "answered_at": moment(row.answered_at),
    }
    if row.sender == "buyer":
        found["reply_by"] = rfc3339(row.at + policy.reply_within_hours * HOUR)
        found["reply_by_lenient"] = rfc3339(row.at + policy.reply_within_lenient_hours * HOUR)
    return found


def messages(page: Page[FoundMessage], policy: Policy) -> Json:
    """A page of messages over all threads."""
    rows = [
        message(found.message, policy)
        | {"order_id": found.order_id, "subject": found.subject, "buyer_name": found.buyer_name}
        for found in page.rows
    ]
    return {"messages": rows, "next_cursor": page.next_cursor}


def threads(page: Page[FoundThread]) -> Json:
    """A page of threads."""
    rows = [
        {
            "thread": found.thread.thread,
            "order_id": found.thread.order_id,
            "subject": found.thread.subject,
            "buyer": {"name": found.buyer.name, "masked_email": found.buyer.masked_email},
            "opened_at": rfc3339(found.thread.opened_at),
            "last_at": rfc3339(found.thread.last_at),
            "waiting": found.waiting,
            "waiting_since": moment(found.waiting_since),
        }
        for found in page.rows
    ]
    return {"threads": rows, "next_cursor": page.next_cursor}


def thread(found: Conversation, seller_mail: str, policy: Policy) -> Json:
    """A thread with its messages. Both sides go by their masked addresses."""
    return {
        "thread": found.thread.thread,
        "order_id": found.thread.order_id,
        "subject": found.thread.subject,
        "buyer": {"name": found.buyer.name, "masked_email": found.buyer.masked_email},
        "seller": {"masked_email": seller_mail},
        "opened_at": rfc3339(found.thread.opened_at),
        "last_at": rfc3339(found.thread.last_at),
        "messages": [message(row, policy) for row in found.messages],
    }


def rate(found: Rate) -> Json:
    """One rate."""
    return found._asdict()


def metrics(rates: list[Rate], now: int) -> Json:
    """All rates, as of a moment."""
    return {"as_of": rfc3339(now), "rates": [rate(found) for found in rates]}


def settings(found: Settings) -> Json:
    """The account's settings."""
    chosen = found.notification_addresses
    return {
        "shop": found.shop,
        "currency": found.currency,
        "policy": found.policy,
        "views": [view._asdict() for view in found.views],
        "account_info": account_info(found.account_info),
        "bank_account": bank_account(found.bank_account),
        "logo": logo(found.logo),
        "shipping_rates": shipping_rates(found.shipping_rates, found.currency),
        "notification_addresses": chosen.addresses if chosen else [],
        "return_url": return_url(found.return_url),
        "policies": policies(found.policies),
    }


def account_info(found: facts.AccountInfoSet | None) -> Json:
    """Who owns the shop."""
    names = ("legal_name", "contact_name", "contact_email", "contact_phone")
    return {name: getattr(found, name) if found else "" for name in names}


def bank_account(found: facts.BankAccountChanged | None) -> Json:
    """Where the money goes, its number masked."""
    if found is None:
        return {"holder": "", "bank_code": "", "number": "", "changed_at": None}
    number = f"XXXXXXXX{found.last_digits}"
    return {
        "holder": found.holder,
        "bank_code": found.bank_code,
        "number": number,
        "changed_at": rfc3339(found.at),
    }


def logo(found: facts.LogoSet | None) -> Json:
    """The company's logo."""
    return {"logo": found.logo if found else ""}


def shipping_rates(found: facts.ShippingRatesSet | None, currency: str) -> Json:
    """What buyers pay for each service."""
    return {"currency": currency, "charges_minor": found.charges_minor if found else {}}


def return_url(found: facts.ReturnUrlSet | None) -> Json:
    """Where buyers come back to."""
    return {"url": found.url if found else ""}


def policies(found: facts.PoliciesSet | None) -> Json:
    """What the shop tells its buyers."""
    return {"returns": found.returns if found else "", "company": found.company if found else ""}


def checklist(items: list[Item]) -> Json:
    """The launch checklist."""
    rows = [item._asdict() | {"done": bool(item.evidence), "evidence": evidence(item.evidence)} for item in items]
    return {"done": sum(row["done"] for row in rows), "items": rows}


def evidence(found: Evidence | None) -> Json | None:
    """What shows that a line is done."""
    return found and found._asdict() | {"at": rfc3339(found.at)}


def listed_case(row: Case) -> Json:
    """A case as the dashboard shows it."""
    return {
        "case": row.case,
        "subject": row.subject,
        "order_id": row.order_id or None,
        "state": row.state,
        "opened_at": rfc3339(row.opened_at),
        "last_at": rfc3339(row.last_at),
        "closed_at": moment(row.closed_at),
    }


def cases(page: Page[Case]) -> Json:
    """A page of cases."""
    return {"cases": [listed_case(row) for row in page.rows], "next_cursor": page.next_cursor}


def case(found: Dialogue) -> Json:
    """A case with its texts."""
    texts = [
        {"number": text.number, "sender": text.sender, "sent_at": rfc3339(text.at), "text": text.text}
        for text in found.texts
    ]
    return listed_case(found.case) | {"texts": texts}
