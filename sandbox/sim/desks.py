"""The seller's scripted desks: dispatch confirms shipments, the inbox answers buyers. A person can play either."""

from collections.abc import Iterator

from sandbox.central import messages, orders, shipments
from sandbox.central.days import DAY, MINUTE, WEEKDAYS, start_of_day, weekday
from sandbox.central.facts import BuyerAsked
from sandbox.central.guide import Due
from sandbox.central.records import PRODUCTION, Order
from sandbox.central.world import World
from sandbox.sim.cast import Dues, Run, keep, reacts_to, step
from sandbox.sim.luck import Weighted, lognormal
from sandbox.sim.scenario import DESKS, Inbox

PLAYERS = SCRIPT, PERSON = "script", "person"
_SLIPS, _NO_STOCK, _CARRIER = 0, 1, 2  # places of the dispatch desk's uniforms for an order
_HANDLING = 0


def players(run: Run) -> dict[str, str]:
    """Who plays each desk now."""
    found: dict[str, str] = run.state("desks", {})
    return found


def hand_over(world: World, desk: str, played_by: str) -> None:
    """Give a desk to the script or to a person, inside a transaction. A script takes up what waits."""
    assert desk in DESKS
    found = Run(world).kept("desks", {})
    if found[desk] != played_by:
        keep(world, "desks", {**found, desk: played_by})
        if (desk, played_by) == ("inbox", SCRIPT):
            world.put_off(Due(world.now, "desks.inbox_takes_up", ""), None)


# -- dispatch


def first_pick(run: Run, at: int) -> Dues:
    """The first pick of a world."""
    yield Due(_next_pick(run, at), "desks.picks", "", caused=False)


def _next_pick(run: Run, after: int) -> int:
    desk = run.scenario.desks.dispatch
    day = start_of_day(after)
    times = sorted(desk.picks) or [0]
    while True:
        for time in times:
            if day + time > after:
                return day + time
        day += DAY


@step
def picks(run: Run, at: int, ref: str) -> Dues:
    """Confirms what was ordered before the cut-off; some orders slip, some are out of stock."""
    desk = run.scenario.desks.dispatch
    if players(run)["dispatch"] == SCRIPT and WEEKDAYS[weekday(at)] in desk.working_days:
        confirmed = 0
        for order in _waiting(run, min(at, start_of_day(at) + desk.cut_off)):
            confirmed += _dispatch(run, at, order)
            if confirmed == desk.capacity:
                break
    yield Due(_next_pick(run, at), "desks.picks", "", caused=False)


def _waiting(run: Run, placed_before: int) -> list[Order]:
    where = """indexed by orders_open where is_open and status <> 'Pending'
        and placed_at < ? and view = 'production' order by dispatch_by, number"""
    return run.world.orders(where, (placed_before,))


def _dispatch(run: Run, at: int, order: Order) -> bool:
    desk = run.scenario.desks.dispatch
    run.world.cause = order.placed_fact
    draws = run.luck("dispatch", order.number, places=4)
    if draws[_SLIPS] < desk.slip_share and at < order.placed_at + desk.slip_days * DAY:
        return False
    if draws[_NO_STOCK] < desk.no_stock_share and order.confirmed_at is None:
        run.world.do(orders.cancel, by="dispatch desk", order_id=order.order_id, reason="NoInventory")
        return False
    carrier, tracking = _label(run, order, draws[_CARRIER])
    run.world.do(
        shipments.confirm_shipment,
        by="dispatch desk",
        order_id=order.order_id,
        carrier=carrier,
        tracking=tracking,
    )
    return True


def _label(run: Run, order: Order, u: float) -> tuple[str, str]:
    if "carriers" not in run.made:
        shares = run.scenario.parcels.carriers
        run.made["carriers"] = ([(name, _letters(name)) for name in shares], Weighted(list(shares.values())))
    carriers, weighted = run.made["carriers"]
    carrier, letters = carriers[weighted.pick(u)]
    return carrier, letters + order.order_id[4:].replace("-", "")


def _letters(carrier: str) -> str:
    """What the tracking ids of a carrier begin with."""
    letters = "".join(letter for letter in carrier if letter.isascii() and letter.isalpha())
    return letters[:2].upper() or "PK"


# -- inbox


@reacts_to(BuyerAsked)
def inbox_gets(run: Run, fact: BuyerAsked, number: int) -> Dues:
    """A message joins the queue of the agent who is free first, and is begun within that agent's shift."""
    if players(run)["inbox"] == SCRIPT and run.world.order(fact.order_id).view == PRODUCTION:
        yield from _queued(run, fact.at, fact.message)


@step
def inbox_takes_up(run: Run, at: int, ref: str) -> Dues:
    """The script takes the inbox over, with all that waits in it."""
    sql = """
        select message from messages m join orders o on o.number = m.order_number
        where state = 'waiting' and view = 'production' order by m.at, message"""
    for (message,) in run.world.rows(sql):
        yield from _queued(run, at, message)


def _queue(run: Run) -> dict[str, list[int]]:
    """When each agent is free, and the messages that have an agent already."""
    found: dict[str, list[int]] = run.state("inbox", {"free": [0] * run.scenario.desks.inbox.agents, "taken": []})
    return found


def _queued(run: Run, at: int, message: int) -> Dues:
    desk, queue = run.scenario.desks.inbox, _queue(run)
    free, taken = queue["free"], queue["taken"]
    if message in taken:
        return
    agent = min(range(len(free)), key=free.__getitem__)
    begins = next(_on_shift(desk, max(at, free[agent])))
    draws = run.luck("inbox", message, places=4)
    free[agent] = begins + int(lognormal(draws[_HANDLING], desk.handling_minutes * MINUTE, desk.handling_sigma))
    taken.append(message)
    yield Due(free[agent], "desks.inbox_answers", str(message))


def _on_shift(desk: Inbox, at: int) -> Iterator[int]:
    """The first moment from `at` on at which the desk is open."""
    while True:
        day = start_of_day(at)
        if WEEKDAYS[weekday(at)] in desk.working_days and at < day + desk.closes:
            yield max(at, day + desk.opens)
        at = day + DAY


@step
def inbox_answers(run: Run, at: int, ref: str) -> Dues:
    """Answers a message that still waits, if the script still plays the desk."""
    _queue(run)["taken"].remove(int(ref))
    if players(run)["inbox"] != SCRIPT:
        return ()
    message, order_id = messages.message_of(run.world, int(ref))
    if message.state == "waiting":
        text = run.said(_answer(run, run.world.order(order_id)))
        run.world.do(messages.reply, by="inbox desk", thread=message.thread, text=text)
    return ()


_THANKS = "Thank you for writing. "
_SOON = (
    _THANKS + "Your parcel is on its way. Please allow until the last promised day, and write again if it is not there."
)


def _answer(run: Run, order: Order) -> str:
    if order.cancelled_at is not None:
        return _THANKS + "This order was cancelled, and what you paid goes back to you by itself."
    if order.confirmed_at is None:
        return _THANKS + "Your order is being packed; you will see the tracking id as soon as it leaves."
    package = orders.packages_of(run.world, order)[-1]
    text = f"{_SOON} It left with {package.carrier}, tracking id {package.tracking}."
    return _SOON if messages.stopped(text) else text
