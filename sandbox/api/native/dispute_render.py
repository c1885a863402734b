"""The JSON of claims, chargebacks, feedback and the account's standing: one pure function for each thing."""

from msgspec.json import decode

from sandbox.api.native.render import Json, moment
from sandbox.central.chargebacks import REASONS
from sandbox.central.days import rfc3339
from sandbox.central.disputes import CHARGEBACK, CLAIM, Case
from sandbox.central.performance import FoundDispute, FoundFeedback, Ratings
from sandbox.central.records import Dispute, Notice
from sandbox.central.search import Page
from sandbox.central.standing import State, Stop


def _dispute(found: FoundDispute, currency: str) -> Json:
    row = found.dispute
    return {
        row.kind: row.dispute,
        "order_id": row.order_id,
        "buyer_name": found.buyer_name,
        "reason": row.reason,
        "currency": currency,
        "amount_minor": row.amount_minor,
        "text": row.text,
        "filed_at": rfc3339(row.filed_at),
        "respond_by": rfc3339(row.respond_by),
        "state": row.state,
        "answer": _said(row.answered_at, row.answer),
        "evidence": [{"kind": kind, "text": text} for kind, text in decode(row.evidence)],
        "record": record(found.case),
        "verdict_now": found.verdict._asdict() if found.verdict else None,
        "decision": decision(row),
    }


def _said(at: int | None, text: str) -> Json | None:
    return None if at is None else {"at": rfc3339(at), "text": text}


def record(case: Case) -> Json:
    """What the platform's record says of an order."""
    return case._asdict() | {"promised_until": rfc3339(case.promised_until)}


def decision(row: Dispute) -> Json | None:
    """How a dispute ended, if it did."""
    if row.closed_at is None:
        return None
    return {
        "at": rfc3339(row.closed_at),
        "outcome": row.outcome,
        "paid_by": row.paid_by,
        "because": row.because,
        "buyer_got_minor": row.paid_minor,
        "fee_returned_minor": row.fee_returned_minor,
    }


def claim(found: FoundDispute, currency: str) -> Json:
    """A guarantee claim, whole."""
    row = found.dispute
    assert row.kind == CLAIM
    return _dispute(found, currency) | {
        "decided_at": moment(found.decided_at),
        "appeal_by": moment(found.appeal_by),
        "appeal": _said(row.appealed_at, row.appeal),
        "appeal_decided_at": moment(row.appeal_decided_at),
    }


def claims(page: Page[FoundDispute], currency: str) -> Json:
    """A page of claims."""
    return {"claims": [claim(found, currency) for found in page.rows], "next_cursor": page.next_cursor}


def chargeback(found: FoundDispute, currency: str) -> Json:
    """A chargeback, whole."""
    row = found.dispute
    assert row.kind == CHARGEBACK
    return _dispute(found, currency) | {"type": REASONS[row.reason], "won_percent": found.won_percent}


def chargebacks(page: Page[FoundDispute], currency: str) -> Json:
    """A page of chargebacks."""
    return {"chargebacks": [chargeback(found, currency) for found in page.rows], "next_cursor": page.next_cursor}


def feedback(found: FoundFeedback) -> Json:
    """A buyer's rating of an order."""
    row = found.feedback
    return {
        "order_id": row.order_id,
        "buyer_name": found.buyer_name,
        "rating": row.rating,
        "comment": row.comment,
        "arrived_on_time": _answer(row.arrived_on_time),
        "as_described": _answer(row.as_described),
        "good_service": _answer(row.good_service),
        "left_at": rfc3339(row.left_at),
        "reply": row.reply,
        "replied_at": moment(row.replied_at),
        "state": row.state,
        "state_at": rfc3339(row.state_at),
    }


def _answer(said: int | None) -> bool | None:
    return None if said is None else bool(said)


def feedbacks(page: Page[FoundFeedback]) -> Json:
    """A page of feedback."""
    return {"feedback": [feedback(found) for found in page.rows], "next_cursor": page.next_cursor}


def feedback_summary(columns: list[Ratings], now: int) -> Json:
    """The summary, as of a moment."""
    return {"as_of": rfc3339(now), "columns": [_column(column) for column in columns]}


def _column(column: Ratings) -> Json:
    percents = {
        "positive_percent": column.percent(column.positive),
        "neutral_percent": column.percent(column.neutral),
        "negative_percent": column.percent(column.negative),
    }
    return column._asdict() | percents


def notices(page: Page[Notice]) -> Json:
    """A page of performance notifications."""
    rows = [
        row._asdict() | {"at": rfc3339(row.at), "breached": bool(row.breached), "sent_to": decode(row.sent_to)}
        for row in page.rows
    ]
    return {"notices": rows, "next_cursor": page.next_cursor}


def stopped(stop: Stop) -> Json:
    """What keeps money from leaving for the bank."""
    return {"reason": stop.reason, "until": moment(stop.until), "next_look_at": rfc3339(stop.next_look_at)}


def standing(found: State, now: int) -> Json:
    """How the account stands, as of a moment."""
    stop = found.stop
    return {
        "as_of": rfc3339(now),
        "standing": found.standing,
        "since": rfc3339(found.since),
        "because": found.because,
        "breaches": [{"rate": rate, "since": rfc3339(since)} for rate, since in found.breaches.items()],
        "transfers_stopped": stopped(stop) if stop else None,
    }
