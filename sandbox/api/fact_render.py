"""A fact as the feed shows it, and as a notification tells it."""

from typing import Any

from msgspec import Raw

from sandbox.central.days import rfc3339
from sandbox.central.records import FactRow
from sandbox.central.world import World


def fact(world: World, row: FactRow) -> dict[str, Any]:
    """Everything about a fact; its body as it is kept."""
    return {
        "fact": row.seq,
        "at": rfc3339(row.at),
        "kind": row.kind,
        "order_id": world.ids.order_id(row.order_number) if row.order_number else None,
        "by": row.by,
        "rule": row.rule,
        "because": row.because,
        "body": Raw(row.body.encode()),
    }
