"""/sandbox/worlds/<name>/webhooks: who is told what happens."""

from collections.abc import Callable
from typing import Any

from flask import Response
from msgspec.json import encode
from pydantic import Field

from sandbox.api.answer import Answer
from sandbox.api.asked import Body
from sandbox.api.control import answers, answers_webhooks
from sandbox.api.control.entry import WorldPath, control_doors, enter
from sandbox.api.control.making import once
from sandbox.api.control.notifying import messenger
from sandbox.api.desk import answer, carry_out, desk, look
from sandbox.api.webhooks import lanes, subscriptions
from sandbox.api.webhooks.log import shown
from sandbox.api.webhooks.queue import tally
from sandbox.api.webhooks.subscriptions import Wanted, webhook, webhooks
from sandbox.central.world import World

doors = control_doors("webhooks")


class WebhookPath(WorldPath):
    """A webhook of a world."""

    webhook: str = Field(max_length=20_000)


class ChangedWebhook(Body):
    """Who is to be told of what."""

    url: str = Field(description="http or https; of this machine, unless the operator allowed the host.")
    kinds: list[str] = Field(max_length=200, description="Kinds of facts, such as OrderPlaced; `*` for all.")
    order_id: str | None = Field(None, description="Of this order alone.")
    by: str | None = Field(
        None, max_length=60, pattern="^[ -~]+$", description="Done by these alone, such as buyer, amazon, seller."
    )
    secret: str | None = Field(None, description="whsec_ and base64 of 24 to 64 bytes.")


class NewWebhook(ChangedWebhook):
    """Who is to be told of what, from now on."""

    paused: bool = Field(False, description="Send nothing until it is resumed.")


@doors.post("/worlds/<name>/webhooks", summary="Subscribe", responses={201: answers_webhooks.MadeWebhook})
def make_webhook(path: WorldPath, body: NewWebhook) -> Response:
    """Tell somebody of every fact of these kinds that happens from now on, signed as Standard Webhooks has it.

    The answer alone tells the secret, which is drawn if it is left out.
    """
    enter(path.name)
    made: list[Any] = []

    def change(world: World) -> None:
        made.append(subscriptions.make(world, messenger().targets, _wanted(body), paused=body.paused))

    return carry_out(change, lambda world: shown(made[0]) | {"secret": made[0].secret}, status=201)


def _wanted(body: ChangedWebhook) -> Wanted:
    return Wanted(**body.model_dump(exclude={"paused"}))


@doors.get("/worlds/<name>/webhooks", summary="List the webhooks", responses={200: answers_webhooks.Webhooks})
def list_webhooks(path: WorldPath) -> Response:
    """Every webhook of the world, the oldest first, and why some are paused."""
    enter(path.name)
    return look(lambda world: {"webhooks": [shown(one) for one in webhooks(world)]})


@doors.get("/worlds/<name>/webhooks/<webhook>", summary="Read a webhook", responses={200: answers_webhooks.Webhook})
def read_webhook(path: WebhookPath) -> Response:
    """Who is told of what. Carries an ETag."""
    enter(path.name)
    return look(lambda world: shown(webhook(world, path.webhook)), tagged=True)


@doors.put("/worlds/<name>/webhooks/<webhook>", summary="Change a webhook", responses={200: answers_webhooks.Webhook})
def change_webhook(path: WebhookPath, body: ChangedWebhook) -> Response:
    """Another URL, other kinds and filters for what happens from now on; the secret stays unless it is given."""
    return _changed(path, lambda world: subscriptions.change(world, messenger().targets, path.webhook, _wanted(body)))


@doors.delete("/worlds/<name>/webhooks/<webhook>", summary="Unsubscribe", responses={204: None})
def remove_webhook(path: WebhookPath) -> Response:
    """Remove a webhook with its deliveries; nothing more is sent to it."""
    world = enter(path.name)
    with world.writing():
        subscriptions.remove(world, path.webhook)
    lanes.clear(world.path, path.webhook)
    return Answer(status=204)


@doors.post(
    "/worlds/<name>/webhooks/<webhook>/pause", summary="Pause a webhook", responses={200: answers_webhooks.Webhook}
)
def pause_webhook(path: WebhookPath) -> Response:
    """Send nothing until it is resumed; what happens meanwhile is sent then."""
    return _changed(path, lambda world: subscriptions.pause(world, path.webhook))


@doors.post(
    "/worlds/<name>/webhooks/<webhook>/resume", summary="Resume a webhook", responses={200: answers_webhooks.Webhook}
)
def resume_webhook(path: WebhookPath) -> Response:
    """Send again, also what was paused because it failed; what waits is due at once."""
    return _changed(path, lambda world: subscriptions.resume(world, path.webhook))


def _changed(path: WebhookPath, change: Callable[[World], None]) -> Response:
    def read(world: World) -> Any:
        return shown(webhook(world, path.webhook))

    enter(path.name)
    return carry_out(change, read, tagged=read)


@doors.post("/worlds/<name>/webhooks/drain", summary="Hand over all that waits", responses={200: answers.HandedOver})
def drain_webhooks(path: WorldPath) -> Response:
    """Attempt now whatever waits, also what waits for its next attempt; each webhook goes on until one fails."""
    world = enter(path.name)

    def drain() -> Response:
        before = tally(world)
        lanes.hand_over(desk(), messenger(), path.name, lanes.DRAIN_SECONDS, early=True)
        return answer(encode(lanes.came_of(world, before)._asdict()))

    return once(world, drain)
