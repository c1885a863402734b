"""/v1/metrics and /v1/settings: the rates with their limits, the views, the notification addresses (ch. 4, 8 to 12)."""

from typing import Literal

from flask import Response
from flask_openapi3 import Tag

from sandbox.api.asked import Asked, Body
from sandbox.api.auth import enter_by_key
from sandbox.api.desk import act, look
from sandbox.api.doors import Doors
from sandbox.api.native import answers, render, setting_answers
from sandbox.central import health, settings
from sandbox.central.world import World

doors = Doors(
    "account", __name__, url_prefix="/v1", abp_tags=[Tag(name="account", description="Customer metrics and settings.")]
)
doors.before_request(enter_by_key)


class RatePath(Asked):
    """A rate by its name."""

    name: Literal["late-shipment", "cancellation", "order-defect", "response-time"]


class SettingsChange(Body):
    """What the seller sets."""

    notification_addresses: list[str]


@doors.get("/metrics", summary="Read the rates", responses={200: answers.Metrics})
def metrics() -> Response:
    """Every rate with its counts, its limit, its state, the room left, and the orders that hurt it."""
    return look(lambda world: render.metrics(health.rates(world), world.now))


@doors.get("/metrics/<name>", summary="Read one rate", responses={200: answers.Metrics})
def metric(path: RatePath) -> Response:
    """One rate in all its readings: windows and limits."""

    def rendered(world: World) -> render.Json:
        return render.metrics([rate for rate in health.rates(world) if rate.name == path.name], world.now)

    return look(rendered)


def whole(world: World) -> render.Json:
    """The settings as the API shows them."""
    return render.settings(settings.settings(world))


@doors.get("/settings", summary="Read the settings", responses={200: setting_answers.Settings})
def read_settings() -> Response:
    """The account's two views and all that the seller filled in. Carries an ETag."""
    return look(whole, tagged=True)


@doors.put("/settings", summary="Change the settings", responses={200: setting_answers.Settings})
def change_settings(body: SettingsChange) -> Response:
    """Set the notification addresses, all at once; without one no notification is sent."""
    addresses = body.notification_addresses
    return act(settings.set_notification_addresses, whole, tagged=whole, addresses=addresses)
