"""Stock: the pieces that the warehouse has of the products that are counted, and the deliveries that fill it up."""

from sandbox.central import messages
from sandbox.central.days import DAY, HOUR
from sandbox.central.facts import SellerWrote
from sandbox.central.guide import Due
from sandbox.central.records import PRODUCTION, Item, Product
from sandbox.sim import words
from sandbox.sim.asking import is_open
from sandbox.sim.cast import Dues, Run, reacts_to, step

RESTOCK_DAYS = 7
"""Until what was out of stock by luck alone is there again (assumed)."""
ACCEPTS, AFTER = 0, 1
_READS_WITHIN_HOURS = 20


def is_counted(run: Run) -> bool:
    """Whether any product's pieces are counted."""
    return bool(pieces(run))


def pieces(run: Run) -> dict[str, int]:
    """What there is, by SKU, of the products that are counted."""
    first = {one.sku: one.stock for one in run.scenario.products if one.stock is not None}
    found: dict[str, int] = run.state("stock", first)
    return found


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


@reacts_to(SellerWrote)
def reads_the_offer(run: Run, fact: SellerWrote, number: int) -> Dues:
    """A buyer who is offered something else says yes or no within a day; in the sandbox view there is no buyer."""
    if fact.text == run.said(words.ALTERNATIVE) and run.world.order(fact.order_id).view == PRODUCTION:
        yield Due(fact.at + deciding_time(run, number), "stock.decides", fact.order_id)


def deciding_time(run: Run, number: int) -> int:
    """Until the buyer of an order says yes or no to something else, in milliseconds."""
    return int(run.luck("alternative", number, places=2)[AFTER] * _READS_WITHIN_HOURS * HOUR)


@step
def decides(run: Run, at: int, order_id: str) -> Dues:
    """Takes the other one, or wants none."""
    if not is_open(run, order := run.world.order(order_id)) or order.confirmed_at is not None:
        return ()
    share = run.scenario.desks.dispatch.accepts_alternative_share
    takes_it = run.luck("alternative", order.number, places=2)[ACCEPTS] < share
    text = run.said(words.ACCEPTS if takes_it else words.DECLINES)
    run.world.do(messages.ask, by="buyer", order_id=order_id, subject="OtherQuestion", text=text)
    return ()
