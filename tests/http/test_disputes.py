"""/v1/claims, /v1/chargebacks, /v1/feedback, /v1/notices and /v1/standing over HTTP.

Buyers and banks are moved from this process: a world is one file, and the server sees what happens in it.
"""

from typing import Any

import pytest

from sandbox.central.guide import RULES
from tests.http.conftest import Worlds
from tests.http.quarrel import Quarrel
from tests.server import Server, Shop, problem_of, said_no

ANSWER = {"text": "It left in time.", "evidence": [{"kind": "Tracking", "text": "BlueDart BD-1234"}]}
PATHS = ("/v1/claims", "/v1/chargebacks")


@pytest.fixture
def quarrel(make: Worlds, server: Server) -> Quarrel:
    """A fresh shop, of whose orders some can be shipped."""
    return Quarrel(make(), server)


# -- claims


def test_a_claim_is_read_with_its_deadline_its_record_and_how_it_would_end(quarrel: Quarrel) -> None:
    found = quarrel.get(quarrel.claim())
    assert found["filed_at"] < found["respond_by"] and found["state"] == "action-required"
    assert (found["record"]["tracked"], found["record"]["to_orders_address"]) == (True, True)
    assert found["verdict_now"]["paid_by"] == "seller" and found["decision"] is None


def test_a_claim_is_answered_with_evidence(quarrel: Quarrel) -> None:
    done = quarrel.post(f"{quarrel.claim()}/answer", ANSWER)
    assert (done.status, done.json["state"]) == (200, "under-review")
    assert (done.json["answer"]["text"], done.json["evidence"]) == (ANSWER["text"], ANSWER["evidence"])


def test_an_answered_claim_is_decided_two_days_later(quarrel: Quarrel) -> None:
    path = quarrel.claim("ChargedMore")
    quarrel.post(f"{path}/answer", ANSWER)
    quarrel.shop.advance("2d")
    found = quarrel.get(path)
    assert (found["state"], found["decision"]["outcome"], found["verdict_now"]) == ("closed", "Denied", None)


def test_an_accepted_claim_is_paid_by_the_seller(quarrel: Quarrel) -> None:
    done = quarrel.post(f"{quarrel.claim()}/acceptance")
    decision = done.json["decision"]
    assert (done.status, decision["outcome"], decision["paid_by"]) == (200, "Refunded", "seller")
    assert decision["buyer_got_minor"] == done.json["amount_minor"] and decision["fee_returned_minor"] > 0


def test_what_a_claim_took_is_no_longer_refundable(quarrel: Quarrel) -> None:
    done = quarrel.post(f"{quarrel.claim()}/acceptance").json
    assert quarrel.shop.order(done["order_id"])["refundable_minor"] == 0


def test_a_lapsed_claim_says_until_when_it_may_be_appealed_and_is(quarrel: Quarrel) -> None:
    path = quarrel.claim()
    quarrel.shop.advance("7d")
    before = quarrel.get(path)
    done = quarrel.post(f"{path}/appeal", {"text": "Look again.", "evidence": []})
    assert before["appeal_by"] > quarrel.shop.now() and before["decision"]["outcome"] == "GrantedSellerFunded"
    assert (done.status, done.json["state"], done.json["appeal_by"]) == (200, "appealed", None)


def test_a_claim_is_found_by_its_order(quarrel: Quarrel) -> None:
    first, second = quarrel.get(quarrel.claim()), quarrel.get(quarrel.claim())
    found = quarrel.get("/v1/claims", order_id=second["order_id"])["claims"]
    assert found == [second] and first != second


# -- chargebacks


def test_a_chargeback_is_read_with_its_odds(quarrel: Quarrel) -> None:
    found = quarrel.get(quarrel.chargeback())
    assert (found["type"], found["won_percent"], found["verdict_now"]) == ("Service", 32.0, None)


def test_a_chargeback_is_answered_and_the_bank_decides_some_weeks_later(quarrel: Quarrel) -> None:
    path = quarrel.chargeback()
    done = quarrel.post(f"{path}/answer", ANSWER)
    quarrel.shop.advance("32d")
    assert (done.status, done.json["state"]) == (200, "under-review")
    assert quarrel.get(path)["decision"]["outcome"] in ("Won", "Lost")


def test_an_accepted_chargeback_is_closed(quarrel: Quarrel) -> None:
    done = quarrel.post(f"{quarrel.chargeback()}/acceptance").json
    assert (done["state"], done["decision"]["paid_by"], done["won_percent"]) == ("closed", "seller", None)


# -- both alike


@pytest.mark.parametrize("path", PATHS)
def test_pages_of_one_give_every_row_once(quarrel: Quarrel, path: str) -> None:
    for _ in range(3):
        quarrel.claim()
        quarrel.chargeback()
    assert len(quarrel.shop.pages(path, limit=1)) == 3
    assert quarrel.shop.pages(path, limit=1) == quarrel.shop.pages(path, limit=100)


@pytest.mark.parametrize("path", PATHS)
def test_a_list_is_filtered_by_state(quarrel: Quarrel, path: str) -> None:
    quarrel.post(f"{quarrel.claim()}/answer", ANSWER)
    quarrel.post(f"{quarrel.chargeback()}/answer", ANSWER)
    room = path.rpartition("/")[2]
    assert quarrel.get(path, state="action-required")[room] == []
    assert [row["state"] for row in quarrel.get(path, state=["under-review", "closed"])[room]] == ["under-review"]


@pytest.mark.parametrize("kind", ["claim", "chargeback"])
def test_a_single_one_has_an_etag_that_changes_with_it(quarrel: Quarrel, kind: str) -> None:
    path = quarrel.claim() if kind == "claim" else quarrel.chargeback()
    tag = quarrel.seller.get(path).headers["etag"]
    same = quarrel.seller.get(path, headers={"If-None-Match": tag}).status
    quarrel.post(f"{path}/answer", ANSWER)
    assert (same, quarrel.seller.get(path, headers={"If-None-Match": tag}).status) == (304, 200)


@pytest.mark.parametrize("kind", ["claim", "chargeback"])
def test_an_answer_to_what_changed_meanwhile_is_refused(quarrel: Quarrel, kind: str) -> None:
    path = quarrel.claim() if kind == "claim" else quarrel.chargeback()
    tag = quarrel.seller.get(path).headers["etag"]
    quarrel.post(f"{path}/answer", ANSWER, {"If-Match": tag})
    again = quarrel.post(f"{path}/acceptance", None, {"If-Match": tag})
    assert said_no(again) == (412, "PreconditionFailed")


@pytest.mark.parametrize("act", ["answer", "acceptance"])
def test_the_same_key_does_it_once(quarrel: Quarrel, act: str) -> None:
    path, key = f"{quarrel.claim()}/{act}", {"Idempotency-Key": "k-1"}
    body = ANSWER if act == "answer" else None
    first, second = quarrel.post(path, body, key), quarrel.post(path, body, key)
    assert (first.body, second.headers["idempotent-replayed"]) == (second.body, "true")


def test_the_second_answer_is_refused_with_its_rule(quarrel: Quarrel) -> None:
    path = f"{quarrel.claim()}/answer"
    quarrel.post(path, ANSWER)
    found = problem_of(quarrel.post(path, ANSWER))
    assert (found["status"], found["code"], found["rule"]) == (409, "AlreadyAnswered", "claims.represent")
    assert found["says"] == RULES["claims.represent"].says and "under review" in found["detail"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/claims/99", 404, "UnknownClaim"),
        ("/v1/chargebacks/99", 404, "UnknownChargeback"),
        ("/v1/claims/0", 422, "InvalidField"),
        ("/v1/claims?state=open", 422, "InvalidField"),
        ("/v1/chargebacks?state=appealed", 422, "InvalidField"),
        ("/v1/claims?cursor=x", 422, "UnknownCursor"),
        ("/v1/claims?limit=101", 422, "InvalidField"),
        ("/v1/claims?order_id=402-1", 404, "UnknownOrder"),
        ("/v1/feedback?rating=6", 422, "InvalidField"),
        ("/v1/notices?cursor=x", 422, "UnknownCursor"),
        ("/v1/standing?view=sandbox", 422, "UnknownField"),
    ],
)
def test_what_cannot_be_read_is_refused(still: Shop, path: str, status: int, code: str) -> None:
    assert said_no(still.seller.get(path)) == (status, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "InvalidField"),
        ({"text": " "}, "TextMissing"),
        ({"text": "x" * 4_001}, "TextTooLong"),
        ({"text": "Sent.", "evidence": [{"kind": "Photo", "text": "x"}]}, "UnknownEvidence"),
        ({"text": "Sent.", "evidence": [{"kind": "Tracking", "text": "x" * 10_001}]}, "EvidenceTooLarge"),
        ({"text": "Sent.", "evidence": [{"kind": "Tracking", "text": "x"}] * 11}, "TooMuchEvidence"),
        ({"text": "Sent.", "evidence": [{"kind": "Tracking", "text": "x", "file": "y"}]}, "UnknownField"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(quarrel: Quarrel, body: Any, code: str) -> None:
    assert said_no(quarrel.post(f"{quarrel.chargeback()}/answer", body)) == (422, code)


def test_a_claim_is_not_seen_from_the_sandbox_view(quarrel: Quarrel) -> None:
    path = quarrel.claim()
    assert said_no(quarrel.seller.get(path, {"view": "sandbox"})) == (409, "WrongView")
    assert quarrel.get("/v1/claims", view="sandbox")["claims"] == []


def test_nothing_is_left_to_appeal_of_a_claim_that_was_accepted(quarrel: Quarrel) -> None:
    path = quarrel.claim()
    quarrel.post(f"{path}/acceptance")
    assert said_no(quarrel.post(f"{path}/appeal", {"text": "No."})) == (409, "NothingToAppeal")


# -- feedback


def test_feedback_is_read_with_what_the_buyer_said(quarrel: Quarrel) -> None:
    found = quarrel.get(quarrel.rated())
    assert (found["rating"], found["comment"], found["state"]) == (1, "Rubbish.", "shown")
    assert (found["good_service"], found["as_described"]) == (False, None)


def test_feedback_is_replied_to_once(quarrel: Quarrel) -> None:
    path = quarrel.rated()
    done = quarrel.post(f"{path}/reply", {"text": "We are sorry."})
    again = quarrel.post(f"{path}/reply", {"text": "Very."})
    assert (done.status, done.json["reply"], said_no(again)) == (200, "We are sorry.", (409, "AlreadyAnswered"))


def test_a_removal_is_decided_a_day_later(quarrel: Quarrel) -> None:
    path = quarrel.rated(comment="Mail me: a@b.in")
    done = quarrel.post(f"{path}/removal", {"reason": "PersonalInformation"})
    quarrel.shop.advance("1d")
    assert (done.json["state"], quarrel.get(path)["state"]) == ("removal-asked", "removed")


def test_feedback_is_listed_by_rating_and_state(quarrel: Quarrel) -> None:
    bad, good = quarrel.get(quarrel.rated(1)), quarrel.get(quarrel.rated(5))
    assert quarrel.shop.pages("/v1/feedback", limit=1) == [good, bad]
    assert quarrel.get("/v1/feedback", rating=[1, 2])["feedback"] == [bad]
    assert quarrel.get("/v1/feedback", state="removed")["feedback"] == []


def test_the_summary_has_four_columns_with_rounded_shares(quarrel: Quarrel) -> None:
    for rating in (1, 3, 5):
        quarrel.rated(rating)
    found = quarrel.get("/v1/feedback/summary")["columns"]
    assert [column["days"] for column in found] == [30, 90, 365, None]
    assert [column["positive_percent"] for column in found] == [33, 33, 33, 33]


def test_where_nobody_rated_there_is_no_feedback(quarrel: Quarrel) -> None:
    assert said_no(quarrel.seller.get(f"/v1/orders/{quarrel.shipped()}/feedback")) == (404, "NoFeedback")


# -- standing


def test_an_account_that_lost_its_standing_says_why(make: Worlds, server: Server) -> None:
    quarrel = Quarrel(make(history_days=4), server)
    for _ in range(12):
        quarrel.chargeback()
    quarrel.shop.advance("1d")
    found = quarrel.get("/v1/standing")
    assert (found["standing"], found["since"]) == ("suspended", quarrel.get("/v1/notices")["notices"][0]["at"])
    assert "order-defect (60 days)" in [row["rate"] for row in found["breaches"]]
    assert found["transfers_stopped"]["reason"] == "AccountSuspended"


def test_nobody_knows_until_when_a_suspension_stops_transfers(make: Worlds, server: Server) -> None:
    quarrel = Quarrel(make(history_days=4), server)
    for _ in range(12):
        quarrel.chargeback()
    quarrel.shop.advance("1d")
    found = quarrel.get("/v1/standing")
    stop = found["transfers_stopped"]
    assert stop["until"] is None and stop["next_look_at"] > found["as_of"]


def test_notices_tell_each_limit_page_by_page(make: Worlds, server: Server) -> None:
    quarrel = Quarrel(make(history_days=4), server)
    for _ in range(4):
        quarrel.chargeback()
    quarrel.shop.advance("1d")
    found = quarrel.shop.pages("/v1/notices", limit=1)
    assert len(found) > 1 and found == quarrel.shop.pages("/v1/notices", limit=100)
    assert any("order-defect (60 days) is outside its limit of 1 %" in row["text"] for row in found)
