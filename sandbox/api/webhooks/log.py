"""Webhooks and their deliveries as they are shown, to programs and on the terminal."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from sandbox.api.webhooks.subscriptions import kinds_of, unknown_kind, webhook
from sandbox.central.days import rfc3339
from sandbox.central.epochs import PENDING
from sandbox.central.facts import KINDS
from sandbox.central.guide import Refused
from sandbox.central.records import AttemptRow, DeliveryRow, Webhook
from sandbox.central.world import World


def shown(found: Webhook) -> dict[str, Any]:
    """A webhook without its secret."""
    return {
        "webhook": found.webhook,
        "url": found.url,
        "kinds": kinds_of(found),
        "order_id": found.order_id,
        "by": found.by,
        "made_at": rfc3339(found.made_at),
        "paused": found.paused,
        "failing_since": None if found.failing_since is None else rfc3339(found.failing_since),
        "delivered": found.delivered,
        "failed": found.failed,
    }


def deliveries(
    world: World,
    *,
    to: str | None = None,
    state: str | None = None,
    kinds: Sequence[str] = (),
    order_id: str | None = None,
    after: str | None = None,
    limit: int = 100,
    newest: bool = False,
) -> tuple[list[DeliveryRow], str | None]:
    """The log, the oldest first, and where its next page begins; or its `newest` end, in the same order.

    Refused with UnknownWebhook, UnknownKind, UnknownOrder or UnknownDelivery for a filter that can find nothing.
    """
    where: list[str] = ["true"]
    values: list[Any] = []
    if to is not None:
        where.append("webhook = ?")
        values.append(webhook(world, to).webhook)
    if state is not None:
        where.append("state = ?")
        values.append(state)
    for kind in kinds:
        if kind not in KINDS:
            raise unknown_kind(kind)
    if kinds:
        where.append(f"kind in ({', '.join('?' * len(kinds))})")
        values += kinds
    if order_id is not None:
        where.append("order_id = ?")
        values.append(world.order(order_id).order_id)
    if after is not None:
        where.append("rowid > (select rowid from deliveries where delivery = ?)")
        values.append(delivery(world, after).delivery)
    sql = f"select * from deliveries where {' and '.join(where)} order by rowid{' desc' if newest else ''} limit ?"
    rows = [DeliveryRow._make(row) for row in world.rows(sql, (*values, limit + 1))]
    if newest:
        return rows[:limit][::-1], None
    return rows[:limit], rows[limit - 1].delivery if len(rows) > limit else None


def delivery(world: World, name: str) -> DeliveryRow:
    """A delivery by its id. Refused with UnknownDelivery."""
    row = world.row("select * from deliveries where delivery = ?", (name,))
    if row is None:
        raise Refused(
            "UnknownDelivery",
            f"There is no delivery {name[:60]!r} in the world {world.path.stem!r}. Look at its /deliveries.",
        )
    return DeliveryRow._make(row)


def told(world: World, found: DeliveryRow) -> dict[str, Any]:
    """A delivery with what is sent and what came of each attempt."""
    sql = "select * from attempts where delivery = ? order by attempt"
    attempts = [AttemptRow._make(row) for row in world.rows(sql, (found.delivery,))]
    return {
        "delivery": found.delivery,
        "webhook": found.webhook,
        "fact": found.fact,
        "kind": found.kind,
        "order_id": found.order_id,
        "state": found.state,
        "due_at": rfc3339(found.due_at) if found.state == PENDING else None,
        "attempts": [
            {
                "at": rfc3339(one.at),
                "milliseconds": one.milliseconds,
                "status": one.status,
                "error": one.error,
                "answer": one.answer,
            }
            for one in attempts
        ],
        "payload": Raw(found.body.encode()),
    }
