"""Webhooks: whom a world tells of what, made, changed, paused and removed."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from msgspec.json import decode, encode

from sandbox.api.webhooks.queue import gather_all
from sandbox.api.webhooks.targets import Targets
from sandbox.central.facts import KINDS
from sandbox.central.guide import Refused
from sandbox.central.records import Webhook
from sandbox.central.world import World

EVERYTHING = "*"
SECRET_PREFIX = "whsec_"
SECRET_BYTES, SECRET_BYTES_AT_LEAST, SECRET_BYTES_AT_MOST = 32, 24, 64
"""As Standard Webhooks has it."""
WEBHOOKS_AT_MOST = 50
BY_HAND = "It was paused by hand."


class Wanted(NamedTuple):
    """What a webhook is to be told, and where."""

    url: str
    kinds: Sequence[str]
    order_id: str | None = None
    by: str | None = None
    secret: str | None = None


def webhooks(world: World) -> list[Webhook]:
    """All webhooks of a world, the oldest first."""
    return [Webhook._make(row) for row in world.rows("select * from webhooks order by rowid")]


def webhook(world: World, name: str) -> Webhook:
    """One of them. Refused with UnknownWebhook."""
    row = world.row("select * from webhooks where webhook = ?", (name,))
    if row is None:
        raise unknown(world, name)
    return Webhook._make(row)


def unknown(world: World, name: str) -> Refused:
    """The refusal for a webhook that is not there, with those that are."""
    known = ", ".join(one.webhook for one in webhooks(world)) or "none"
    return Refused(
        "UnknownWebhook", f"There is no webhook {name[:40]!r} in the world {world.path.stem!r}. There are: {known}."
    )


def make(world: World, targets: Targets, wanted: Wanted, *, paused: bool = False) -> Webhook:
    """A new webhook, which is told what happens from now on. Inside `writing`.

    Refused with InvalidUrl, ForbiddenTarget, UnknownKind, UnknownOrder, InvalidSecret or TooManyWebhooks.
    """
    if len(webhooks(world)) >= WEBHOOKS_AT_MOST:
        raise Refused("TooManyWebhooks", f"A world has {WEBHOOKS_AT_MOST} webhooks at most. Delete one of them first.")
    _check(world, targets, wanted)
    made = Webhook(
        webhook=f"wh_{secrets.token_hex(6)}",
        url=wanted.url,
        kinds=_kinds(wanted),
        order_id=wanted.order_id,
        by=wanted.by,
        secret=wanted.secret or SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode(),
        made_at=world.now,
        position=world.clock.facts,
        paused=BY_HAND if paused else None,
        ready_at=world.now,
        failing_since=None,
        delivered=0,
        failed=0,
    )
    world.execute(f"insert into webhooks values ({', '.join('?' * len(made))})", made)
    return made


def change(world: World, targets: Targets, name: str, wanted: Wanted) -> None:
    """Another URL, other kinds or filters, from now on; what happened before is sent as it was wanted then, there.

    The secret stays unless another one is given. Inside `writing`. Refused as by `make`, or with UnknownWebhook.
    """
    found = webhook(world, name)
    _check(world, targets, wanted)
    gather_all(world, found)
    changed = (wanted.url, _kinds(wanted), wanted.order_id, wanted.by, wanted.secret or found.secret, name)
    world.execute("update webhooks set url = ?, kinds = ?, order_id = ?, by = ?, secret = ? where webhook = ?", changed)


def pause(world: World, name: str, why: str = BY_HAND) -> None:
    """Send nothing until it is resumed; what happens meanwhile is sent then. Refused with UnknownWebhook."""
    webhook(world, name)
    world.execute("update webhooks set paused = ? where webhook = ?", (why, name))


def resume(world: World, name: str) -> None:
    """Send again, beginning with what waits, at once. Refused with UnknownWebhook."""
    webhook(world, name)
    now = world.now
    world.execute("update webhooks set paused = null, failing_since = null where webhook = ?", (name,))
    world.execute("update deliveries set due_at = min(due_at, ?) where webhook = ? and state = 'pending'", (now, name))


def remove(world: World, name: str) -> None:
    """Remove a webhook with all its deliveries. Refused with UnknownWebhook."""
    webhook(world, name)
    world.rows("pragma secure_delete = on")  # or whoever is sent the world's file finds the secret in it
    world.execute("delete from attempts where delivery in (select delivery from deliveries where webhook = ?)", (name,))
    for table in ("deliveries", "webhooks"):
        world.execute(f"delete from {table} where webhook = ?", (name,))
    world.rows("pragma secure_delete = off")


def _check(world: World, targets: Targets, wanted: Wanted) -> None:
    targets.check(wanted.url)
    if not wanted.kinds:
        raise Refused("UnknownKind", 'No kinds of facts are named. Name some, or all: ["*"].')
    for kind in wanted.kinds:
        if kind != EVERYTHING and kind not in KINDS:
            raise unknown_kind(kind)
    if wanted.order_id is not None:
        world.order(wanted.order_id)
    if wanted.secret is not None:
        _check_secret(wanted.secret)


def unknown_kind(kind: str) -> Refused:
    """The refusal for a kind of fact that there is not, with the nearest."""
    (near,) = get_close_matches(kind[:60], KINDS, n=1, cutoff=0)
    return Refused("UnknownKind", f"There is no kind of fact {kind[:60]!r}. The nearest is {near}; * is all of them.")


def _kinds(wanted: Wanted) -> str:
    kinds = [EVERYTHING] if EVERYTHING in wanted.kinds else list(dict.fromkeys(wanted.kinds))
    return encode(kinds).decode()


def kinds_of(found: Webhook) -> list[str]:
    """The kinds of facts that a webhook is told."""
    kinds: list[str] = decode(found.kinds)
    return kinds


def _check_secret(secret: str) -> None:
    """The refusal does not repeat what was sent: whoever reads the log is not to read a secret."""
    try:
        found = len(base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True))
    except (binascii.Error, ValueError):
        found = 0
    if not (secret.startswith(SECRET_PREFIX) and SECRET_BYTES_AT_LEAST <= found <= SECRET_BYTES_AT_MOST):
        raise Refused(
            "InvalidSecret",
            f"This is no secret of a webhook: that is {SECRET_PREFIX} and base64 of {SECRET_BYTES_AT_LEAST} to"
            f" {SECRET_BYTES_AT_MOST} bytes. Leave it out to have one drawn.",
        )
