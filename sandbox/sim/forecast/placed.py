"""What an order's placing and its parcels bring: payment, patience, wishes, somebody else's card, arrival."""

from typing import NamedTuple

from sandbox.central.facts import DeliveryFailed, HappeningBegan, OrderPlaced, ShipmentConfirmed
from sandbox.central.guide import Due
from sandbox.central.records import AgendaRow
from sandbox.sim import asking, buyers, complaints, parcels, wishes, words
from sandbox.sim.cast import Run
from sandbox.sim.forecast.book import Block, Places
from sandbox.sim.forecast.present import Coming, Happened, Present

_PATIENCE = (buyers.ASKS, buyers.PATIENCE, buyers.ASKS_HOUR)
_WISH = (wishes.WISH, wishes.WHEN)
_FRAUD = (complaints.FRAUD, complaints.LAG)
_ORDER = (buyers.PENDING_TIME, *_PATIENCE, *_WISH, *_FRAUD)
_WISHED = (words.CANCEL, words.ADDRESS, words.PRODUCT)
_ON_THE_WAY = tuple(range(parcels.FAILS))
"""A parcel's route, its legs, and whether it is lost."""
_MISSED = "complaints.is_troubled_by"


class Parcel(NamedTuple):
    """A confirmed package, and what has shown of its way."""

    seq: int
    fact: ShipmentConfirmed
    strikes: list[list[object]]
    """The strikes of the day on which it left."""
    failed: int
    """Attempts at which nobody was there, so far."""
    odds: tuple[float, float]
    """How likely those are at the buyer's own address and at an old one."""
    is_on_the_way: bool
    """Nothing has shown yet."""
    again: AgendaRow | None
    """When it comes again, after an attempt failed."""
    is_delivered: bool
    is_gone: bool
    """It is lost, or went back, or is about to: it never comes to the door."""
    was_missed: bool
    """The buyer has thought of missing it."""


def orders(present: Present) -> None:
    """Add what follows from every order that was placed: drawn in one go, for a wish bears on much of it."""
    left: dict[int, list[Happened]] = {}
    for one in present.facts(ShipmentConfirmed):
        left.setdefault(one.number, []).append(one)
    failed: dict[tuple[int, int], int] = {}
    for one in present.facts(DeliveryFailed):
        key = one.number, one.fact.package
        failed[key] = failed.get(key, 0) + 1
    for placed in present.facts(OrderPlaced):
        if placed.fact.view == "production":
            found = [_parcel(present, one, failed) for one in left.get(placed.number, ())]
            _story(present, placed, found)


def _story(present: Present, placed: Happened, found: list[Parcel]) -> None:
    seq, fact, number = placed
    over = present.replace_pending(list(buyers.waits(present.past, fact, number)))
    for step in over:
        for block, places in _shown_by(present.past, step, number).items():
            present.keep(block, *places)
    _keep_who_orders_again(present, fact.order_id, number)
    open_parcels = [
        one for one in found if not one.is_delivered or (_is_settled(one) and not _is_known(present, number))
    ]
    free = _free(present, ("order", number), _ORDER)
    free |= _left(present, ("wish", number), (wishes.IMPOSTOR,))
    free |= _left(present, ("hours", number), (asking.MISSES, asking.FINDS_PAYMENT))
    free |= _left(present, ("complaint", number), (complaints.MISSES,))
    if "asking.asks" not in over:
        free |= {(f"asks {topic}", number): () for topic in _WISHED}
    for one in open_parcels:
        free |= _free(present, (f"parcel {one.fact.package}", number), (*_ON_THE_WAY, parcels.FAILS))
    now = present.now

    def plan(run: Run) -> list[Coming] | None:
        coming = []
        for due in buyers.waits(run, fact, number):
            if due.step not in over:
                if due.at <= now:
                    return None
                coming.append(Coming(due, seq))
        for one in open_parcels:
            more = _on_its_way(run, number, one, now)
            if more is None:
                return None
            coming += more
        return coming

    present.add(free, plan)


def _free(present: Present, block: Block, places: Places) -> dict[Block, Places]:
    """Those of a block that are not kept: of one of which none is, all of them. Nobody else draws from such a block."""
    return _left(present, block, places) if present.kept.get(block) else {block: ()}


def _left(present: Present, block: Block, places: Places) -> dict[Block, Places]:
    """Those of a block that are not kept."""
    left = tuple(place for place in places if place not in present.kept.get(block, {}))
    return {block: left} if left else {}


def _is_known(present: Present, number: int) -> bool:
    """Whether it has shown what an order's buyer wished for."""
    return wishes.WISH in present.kept.get(("order", number), {})


def _shown_by(past: Run, step: str, number: int) -> dict[Block, Places]:
    """The uniforms that have shown once that step of an order is over."""
    order: Block = ("order", number)
    if step == "buyers.pays":
        return {order: (buyers.PENDING_TIME,)}
    if step == "buyers.runs_out_of_patience":
        return {order: _PATIENCE}
    if step in ("wishes.cancels", "asking.asks"):
        return {order: _WISH, ("wish", number): (wishes.PLACE,)}
    assert step in ("complaints.was_not_me", "complaints.was_too_much")
    by_itself = past.order_luck(number)[complaints.FRAUD] < past.scenario.buyers.disputes.fraud
    shown: dict[Block, Places] = {order: _FRAUD if by_itself else (*_FRAUD, *_WISH)}
    return shown | {("wish", number): (wishes.IMPOSTOR,), ("hours", number): (asking.FINDS_PAYMENT,)}


def _keep_who_orders_again(present: Present, order_id: str, number: int) -> None:
    """Whoever is about to order again wanted another address, and had it: only the moment is open."""
    if present.pending("wishes.orders_again", order_id):
        present.keep(("order", number), *_WISH)
        present.keep(("wish", number), wishes.PLACE)


# -- parcels


def _parcel(present: Present, one: Happened, failures: dict[tuple[int, int], int]) -> Parcel:
    seq, fact, number = one
    sql = "select delivered_at, lost_at, returned_at from packages where order_number = ? and package = ?"
    delivered_at, lost_at, returned_at = present.world.row(sql, (number, fact.package))
    strikes, again = _strikes(present, seq), _again(present, fact)
    is_gone = bool(lost_at or returned_at or (again and again[2] == "parcels.goes_back"))
    dues = _dues(present, one, strikes, is_gone, delivered_at is not None)
    first = next((due for due in dues if due.step != _MISSED), None)
    is_on_the_way = first is not None and present.pending(first.step, first.ref) is not None
    over = present.replace_pending(dues)
    if again and not is_on_the_way and not is_gone:
        present.replace(present.pending(again[2], again[3]))
        present.keep((f"parcel {fact.package}", number), *_ON_THE_WAY)
    if _MISSED in over:
        present.keep(("complaint", number), complaints.MISSES)
        present.keep(("hours", number), asking.MISSES)
    failed = failures.get((number, fact.package), 0)
    odds, was_missed = _odds(present.past, failed), _MISSED in over
    return Parcel(seq, fact, strikes, failed, odds, is_on_the_way, again, delivered_at is not None, is_gone, was_missed)


def _dues(present: Present, one: Happened, strikes: list[list[object]], is_gone: bool, is_delivered: bool) -> list[Due]:
    """What the past's luck had come of a parcel, as far as its state has not said otherwise since."""
    _, fact, number = one
    if is_gone:
        return list(complaints.misses_it(present.past, fact, number, None))
    if not is_delivered:
        return _leaves(present.past, strikes, fact, number)
    row = present.pending(_MISSED, f"{fact.order_id} not-received")
    return [Due(row[0], row[2], row[3])] if row else []


def _is_settled(parcel: Parcel) -> bool:
    """It came to the door so often, and no more; a lost one never did."""
    return not parcel.is_on_the_way and (parcel.is_delivered or bool(parcel.failed))


def _again(present: Present, fact: ShipmentConfirmed) -> AgendaRow | None:
    """What waits after a failed attempt: the next one, or the way back."""
    mine = f"{fact.order_id} {fact.package}"
    back = present.pending("parcels.goes_back", mine) or present.pending("parcels.arrives", mine)
    attempts = present.past.scenario.parcels.attempts
    names = (f"{mine} {attempt} {fails}" for attempt in range(2, attempts + 1) for fails in range(1, attempts + 1))
    return back or next((row for name in names if (row := present.pending("parcels.arrives", name))), None)


def _strikes(present: Present, seq: int) -> list[list[object]]:
    """The strikes that had begun when a parcel left, as the facts tell them; those that were over slow nothing."""
    plot = present.past.scenario.happenings
    return [
        [one.carrier, began.fact.at + one.lasts, one.slower]
        for began in present.facts(HappeningBegan)
        if began.seq < seq and (one := plot[began.fact.happening - 1]).what == "courier-strike"
    ]


def _leaves(run: Run, strikes: list[list[object]], fact: ShipmentConfirmed, number: int) -> list[Due]:
    """What comes of a parcel by the luck of a run, as on the day on which it left."""
    run.state("strikes", [])[:] = strikes
    return list(parcels.leaves(run, fact, number))


def _on_its_way(run: Run, number: int, parcel: Parcel, now: int) -> list[Coming] | None:
    """What comes of a parcel; None where the luck of the run does not fit what has shown of its way."""
    if parcel.is_delivered or parcel.is_gone:
        return _does_not_come(run, number, parcel, now)
    if parcel.again is not None and not parcel.is_on_the_way:
        return _comes_again(run, number, parcel, now)
    if not parcel.is_on_the_way:
        return []
    dues = _leaves(run, parcel.strikes, parcel.fact, number)
    if any(due.at <= now and due.step != _MISSED for due in dues):
        return None
    missed = _missed([due for due in dues if due.step == _MISSED], parcel, now)
    if missed is None:
        return None
    return [*(Coming(due, parcel.seq) for due in dues if due.step != _MISSED), *missed]


def _missed(dues: list[Due], parcel: Parcel, now: int) -> list[Coming] | None:
    """When a parcel will be missed; None where it would have been by now and was not, or the other way round."""
    if any(due.at <= now for due in dues) != parcel.was_missed:
        return None
    return [Coming(due, parcel.seq) for due in dues if due.at > now]


def _does_not_come(run: Run, number: int, parcel: Parcel, now: int) -> list[Coming] | None:
    """Of one that is delivered or gone only how often nobody was there tells of the wish; who has none misses it."""
    if _is_settled(parcel):
        odds = parcel.odds[parcels.goes_astray(run, parcel.fact, number)]
        if odds != 1 and _fails_draw(run, number, parcel) >= odds:
            return None
    if parcel.is_delivered:
        return []
    return _missed(list(complaints.misses_it(run, parcel.fact, number, None)), parcel, now)


def _fails_draw(run: Run, number: int, parcel: Parcel) -> float:
    return run.luck(f"parcel {parcel.fact.package}", number, places=8)[parcels.FAILS]


def _odds(run: Run, failed: int) -> tuple[float, float]:
    """How likely so many failed attempts are at the buyer's own address and at an old one, the likelier being 1."""
    scenario = run.scenario.parcels
    moved = scenario.failed_at_old_address
    own, old = (
        _fails_so_often(first, again, failed, scenario.attempts)
        for first, again in ((scenario.failed_share, scenario.failed_again), (moved, moved))
    )
    best = max(own, old)
    return (own / best, old / best) if best else (1.0, 1.0)


def _fails_so_often(first: float, again: float, failed: int, attempts: int) -> float:
    if not failed:
        return 1 - first
    return first * again ** (failed - 1) * (1 if failed >= attempts else 1 - again)


def _comes_again(run: Run, number: int, parcel: Parcel, now: int) -> list[Coming] | None:
    assert parcel.again
    fails = parcels.failures(run, parcel.fact, number, _fails_draw(run, number, parcel))
    if fails < parcel.failed:
        return None
    dues = _leaves(run, parcel.strikes, parcel.fact, number)
    missed = _missed([due for due in dues if due.step == _MISSED], parcel, now)
    if missed is None:
        return None
    ref = f"{parcel.fact.order_id} {parcel.fact.package}"
    if fails > parcel.failed:
        ref += f" {parcel.failed + 1} {fails}"
    at, because = parcel.again[0], parcel.again[4]
    return [Coming(Due(at, "parcels.arrives", ref), because), *missed]
