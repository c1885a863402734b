"""Payments: what a buyer is charged when a package leaves, and what the platform keeps of it (chapters 5 and 8)."""

from functools import lru_cache
from math import log10

from sandbox.central.guide import Refused, rule
from sandbox.central.orders import items_of
from sandbox.central.policy import Policy
from sandbox.central.records import PRODUCTION, Order
from sandbox.central.world import World

_MILLION = 1_000_000


@rule(chapter=5, says="Payment starts when a shipment is confirmed, package by package; what never is, is never paid.")
def payment_minor(world: World, order: Order, contents: dict[int, int], first: bool) -> int:
    """What the buyer is charged for a package, in minor units: its pieces, and the shipping with the order's first.

    `contents` are pieces by line. The sandbox view moves no money.
    """
    if order.view != PRODUCTION:
        return 0
    shipping = order.shipping_minor if first else 0
    if first and sum(contents.values()) == order.quantity:
        return order.items_minor + shipping
    prices = {item.line: item.price_minor for item, _ in items_of(world, order)}
    return shipping + sum(pieces * prices[line] for line, pieces in contents.items())


def fee_minor(policy: Policy, paid_minor: int, first: bool) -> int:
    """What the platform keeps of a payment: a share, and a fixed part once for each order; never more than all."""
    if not paid_minor:
        return 0
    fixed = policy.fee_fixed_minor if first else 0
    return min(paid_minor, share_minor(policy.fee_percent, paid_minor) + fixed)


def fee_returned_minor(policy: Policy, order: Order, amount_minor: int) -> int:
    """What the seller gets back of an order's fee when the buyer gets that much back. The fixed part stays."""
    share = share_minor(policy.fee_returned_percent, share_minor(policy.fee_percent, amount_minor))
    return max(0, min(share, order.fee_minor - policy.fee_fixed_minor))


def share_minor(percent: float, amount_minor: int) -> int:
    """So many percent of an amount, to the nearest minor unit, a half upwards."""
    return (amount_minor * _millionths(percent) + _MILLION // 2) // _MILLION


@lru_cache
def _millionths(percent: float) -> int:
    return round(percent * 10_000)


def left_minor(order: Order) -> int:
    """What an order brought and the buyer has not got back, nor is about to, in minor units."""
    return order.paid_minor - order.refunding_minor - order.refunded_minor - order.reversed_minor


def in_words(amount_minor: int, currency: str) -> str:
    """An amount as people read it, such as INR 222,485.00."""
    sign, units, rest = "-" if amount_minor < 0 else "", *divmod(abs(amount_minor), 100)
    return f"{sign}{currency} {units:,}.{rest:02d}"


def check_currency(world: World, currency: str | None) -> None:
    """Refused with WrongCurrency for any but the account's; None is the account's."""
    if currency is not None and currency != world.currency:
        raise Refused("WrongCurrency", f"The amount is in {currency[:10]!r}; this account has {world.currency} alone.")


def checked_minor(world: World, amount: float, currency: str | None) -> int:
    """An amount as somebody sent it, in minor units of the account's currency.

    Refused with WrongCurrency, FractionOfMinorUnit or AmountNotPositive.
    """
    check_currency(world, currency)
    if amount % 1:  # of no number at all it is no number, which is not 0 either
        raise Refused(
            "FractionOfMinorUnit",
            f"{amount} has a fraction of a minor unit. Amounts are whole: 84900 is {world.currency} 849.00.",
        )
    if amount <= 0:
        raise Refused("AmountNotPositive", f"{told_minor(int(amount))} are no amount to give. Send one above 0.")
    return int(amount)


_TOLD_BELOW = 10**18


def told_minor(amount: int) -> str:
    """An amount as a refusal's sentence begins with it: of 300 digits only how many they are."""
    if abs(amount) < _TOLD_BELOW:
        return f"{amount} minor units"
    return f"Minor units of {int(log10(abs(amount))) + 1} digits"
