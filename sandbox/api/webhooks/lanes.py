"""Lanes: of all threads and processes one sends to a webhook at a time, one delivery after the other.

The kernel keeps the lanes, by a file beside the world for each webhook: who is killed has left its lane, and what it
sent and could not record is sent again.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import NamedTuple

from sandbox.api.openings import Desk
from sandbox.api.webhooks.log import delivery
from sandbox.api.webhooks.messenger import Messenger
from sandbox.api.webhooks.queue import Due, next_due, pending, record, tally, waiting
from sandbox.api.webhooks.subscriptions import webhook
from sandbox.central.epochs import UNDONE
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable
from sandbox.central.world import World

HAND_OVER_SECONDS = 10.0
"""How long whoever moves time waits for what is handed over then; an attempt that has begun is ended."""
DRAIN_SECONDS = 30.0
LANES_AT_ONCE = 8
"""Webhooks that are sent to side by side: a slow one does not hold the others up."""
_PAUSE = 0.005

GoesOn = Callable[[], bool]
"""Whether there is time for another attempt."""


class HandedOver(NamedTuple):
    """What came of sending, whoever sent it."""

    delivered: int = 0
    failed: int = 0
    """Attempts that failed."""
    pending: int = 0
    """Deliveries that wait, of webhooks that are not paused."""


def came_of(world: World, before: tuple[int, int]) -> HandedOver:
    """What came of sending since the tally of before, and what is left."""
    with world.looking():
        delivered, failed = tally(world)
        return HandedOver(max(delivered - before[0], 0), max(failed - before[1], 0), pending(world))


def hand_over(desk: Desk, messenger: Messenger, name: str, seconds: float, *, early: bool = False) -> None:
    """Attempt all of a world that is due, webhook by webhook side by side, within so many seconds.

    `early` is for what waits for its next attempt too: each webhook goes on until one fails. Refused with UnknownWorld.
    """
    world = desk.opened(name).world
    wanted = waiting(world, early=early)
    goes_on = until(time.monotonic() + seconds)
    if len(wanted) == 1:
        send(world, messenger, wanted[0], goes_on, early=early)
    elif wanted:
        with ThreadPoolExecutor(min(len(wanted), LANES_AT_ONCE)) as pool:
            list(pool.map(lambda one: _lent(desk, messenger, name, one, goes_on, early), wanted))


def _lent(desk: Desk, messenger: Messenger, name: str, webhook: str, goes_on: GoesOn, early: bool) -> None:
    """The same in a thread of its own, with the world opened once more: it is not for several threads."""
    try:
        send(desk.opened(name).world, messenger, webhook, goes_on, early=early)
    finally:
        desk.give_back()


def until(ends: float) -> GoesOn:
    """Until that moment of a clock that nobody sets."""
    return lambda: time.monotonic() < ends


def send(world: World, messenger: Messenger, webhook: str, goes_on: GoesOn, *, early: bool = False) -> None:
    """Attempt what is due to one webhook, one delivery after the other, until nothing is.

    Where the file cannot be written just now, the rest waits. Refused with UnknownWorld once the world is deleted.
    """
    with lane(world.path, webhook, goes_on) as is_ours, suppress(Unusable):
        due = _next(world, webhook, early) if is_ours else None
        while due and goes_on():
            found = due.delivery
            outcome = messenger.attempt(due.webhook.url, due.webhook.secret, found.delivery, found.body)
            with world.writing():
                record(world, due, outcome)
                is_enough = early and not outcome.is_delivered
                due = None if is_enough else next_due(world, webhook, early=early)


def _next(world: World, webhook: str, early: bool) -> Due | None:
    with world.writing():
        return next_due(world, webhook, early=early)


def redeliver(world: World, messenger: Messenger, name: str) -> None:
    """Send a delivery once more, now and out of turn, under the same id; whether it was taken is in its attempts.

    Refused with UnknownDelivery, DeliveryUndone, WebhookPaused or WebhookBusy.
    """
    found = delivery(world, name)
    if found.state == UNDONE:
        raise Refused(
            "DeliveryUndone",
            f"The world was put back to before its fact {found.fact} happened, so nobody is told of it.",
        )
    to = webhook(world, found.webhook)
    if to.paused is not None:
        raise Refused("WebhookPaused", f"Nothing is sent to {to.webhook} now: {to.paused} Resume it first.")
    with lane(world.path, to.webhook, until(time.monotonic() + HAND_OVER_SECONDS)) as is_ours:
        if not is_ours:
            raise Refused("WebhookBusy", f"Something else is being sent to {to.webhook}. Try again in a moment.")
        outcome = messenger.attempt(to.url, to.secret, found.delivery, found.body)
        with world.writing():
            record(world, Due(to, found, world.now), outcome, again=True)


@contextmanager
def lane(path: Path, webhook: str, goes_on: GoesOn) -> Iterator[bool]:
    """Send to a webhook of a world alone; False where another one is still at it in the end."""
    held = os.open(_file(path, webhook), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        yield _taken(held, goes_on)
    finally:
        os.close(held)
        if not path.exists():
            clear(path, webhook)


def _file(path: Path, webhook: str) -> Path:
    return path.with_name(f".{path.name}.{webhook}.lane")


def clear(path: Path, webhook: str) -> None:
    """Remove the lane of a webhook that is gone: whoever is in it, or waits for it, finds nothing more to send."""
    _file(path, webhook).unlink(missing_ok=True)


def _taken(held: int, goes_on: GoesOn) -> bool:
    while True:
        try:
            flock(held, LOCK_EX | LOCK_NB)
            return True
        except BlockingIOError:
            if not goes_on():
                return False
            time.sleep(_PAUSE)
