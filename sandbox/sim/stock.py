"""Stock: the pieces that the warehouse has of the products that are counted, and the deliveries that fill it up."""

from functools import partial

from sandbox.central import messages
from sandbox.central.days import DAY, HOUR
from sandbox.central.facts import SellerWrote
from sandbox.central.guide import Due
from sandbox.central.records import PRODUCTION, Item, Product
from sandbox.sim import words
from sandbox.sim.asking import is_open
from sandbox.sim.cast import Dues, Run, reacts_to, step
from sandbox.sim.regard import Said, said_about

RESTOCK_DAYS = 7
"""Until what was out of stock by luck alone is there again (assumed)."""
ACCEPTS, AFTER = 0, 1
_READS_WITHIN_HOURS = 20
OFFERS = "Inventory"
"""The subject under which a seller asks about what is not there."""

_LAST_ASKED = """
    select m.message, m.thread, m.sender, m.at, m.text, m.state, m.answered_at
    from threads t join messages m using (thread)
    where t.order_number = ? and t.subject = ? and m.sender = 'seller' order by m.message desc limit 1"""


def is_counted(run: Run) -> bool:
    """Whether any product's pieces are counted."""
    return bool(pieces(run))


def pieces(run: Run) -> dict[str, int]:
    """What there is, by SKU, of the products that are counted."""
    found: dict[str, int] = run.state("stock", partial(_at_first, run))
    return found


def _at_first(run: Run) -> dict[str, int]:
    return {one.sku: one.stock for one in run.scenario.products if one.stock is not None}


def take(run: Run, at: int, items: list[tuple[Item, Product]]) -> bool:
    """Take an order's pieces off the shelf, if all of them are there."""
    shelf = pieces(run)
    needed: dict[str, int] = {}
    for item, product in items:
        if product.sku in shelf:
            needed[product.sku] = needed.get(product.sku, 0) + item.quantity
    if any(shelf[sku] < count for sku, count in needed.items()):
        return False
    for sku, count in needed.items():
        shelf[sku] -= count
    return True


def lose(run: Run, sku: str, count: int | None) -> int:
    """Pieces go missing, or all of them; a product that was not counted is, from then on. How many are left."""
    shelf = pieces(run)
    shelf[sku] = 0 if count is None else max(0, shelf.get(sku, 0) - count)
    return shelf[sku]


def first_deliveries(run: Run, at: int) -> Dues:
    """The first delivery to the warehouse of each product that is filled up."""
    for product in run.scenario.products:
        if product.restock_to:
            yield Due(at + int(product.restock_days * DAY), "stock.fills_up", product.sku, caused=False)


@step
def fills_up(run: Run, at: int, sku: str) -> Dues:
    """A delivery fills a product up."""
    product = next(one for one in run.scenario.products if one.sku == sku)
    shelf = pieces(run)
    if sku in shelf:
        shelf[sku] = max(shelf[sku], product.restock_to)
    yield Due(at + int(product.restock_days * DAY), "stock.fills_up", sku, caused=False)


# -- something else instead


def offer_of(run: Run, number: int) -> Said | None:
    """When an order's buyer was offered something else, in the words that mean just that."""
    text = run.said(words.ALTERNATIVE)
    return next((one for one in said_about(run.world, number) if one.sender == "seller" and one.text == text), None)


def answer_to(run: Run, number: int, asked: Said) -> str | None:
    """The buyer's yes or no to what the seller asked, once it is there."""
    known = [run.said(text) for text in (words.ACCEPTS, words.AGREES, words.DECLINES)]
    after = (one for one in said_about(run.world, number) if one.message > asked.message and one.sender == "buyer")
    return next((one.text for one in after if one.text in known), None)


def has_accepted(run: Run, number: int) -> bool:
    """Whether the buyer takes the other one that was offered, whoever offered it."""
    offer = offer_of(run, number)
    return offer is not None and answer_to(run, number, offer) == run.said(words.ACCEPTS)


@reacts_to(SellerWrote)
def reads_the_offer(run: Run, fact: SellerWrote, number: int) -> Dues:
    """A buyer who is asked about what is not there answers within a day; in the sandbox view there is no buyer."""
    is_asked = fact.subject == OFFERS and ("?" in fact.text or fact.text == run.said(words.ALTERNATIVE))
    if is_asked and run.world.order(fact.order_id).view == PRODUCTION:
        yield Due(fact.at + deciding_time(run, number), "stock.decides", fact.order_id)


def deciding_time(run: Run, number: int) -> int:
    """Until the buyer of an order says yes or no to something else, in milliseconds."""
    return int(run.lot("alternative", number, 2, AFTER) * _READS_WITHIN_HOURS * HOUR)


@step
def decides(run: Run, at: int, order_id: str) -> Dues:
    """Takes the other one, or agrees to what else was proposed, or wants none; says so once to each question."""
    if not is_open(run, order := run.world.order(order_id)) or order.confirmed_at is not None:
        return ()
    (question,) = run.world.rows(_LAST_ASKED, (order.number, OFFERS))
    asked = Said(*question)
    if answer_to(run, order.number, asked) is not None:
        return ()
    yes = words.ACCEPTS if asked.text == run.said(words.ALTERNATIVE) else words.AGREES
    share = run.scenario.desks.stock.accepts_alternative_share
    takes_it = run.lot("alternative", order.number, 2, ACCEPTS) < share
    text = run.said(yes if takes_it else words.DECLINES)
    run.world.do(messages.ask, by="buyer", order_id=order_id, subject="OtherQuestion", text=text)
    return ()
