"""How a control call finds its world, and how a world is shown."""

from typing import Any

from flask import g
from flask_openapi3 import Tag
from pydantic import Field

from sandbox.api.asked import Asked
from sandbox.api.auth import check_operator
from sandbox.api.desk import desk
from sandbox.api.doors import Doors
from sandbox.central.days import rfc3339
from sandbox.central.world import World
from sandbox.sim.cast import Run
from sandbox.sim.players import player_of
from sandbox.sim.scenario import DESKS
from sandbox.sim.worlds import keys_of


def control_doors(name: str) -> Doors:
    """The doors of one room of `/sandbox`, for the operator alone."""
    tag = Tag(name="sandbox", description="Worlds and their time.")
    doors = Doors(f"control_{name}", __name__, url_prefix="/sandbox", abp_tags=[tag])
    doors.before_request(check_operator)
    return doors


class WorldPath(Asked):
    """A world by its name."""

    name: str = Field(max_length=20_000)


def enter(name: str) -> World:
    """Open the world of the path for this request. Refused with UnknownWorld, which names those that there are."""
    if not desk().shelf.has(name):
        raise desk().shelf.unknown(name)
    g.opened = desk().opened(name)
    world: World = g.opened.world
    return world


def shown(world: World) -> dict[str, Any]:
    """A world as the control API shows it."""
    assert world.account is not None
    now, run = world.now, Run(world)
    orders = dict(world.rows("select status, count(*) from orders group by status"))
    return {
        "name": world.path.stem,
        "shop": world.account.shop,
        "scenario": run.scenario.title,
        "seed": world.account.seed,
        "policy": world.account.policy,
        "now": rfc3339(now),
        "rate": world.clock.rate,
        "facts": world.clock.facts,
        "orders": orders,
        "desks": {desk: player_of(run, desk) for desk in DESKS},
        "keys": list(keys_of(world)),
    }
