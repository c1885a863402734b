"""/sandbox/worlds/<name>/deliveries: what webhooks were told, are still to be told, and what came of it."""

from typing import Any, Literal

from flask import Response
from msgspec.json import encode
from pydantic import Field

from sandbox.api.asked import Asked
from sandbox.api.control import answers_webhooks
from sandbox.api.control.entry import WorldPath, control_doors, enter
from sandbox.api.control.making import once
from sandbox.api.control.notifying import messenger
from sandbox.api.desk import answer, look
from sandbox.api.webhooks import lanes
from sandbox.api.webhooks.log import deliveries, delivery, told
from sandbox.central.world import World

doors = control_doors("deliveries")


class DeliveryPath(WorldPath):
    """A delivery of a world's webhooks."""

    delivery: str = Field(max_length=20_000)


class DeliveriesQuery(Asked):
    """Which deliveries."""

    webhook: str | None = Field(None, description="To this webhook.")
    state: Literal["pending", "delivered", "failed", "undone"] | None = Field(None)
    kind: list[str] = Field([], description="Of these kinds of facts.")
    order_id: str | None = Field(None, description="Of this order.")
    limit: int = Field(100, ge=1, le=1000)
    after: str | None = Field(None, description="`next_after` of the page before.")


@doors.get("/worlds/<name>/deliveries", summary="Read the delivery log", responses={200: answers_webhooks.Deliveries})
def list_deliveries(path: WorldPath, query: DeliveriesQuery) -> Response:
    """Each delivery with its attempts, the oldest first.

    What a webhook has not come to yet is not in it: the answers of those that move time count it as pending.
    """
    enter(path.name)

    def log(world: World) -> dict[str, Any]:
        found, more = deliveries(
            world,
            to=query.webhook,
            state=query.state,
            kinds=query.kind,
            order_id=query.order_id,
            after=query.after,
            limit=query.limit,
        )
        return {"deliveries": [told(world, one) for one in found], "next_after": more}

    return look(log)


@doors.get(
    "/worlds/<name>/deliveries/<delivery>", summary="Read a delivery", responses={200: answers_webhooks.Delivery}
)
def read_delivery(path: DeliveryPath) -> Response:
    """What is sent, and what came of each attempt. Carries an ETag."""
    enter(path.name)
    return look(lambda world: told(world, delivery(world, path.delivery)), tagged=True)


@doors.post(
    "/worlds/<name>/deliveries/<delivery>/redeliver",
    summary="Send it again",
    responses={200: answers_webhooks.Delivery},
)
def redeliver(path: DeliveryPath) -> Response:
    """Once more, now, under the same `webhook-id`, whatever became of it before; the last attempt tells how it went."""
    world = enter(path.name)

    def again() -> Response:
        lanes.redeliver(world, messenger(), path.delivery)
        with world.looking():
            return answer(encode(told(world, delivery(world, path.delivery))))

    return once(world, again)
