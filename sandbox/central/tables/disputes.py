"""How feedback, claims and chargebacks change the tables, and what their ends post to the ledger."""

from msgspec.json import decode

from sandbox.central import facts
from sandbox.central.facts import encoded
from sandbox.central.records import Defect
from sandbox.central.tables.base import Tables
from sandbox.central.tables.money import Leg, order_moved, post


def _marked(tables: Tables, number: int, defect: int) -> None:
    sql = "update orders set defects = defects | ?, version = version + 1 where number = ?"
    tables.change_order(sql, (int(defect), number))


def _cleared(tables: Tables, number: int, defect: int) -> None:
    sql = "update orders set defects = defects & ~?, version = version + 1 where number = ?"
    tables.change_order(sql, (int(defect), number))


# -- feedback

NEGATIVE_AT_MOST = 2
"""The highest rating that is negative."""


def feedback_left(tables: Tables, fact: facts.FeedbackLeft, number: int) -> None:
    answers = (fact.arrived_on_time, fact.as_described, fact.good_service)
    row = (number, fact.order_id, fact.rating, fact.comment, *answers, fact.at, fact.at)
    tables.execute("insert into feedback values (?, ?, ?, ?, ?, ?, ?, ?, '', null, 'shown', ?)", row)
    if fact.rating <= NEGATIVE_AT_MOST:
        _marked(tables, number, Defect.NEGATIVE_FEEDBACK)


def feedback_answered(tables: Tables, fact: facts.FeedbackAnswered, number: int) -> None:
    sql = "update feedback set reply = ?, replied_at = ? where order_number = ?"
    tables.execute(sql, (fact.text, fact.at, number))


def _feedback_is(tables: Tables, number: int, state: str, at: int) -> None:
    tables.execute("update feedback set state = ?, state_at = ? where order_number = ?", (state, at, number))


def feedback_removal_asked(tables: Tables, fact: facts.FeedbackRemovalAsked, number: int) -> None:
    _feedback_is(tables, number, "removal-asked", fact.at)


def feedback_removal_decided(tables: Tables, fact: facts.FeedbackRemovalDecided, number: int) -> None:
    _feedback_is(tables, number, "removed" if fact.removed else "removal-declined", fact.at)
    if fact.removed:
        _cleared(tables, number, Defect.NEGATIVE_FEEDBACK)


def feedback_withdrawn(tables: Tables, fact: facts.FeedbackWithdrawn, number: int) -> None:
    _feedback_is(tables, number, "withdrawn", fact.at)
    _cleared(tables, number, Defect.NEGATIVE_FEEDBACK)


# -- claims and chargebacks

_DISPUTE = """
    insert into disputes values
    (?, ?, ?, ?, ?, ?, ?, ?, ?, 'action-required', null, '', '[]', null, null, null, 0, 0, '', '', null, null, ?)"""


def claim_filed(tables: Tables, fact: facts.ClaimFiled, number: int) -> None:
    _filed(tables, fact, number, "claim")
    _marked(tables, number, Defect.CLAIM | Defect.STANDING_CLAIM)


def chargeback_filed(tables: Tables, fact: facts.ChargebackFiled, number: int) -> None:
    _filed(tables, fact, number, "chargeback")
    _marked(tables, number, Defect.CHARGEBACK)


def _filed(tables: Tables, fact: facts.DisputeFiled, number: int, kind: str) -> None:
    tables.clock.disputes = fact.dispute
    row = (fact.dispute, kind, number, fact.order_id, fact.reason, fact.amount_minor, fact.text)
    tables.execute(_DISPUTE, (*row, fact.at, fact.respond_by, tables.clock.refunds))


def dispute_answered(tables: Tables, fact: facts.DisputeAnswered, number: int) -> None:
    tables.execute(
        "update disputes set state = 'under-review', answered_at = ?, answer = ?, evidence = ? where dispute = ?",
        (fact.at, fact.text, encoded(fact.evidence).decode(), fact.dispute),
    )


def dispute_decided(tables: Tables, fact: facts.DisputeDecided, number: int) -> None:
    """Whoever bears it pays the buyer; the seller gets the fee back for money that the sale no longer brings."""
    _closed(tables, fact.dispute, fact.at, fact.outcome, fact.paid_by, fact.because)
    if fact.outcome == "Denied":
        _cleared(tables, number, Defect.STANDING_CLAIM)
    if not fact.amount_minor:
        return
    sql = "update disputes set paid_minor = ?, fee_returned_minor = ? where dispute = ?"
    tables.execute(sql, (fact.amount_minor, fact.fee_returned_minor, fact.dispute))
    is_claim = tables.value("select kind = 'claim' from disputes where dispute = ?", (fact.dispute,))
    kind, account = ("Claim", "claims") if is_claim else ("Chargeback", "chargebacks")
    bearer = account if fact.paid_by == "seller" else "protection"
    fee: Leg = (f"{kind}Fee", "fees", account, fact.fee_returned_minor)
    post(
        tables,
        fact.at,
        number,
        fact.dispute,
        (kind if bearer == account else f"{kind}Protection", bearer, "buyer", fact.amount_minor),
        fee,
    )
    order_moved(tables, number, reverted=fact.amount_minor, fee=-fact.fee_returned_minor)


def _closed(tables: Tables, dispute: int, at: int, outcome: str, paid_by: str, because: str) -> None:
    tables.execute(
        "update disputes set state = 'closed', closed_at = ?, outcome = ?, paid_by = ?, because = ? where dispute = ?",
        (at, outcome, paid_by, because, dispute),
    )


def claim_withdrawn(tables: Tables, fact: facts.ClaimWithdrawn, number: int) -> None:
    _closed(tables, fact.dispute, fact.at, "Withdrawn", "nobody", fact.because)
    _cleared(tables, number, Defect.STANDING_CLAIM)


def claim_appealed(tables: Tables, fact: facts.ClaimAppealed, number: int) -> None:
    """What the claim cost stays where it is until the appeal is decided. New evidence comes to the old."""
    earlier = decode(tables.value("select evidence from disputes where dispute = ?", (fact.dispute,)))
    evidence = encoded([*earlier, *fact.evidence]).decode()
    tables.execute(
        "update disputes set state = 'appealed', appeal = ?, appealed_at = ?, evidence = ? where dispute = ?",
        (fact.text, fact.at, evidence, fact.dispute),
    )


def appeal_decided(tables: Tables, fact: facts.AppealDecided, number: int) -> None:
    """A granted appeal gives the seller the money back, and the fee is due again."""
    outcome, bearer = ("AppealGranted", "amazon") if fact.granted else ("AppealDenied", "seller")
    tables.execute(
        """update disputes set state = 'closed', appeal_decided_at = ?, outcome = ?, paid_by = ?, because = ?
        where dispute = ?""",
        (fact.at, outcome, bearer, fact.because, fact.dispute),
    )
    if fact.granted:
        appeal: Leg = ("Appeal", "protection", "claims", fact.amount_minor)
        post(tables, fact.at, number, fact.dispute, appeal, ("AppealFee", "claims", "fees", fact.fee_minor))
        order_moved(tables, number, fee=fact.fee_minor)
        _cleared(tables, number, Defect.STANDING_CLAIM)


# -- what the seller is notified of


_NOTICE = "insert into notices values (?, ?, ?, ?, ?, ?, ?, ?)"


def limit_crossed(tables: Tables, fact: facts.LimitCrossed, number: int) -> None:
    row = (tables.clock.facts, fact.at, "limit", fact.rate, fact.breached, fact.percent, fact.says)
    tables.execute(_NOTICE, (*row, encoded(fact.sent_to).decode()))


def review_opened(tables: Tables, fact: facts.ReviewOpened, number: int) -> None:
    text = f"The account is under review: {fact.because}"
    row = (tables.clock.facts, fact.at, "review", str(fact.until), True, None, text, encoded(fact.sent_to).decode())
    tables.execute(_NOTICE, row)


def standing_changed(tables: Tables, fact: facts.StandingChanged, number: int) -> None:
    text = f"The account was {fact.before} and is {fact.after}: {fact.because}"
    row = (tables.clock.facts, fact.at, "standing", fact.after, fact.after != "good", None, text)
    tables.execute(_NOTICE, (*row, encoded(fact.sent_to).decode()))


def debt_carried(tables: Tables, fact: facts.DebtCarried, number: int) -> None:
    row = (tables.clock.facts, fact.at, "balance", f"settlement {fact.settlement}", True, None, fact.says)
    tables.execute(_NOTICE, (*row, encoded(fact.sent_to).decode()))
