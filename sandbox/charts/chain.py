"""The chain of facts behind an order: what happened, when, by whom, because of what, and by which rule."""

from sandbox.central.history import Explained, history
from sandbox.central.world import World
from sandbox.charts.page import Table
from sandbox.charts.words import moment

LINKS_AT_MOST = 200
"""Facts of one order that are shown."""


def chain(world: World, order_id: str, caption: str) -> Table:
    """Every fact of an order, the first one first."""
    headings = ("Fact", "When", "What happened", "By", "Led to by", "Rule")
    rows = [_link(explained) for explained in history(world, order_id)[:LINKS_AT_MOST]]
    return Table(caption, headings, rows, folded=True)


def _link(explained: Explained) -> tuple[str, ...]:
    told, rule = explained.told, explained.rule
    led_to_by = str(explained.because[0].told.fact) if explained.because else ""
    return str(told.fact), moment(told.at), told.sentence, told.by, led_to_by, rule.says if rule else ""
