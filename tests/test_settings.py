"""Settings: the account's two views and where its notifications go (chapters 4 and 12)."""

import pytest

from sandbox.central.facts import Fact
from sandbox.central.guide import Refused
from sandbox.central.settings import notification_addresses, set_notification_addresses, settings
from sandbox.central.world import World
from tests import shop

OPS, BOOKS = "ops@shop.example.invalid", "books+pay@shop.example.invalid"


def choose(world: World, *addresses: str) -> list[Fact]:
    return world.do(set_notification_addresses, by="seller", addresses=list(addresses))


def test_the_settings_name_the_shop_its_currency_and_its_policy(quiet: World) -> None:
    found = settings(quiet)
    assert (found.shop, found.currency, found.policy) == ("Kettle and Kin", "INR", "guide-2015")


def test_the_account_has_a_production_and_a_sandbox_view(quiet: World) -> None:
    seen = [(view.view, view.label, view.marketplace_id) for view in settings(quiet).views]
    assert seen == [
        ("production", "Pay with Amazon (IN Production)", "A3PY9OQTG31F3H"),
        ("sandbox", "Pay with Amazon (IN Sandbox)", "AXGTNDD750VEM"),
    ]


def test_each_view_counts_its_own_orders(quiet: World) -> None:
    for view in ("production", "sandbox", "production"):
        shop.place(quiet, view=view)
    assert [view.orders for view in settings(quiet).views] == [2, 1]


def test_a_new_account_has_no_notification_address(quiet: World) -> None:
    assert settings(quiet).notification_addresses == []


def test_the_seller_chooses_the_notification_addresses_all_at_once(quiet: World) -> None:
    choose(quiet, OPS, BOOKS)
    choose(quiet, BOOKS)
    assert settings(quiet).notification_addresses == [BOOKS]


def test_an_empty_list_turns_notifications_off(quiet: World) -> None:
    choose(quiet, OPS)
    choose(quiet)
    assert notification_addresses(quiet) == []


def test_the_same_addresses_again_are_nothing_new(quiet: World) -> None:
    choose(quiet, OPS)
    assert choose(quiet, OPS) == []


@pytest.mark.parametrize("address", ["a@b.in", "o'brien@shop.example.invalid", "x" * 64 + "@shop.example.invalid"])
def test_a_mail_address_is_taken(quiet: World, address: str) -> None:
    choose(quiet, address)
    assert notification_addresses(quiet) == [address]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ops",
        "ops@",
        "@shop.example.invalid",
        "ops@localhost",
        "ops@shop..invalid",
        "ops@shop.invalid.",
        "ops@@shop.invalid",
        "ops shop@shop.invalid",
        "Ops <ops@shop.invalid>",
        "ops@shop.invalid,books@shop.invalid",
        "ops@shop.invalid\n",
        "ops@shop.invalid\r\nBcc: x@y.in",
        "ops\x00@shop.invalid",
        "x" * 65 + "@shop.invalid",
        "ops@" + ".".join(["x" * 60] * 5),
    ],
)
def test_what_is_no_mail_address_is_refused(quiet: World, address: str) -> None:
    with pytest.raises(Refused) as refused:
        choose(quiet, address)
    assert refused.value.code == "InvalidMailAddress" and "ops@shop.example.invalid" in refused.value.sentence


def test_one_wrong_address_refuses_all(quiet: World) -> None:
    choose(quiet, OPS)
    with pytest.raises(Refused):
        choose(quiet, BOOKS, "nobody")
    assert notification_addresses(quiet) == [OPS]


def test_there_may_be_20_notification_addresses(quiet: World) -> None:
    choose(quiet, *(f"ops{number}@shop.example.invalid" for number in range(20)))
    assert len(notification_addresses(quiet)) == 20


def test_21_notification_addresses_are_too_many(quiet: World) -> None:
    with pytest.raises(Refused) as refused:
        choose(quiet, *(f"ops{number}@shop.example.invalid" for number in range(21)))
    assert refused.value.code == "TooManyAddresses" and "21 addresses are too many" in refused.value.sentence
