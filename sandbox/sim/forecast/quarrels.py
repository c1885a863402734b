"""Quarrels: who thinks of claiming or of the bank, what the desks overlook, whom a wave of chargebacks still meets."""

from sandbox.central.days import DAY
from sandbox.central.disputes import ACTION_REQUIRED
from sandbox.central.facts import ReturnArrived
from sandbox.central.guide import Due
from sandbox.central.records import Order
from sandbox.sim import asking, complaints, dispute_desk, happenings, refund_desk, words
from sandbox.sim.cast import Run
from sandbox.sim.forecast.book import Block
from sandbox.sim.forecast.present import Coming, Happened, Present
from sandbox.sim.players import DISPUTES, REFUNDS, is_scripted
from sandbox.sim.regard import regard

_BANK = (complaints.CHARGES_BACK, complaints.BANK_WAIT, complaints.KIND)
_THINKS, _TO_THE_BANK = "complaints.thinks_of_claiming", "complaints.goes_to_the_bank"
_BY_TOPIC = {trouble.topic: name for name, trouble in complaints.TROUBLES.items()}

_ASKED = """
    select order_number, min(m.at), text, m.fact from messages m join orders o on o.number = m.order_number
    where sender = 'buyer' and placed_at > ? and view = 'production' group by order_number, text order by m.message"""


def troubled(present: Present) -> None:
    """Add what whoever wrote about a trouble may still do: to claim, or to have the bank take the payment back."""
    for number, asked_at, text, fact in present.world.rows(_ASKED, (present.since,)):
        trouble = _BY_TOPIC.get(words.topic_of(text) or "")
        if trouble and fact <= present.world.clock.reacted:
            _troubled(present, number, trouble, asked_at, fact)


def _troubled(present: Present, number: int, trouble: str, asked_at: int, because: int) -> None:
    order = present.world.order(present.world.ids.order_id(number))
    ref, block = f"{order.order_id} {trouble}", ("complaint", number)
    thought_at = complaints.thinks_at(present.past, number, asked_at)
    if thought_at > present.now:
        _will_think(present, block, asked_at, ref)
        return
    present.keep(block, complaints.CLAIMS, complaints.CLAIM_WAIT)
    present.keep(("hours", number), asking.CLAIMS)
    if present.pending(_THINKS, ref) or not complaints.is_troubled(present.past, order, trouble):
        return
    times = regard(present.past, number)
    dues = list(complaints.thinks_of_the_bank(present.past, thought_at, order, trouble, times))
    if present.replace_pending(dues):
        present.keep(block, *_BANK)
        present.keep(("hours", number), asking.CHARGES_BACK)
    else:
        _thinks_of_the_bank(present, block, order, trouble, thought_at, because)


def _will_think(present: Present, block: Block, asked_at: int, ref: str) -> None:
    """Whoever thought of it once waits as long the next time."""
    row = present.pending(_THINKS, ref)
    if row is None or complaints.CLAIM_WAIT in present.kept.get(block, {}):
        return
    present.replace(row)
    now = present.now

    def plan(run: Run) -> list[Coming] | None:
        at = complaints.thinks_at(run, block[1], asked_at)
        return [Coming(Due(at, _THINKS, ref), row[4])] if at > now else None

    present.add({block: (complaints.CLAIM_WAIT,), ("hours", block[1]): (asking.CLAIMS,)}, plan)


def _thinks_of_the_bank(
    present: Present, block: Block, order: Order, trouble: str, thought_at: int, because: int
) -> None:
    """Whoever did not claim may still think of the bank: at the odds of how they were treated until now."""
    now, times = present.now, regard(present.past, order.number)

    def plan(run: Run) -> list[Coming] | None:
        dues = list(complaints.thinks_of_the_bank(run, thought_at, order, trouble, times))
        return None if any(due.at <= now for due in dues) else [Coming(due, because) for due in dues]

    present.add({block: _BANK, ("hours", block[1]): (asking.CHARGES_BACK,)}, plan)


# -- what the desks overlook

_OPEN = f"select dispute, filed_at from disputes where state = '{ACTION_REQUIRED}' order by dispute"


def cases(present: Present) -> None:
    """Add when the disputes desk acts on each open case, or that it overlooks it."""
    if not is_scripted(present.past, DISPUTES):
        return
    for dispute, filed_at in present.world.rows(_OPEN):
        _case(present, dispute, filed_at)


def _case(present: Present, dispute: int, filed_at: int) -> None:
    block, now = ("disputes desk", dispute), present.now
    row = present.pending("dispute_desk.acts", str(dispute))
    dues = list(dispute_desk.taken_up(present.past, filed_at, dispute))
    heard_at = filed_at + (row[0] - dues[0].at if row and dues else 0)  # later, where the script took over then
    if dues and row is None:
        present.keep(block, dispute_desk.MISSES, dispute_desk.AFTER)
        return
    present.replace(row)

    def plan(run: Run) -> list[Coming] | None:
        coming = list(dispute_desk.taken_up(run, heard_at, dispute))
        return None if any(due.at <= now for due in coming) else [Coming(due, None) for due in coming]

    present.add({block: (dispute_desk.MISSES, dispute_desk.AFTER)}, plan)


def returns(present: Present) -> None:
    """Add whether the refunds desk pays for what came back, where it would not have by now."""
    wait = int(present.past.scenario.desks.refunds.after_days * DAY)
    for one in present.facts(ReturnArrived):
        if is_scripted(present.past, REFUNDS) and one.fact.at + wait > present.now:
            _return(present, one)


def _return(present: Present, one: Happened) -> None:
    seq, fact, number = one
    present.replace_pending(list(refund_desk.unpacks(present.past, fact, number)))

    def plan(run: Run) -> list[Coming]:
        return [Coming(due, seq) for due in refund_desk.unpacks(run, fact, number)]

    present.add({("refunds desk", number): (0,)}, plan)


# -- a wave of chargebacks


def waves(present: Present) -> None:
    """Add whom the rest of a wave meets: as many as are left of it, drawn from those that a bank may still take."""
    rows = present.rows("happenings.charges_back")
    for happening in sorted({int(row[3].partition(" ")[0]) for row in rows}):
        mine = [row for row in rows if row[3].startswith(f"{happening} ")]
        for row in mine:
            present.replace(row)
        _wave(present, happening, len(mine), mine[0][4])


def _wave(present: Present, happening: int, count: int, because: int | None) -> None:
    sql = "select max(at) from facts where kind = 'HappeningBegan' and body like ?"
    (began_at,) = present.world.row(sql, (f'%"happening":{happening},%',))
    one, now = present.past.scenario.happenings[happening - 1], present.now
    found = happenings.chargeable(present.past, began_at, one)
    left = began_at + one.lasts - now

    def plan(run: Run) -> list[Coming]:
        draws = ((run.luck(f"wave {happening}", place, places=2), order_id) for place, order_id in enumerate(found))
        chosen = sorted((draw[0], draw[1], order_id) for draw, order_id in draws)[:count]
        return [
            Coming(Due(now + 1 + int(when * (left - 1)), "happenings.charges_back", f"{happening} {order_id}"), because)
            for _, when, order_id in chosen
        ]

    present.add({}, plan)
