"""/v1/orders: list, read, tell why, ship, cancel, note on, print a slip, write to the buyer (ch. 3, 4, 5, 7, 8, 9)."""

from typing import Literal

from flask import Response
from flask_openapi3 import Tag
from pydantic import Field

from sandbox.api.asked import Body, InView, Moment, OrderPath, PackagePath, Paged
from sandbox.api.auth import enter_by_key
from sandbox.api.desk import Render, act, look, look_again
from sandbox.api.doors import Doors
from sandbox.api.native import answers, history_answers, history_render, render
from sandbox.central import facts, history, messages, orders, search, shipments, tracking
from sandbox.central.orders import CANCEL_REASONS
from sandbox.central.world import World

doors = Doors("orders", __name__, url_prefix="/v1", abp_tags=[Tag(name="orders", description="Manage Orders.")])
doors.before_request(enter_by_key)


class OrdersQuery(Paged):
    """Which orders."""

    status: list[Literal["Pending", "Unshipped", "PartiallyShipped", "Shipped", "Canceled"]] = Field(
        [], description="Any of these; all, if left out."
    )
    placed_from: Moment | None = Field(None, description="The earliest moment of ordering.")
    placed_before: Moment | None = Field(None, description="The moment before which they were ordered.")
    q: str = Field("", max_length=200, description="Words, each in the order id, the buyer's name, a SKU or a title.")


class ShipTo(Body):
    """Another address than the order's. It is accepted and recorded, and takes the protection away (chapter 7)."""

    name: str = Field(min_length=1, max_length=100)
    line1: str = Field(min_length=1, max_length=200)
    line2: str = Field("", max_length=200)
    city: str = Field(min_length=1, max_length=100)
    state: str = Field(min_length=1, max_length=100)
    postal_code: str = Field(min_length=1, max_length=20)
    country: str = Field("IN", min_length=2, max_length=2)
    phone: str = Field("", max_length=30)


class Shipment(Body):
    """One package that left."""

    carrier: str = Field(description="Such as BlueDart, Delhivery, DTDC.")
    tracking: str = Field("", description="The carrier's tracking id.")
    method: str = Field("", max_length=60)
    shipped_at: Moment | None = Field(
        None, description="The ship date; now, if left out. Lateness is not judged by it."
    )
    items: dict[str, int] | None = Field(None, description="Pieces by item id; all that is left to ship, if left out.")
    ship_to: ShipTo | None = None


class Cancel(Body):
    """Why the seller cancels."""

    reason: str = Field(description=f"One of {', '.join(CANCEL_REASONS)}.")


class Memo(Body):
    """The seller's own note."""

    memo: str


class Mail(Body):
    """A message to the buyer."""

    subject: str = Field(description=f"One of {', '.join(messages.SELLER_SUBJECTS)}.")
    text: str


def whole(order_id: str, view: str) -> Render:
    """The order as the API shows it."""

    def rendered(world: World) -> render.Json:
        details = orders.details(world, order_id, view)
        return render.order(details, world.currency)

    return rendered


@doors.get("/orders", summary="List orders", responses={200: answers.Orders})
def list_orders(query: OrdersQuery) -> Response:
    """The newest first; a cursor stays where it is while new orders come in."""
    asked = query.model_dump(exclude={"q", "status"})
    return look(
        lambda world: render.orders(
            search.orders(world, statuses=tuple(query.status), words=query.q, **asked), world.currency
        )
    )


@doors.get("/orders/<order_id>", summary="Read an order", responses={200: answers.Order})
def read_order(path: OrderPath, query: InView) -> Response:
    """The order with its items, packages and money. Carries an ETag."""
    order = whole(path.order_id, query.view)
    return look_again(lambda world: orders.stamp(world, path.order_id, query.view), order)


@doors.get("/orders/<order_id>/history", summary="Tell why", responses={200: history_answers.History})
def order_history(path: OrderPath, query: Paged) -> Response:
    """What happened to an order, the first fact first: each with its rule and what led to it."""

    def page(world: World) -> render.Json:
        found = history.history_page(world, path.order_id, **query.model_dump())
        return history_render.history(found, path.order_id)

    return look(page)


@doors.post("/orders/<order_id>/shipments", summary="Confirm a shipment", responses={201: answers.Order})
def confirm_shipment(path: OrderPath, query: InView, body: Shipment) -> Response:
    """Confirm one package, or all that is left. Answers with the order as it is then."""
    order = whole(path.order_id, query.view)
    return act(
        shipments.confirm_shipment,
        order,
        status=201,
        tagged=order,
        order_id=path.order_id,
        view=query.view,
        carrier=body.carrier,
        tracking=body.tracking,
        method=body.method,
        shipped_at=body.shipped_at,
        items=body.items,
        ship_to=facts.Address(**body.ship_to.model_dump()) if body.ship_to else None,
    )


@doors.get(
    "/orders/<order_id>/shipments/<int:package>/tracking", summary="Track a package", responses={200: answers.Tracking}
)
def track(path: PackagePath, query: InView) -> Response:
    """What the carrier has told of a package until now. Carries an ETag."""
    return look(
        lambda world: render.tracking(tracking.journey(world, path.order_id, path.package, query.view)), tagged=True
    )


@doors.post("/orders/<order_id>/cancellation", summary="Cancel an order", responses={200: answers.Order})
def cancel(path: OrderPath, query: InView, body: Cancel) -> Response:
    """Cancel before shipment is confirmed; the buyer gets all money back by itself."""
    order = whole(path.order_id, query.view)
    return act(orders.cancel, order, tagged=order, order_id=path.order_id, view=query.view, reason=body.reason)


@doors.put("/orders/<order_id>/memo", summary="Write a memo", responses={200: answers.Order})
def write_memo(path: OrderPath, query: InView, body: Memo) -> Response:
    """A note that only the seller sees; an empty one takes it away."""
    order = whole(path.order_id, query.view)
    return act(orders.write_memo, order, tagged=order, order_id=path.order_id, view=query.view, memo=body.memo)


@doors.get("/orders/<order_id>/packing-slip", summary="Read the packing slip", responses={200: answers.PackingSlip})
def packing_slip(path: OrderPath, query: InView) -> Response:
    """What lies in the parcel: the order's own address, and no prices."""
    return look(
        lambda world: render.packing_slip(shipments.packing_slip(world, path.order_id, query.view)), tagged=True
    )


@doors.post("/orders/<order_id>/messages", summary="Write to the buyer", responses={201: answers.Thread})
def contact_buyer(path: OrderPath, query: InView, body: Mail) -> Response:
    """Write under a subject from the list. Answers with the thread."""

    def thread(world: World) -> render.Json:
        found = messages.thread_for(world, path.order_id, body.subject)
        return render.thread(messages.conversation(world, found, query.view), world.ids.masked_mail(0), world.policy)

    return act(
        messages.contact_buyer,
        thread,
        status=201,
        order_id=path.order_id,
        view=query.view,
        subject=body.subject,
        text=body.text,
    )
