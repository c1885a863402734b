"""Every step of the cast: which luck decides it, and how that is drawn anew in a fork."""

from collections.abc import Callable
from typing import NamedTuple

from sandbox.sim.forecast import days, delivered, desks, placed, quarrels, waits
from sandbox.sim.forecast.present import Present


class Redrawn(NamedTuple):
    """What becomes of a step that waits on the agenda."""

    luck: str
    """The stream whose uniforms decide it; empty where none do."""
    how: str


_KEPT = "It follows from what has happened and from the clock: it stays."
_ORDER_AT_ONCE = "All that an order's placing and its parcels bring is drawn until nothing more of it would have shown."
_WAIT = "It goes on as long as such waits are that last that long already."

TABLE: dict[str, Redrawn] = {
    "demand.arrives": Redrawn("day, order", "The next buyer comes from now on; today is as busy as its buyers tell."),
    "checkout.comes": Redrawn("", f"Somebody announced it. {_KEPT}"),
    "buyers.pays": Redrawn("order", _ORDER_AT_ONCE),
    "buyers.runs_out_of_patience": Redrawn("order", _ORDER_AT_ONCE),
    "wishes.cancels": Redrawn("order", _ORDER_AT_ONCE),
    "wishes.orders_again": Redrawn("wish", _WAIT),
    "wishes.has_it_all_the_same": Redrawn(
        "", "They look when they would have; whether they send it back is drawn anew."
    ),
    "asking.asks": Redrawn("order, asks", f"{_ORDER_AT_ONCE} Who has asked already asks again as it was."),
    "asking.insists": Redrawn("wish", "What is made of an answer shows an hour later, and is drawn until then."),
    "asking.hears": Redrawn("reads", _WAIT),
    "asking.thanks": Redrawn("reads", "It follows at once upon reading, by luck that is new with the reading."),
    "parcels.arrives": Redrawn("parcel", f"{_ORDER_AT_ONCE} After a failed attempt only how many more fail is open."),
    "parcels.is_lost": Redrawn("parcel", _ORDER_AT_ONCE),
    "parcels.goes_back": Redrawn("", _KEPT),
    "receiving.rates": Redrawn("after, hours", "It is drawn until it would not have been left by now."),
    "receiving.regrets": Redrawn("after, hours", "It is drawn until it would not have been found by now."),
    "receiving.sends_back": Redrawn("after, hours", _WAIT),
    "receiving.arrives_back": Redrawn("after", _WAIT),
    "complaints.is_troubled_by": Redrawn(
        "parcel, after, complaint, hours", "It comes with the parcel or the fault; where money is missed, at an hour."
    ),
    "complaints.thinks_of_claiming": Redrawn("complaint, hours", f"{_WAIT} A claim that waits to be allowed stays."),
    "complaints.goes_to_the_bank": Redrawn(
        "complaint, hours", "It is drawn until the bank would not have been asked by now."
    ),
    "complaints.was_not_me": Redrawn("order, wish, hours", _ORDER_AT_ONCE),
    "complaints.was_too_much": Redrawn("order, wish, hours", _ORDER_AT_ONCE),
    "banks.decides": Redrawn("bank", f"{_WAIT} What it finds is drawn anew."),
    "stock.fills_up": Redrawn("", _KEPT),
    "stock.decides": Redrawn("alternative", f"{_WAIT} What the buyer says is drawn anew."),
    "dispatch_desk.picks": Redrawn(
        "dispatch", "It comes as planned; an order that was passed over before is passed over for the same reason."
    ),
    "inbox_desk.opens": Redrawn("", _KEPT),
    "inbox_desk.answers": Redrawn("inbox", f"{_WAIT} Whether the answer helps is drawn anew."),
    "inbox_desk.takes_up": Redrawn("", _KEPT),
    "dispute_desk.acts": Redrawn("disputes desk", "It is drawn until the desk would not have acted by now."),
    "dispute_desk.takes_up": Redrawn("", _KEPT),
    "refund_desk.pays_back": Redrawn("refunds desk", "Whether a return is overlooked is drawn while that is open."),
    "refund_desk.takes_up": Redrawn("", _KEPT),
    "fates.is_declined": Redrawn("", f"A fate is no luck. {_KEPT}"),
    "fates.writes_a_link": Redrawn("", _KEPT),
    "happenings.begins": Redrawn("", f"The plot is no luck. {_KEPT}"),
    "happenings.ends": Redrawn("", _KEPT),
    "happenings.charges_back": Redrawn("wave", "As many are left of a wave as were, of orders that are drawn anew."),
}
"""What is not on the agenda yet has new luck in any case: the book gives no other."""

ROOMS: tuple[Callable[[Present], None], ...] = (
    *(days.buyers, placed.orders, delivered.orders, delivered.never, waits.answered, waits.steps),
    *(quarrels.troubled, quarrels.cases, quarrels.returns, quarrels.waves),
    *(desks.dispatch, desks.inbox),
)
"""Who adds what is drawn anew, in the order in which it is drawn."""
