"""The chain of facts behind an order: what happened, when, by whom, because of what, and by which rule."""

from collections.abc import Callable
from typing import Any

from msgspec.json import decode

from sandbox.central.records import FactRow
from sandbox.central.rooms import RULES
from sandbox.central.world import World
from sandbox.charts.page import Table
from sandbox.charts.words import moment, money, opening, plain

LINKS_AT_MOST = 200
"""Facts of one order that are shown."""


def chain(world: World, order_id: str, caption: str) -> Table:
    """Every fact of an order, the first one first."""
    headings = ("Fact", "When", "What happened", "By", "Led to by", "Rule")
    rows = [_link(world, row) for row in world.facts(order_id=order_id, limit=LINKS_AT_MOST)]
    return Table(caption, headings, rows, folded=True)


def _link(world: World, row: FactRow) -> tuple[str, ...]:
    rule = RULES.get(row.rule)
    led_to_by = "" if row.because is None else f"{row.because}"
    what = f"{opening(plain(row.kind))}{_details(world, decode(row.body))}"
    return f"{row.seq}", moment(row.at), what, row.by, led_to_by, rule.says if rule else ""


def _quoted(world: World, text: str) -> str:
    return f"“{text}”"


def _named(world: World, name: str) -> str:
    return plain(name)


def _in_words(world: World, text: str) -> str:
    return text


def _in_money(world: World, minor: int) -> str:
    return money(world.currency, minor)


def _pieces(world: World, lines: list[list[Any]]) -> str:
    return ", ".join(f"{quantity} of {_title(world, product)}" for _, product, quantity, _ in lines)


def _title(world: World, product: int) -> str:
    (title,) = world.row("select title from products where product = ?", (product,))
    return str(title)


_TOLD: dict[str, Callable[[World, Any], str]] = {
    "lines": _pieces,
    "carrier": _in_words,
    "tracking": _in_words,
    "paid_minor": _in_money,
    "reason": _named,
    "outcome": _named,
    "amount_minor": _in_money,
    "because": _in_words,
    "text": _quoted,
    "rating": lambda world, rating: f"{rating} of 5",
    "comment": _quoted,
    "sentence": _in_words,
}
"""What of a fact is told, in this order, and how."""


def _details(world: World, body: dict[str, Any]) -> str:
    told = [say(world, body[name]) for name, say in _TOLD.items() if body.get(name)]
    return f": {'; '.join(told)}" if told else ""
