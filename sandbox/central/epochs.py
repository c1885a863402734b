"""Epochs: a world that is put back begins another one, so fact 101 of before and fact 101 of after are two.

What was told to others stays told: nothing of it is told again, and nothing that is new is left out.
"""

from typing import Any

import apsw

TOLD = ("webhooks", "deliveries", "attempts")
"""The tables of what is told to whom: they belong to one world and not to its twin, and going back leaves them."""
BORN = "(select ifnull(max(epochs.epoch), 0) from epochs where epochs.after < {fact})"
"""SQL: the epoch in which a fact of this world happened."""
PENDING, DELIVERED, FAILED, UNDONE = "pending", "delivered", "failed", "undone"
STATES = (PENDING, DELIVERED, FAILED, UNDONE)


def positions(connection: apsw.Connection) -> dict[str, int]:
    """How far each webhook had come in a file."""
    found: list[Any] = connection.execute("select webhook, position from webhooks").fetchall()
    return dict(found)


def begin_epoch(file: apsw.Connection, epoch: int, before: dict[str, int]) -> None:
    """Let another epoch begin in a file that a world is put back to, whose webhooks are already those of the present.

    Each goes on from where it was then: what it was told since, of the facts that are still there, has a delivery, so
    that it is not told again. One that came later is told what happens from now on. What was still to be told and
    happened no more is undone.
    """
    last, now = _end(file)
    file.execute("update clock set epoch = ?", (epoch,))
    file.execute("insert into epochs values (?, ?)", (epoch, last))
    for webhook in positions(file):
        file.execute("update webhooks set position = ? where webhook = ?", (before.get(webhook, last), webhook))
    file.execute(
        f"update deliveries set state = ? where state = ? and (fact > ? or epoch <> {BORN.format(fact='fact')})",
        (UNDONE, PENDING, last),
    )
    file.execute("update deliveries set due_at = min(due_at, ?) where state = ?", (now, PENDING))
    file.execute("update webhooks set ready_at = min(ready_at, ?), failing_since = min(failing_since, ?)", (now, now))


def _end(file: apsw.Connection) -> tuple[int, int]:
    """The last fact of a file, and its moment."""
    last, now = file.execute("select (select ifnull(max(seq), 0) from facts), now from clock").fetchall()[0]
    return int(last or 0), int(now or 0)
