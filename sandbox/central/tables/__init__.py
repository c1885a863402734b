"""How each fact changes the tables. Nothing else writes to them."""

from collections.abc import Callable
from typing import Any

from sandbox.central import facts
from sandbox.central.facts import Fact
from sandbox.central.tables import account, disputes, messages, money, orders, reports, settings
from sandbox.central.tables.base import Tables as Tables

APPLY: dict[type[Fact], Callable[[Tables, Any, int], None]] = {
    facts.AccountOpened: account.account_opened,
    facts.ProductListed: account.product_listed,
    facts.BuyerJoined: account.buyer_joined,
    facts.AddressAdded: account.address_added,
    facts.OrderPlaced: orders.order_placed,
    facts.PaymentAuthorised: orders.payment_authorised,
    facts.ShipmentConfirmed: orders.shipment_confirmed,
    facts.ParcelDelivered: orders.parcel_delivered,
    facts.DeliveryFailed: orders.delivery_failed,
    facts.ParcelLost: orders.parcel_lost,
    facts.ParcelReturned: orders.parcel_returned,
    facts.ReturnSent: orders.return_sent,
    facts.ReturnArrived: orders.return_arrived,
    facts.OrderCancelled: orders.order_cancelled,
    facts.RestCancelled: orders.rest_cancelled,
    facts.MemoWritten: orders.memo_written,
    facts.BuyerAsked: messages.buyer_asked,
    facts.SellerWrote: messages.seller_wrote,
    facts.SellerReplied: messages.seller_replied,
    facts.NoResponseNeeded: messages.no_response_needed,
    facts.RefundRequested: money.refund_requested,
    facts.RefundCalledOff: money.refund_called_off,
    facts.RefundPosted: money.refund_posted,
    facts.SettlementClosed: money.settlement_closed,
    facts.DebtCarried: disputes.debt_carried,
    facts.TransferMade: money.transfer_made,
    facts.TransferHeld: money.transfer_held,
    facts.FeedbackLeft: disputes.feedback_left,
    facts.FeedbackAnswered: disputes.feedback_answered,
    facts.FeedbackRemovalAsked: disputes.feedback_removal_asked,
    facts.FeedbackRemovalDecided: disputes.feedback_removal_decided,
    facts.FeedbackWithdrawn: disputes.feedback_withdrawn,
    facts.ClaimFiled: disputes.claim_filed,
    facts.ChargebackFiled: disputes.chargeback_filed,
    facts.DisputeAnswered: disputes.dispute_answered,
    facts.DisputeDecided: disputes.dispute_decided,
    facts.ClaimWithdrawn: disputes.claim_withdrawn,
    facts.ClaimAppealed: disputes.claim_appealed,
    facts.AppealDecided: disputes.appeal_decided,
    facts.LimitCrossed: disputes.limit_crossed,
    facts.ReviewOpened: disputes.review_opened,
    facts.StandingChanged: disputes.standing_changed,
    **dict.fromkeys(facts.SettingChosen.__subclasses__(), settings.setting_chosen),
    facts.ReturnUrlSet: settings.return_url_set,
    facts.BankAccountChanged: settings.bank_account_changed,
    facts.MetricsReviewed: settings.metrics_reviewed,
    facts.CaseOpened: settings.case_opened,
    facts.CaseAnswered: settings.case_answered,
    facts.CaseRead: settings.case_read,
    facts.CaseRepliedTo: settings.case_replied_to,
    facts.CaseClosed: settings.case_closed,
    facts.ReportRequested: reports.report_requested,
    facts.ReportCompleted: reports.report_completed,
    facts.SettlementReported: reports.settlement_reported,
    facts.ReportCancelled: reports.report_cancelled,
    facts.ReportDownloaded: reports.report_downloaded,
    facts.ReportDeleted: reports.report_deleted,
    facts.ReportScheduled: reports.report_scheduled,
    facts.ReportUnscheduled: reports.report_unscheduled,
    facts.PolicyChanged: account.policy_changed,
    facts.HappeningBegan: account.happening_began,
    facts.HappeningEnded: account.happening_ended,
    facts.ActionRefused: account.action_refused,
}
"""What each kind of fact does: to the tables, the fact, and the row number of the order it is about (0: about none)."""

APPLY_TOGETHER: dict[type[Fact], Callable[[Tables, list[tuple[int, Any, int]]], None]] = {
    facts.ShipmentConfirmed: orders.shipments_confirmed,
    facts.ParcelDelivered: orders.parcels_delivered,
    facts.DeliveryFailed: orders.deliveries_failed,
}
"""The same for many facts of a kind, each of another order, and with their numbers first."""

BESIDE_ORDERS = frozenset(
    (
        *(facts.BuyerAsked, facts.SellerWrote, facts.SellerReplied, facts.NoResponseNeeded),
        *(facts.ParcelDelivered, facts.DeliveryFailed, facts.ParcelLost, facts.ParcelReturned),
        *(facts.ReturnSent, facts.ReturnArrived),
    )
)
"""Kinds about an order that leave the order's own row as it was."""
