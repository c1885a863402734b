"""/v1 on money: refunds, the balance, settlements, transactions, the reserve, the ledger (chapters 5, 6 and 10)."""

from typing import Literal

from flask import Response
from flask_openapi3 import Tag
from pydantic import Field

from sandbox.api.asked import Asked, Body, InView, Moment, Number, OrderPath
from sandbox.api.auth import enter_by_key
from sandbox.api.desk import Render, act, look
from sandbox.api.doors import Doors
from sandbox.api.native import money_answers, money_render
from sandbox.api.native.render import Json
from sandbox.central import ledger, refunds, reserve, settlements
from sandbox.central.ledger import ALL_LINES, KINDS
from sandbox.central.refunds import REASONS
from sandbox.central.reserve import DAYS_AT_MOST
from sandbox.central.search import PAGE, PAGE_AT_MOST
from sandbox.central.world import World

doors = Doors(
    "money",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="money", description="Refunds, settlements, the reserve and the ledger.")],
)
doors.before_request(enter_by_key)

NUMBER_AT_MOST = 2**62


class Pages(Asked):
    """Which page of a list."""

    limit: int = Field(PAGE, ge=1, le=PAGE_AT_MOST, description="Rows of the page.")
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class RefundPath(OrderPath):
    """A refund of an order."""

    refund: int = Field(ge=1, le=NUMBER_AT_MOST)


class NewRefund(Body):
    """What to give back: all that is left, if neither items nor shipping are named."""

    reason: str = Field(description=f"One of {', '.join(REASONS)}.")
    items: dict[str, Number] | None = Field(None, description="Minor units by item id.")
    shipping_minor: Number | None = Field(None, description="Of the shipping.")
    currency: str | None = Field(None, max_length=40, description="The account's own, if left out.")
    memo: str = Field("", description="For the seller's own eyes.")
    note: str = Field("", description="What the buyer is told.")


class SettlementPath(Asked):
    """A settlement."""

    settlement: int = Field(ge=1, le=NUMBER_AT_MOST)


class LinesQuery(Asked):
    """How much of what is behind each line."""

    limit: int = Field(PAGE, ge=1, le=PAGE_AT_MOST, description="Entries of each line; /v1/transactions has the rest.")


class Span(Asked):
    """From when to when."""

    since: Moment | None = Field(None, alias="from", description="The earliest moment.")


class TransactionsQuery(Span, Pages):
    """Which transactions."""

    before: Moment | None = Field(None, alias="to", description="The moment before which they happened.")
    order_id: str | None = Field(None, max_length=40, description="Only those of this order.")
    settlement: int | None = Field(None, ge=1, le=NUMBER_AT_MOST, description="Only those of this settlement.")
    line: Literal["orders", "refunds", "claims", "chargebacks", "fees", "transferred"] | None = Field(
        None, description="Only those behind this line of a settlement."
    )
    kind: list[str] = Field([], description=f"Any of {', '.join(KINDS)}; all, if left out.")


class HistoryQuery(Span, Pages):
    """Which days: 30 up to now, if left out. A longer span comes page by page."""

    until: Moment | None = Field(None, alias="to", description="The latest moment.")
    limit: int = Field(DAYS_AT_MOST, ge=1, le=DAYS_AT_MOST, description="Days on a page.")


class ReasonPath(Asked):
    """A reason that money is held back for."""

    reason: str = Field(max_length=60, description="Such as IndividualPlan, GuaranteeClaims.")


# -- refunds


def one(order_id: str, view: str, refund: int | None = None) -> Render:
    """A refund as the API shows it; without its number the order's latest."""

    def rendered(world: World) -> Json:
        given = refunds.given(world, order_id, view)
        order = world.order(order_id)
        found = refunds.refund_of(world, order, refund) if refund else given.refunds[-1]
        return money_render.refund(found, given.item_ids, world.currency)

    return rendered


@doors.post("/orders/<order_id>/refunds", summary="Refund an order", responses={201: money_answers.Refund})
def refund(path: OrderPath, query: InView, body: NewRefund) -> Response:
    """Give back some items' money, the shipping, or all that is left. It is pending first. Answers with the refund."""
    asked = body.model_dump()
    shown = one(path.order_id, query.view)
    return act(refunds.refund, shown, status=201, order_id=path.order_id, view=query.view, **asked)


@doors.get("/orders/<order_id>/refunds", summary="List an order's refunds", responses={200: money_answers.Refunds})
def list_refunds(path: OrderPath, query: InView) -> Response:
    """All of them with their states, and what is left to give back. Carries an ETag."""

    def rendered(world: World) -> Json:
        return money_render.refunds(refunds.given(world, path.order_id, query.view), world.currency)

    return look(rendered, tagged=True)


@doors.get("/orders/<order_id>/refunds/<int:refund>", summary="Read a refund", responses={200: money_answers.Refund})
def read_refund(path: RefundPath, query: InView) -> Response:
    """One refund. Carries an ETag."""
    return look(one(path.order_id, query.view, path.refund), tagged=True)


@doors.post(
    "/orders/<order_id>/refunds/<int:refund>/cancellation",
    summary="Call off a refund",
    responses={200: money_answers.Refund},
)
def call_off(path: RefundPath, query: InView) -> Response:
    """Think better of a refund while it is pending. Answers with the refund as it is then."""
    shown = one(path.order_id, query.view, path.refund)
    named = {"order_id": path.order_id, "view": query.view}
    return act(refunds.call_off, shown, tagged=shown, refund=path.refund, **named)  # type: ignore[arg-type]


# -- balance and settlements


@doors.get("/balance", summary="Read the balance", responses={200: money_answers.Balance})
def balance() -> Response:
    """Reserve, available, on its way to the bank, their total, and the lines of the period that runs now."""

    def rendered(world: World) -> Json:
        closes_at = settlements.closes_at(world)
        return money_render.balance(settlements.balance(world), world.now, closes_at, world.currency)

    return look(rendered, tagged=True)


@doors.get("/settlements", summary="List settlements", responses={200: money_answers.Settlements})
def list_settlements(query: Pages) -> Response:
    """The settlements that are closed, the last one first."""
    asked = query.model_dump()
    return look(lambda world: money_render.settlements(settlements.settlements(world, **asked), world.currency))


@doors.get("/settlements/<int:settlement>", summary="Read a settlement", responses={200: money_answers.Settlement})
def read_settlement(path: SettlementPath, query: LinesQuery) -> Response:
    """A closed settlement, each line with its ledger entries; `next_cursor` goes on in /v1/transactions.

    Behind what it began with are the entries of the settlement before that left it. Carries an ETag.
    """

    def rendered(world: World) -> Json:
        found = settlements.settlement_of(world, path.settlement)
        behind = {line: ledger.behind(world, path.settlement, line, query.limit) for line in ALL_LINES}
        return money_render.settlement(found, behind, world.currency)

    return look(rendered, tagged=True)


@doors.get("/transactions", summary="List transactions", responses={200: money_answers.Transactions})
def list_transactions(query: TransactionsQuery) -> Response:
    """Entries of the ledger, the newest first; a cursor stays where it is while new ones are posted."""
    asked = query.model_dump(exclude={"kind"})
    return look(
        lambda world: money_render.transactions(
            ledger.transactions(world, kinds=tuple(query.kind), **asked), world.currency
        )
    )


# -- the reserve


@doors.get("/reserve", summary="Read the reserve", responses={200: money_answers.Reserve})
def read_reserve() -> Response:
    """Why money is held back, how much, behind which orders, until when. Carries an ETag."""
    return look(lambda world: money_render.reserve(reserve.reserve(world), world.ids, world.currency), tagged=True)


@doors.get("/reserve/history", summary="Read the reserve's history", responses={200: money_answers.ReserveHistory})
def reserve_history(query: HistoryQuery) -> Response:
    """The reserve at the end of each day, by reason."""

    def rendered(world: World) -> Json:
        days = reserve.history(world, **query.model_dump())
        return money_render.reserve_history(days, world.policy.reserve_pack, world.currency)

    return look(rendered)


@doors.get("/reserve/<reason>", summary="View a reason", responses={200: money_answers.HeldOrders})
def view_reason(path: ReasonPath, query: Pages) -> Response:
    """All orders behind one reason, page by page."""

    def rendered(world: World) -> Json:
        hold = reserve.hold_of(world, path.reason)
        page = reserve.orders_of(hold, query.cursor, query.limit)
        return money_render.held_orders(hold, page, world.ids, world.currency)

    return look(rendered)


# -- the ledger


@doors.get("/ledger/accounts", summary="List the ledger's accounts", responses={200: money_answers.LedgerAccounts})
def ledger_accounts() -> Response:
    """Every account with its balance and what that says."""
    return look(lambda world: money_render.ledger_accounts(ledger.balances(world), world.now, world.currency))


@doors.get("/ledger/trial-balance", summary="Check the books", responses={200: money_answers.TrialBalance})
def trial_balance() -> Response:
    """All balances, which add up to 0, and whatever orders, refunds and settlements say otherwise: nothing."""
    return look(lambda world: money_render.trial_balance(ledger.trial_balance(world), world.now, world.currency))
