"""What each kind of fact says to people: one plain sentence, made from the fact's own fields."""

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec import UNSET

from sandbox.central import facts
from sandbox.central.days import wall_clock
from sandbox.central.facts import Fact
from sandbox.central.payments import in_words

QUOTED_CHARS = 80

Money = Callable[[int], str]
"""An amount of minor units in the account's currency, for people."""


def sentence(fact: Fact, currency: str) -> str:
    """What happened, for people. Moments are on the shop's wall clock."""
    return SAYS[type(fact)](fact, partial(in_words, currency=currency))


def _quoted(text: str) -> str:
    """The beginning of what somebody wrote, on one line."""
    line = " ".join(text.split())
    return f'"{line if len(line) <= QUOTED_CHARS else line[: QUOTED_CHARS - 1] + "…"}"'


def _pieces(count: int) -> str:
    return f"{count} piece{'s' * (count != 1)}"


# -- orders


def _order_placed(fact: facts.OrderPlaced, money: Money) -> str:
    count = sum(line.quantity for line in fact.lines)
    total = sum(line.quantity * line.price_minor for line in fact.lines) + fact.shipping_minor
    where = "" if fact.view == "production" else f" in the {fact.view} view"
    pending = "; the payment is not authorised yet" if fact.pending else ""
    promised = f"dispatch is promised by {wall_clock(fact.dispatch_by)}"
    return f"The buyer ordered {_pieces(count)} for {money(total)}{where}; {promised}{pending}."


def _shipment_confirmed(fact: facts.ShipmentConfirmed, money: Money) -> str:
    tracking = f"tracking {fact.tracking}" if fact.tracking else "without tracking"
    paid = f"; the buyer paid {money(fact.paid_minor)}" if fact.paid_minor else ""
    elsewhere = "; it went to another address than the order's" if fact.ship_to is not UNSET else ""
    what = f"package {fact.package}, {_pieces(sum(fact.contents.values()))}"
    return f"The seller confirmed {what}: {fact.carrier}, {tracking}{paid}{elsewhere}."


_WHO = {"seller": "The seller", "buyer": "The buyer", "amazon": "Amazon"}


# -- money and disputes


def _refund_requested(fact: facts.RefundRequested, money: Money) -> str:
    amount = money(sum(fact.items.values()) + fact.shipping_minor)
    final = f"it is final at {wall_clock(fact.final_at)}"
    return f"The seller refunds {amount} (refund {fact.refund}): {fact.reason}; {final}."


def _refund_posted(fact: facts.RefundPosted, money: Money) -> str:
    fee = f", and the seller {money(fact.fee_returned_minor)} of the fee" if fact.fee_returned_minor else ""
    return f"Refund {fact.refund} is final: the buyer got {money(fact.amount_minor)} back{fee}."


def _settlement_closed(fact: facts.SettlementClosed, money: Money) -> str:
    leaves = f", which leaves at {wall_clock(fact.transfer_at)}" if fact.transfer_at is not None else ""
    kept = f"{money(fact.reserved_minor)} stays in reserve"
    return f"Settlement {fact.settlement} closed with {money(fact.closing_minor)}{leaves}; {kept}."


def _feedback_left(fact: facts.FeedbackLeft, money: Money) -> str:
    comment = f": {_quoted(fact.comment)}" if fact.comment else "."
    return f"The buyer rated the order {fact.rating} of 5{comment}"


def _answerable(fact: facts.DisputeFiled) -> str:
    return f"{fact.reason}; the seller may answer until {wall_clock(fact.respond_by)}"


_AT_WHOSE_COST = {"seller": "at the seller's cost", "amazon": "at Amazon's cost", "nobody": "at nobody's cost"}


def _dispute_decided(fact: facts.DisputeDecided, money: Money) -> str:
    cost = _AT_WHOSE_COST[fact.paid_by]
    got = f", and the buyer got {money(fact.amount_minor)} {cost}" if fact.amount_minor else ""
    return f"Dispute {fact.dispute} ended {fact.outcome}{got}: {fact.because}"


def _appeal_decided(fact: facts.AppealDecided, money: Money) -> str:
    ended = f"won: Amazon bears {money(fact.amount_minor)}" if fact.granted else "lost: the seller bears it still"
    return f"The appeal of claim {fact.dispute} was {ended}. {fact.because}"


def _evidence(fact: facts.DisputeAnswered | facts.ClaimAppealed) -> str:
    kinds = ", ".join(piece.kind for piece in fact.evidence) or "none"
    return f"{_quoted(fact.text)}, evidence: {kinds}"


# -- reports


def _report_requested(fact: facts.ReportRequested, money: Money) -> str:
    came = "was requested" if fact.schedule is None else f"came round by schedule {fact.schedule}"
    return f"Report {fact.report}, {fact.kind}, {came}."


SAYS: dict[type[Fact], Callable[[Any, Money], str]] = {
    facts.AccountOpened: lambda fact, _: f"The account of {fact.shop} was opened, under the policy {fact.policy}.",
    facts.ProductListed: lambda fact, money: f"{fact.title} ({fact.sku}) went on sale for {money(fact.price_minor)}.",
    facts.BuyerJoined: lambda fact, _: f"{fact.name} became a buyer.",
    facts.AddressAdded: lambda fact, _: f"Buyer {fact.buyer} gave an address in {fact.place.city}.",
    facts.ActionRefused: lambda fact, _: f"{fact.tried} was refused with {fact.code}: {fact.sentence}",
    facts.OrderPlaced: _order_placed,
    facts.PaymentAuthorised: lambda fact, _: "The payment was authorised: the order may be shipped.",
    facts.ShipmentConfirmed: _shipment_confirmed,
    facts.ParcelDelivered: lambda fact, _: f"Package {fact.package} was delivered.",
    facts.DeliveryFailed: lambda fact, _: (
        f"Nobody took package {fact.package} in at attempt {fact.attempt}; it stays on its way."
    ),
    facts.ParcelLost: lambda fact, _: f"The carrier gave package {fact.package} up: it is lost.",
    facts.ParcelReturned: lambda fact, _: f"Package {fact.package} came back to the seller; nobody had taken it in.",
    facts.ReturnSent: lambda fact, _: f"The buyer sent the order back: {fact.reason}.",
    facts.ReturnArrived: lambda fact, _: "What the buyer sent back arrived at the seller.",
    facts.OrderCancelled: lambda fact, _: f"{_WHO[fact.by]} cancelled the order: {fact.reason}.",
    facts.RestCancelled: lambda fact, _: (
        f"What was not confirmed, {_pieces(sum(fact.contents.values()))}, was cancelled: {fact.reason}."
    ),
    facts.MemoWritten: lambda fact, _: (
        f"The seller noted: {_quoted(fact.memo)}" if fact.memo else "The seller took the memo away."
    ),
    facts.BuyerAsked: lambda fact, _: (
        f"The buyer wrote message {fact.message} under {fact.subject}: {_quoted(fact.text)}"
    ),
    facts.SellerWrote: lambda fact, _: (
        f"The seller wrote message {fact.message} under {fact.subject}: {_quoted(fact.text)}"
    ),
    facts.SellerReplied: lambda fact, _: (
        f"{'A machine' if fact.automatic else 'The seller'} replied under {fact.subject}: {_quoted(fact.text)}"
    ),
    facts.NoResponseNeeded: lambda fact, _: f"The seller marked message {fact.message} as needing no response.",
    facts.RefundRequested: _refund_requested,
    facts.RefundCalledOff: lambda fact, _: f"The seller called refund {fact.refund} off.",
    facts.RefundPosted: _refund_posted,
    facts.SettlementClosed: _settlement_closed,
    facts.TransferMade: lambda fact, money: (
        f"{money(fact.amount_minor)} of settlement {fact.settlement} left for the bank."
    ),
    facts.TransferHeld: lambda fact, _: (
        f"The money of settlement {fact.settlement} stays until {wall_clock(fact.until)}: {fact.reason}."
    ),
    facts.FeedbackLeft: _feedback_left,
    facts.FeedbackAnswered: lambda fact, _: f"The seller replied to the feedback: {_quoted(fact.text)}",
    facts.FeedbackRemovalAsked: lambda fact, _: f"The seller asked for the feedback's removal: {fact.reason}.",
    facts.FeedbackRemovalDecided: lambda fact, _: (
        f"Amazon {'removed the feedback' if fact.removed else 'left the feedback where it is'}."
    ),
    facts.FeedbackWithdrawn: lambda fact, _: "The buyer took the feedback back.",
    facts.ClaimFiled: lambda fact, money: (
        f"The buyer claimed {money(fact.amount_minor)} back (claim {fact.dispute}): {_answerable(fact)}."
    ),
    facts.ChargebackFiled: lambda fact, money: (
        f"The buyer's bank charged {money(fact.amount_minor)} back (chargeback {fact.dispute}): {_answerable(fact)}."
    ),
    facts.DisputeAnswered: lambda fact, _: f"The seller answered dispute {fact.dispute}: {_evidence(fact)}.",
    facts.DisputeDecided: _dispute_decided,
    facts.ClaimWithdrawn: lambda fact, _: f"Claim {fact.dispute} ended. {fact.because}",
    facts.ClaimAppealed: lambda fact, _: f"The seller appealed claim {fact.dispute}: {_evidence(fact)}.",
    facts.AppealDecided: _appeal_decided,
    facts.LimitCrossed: lambda fact, _: f"The seller was notified: {fact.says}",
    facts.ReviewOpened: lambda fact, _: (
        f"Amazon takes a closer look at the account until {wall_clock(fact.until)}: {fact.because}"
    ),
    facts.HappeningBegan: lambda fact, _: f"It happened: {fact.says}.",
    facts.HappeningEnded: lambda fact, _: f"It is over: {fact.what.replace('-', ' ')}.",
    facts.PolicyChanged: lambda fact, _: f"Amazon's numbers are those of {fact.policy} from now on.",
    facts.DebtCarried: lambda fact, _: fact.says,
    facts.StandingChanged: lambda fact, _: f"The account was {fact.before} and is {fact.after}: {fact.because}",
    facts.AccountInfoSet: lambda fact, _: f"The seller set the account info of {fact.legal_name}.",
    facts.BankAccountChanged: lambda fact, _: f"The money goes to the bank account ending in {fact.last_digits} now.",
    facts.LogoSet: lambda fact, _: (
        f"The seller chose the logo {fact.logo}." if fact.logo else "The logo was taken away."
    ),
    facts.ShippingRatesSet: lambda fact, money: (
        f"Shipping costs {', '.join(f'{money(rate)} {name}' for name, rate in fact.charges_minor.items())} now."
    ),
    facts.NotificationAddressesSet: lambda fact, _: f"Notifications go to {', '.join(fact.addresses) or 'nobody'} now.",
    facts.ReturnUrlSet: lambda fact, _: f"Buyers come back to {fact.url} now." if fact.url else "Checkout was closed.",
    facts.PoliciesSet: lambda fact, _: "The seller told buyers how returns go and who the company is.",
    facts.AcceptanceAnnounced: lambda fact, _: (
        f"The seller announced acceptance: banners {', '.join(fact.banners) or 'none'},"
        f" footer logo {'yes' if fact.footer_logo else 'no'}."
    ),
    facts.MetricsReviewed: lambda fact, _: "The seller looked at the rates.",
    facts.CaseOpened: lambda fact, _: f"The seller opened case {fact.case} on {fact.subject}: {_quoted(fact.text)}",
    facts.CaseAnswered: lambda fact, _: f"Seller support answered case {fact.case}: {_quoted(fact.text)}",
    facts.CaseRead: lambda fact, _: f"The seller read the answer to case {fact.case}.",
    facts.CaseRepliedTo: lambda fact, _: f"The seller wrote again in case {fact.case}: {_quoted(fact.text)}",
    facts.CaseClosed: lambda fact, _: f"The seller closed case {fact.case}.",
    facts.ReportRequested: _report_requested,
    facts.ReportCompleted: lambda fact, _: f"Report {fact.report} was made, with {fact.rows} rows.",
    facts.SettlementReported: lambda fact, _: f"Report {fact.report}, {fact.kind}, tells settlement {fact.settlement}.",
    facts.ReportCancelled: lambda fact, _: f"The request for report {fact.report} was called off.",
    facts.ReportDownloaded: lambda fact, _: f"Report {fact.report} was fetched for the first time.",
    facts.ReportDeleted: lambda fact, _: f"Report {fact.report} was deleted.",
    facts.ReportScheduled: lambda fact, _: f"The report {fact.kind} comes round every {fact.every} now.",
    facts.ReportUnscheduled: lambda fact, _: f"Schedule {fact.schedule} ended.",
}
"""The sentence of each kind; a new kind of fact brings its own."""
