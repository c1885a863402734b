"""Magic words: an order whose buyer's name holds one, or one of whose SKUs is one, meets the fate that the word names.

For tests that can place orders and cannot call the control API. A fate is a scenario in which that order alone lives:
what is rare elsewhere is certain there, all else does not happen, and waits are as long as they are in the middle. The
rules are everybody's, and so are the steps.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple

from sandbox.central.guide import Refused
from sandbox.sim import banks, complaints, receiving
from sandbox.sim.scenario import Transit

PREFIX = "MAGIC-"
_WORD = re.compile(rf"(?<![\w-]){PREFIX}[\w-]*", re.IGNORECASE)
_NAMED_CHARS, _NAMED = 60, 5

Changes = dict[str, Any]
"""Keys of the scenario with their dots, and the values that they have for the order."""
Draws = dict[tuple[str, int], float]
"""Uniforms of the order, by their stream and place, that are as they must be."""
_MANY_DAYS = 3660
_ALMOST = 1 - 2.0**-32
"""The greatest uniform there is."""


class Fate(NamedTuple):
    """What a word has happen to an order."""

    says: str
    """What happens, for the table of the guide."""
    changes: Changes = {}
    draws: Draws = {}
    pending: bool = False
    """Whether the payment is looked at first."""
    soon: tuple[tuple[str, int], ...] = ()
    """Steps that come so many minutes after the order."""


def _one_of(table: str, keys: tuple[str, ...], chosen: str) -> Changes:
    """One of several that exclude each other; so two words that want different ones are seen to clash."""
    assert not chosen or chosen in keys
    return {f"{table}.{key}": float(key == chosen) for key in keys}


def _wish(chosen: str, **more: float) -> Changes:
    """What the buyer wants before the parcel leaves, an hour after ordering or at the next hour at which they write."""
    kinds = ("cancels", "asks_to_cancel", "another_address", "asks_about_product")
    found = _one_of("buyers.wishes", kinds, chosen) | {"buyers.wishes.hours": 1}
    return found | {
        f"buyers.wishes.{key}": more.get(key, 0) for key in ("insists", "reorders", "impostors", "returns_it")
    }


def _parcel(days: float = 3, *, lost: float = 0, failed: float = 0, again: float = 0) -> Changes:
    """How the parcel travels: so many days, and the attempts at which nobody is there."""
    return {
        "parcels.transit": (Transit(weight=1, mean_days=days, shape=5),),
        "parcels.lost_share": lost,
        "parcels.failed_share": failed,
        "parcels.failed_again": again,
        "parcels.failed_at_old_address": failed,
    }


def _finds(chosen: str, *, keeps: bool = False) -> Changes:
    """What the buyer finds two days after delivery; whoever keeps it does not send it back when told how."""
    kinds = ("faulty", "wrong_item", "not_as_described", "regretted")
    days = _MANY_DAYS if keeps else 2
    return _one_of("buyers.returns", kinds, chosen) | {
        "buyers.returns.days": 2,
        "buyers.returns.sends_within_days": days,
    }


def _disputes(*certain: str) -> Changes:
    """What becomes of trouble that nobody mends; by default nothing."""
    claims = ("misses", "claims_not_received", "claims_faulty", "claims_not_reimbursed")
    banks_told = ("fraud", "charged_twice", "chargebacks_not_received", "chargebacks_faulty")
    return {f"buyers.disputes.{kind}": float(kind in certain) for kind in (*claims, *banks_told)}


def _rating(stars: int) -> Fate:
    ratings = "buyers.ratings"
    worst, negative = float(stars == 1), float(stars <= 2)
    changes = {f"{ratings}.share": 1.0, f"{ratings}.worst": [worst] * 5, f"{ratings}.negative": [negative] * 5}
    draw = (0.0, 0.0, 0.0, 0.2, 0.9)[stars - 1]
    return Fate(
        f"Delivered in time, and rated {stars} of 5 some days later",
        changes | {f"{ratings}.about_the_product": 0.0},
        {("after", receiving.RATING): draw},
    )


def _charged_back(says: str, finds: str, draws: Draws | None = None) -> Fate:
    changes = _finds(finds, keeps=True) | _disputes("chargebacks_faulty") | _BANK
    return Fate(says, changes, draws or {})


_BANK: Changes = {"buyers.disputes.chargeback_days": 20}
_UNTIL_IT_ENDS: Changes = {"demand.pending_minutes": 1_000_000}
_NEVER_COMES = _parcel(365)
_WRITES = "The buyer writes"

MAGIC: dict[str, Fate] = {
    "ALL-WELL": Fate("Nothing: paid at once, delivered 3 days after it left, and never heard of again"),
    # -- the payment
    "PAYMENT-LATER": Fate(
        "The payment is looked at, and comes through a day later", {"demand.pending_minutes": 1440}, pending=True
    ),
    "PAYMENT-PENDING": Fate(
        "The payment stays pending until the platform ends the order", _UNTIL_IT_ENDS, pending=True
    ),
    "PAYMENT-DECLINED": Fate(
        "The payment is looked at, and declined an hour later",
        _UNTIL_IT_ENDS,
        pending=True,
        soon=(("fates.is_declined", 60),),
    ),
    # -- before the parcel leaves
    "CANCELS": Fate("The buyer cancels by themselves 15 minutes after ordering", _wish("cancels")),
    "ASKS-TO-CANCEL": Fate(f"{_WRITES} and wants it cancelled", _wish("asks_to_cancel")),
    "ADDRESS-CHANGE": Fate(f"{_WRITES} and wants another address", _wish("another_address")),
    "ADDRESS-INSISTS": Fate(
        "The buyer wants another address, and insists when that is refused", _wish("another_address", insists=1)
    ),
    "ADDRESS-REORDERS": Fate(
        "The buyer wants another address; refused, they ask to cancel, and once that is done order again",
        _wish("another_address", reorders=1),
    ),
    "ADDRESS-TRAP": Fate(
        "Somebody who pays with another's card wants another address; 20 days after the order it is charged back",
        _wish("another_address", impostors=1) | _BANK,
    ),
    "ASKS-ABOUT-PRODUCT": Fate(f"{_WRITES} and has a question about the product", _wish("asks_about_product")),
    "THANKS": Fate(
        "The buyer has a question about the product, and thanks for a helpful answer",
        _wish("asks_about_product") | {"buyers.regard.thanks": 1},
    ),
    "WRITES-A-LINK": Fate(
        "The buyer writes with a link in it: the filter stops it", soon=(("fates.writes_a_link", 60),)
    ),
    # -- on the way
    "ASKS-WHERE": Fate(
        "The parcel takes 6 days, and the buyer asks where it is 2 days after ordering",
        _parcel(6) | {"buyers.ask_share": 1, "buyers.patience_days": 2},
    ),
    "NEXT-DAY": Fate("The parcel is there the next day", _parcel(1)),
    "NOBODY-HOME": Fate("Nobody is there at the first attempt; it is handed over at the next one", _parcel(failed=1)),
    "PARCEL-LATE": Fate("The parcel is on its way for 30 days, longer than was promised", _parcel(30)),
    "PARCEL-LOST": Fate("The parcel is lost, which the carrier says after 6 days", _parcel(lost=1)),
    "PARCEL-RETURNED": Fate(
        "Nobody is ever there, and the parcel comes back to the seller", _parcel(failed=1, again=1)
    ),
    # -- once it is there
    **{f"FEEDBACK-{stars}": _rating(stars) for stars in range(1, 6)},
    "RETURN": Fate("The buyer regrets it, asks how to send it back, and does so once told", _finds("regretted")),
    "FAULTY": Fate("The buyer writes that it is defective, and sends it back once told", _finds("faulty")),
    "WRONG-ITEM": Fate("The buyer writes that it is another item, and sends it back once told", _finds("wrong_item")),
    "NOT-AS-DESCRIBED": Fate(
        "The buyer writes that it is not as described, and sends it back once told", _finds("not_as_described")
    ),
    # -- claims
    "CLAIM-NOT-RECEIVED": Fate(
        "The parcel does not come; after its last promised day the buyer writes, and then claims",
        _NEVER_COMES | _disputes("misses", "claims_not_received"),
    ),
    "CLAIM-FAULTY": Fate(
        "The buyer writes that it is defective, keeps it, and then claims",
        _finds("faulty", keeps=True) | _disputes("claims_faulty"),
    ),
    "CLAIM-NOT-REIMBURSED": Fate(
        "The buyer sends it back once told how; not paid a week after it arrived, they write, and then claim",
        _finds("regretted") | _disputes("claims_not_reimbursed"),
    ),
    # -- chargebacks
    "CHARGEBACK-UNAUTHORISED": Fate(
        "20 days after the order its payment is charged back: unauthorised use", _disputes("fraud") | _BANK
    ),
    "CHARGEBACK-CHARGED-TWICE": Fate(
        "20 days after the order its payment is charged back: charged twice", _disputes("charged_twice") | _BANK
    ),
    "CHARGEBACK-NOT-RECEIVED": Fate(
        "The parcel does not come; after its last promised day the buyer writes, and then it is charged back",
        _NEVER_COMES | _disputes("misses", "chargebacks_not_received") | _BANK,
    ),
    "CHARGEBACK-NOT-AS-DESCRIBED": _charged_back(
        "The buyer writes that it is not as described, keeps it, and has the payment charged back", "not_as_described"
    ),
    "CHARGEBACK-WRONG-ITEM": _charged_back(
        "The buyer writes that it is another item, keeps it, and has the payment charged back", "wrong_item"
    ),
    "CHARGEBACK-OTHER": _charged_back(
        "The buyer writes that it is defective, keeps it, and has the payment charged back: Other",
        "faulty",
        {("complaint", complaints.KIND): 0.0},
    ),
    "CHARGEBACK-BELOW-EXPECTATIONS": _charged_back(
        "The buyer writes that it is defective, keeps it, and has the payment charged back: BelowExpectations",
        "faulty",
        {("complaint", complaints.KIND): _ALMOST},
    ),
    "CHARGEBACK-WON": _charged_back(
        "It is charged back as not as described; once that is answered, the bank finds for the seller",
        "not_as_described",
        {("bank", banks.FINDS): 0.0},
    ),
    "CHARGEBACK-LOST": _charged_back(
        "It is charged back as not as described; though that is answered, the bank finds for the buyer",
        "not_as_described",
        {("bank", banks.FINDS): _ALMOST},
    ),
    # -- desks that scripts play
    "DISPATCH-LATE": Fate(
        "A scripted dispatch desk overlooks it for 10 days",
        {"desks.dispatch.slip_share": 1, "desks.dispatch.slip_days": 10},
    ),
    "OUT-OF-STOCK": Fate(
        "A scripted dispatch desk finds none of it, and does what the scenario says then",
        {"desks.stock.no_stock_share": 1},
    ),
    "ALTERNATIVE-TAKEN": Fate(
        "A scripted dispatch desk finds none of it and offers something else, which the buyer takes",
        {
            "desks.stock.no_stock_share": 1,
            "desks.stock.out_of_stock": "alternative",
            "desks.stock.accepts_alternative_share": 1,
        },
    ),
    "ALTERNATIVE-DECLINED": Fate(
        "A scripted dispatch desk finds none of it and offers something else, which the buyer declines",
        {
            "desks.stock.no_stock_share": 1,
            "desks.stock.out_of_stock": "alternative",
            "desks.stock.accepts_alternative_share": 0,
        },
    ),
    "UNHELPED": Fate(
        "The buyer has a question about the product, and a scripted inbox answers it without helping",
        _wish("asks_about_product") | {"desks.inbox.helpful_share": 0},
    ),
    "DISPUTE-MISSED": Fate(
        "A scripted disputes desk overlooks what is filed about it", {"desks.disputes.missed_share": 1}
    ),
    "REFUND-MISSED": Fate("A scripted refunds desk overlooks its return", {"desks.refunds.missed_share": 1}),
}
"""Every word, without its prefix."""

NOTHING: Changes = (
    _wish("")
    | _parcel()
    | _finds("")
    | _disputes()
    | {"buyers.ask_share": 0, "buyers.ratings.share": 0, "buyers.regard.thanks": 0}
    | {"desks.dispatch.slip_share": 0, "desks.stock.no_stock_share": 0, "desks.inbox.helpful_share": 1}
    | {"desks.disputes.missed_share": 0, "desks.refunds.missed_share": 0}
)
"""What a word leaves as it is does not happen to its orders."""


def words_in(name: str) -> list[str]:
    """The magic words in a buyer's name, or the one that a SKU is, without their prefix. Refused with UnknownMagic."""
    return [known(found) for found in _WORD.findall(name)]


def is_magic(sku: str) -> bool:
    """Whether a SKU is a magic word, known or not."""
    return _WORD.fullmatch(sku) is not None


def known(word: str) -> str:
    """A word as the table has it. Refused with UnknownMagic, which names the nearest one."""
    found = word.upper().removeprefix(PREFIX)
    if found not in MAGIC:
        near = get_close_matches(found[:_NAMED_CHARS], MAGIC, n=1, cutoff=0.5)
        some = ", ".join(PREFIX + one for one in list(MAGIC)[:_NAMED])
        hint = f"Did you mean {PREFIX}{near[0]}?" if near else f"There is {some} and {len(MAGIC) - _NAMED} more."
        raise Refused("UnknownMagic", f"No magic word is called {word[:_NAMED_CHARS]!r}. {hint}")
    return found


def together(words: Iterable[str]) -> Fate:
    """The fate of an order to which all of these apply. Refused with MagicClash where they want different things."""
    changes: Changes = {}
    draws: Draws = {}
    by: dict[str, str] = {}
    found = [*dict.fromkeys(words)]
    for word in found:
        for key, value in MAGIC[word].changes.items():
            if changes.setdefault(key, value) != value:
                raise _clash(by[key], word, key)
            by.setdefault(key, word)
        for place, draw in MAGIC[word].draws.items():
            if draws.setdefault(place, draw) != draw:
                raise _clash(by[place[0]], word, place[0])
            by.setdefault(place[0], word)
    soon = tuple(due for word in found for due in MAGIC[word].soon)
    return Fate("", changes, draws, any(MAGIC[word].pending for word in found), soon)


def _clash(one: str, other: str, what: str) -> Refused:
    return Refused(
        "MagicClash", f"{PREFIX}{one} and {PREFIX}{other} want different things of {what}. Place an order for each."
    )


def reference() -> str:
    """The table of the words, as the guide has it."""
    rows = (f"| `{PREFIX}{word}` | {fate.says} |" for word, fate in MAGIC.items())
    return "\n".join(("| word | what its order meets |", "|---|---|", *rows)) + "\n"
