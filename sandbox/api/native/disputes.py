"""/v1/claims, /v1/chargebacks, /v1/feedback, /v1/notices and /v1/standing: what buyers hold against orders (ch. 9)."""

from typing import Any, Literal

from flask import Response
from flask_openapi3 import Tag
from pydantic import Field

from sandbox.api.asked import Asked, Body, InView, OrderPath, Paged
from sandbox.api.auth import enter_by_key
from sandbox.api.desk import Render, act, look
from sandbox.api.doors import Doors
from sandbox.api.native import dispute_answers as answers
from sandbox.api.native import dispute_render as render
from sandbox.api.native.render import Json
from sandbox.central import chargebacks, claims, feedback, performance, standing
from sandbox.central.disputes import CHARGEBACK, CLAIM, EVIDENCE
from sandbox.central.search import PAGE, PAGE_AT_MOST
from sandbox.central.world import World

doors = Doors(
    "disputes",
    __name__,
    url_prefix="/v1",
    abp_tags=[
        Tag(name="performance", description="Claims, chargebacks, feedback, notices and the account's standing.")
    ],
)
doors.before_request(enter_by_key)


class ClaimPath(Asked):
    """A claim."""

    claim: int = Field(ge=1, le=2**62)


class ChargebackPath(Asked):
    """A chargeback."""

    chargeback: int = Field(ge=1, le=2**62)


class ClaimsQuery(Paged):
    """Which claims."""

    state: list[Literal["action-required", "under-review", "appealed", "closed"]] = Field(
        [], description="Any of these; all, if left out."
    )
    order_id: str | None = Field(None, max_length=40, description="Only those of this order.")


class ChargebacksQuery(Paged):
    """Which chargebacks."""

    state: list[Literal["action-required", "under-review", "closed"]] = Field(
        [], description="Any of these; all, if left out."
    )
    order_id: str | None = Field(None, max_length=40, description="Only those of this order.")


class Piece(Body):
    """Something that speaks for the seller."""

    kind: str = Field(description=f"One of {', '.join(EVIDENCE)}.")
    text: str


class Representation(Body):
    """The seller's side."""

    text: str = Field(description="What happened.")
    evidence: list[Piece] = []

    def said(self) -> dict[str, Any]:
        """As the rules take it."""
        return {"text": self.text, "evidence": [(piece.kind, piece.text) for piece in self.evidence]}


class FeedbackQuery(Paged):
    """Which feedback."""

    rating: list[Literal["1", "2", "3", "4", "5"]] = Field([], description="Any of these; all, if left out.")
    state: list[Literal["shown", "removal-asked", "removal-declined", "removed", "withdrawn"]] = Field(
        [], description="Any of these; all, if left out."
    )


class FeedbackReply(Body):
    """What the seller says to a feedback, for all to read."""

    text: str


class Removal(Body):
    """Why a feedback should go."""

    reason: str = Field(description=f"One of {', '.join(feedback.REMOVAL_REASONS)}.")


class NoticesQuery(Asked):
    """Which page of the notices."""

    limit: int = Field(PAGE, ge=1, le=PAGE_AT_MOST, description="Rows of the page.")
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


# -- claims


def whole_claim(path: ClaimPath, query: InView) -> Render:
    """The claim as the API shows it."""
    return lambda world: render.claim(performance.dispute(world, CLAIM, path.claim, query.view), world.currency)


@doors.get("/claims", summary="List claims", responses={200: answers.Claims})
def list_claims(query: ClaimsQuery) -> Response:
    """Those that need an answer first, by the time left; then the others, the newest first."""
    asked = query.model_dump(exclude={"state"}) | {"states": tuple(query.state)}
    return look(lambda world: render.claims(performance.disputes(world, CLAIM, **asked), world.currency))


@doors.get("/claims/<int:claim>", summary="Read a claim", responses={200: answers.Claim})
def read_claim(path: ClaimPath, query: InView) -> Response:
    """A claim with what the record says of its order, and how it would end now. Carries an ETag."""
    return look(whole_claim(path, query), tagged=True)


@doors.post("/claims/<int:claim>/answer", summary="Answer a claim", responses={200: answers.Claim})
def answer_claim(path: ClaimPath, query: InView, body: Representation) -> Response:
    """Contest it with what happened and with evidence, before its deadline. The record decides some days later."""
    claim = whole_claim(path, query)
    return act(claims.represent, claim, tagged=claim, claim=path.claim, view=query.view, **body.said())


@doors.post("/claims/<int:claim>/acceptance", summary="Accept a claim", responses={200: answers.Claim})
def accept_claim(path: ClaimPath, query: InView) -> Response:
    """Pay what is claimed at once; the claim is closed."""
    claim = whole_claim(path, query)
    return act(claims.accept, claim, tagged=claim, claim=path.claim, view=query.view)


@doors.post("/claims/<int:claim>/appeal", summary="Appeal a claim", responses={200: answers.Claim})
def appeal_claim(path: ClaimPath, query: InView, body: Representation) -> Response:
    """Ask the platform to look again at a claim that was granted at your cost, once."""
    claim = whole_claim(path, query)
    return act(claims.appeal, claim, tagged=claim, claim=path.claim, view=query.view, **body.said())


# -- chargebacks


def whole_chargeback(path: ChargebackPath, query: InView) -> Render:
    """The chargeback as the API shows it."""

    def rendered(world: World) -> Json:
        found = performance.dispute(world, CHARGEBACK, path.chargeback, query.view)
        return render.chargeback(found, world.currency)

    return rendered


@doors.get("/chargebacks", summary="List chargebacks", responses={200: answers.Chargebacks})
def list_chargebacks(query: ChargebacksQuery) -> Response:
    """Those that need an answer first, by the time left; then the others, the newest first."""
    asked = query.model_dump(exclude={"state"}) | {"states": tuple(query.state)}
    return look(lambda world: render.chargebacks(performance.disputes(world, CHARGEBACK, **asked), world.currency))


@doors.get("/chargebacks/<int:chargeback>", summary="Read a chargeback", responses={200: answers.Chargeback})
def read_chargeback(path: ChargebackPath, query: InView) -> Response:
    """A chargeback with what the record says of its order, and the odds at the bank. Carries an ETag."""
    return look(whole_chargeback(path, query), tagged=True)


@doors.post("/chargebacks/<int:chargeback>/answer", summary="Answer a chargeback", responses={200: answers.Chargeback})
def answer_chargeback(path: ChargebackPath, query: InView, body: Representation) -> Response:
    """Represent the case to the bank, before the deadline. The bank decides some weeks later."""
    found = whole_chargeback(path, query)
    what = {"chargeback": path.chargeback, "view": query.view, **body.said()}
    return act(chargebacks.represent, found, tagged=found, **what)


@doors.post(
    "/chargebacks/<int:chargeback>/acceptance", summary="Accept a chargeback", responses={200: answers.Chargeback}
)
def accept_chargeback(path: ChargebackPath, query: InView) -> Response:
    """Bear it at once; the chargeback is closed."""
    found = whole_chargeback(path, query)
    return act(chargebacks.accept, found, tagged=found, chargeback=path.chargeback, view=query.view)


# -- feedback


def whole_feedback(path: OrderPath, query: InView) -> Render:
    """An order's feedback as the API shows it."""
    return lambda world: render.feedback(performance.feedback_on(world, path.order_id, query.view))


@doors.get("/feedback", summary="List feedback", responses={200: answers.Feedbacks})
def list_feedback(query: FeedbackQuery) -> Response:
    """The newest first."""
    asked = query.model_dump(exclude={"rating", "state"})
    asked |= {"ratings": tuple(map(int, query.rating)), "states": tuple(query.state)}
    return look(lambda world: render.feedbacks(performance.feedback(world, **asked)))


@doors.get("/feedback/summary", summary="Read the feedback summary", responses={200: answers.FeedbackSummary})
def feedback_summary() -> Response:
    """Positive, neutral and negative ratings of 30, 90 and 365 days and of all time, with rounded percentages."""
    return look(lambda world: render.feedback_summary(performance.feedback_summary(world), world.now))


@doors.get("/orders/<order_id>/feedback", summary="Read an order's feedback", responses={200: answers.Feedback})
def read_feedback(path: OrderPath, query: InView) -> Response:
    """What the buyer thinks of the order. Carries an ETag."""
    return look(whole_feedback(path, query), tagged=True)


@doors.post("/orders/<order_id>/feedback/reply", summary="Reply to feedback", responses={200: answers.Feedback})
def reply_to_feedback(path: OrderPath, query: InView, body: FeedbackReply) -> Response:
    """Say something to it for all to read, once."""
    found = whole_feedback(path, query)
    return act(feedback.reply, found, tagged=found, order_id=path.order_id, view=query.view, text=body.text)


@doors.post("/orders/<order_id>/feedback/removal", summary="Ask for a removal", responses={200: answers.Feedback})
def ask_removal(path: OrderPath, query: InView, body: Removal) -> Response:
    """Ask the platform to take a feedback away, once; it is decided a day later."""
    found = whole_feedback(path, query)
    return act(feedback.ask_removal, found, tagged=found, order_id=path.order_id, view=query.view, reason=body.reason)


# -- notices and standing


@doors.get("/notices", summary="List performance notices", responses={200: answers.Notices})
def list_notices(query: NoticesQuery) -> Response:
    """Limits crossed and mended, changes of the account's standing, and debts of settlements, the last one first."""
    return look(lambda world: render.notices(performance.notices(world, **query.model_dump())))


@doors.get("/standing", summary="Read the account's standing", responses={200: answers.Standing})
def read_standing() -> Response:
    """How the account stands since its last daily review, which limits are crossed, and what that stops."""
    return look(lambda world: render.standing(standing.state(world), world.now))
