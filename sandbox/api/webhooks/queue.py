"""What is to be sent to each webhook, in the order of the facts and in the world's own time.

A webhook has a position in the facts; whatever is behind it costs nothing until somebody asks what is due. Attempts
come one after the other, as if there had been a messenger all the time: one that fails is made again a while later,
and what comes behind it waits for it.
"""

from typing import Any, NamedTuple

from msgspec.json import decode, encode

from sandbox import BANNER
from sandbox.api.fact_render import fact
from sandbox.api.webhooks.messenger import GONE, Outcome
from sandbox.central.days import DAY, HOUR, LAST_MOMENT, MINUTE, SECOND, after, rfc3339
from sandbox.central.epochs import BORN, DELIVERED, FAILED, PENDING
from sandbox.central.records import AttemptRow, DeliveryRow, FactRow, Webhook
from sandbox.central.world import World

BACKOFF = (
    *(5 * SECOND, 5 * MINUTE, 30 * MINUTE),
    *(2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR),
)
"""World time from each attempt that failed to the next, as Standard Webhooks proposes: ten attempts in three days."""
FAILING_DAYS = 5
"""World days without a success, after which a webhook is paused."""
BATCH = 100
"""Facts that become deliveries at a time."""
KEPT_AT_MOST = 10_000
"""Deliveries of a webhook in the log; the oldest go first, but never one that is pending."""


class Due(NamedTuple):
    """A delivery that is to be attempted."""

    webhook: Webhook
    delivery: DeliveryRow
    moment: int
    """Of world time, at which the attempt is made."""


def waiting(world: World, *, early: bool = False) -> list[str]:
    """The webhooks for which there is something to do now, or something that may be done `early`."""
    rows = world.rows(_WAITING, (LAST_MOMENT if early else world.now, world.clock.facts))
    return [row[0] for row in rows]


_WAITING = f"""
    select webhook from webhooks where paused is null and ifnull(
        (
            select due_at <= ? from deliveries
            where deliveries.webhook = webhooks.webhook and state = '{PENDING}' order by deliveries.rowid limit 1
        ),
        position < ?
    ) order by rowid
"""
"""What comes behind a delivery waits for it, and facts that were not looked at yet are behind all deliveries."""


def tally(world: World) -> tuple[int, int]:
    """Attempts of all webhooks that were taken, and that failed, ever."""
    delivered, failed = world.row("select ifnull(sum(delivered), 0), ifnull(sum(failed), 0) from webhooks")
    return delivered, failed


def pending(world: World) -> int:
    """How many deliveries wait, of all webhooks that are not paused."""
    count = 0
    for row in world.rows("select * from webhooks where paused is null"):
        found = Webhook._make(row)
        (made,) = world.row(f"select count(*) from deliveries where state = '{PENDING}' and webhook = ?", row[:1])
        where, values = _wanted(world, found)
        (unseen,) = world.row(f"select count(*) from facts where {where}", values)
        count += made + unseen
    return count


def _wanted(world: World, found: Webhook) -> tuple[str, list[Any]]:
    """SQL: the facts behind a webhook's position that it is told."""
    where = ["seq > ?"]
    values: list[Any] = [found.position]
    kinds: list[str] = decode(found.kinds)
    if kinds != ["*"]:
        where.append(f"kind in ({', '.join('?' * len(kinds))})")
        values += kinds
    if found.order_id is not None:
        where.append("order_number = ?")
        values.append(world.ids.order_number(found.order_id))
    if found.by is not None:
        where.append("""("by" = ? or substr("by", 1, length(?) + 1) = ? || ' ')""")
        values += [found.by] * 3
    return " and ".join(where), values


def next_due(world: World, name: str, *, early: bool = False) -> Due | None:
    """What is to be attempted next, if it is due or may be made `early`. Inside `writing`."""
    row = world.row("select * from webhooks where webhook = ? and paused is null", (name,))
    if row is None:
        return None
    found = Webhook._make(row)
    while (first := _first(world, name)) is None and found.position < world.clock.facts:
        found = _gathered(world, found)
    if first is None:
        return None
    moment = max(first.due_at, found.ready_at)
    if moment <= world.now:
        return Due(found, first, moment)
    return Due(found, first, world.now) if early else None


def _first(world: World, name: str) -> DeliveryRow | None:
    sql = f"select * from deliveries where webhook = ? and state = '{PENDING}' order by rowid limit 1"
    row = world.row(sql, (name,))
    return DeliveryRow._make(row) if row else None


def gather_all(world: World, found: Webhook) -> None:
    """Make a delivery of every fact that the webhook is to be told until now. Inside `writing`."""
    while found.position < world.clock.facts:
        found = _gathered(world, found)


def _gathered(world: World, found: Webhook) -> Webhook:
    """The webhook, whose next facts are deliveries now; of those that had one already nothing is made."""
    where, values = _wanted(world, found)
    born = BORN.format(fact="facts.seq")
    rows = world.rows(f"select *, {born} from facts where {where} order by seq limit {BATCH}", values)
    position = rows[-1][0] if len(rows) == BATCH else world.clock.facts
    made = [_delivery(world, found, FactRow._make(row[:-1]), row[-1]) for row in rows]
    if made:
        world.connection.executemany(f"insert or ignore into deliveries values ({', '.join('?' * len(made[0]))})", made)
        world.execute(_FORGET, (found.webhook, found.webhook, KEPT_AT_MOST))
        if world.connection.changes():
            world.execute("delete from attempts where delivery not in (select delivery from deliveries)")
    world.execute("update webhooks set position = ? where webhook = ?", (position, found.webhook))
    return found._replace(position=position)


_FORGET = f"""
    delete from deliveries where webhook = ? and state <> '{PENDING}' and rowid <= (
        select rowid from deliveries where webhook = ? order by rowid desc limit 1 offset ?
    )
"""


def _delivery(world: World, found: Webhook, row: FactRow, epoch: int) -> DeliveryRow:
    told = fact(world, row)
    body = {
        "type": row.kind,
        "timestamp": told["at"],
        "world": world.path.stem,
        "fact": told,
        "notice": BANNER,
    }
    return DeliveryRow(
        delivery=f"msg_{found.webhook.removeprefix('wh_')}_{epoch}_{row.seq}",
        webhook=found.webhook,
        epoch=epoch,
        fact=row.seq,
        kind=row.kind,
        order_id=told["order_id"],
        body=encode(body).decode(),
        state=PENDING,
        due_at=row.at,
        attempts=0,
    )


def record(world: World, due: Due, outcome: Outcome, *, again: bool = False) -> None:
    """Put on record what an attempt came to, and what follows of it. Inside `writing`.

    `again` is for what was delivered or given up before: it stays so where the attempt failed. Nothing is recorded of
    what was removed meanwhile.
    """
    row = world.row("select * from deliveries where delivery = ?", (due.delivery.delivery,))
    if row is None:
        return
    found, moment = DeliveryRow._make(row), min(due.moment, world.now)
    number = found.attempts + 1
    attempt = AttemptRow(found.delivery, number, moment, *outcome)
    world.execute(f"insert into attempts values ({', '.join('?' * len(attempt))})", attempt)
    state, due_at = found.state, found.due_at
    if outcome.is_delivered:
        state = DELIVERED
    elif state == PENDING and not again:
        state, due_at = _after_failure(number, moment, found)
    world.execute(
        "update deliveries set state = ?, due_at = ?, attempts = ? where delivery = ?",
        (state, due_at, number, found.delivery),
    )
    _judge(world, due.webhook.webhook, moment, outcome)


def _after_failure(number: int, moment: int, found: DeliveryRow) -> tuple[str, int]:
    if number > len(BACKOFF):
        return FAILED, found.due_at
    return PENDING, after(moment, BACKOFF[number - 1])


def _judge(world: World, name: str, moment: int, outcome: Outcome) -> None:
    """Where a webhook stands after an attempt: whoever has not answered for days is not asked for ever."""
    since = None
    if not outcome.is_delivered:
        (since,) = world.row("select ifnull(failing_since, ?) from webhooks where webhook = ?", (moment, name))
    world.execute(
        "update webhooks set ready_at = ?, failing_since = ?, delivered = delivered + ?, failed = failed + ?"
        " where webhook = ?",
        (moment, since, outcome.is_delivered, not outcome.is_delivered, name),
    )
    why = None
    if outcome.status == GONE:
        why = outcome.error
    elif since is not None and moment - since >= FAILING_DAYS * DAY:
        why = f"Every attempt has failed for {FAILING_DAYS} days, since {rfc3339(since)}. The last one: {outcome.error}"
    if why:
        world.execute("update webhooks set paused = ? where webhook = ?", (why, name))
