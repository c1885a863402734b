"""How a control call that moved a world hands over what fell due, before it answers."""

from flask import Response, current_app, g
from msgspec.json import decode, encode

from sandbox.api.desk import Render, answer, carry_out, desk, idempotency_key
from sandbox.api.webhooks.lanes import HAND_OVER_SECONDS, HandedOver, came_of, hand_over
from sandbox.api.webhooks.messenger import Messenger
from sandbox.api.webhooks.queue import tally
from sandbox.central.world import World


def messenger() -> Messenger:
    """This application's messenger."""
    found: Messenger = current_app.extensions["messenger"]
    return found


def carry_out_and_tell(change: Render, render: Render, *, status: int = 200) -> Response:
    """As `carry_out`; and before it answers, whoever is to be told of what happened was told, as far as it goes.

    The answer has `deliveries`, which tell of that. One that is given again has those of the first time.
    """
    before: list[tuple[int, int]] = []

    def counted(world: World) -> None:
        before.append(tally(world))
        change(world)

    response = carry_out(counted, lambda world: render(world) | {"deliveries": NOTHING}, status=status)
    if not before:
        return response
    world: World = g.opened.world
    hand_over(desk(), messenger(), world.path.stem, HAND_OVER_SECONDS)
    handed = came_of(world, before[0])._asdict()
    return response if handed == NOTHING else _told(world, response, handed)


NOTHING = HandedOver()._asdict()


def _told(world: World, response: Response, handed: dict[str, int]) -> Response:
    body = encode(decode(response.get_data()) | {"deliveries": handed})
    if key := idempotency_key():
        with world.writing():
            world.execute("update answers set body = ? where key = ?", (body.decode(), key))
    return answer(body, response.status_code)
