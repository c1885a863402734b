"""The account's settings: its views and where its notifications go (chapters 4 and 12). The checklist is to come."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.json import decode

from sandbox.central.facts import Fact, NotificationAddressesSet
from sandbox.central.guide import Refused, rule
from sandbox.central.orders import VIEWS
from sandbox.central.world import World

ADDRESSES_AT_MOST = 20
_ADDRESS = re.compile(r"[^@\s,;<>\"\x00-\x1f\x7f]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+", re.ASCII)


class View(NamedTuple):
    """One of the account's two views."""

    view: str
    label: str
    marketplace_id: str
    orders: int


class Settings(NamedTuple):
    """The account as its owner set it up."""

    shop: str
    currency: str
    policy: str
    views: list[View]
    notification_addresses: list[str]


def settings(world: World) -> Settings:
    """The account's settings as they are now."""
    account = world.account
    assert account is not None
    counts = dict(world.rows("select view, count(*) from orders group by view"))
    views = [View(view, label, marketplace, counts.get(view, 0)) for view, (label, marketplace) in VIEWS.items()]
    return Settings(account.shop, account.currency, account.policy, views, notification_addresses(world))


def notification_addresses(world: World) -> list[str]:
    """Where notifications go."""
    (text,) = world.row("select notification_addresses from account")
    found: list[str] = decode(text)
    return found


@rule(chapter=12, says="Without a notification address no notification is sent.")
def set_notification_addresses(world: World, at: int, addresses: list[str]) -> Iterator[Fact]:
    """The seller chooses the addresses, all at once; an empty list turns notifications off."""
    if len(addresses) > ADDRESSES_AT_MOST:
        count = len(addresses)
        raise Refused("TooManyAddresses", f"{count} addresses are too many; there may be {ADDRESSES_AT_MOST}.")
    for address in addresses:
        if not _ADDRESS.fullmatch(address) or len(address) > 254:
            raise Refused(
                "InvalidMailAddress", f"{address[:80]!r} is no mail address; write it like ops@shop.example.invalid."
            )
    if addresses != notification_addresses(world):
        yield NotificationAddressesSet(at, addresses)
