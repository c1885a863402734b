"""Checkout: how an order comes from outside: by name and SKU, now or later, with the fate that its magic words name.

Every door by which somebody who is not simulated orders goes through here. Who or what is left out is drawn, by luck of
its own.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from sandbox.central import orders
from sandbox.central.days import LAST_MOMENT, rfc3339
from sandbox.central.facts import Address, Fact
from sandbox.central.guide import Due, Refused
from sandbox.central.orders import Piece
from sandbox.central.records import PRODUCTION, AddressRow, Product
from sandbox.central.world import World
from sandbox.sim import fates
from sandbox.sim.cast import Dues, Run, keep, step
from sandbox.sim.magic import PREFIX, is_magic, known, together, words_in

Fields = dict[str, Any]
DRAWS = "simulations"
"""The stream of who is drawn, and the name under which it is counted."""
PRICE_MINOR = 49_900
"""What a product costs that is there for its magic word alone."""
_COMING = "orders to come"
_DRAWN = 0


def draw(run: Run) -> float:
    """The next uniform of the stream of what was left out."""
    counted = run.kept(DRAWS, 0) + 1
    keep(run.world, DRAWS, counted)
    return run.lot(DRAWS, counted, 2, _DRAWN)


def place(run: Run, given: Fields) -> str:
    """Somebody orders, inside a transaction; the order's id. Whoever calls it saves the run.

    `given` may name `items` (sku, quantity, price_minor), `buyer`, `address`, `view`, and whether it is `pending`.
    Refused with UnknownProduct, UnknownBuyer, UnknownMagic, MagicClash, NotPlainText, or by the rule.
    """
    run.world.do(check_out, by="buyer")
    _check_plain(given)
    items = given.get("items") or [{}]
    view = given.get("view", PRODUCTION)
    for item in items:
        _check_sold(run, item)
    words = _words(run, given.get("buyer") or "", [item["sku"] for item in items if "sku" in item])
    pending = given.get("pending", False) or together(words).pending
    buyer = _buyer(run, given)
    (placed,) = run.world.do(
        orders.place,
        by="buyer",
        buyer=buyer,
        address=_address(run, buyer, given.get("address")),
        pieces=[_piece(run, item) for item in items],
        pending=bool(pending),
        view=view,
    )
    order_id: str = placed.order_id  # type: ignore[attr-defined]  # OrderPlaced
    if words and view == PRODUCTION:
        fates.mark(run, run.world.ids.order_number(order_id) or 0, words)
    return order_id


def check_out(world: World, at: int) -> Iterable[Fact]:
    """Refused with NoReturnUrl before anybody joins or moves for an order that the shop would not take."""
    orders.check_checkout(world)
    return ()


def _check_plain(given: Fields) -> None:
    """Whatever is printed somewhere has nothing in it that a terminal obeys."""
    for name, text in {"buyer": given.get("buyer"), **(given.get("address") or {})}.items():
        if text and not text.isprintable():
            raise Refused("NotPlainText", f"{name} has control characters in it: {text[:60]!r}. Write plain text.")


def _words(run: Run, name: str, skus: list[str]) -> list[str]:
    """The magic words of an order; a product that the scenario has is no magic, whatever it is called."""
    sold = {product.sku for product in run.scenario.products}
    found = [known(sku) for sku in skus if is_magic(sku) and sku not in sold]
    return [*dict.fromkeys(words_in(name) + found)]


# -- who


def _buyer(run: Run, given: Fields) -> int:
    """The buyer of that name, who joins if there is none yet; somebody who is drawn, if nobody is named."""
    world, name = run.world, given.get("buyer")
    if name is None:
        return 1 + int(draw(run) * run.scenario.buyers.pool)
    row = world.row("select buyer from buyers where name = ? order by buyer limit 1", (name,))
    if row:
        return int(row[0])
    if not given.get("address") and not words_in(name):
        raise Refused("UnknownBuyer", f"There is no buyer {name[:60]!r}. Give an address, and they join.")
    mail = f"buyer{world.clock.buyers + 1}@example.invalid"
    at_home = Address(**given["address"]) if given.get("address") else _somewhere(run, name)
    joined, _ = world.do(orders.join, by="buyer", name=name, email=mail, place=at_home)
    return int(joined.buyer)  # type: ignore[attr-defined]  # BuyerJoined


def _somewhere(run: Run, name: str) -> Address:
    """Where a buyer lives who is there for the magic in their name: at somebody's of the pool."""
    other = 1 + int(draw(run) * run.scenario.buyers.pool)
    home = AddressRow._make(run.world.row("select * from addresses where address = ?", (other,)))
    return Address(name, home.line1, home.city, home.state, home.postal_code, home.line2, home.country)


def _address(run: Run, buyer: int, wanted: Fields | None) -> int:
    world = run.world
    if wanted is None:
        (home,) = world.row("select min(address) from addresses where buyer = ?", (buyer,))
        return int(home)
    (added,) = world.do(orders.add_address, by="buyer", buyer=buyer, place=Address(**wanted))
    return int(added.address)  # type: ignore[attr-defined]  # AddressAdded


# -- what


def _piece(run: Run, item: Fields) -> Piece:
    found = product(run, item["sku"]) if "sku" in item else _drawn(run)
    return Piece(found.product, item.get("quantity", 1), item.get("price_minor", found.price_minor))


def _drawn(run: Run) -> Product:
    """One of those that the scenario has."""
    number = 1 + int(draw(run) * len(run.scenario.products))
    return Product._make(run.world.row("select * from products where product = ?", (number,)))


def product(run: Run, sku: str) -> Product:
    """The product of that SKU. That of a magic word is listed when it is first ordered, behind all that buyers draw
    from. Refused with UnknownProduct or UnknownMagic."""
    world = run.world
    _check_sold(run, {"sku": sku})
    name = sku if _row(world, sku) else PREFIX + known(sku)
    if _row(world, name) is None:
        title = f"A kettle for tests: {known(name).lower().replace('-', ' ')}"
        world.do(orders.list_product, by="seller", sku=name, title=title, price_minor=PRICE_MINOR)
    return Product._make(_row(world, name))


def _row(world: World, sku: str) -> Any:
    return world.row("select * from products where sku = ?", (sku,))


def _check_sold(run: Run, item: Fields) -> None:
    """Refused with UnknownProduct, which names the nearest one, or with UnknownMagic."""
    sku = item.get("sku")
    if sku is None or _row(run.world, sku) or (is_magic(sku) and known(sku)):
        return
    skus = [str(found) for (found,) in run.world.rows("select sku from products order by sku")]
    near = get_close_matches(sku, skus, n=1) or skus[:5]
    raise Refused("UnknownProduct", f"There is no product {sku[:60]!r}. There is {', '.join(near)}.")


# -- when


def later(run: Run, at: int, given: Fields) -> None:
    """Have it ordered at a moment to come, inside a transaction. Refused at once where it would be refused now.

    Refused with TimeRunsForward or TimeOutOfRange where it cannot be then.
    """
    world = run.world
    if at < world.now:
        raise Refused(
            "TimeRunsForward",
            f"{rfc3339(at)} is over: it is {rfc3339(world.now)} in this world, and no order is placed behind what has"
            " happened since. Place it now or later, or in a world that starts earlier.",
        )
    if at > LAST_MOMENT:
        raise Refused("TimeOutOfRange", "World time ends with the year 9999. Choose an earlier moment.")
    with world.provisionally() as take_back:
        place(run, given)
        take_back()
        run.forget()
    coming: dict[str, Fields] = run.state(_COMING, {})
    number = str(1 + max(map(int, coming), default=0))
    coming[number] = given
    world.put_off(Due(at, "checkout.comes", number, caused=False), None)


@step
def comes(run: Run, at: int, ref: str) -> Dues:
    """An order that was announced is placed; where the shop takes none any more, that is on record."""
    try:
        place(run, run.state(_COMING, {}).pop(ref))
    except Refused:
        return ()
    return ()
