"""Settings: the account's two views, and what its owner fills in before the launch (chapters 2, 4 and 12)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.central import facts, settings
from sandbox.central.days import DAY
from sandbox.central.facts import Fact
from sandbox.central.guide import Refused
from sandbox.central.replay import replayed
from sandbox.central.settings import is_filled, notification_addresses, set_notification_addresses, standing
from sandbox.central.world import World
from tests import shop
from tests.shop import BANK, INFO

OPS, BOOKS = "ops@shop.example.invalid", "books+pay@shop.example.invalid"


def choose(world: World, *addresses: str) -> list[Fact]:
    return world.do(set_notification_addresses, by="seller", addresses=list(addresses))


def refused(world: World, act: Callable[..., Any], **what: Any) -> tuple[str, str]:
    """Code and sentence of the refusal."""
    with pytest.raises(Refused) as found:
        world.do(act, by="seller", **what)
    return found.value.code, found.value.sentence


def test_the_settings_name_the_shop_its_currency_and_its_policy(quiet: World) -> None:
    found = settings.settings(quiet)
    assert (found.shop, found.currency, found.policy) == ("Kettle and Kin", "INR", "guide-2015")


def test_the_account_has_a_production_and_a_sandbox_view(quiet: World) -> None:
    seen = [(view.view, view.label, view.marketplace_id) for view in settings.settings(quiet).views]
    assert seen == [
        ("production", "Pay with Amazon (IN Production)", "A3PY9OQTG31F3H"),
        ("sandbox", "Pay with Amazon (IN Sandbox)", "AXGTNDD750VEM"),
    ]


def test_each_view_counts_its_own_orders(quiet: World) -> None:
    for view in ("production", "sandbox", "production"):
        shop.place(quiet, view=view)
    assert [view.orders for view in settings.settings(quiet).views] == [2, 1]


# -- when a world begins


def test_a_shop_begins_with_all_its_settings_filled_in(quiet: World) -> None:
    assert all(is_filled(found) for found in settings.settings(quiet)[4:])


def test_what_the_scenario_leaves_open_is_not_filled_in(bare: World) -> None:
    assert settings.settings(bare)[4:] == (None,) * 7


def test_standard_shipping_costs_what_the_scenario_says(tmp_path: Path) -> None:
    world = shop.busy(tmp_path, "[settings.shipping_rates]\nStandard = 65.5\nExpress = 120\n")
    shop.wait(world, DAY)
    charges = {row[0] for row in world.rows("select shipping_minor from orders where view = 'production'")}
    world.close()
    assert charges == {6_550}


def test_buyers_pay_the_new_charge_as_soon_as_it_is_set(busy: World) -> None:
    busy.do(settings.set_shipping_rates, by="seller", charges_minor={"Standard": 9_900})
    shop.wait(busy, DAY)
    charges = {row[0] for row in busy.rows("select shipping_minor from orders where view = 'production'")}
    assert charges == {9_900}


def test_more_buyers_come_once_acceptance_is_announced(tmp_path: Path) -> None:
    silent, loud = (shop.busy(tmp_path, name=name) for name in ("silent", "loud"))
    loud.do(settings.announce_acceptance, by="seller", banners=["148x100"], footer_logo=True)
    for world in (silent, loud):
        shop.wait(world, 30 * DAY)
        world.close()
    assert silent.clock.orders * 1.05 < loud.clock.orders < silent.clock.orders * 1.15


# -- notification addresses


def test_a_new_account_has_no_notification_address(bare: World) -> None:
    assert notification_addresses(bare) == []


def test_the_seller_chooses_the_notification_addresses_all_at_once(quiet: World) -> None:
    choose(quiet, OPS, BOOKS)
    choose(quiet, BOOKS)
    assert notification_addresses(quiet) == [BOOKS]


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


# -- account info


def test_the_account_info_stands_as_it_was_set_last(bare: World) -> None:
    bare.do(settings.set_account_info, by="seller", **INFO)
    bare.do(settings.set_account_info, by="seller", **INFO | {"contact_name": "Ravi Das"})
    found = standing(bare, facts.AccountInfoSet)
    assert found == facts.AccountInfoSet(bare.now, **INFO | {"contact_name": "Ravi Das"})


def test_the_same_account_info_again_is_nothing_new(bare: World) -> None:
    bare.do(settings.set_account_info, by="seller", **INFO)
    assert bare.do(settings.set_account_info, by="seller", **INFO) == []


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"legal_name": " "}, "SettingEmpty", "The legal name is empty"),
        ({"legal_name": "x" * 101}, "SettingTooLong", "has 101 characters; it may have 100"),
        ({"contact_name": "A\nB"}, "SettingNotText", "The contact's name has control characters"),
        ({"contact_email": "meera"}, "InvalidMailAddress", "'meera' is no mail address"),
        ({"contact_phone": "call me"}, "InvalidPhone", "'call me' is no phone number"),
        ({"contact_phone": "12345"}, "InvalidPhone", "+91 80 5550 0100"),
    ],
)
def test_account_info_that_does_not_fit_is_refused(bare: World, change: dict[str, str], code: str, said: str) -> None:
    found = refused(bare, settings.set_account_info, **INFO | change)
    assert found[0] == code and said in found[1] and standing(bare, facts.AccountInfoSet) is None


def test_a_legal_name_may_have_100_characters(bare: World) -> None:
    assert bare.do(settings.set_account_info, by="seller", **INFO | {"legal_name": "x" * 100})


# -- bank account


def test_of_a_bank_account_only_the_last_four_digits_are_kept(bare: World) -> None:
    bare.do(settings.change_bank_account, by="seller", **BANK)
    refused(bare, settings.change_bank_account, **BANK | {"number": "12345678901x"})
    found = standing(bare, facts.BankAccountChanged)
    assert found and found.last_digits == "9012"
    assert not any("12345678" in row.body for row in bare.facts(limit=-1))


def test_a_change_of_the_bank_account_has_its_moment(bare: World) -> None:
    bare.do(settings.change_bank_account, by="seller", **BANK)
    shop.wait(bare, DAY)
    bare.do(settings.change_bank_account, by="seller", **BANK | {"number": "923456789012"})
    found = standing(bare, facts.BankAccountChanged)
    assert found and found.at == bare.now


def test_the_same_bank_account_again_is_no_change(bare: World) -> None:
    bare.do(settings.change_bank_account, by="seller", **BANK)
    assert bare.do(settings.change_bank_account, by="seller", **BANK) == []


@pytest.mark.parametrize("number", ["1" * 9, "1" * 18])
def test_an_account_number_has_9_to_18_digits(bare: World, number: str) -> None:
    assert bare.do(settings.change_bank_account, by="seller", **BANK | {"number": number})


@pytest.mark.parametrize("number", ["", "1" * 8, "1" * 19, "12345678 9", "१२३४५६७८९"])
def test_an_account_number_of_another_kind_is_refused_without_repeating_it(bare: World, number: str) -> None:
    code, sentence = refused(bare, settings.change_bank_account, **BANK | {"number": number})
    assert code == "InvalidBankNumber" and f"this one has {len(number)} characters" in sentence
    assert not number or number not in sentence


@pytest.mark.parametrize("bank_code", ["", "SAND", "SAND1000402", "sand0000402", "SAND00004022"])
def test_what_is_no_bank_code_is_refused(bare: World, bank_code: str) -> None:
    code, sentence = refused(bare, settings.change_bank_account, **BANK | {"bank_code": bank_code})
    assert code == "InvalidBankCode" and "One looks like SAND0000402" in sentence
    assert ("…" in sentence) == (len(bank_code) > 4)


def test_an_account_has_a_holder(bare: World) -> None:
    found = refused(bare, settings.change_bank_account, **BANK | {"holder": ""})
    assert found == ("SettingEmpty", "The account holder is empty. Fill it in.")


# -- logo, return URL, shipping rates, policies


@pytest.mark.parametrize("logo", ["logo.png", "our logo 2.JPG", "https://cdn.shop.example.invalid/logo", ""])
def test_a_logo_is_a_picture_or_its_url_or_taken_away(quiet: World, logo: str) -> None:
    quiet.do(settings.set_logo, by="seller", logo="first.gif")
    quiet.do(settings.set_logo, by="seller", logo=logo)
    found = standing(quiet, facts.LogoSet)
    assert found and found.logo == logo


@pytest.mark.parametrize("logo", ["logo", "logo.exe", "../logo.png", "ftp://shop.example.invalid/logo.png", "<b>.png"])
def test_what_is_no_picture_is_refused(quiet: World, logo: str) -> None:
    code, sentence = refused(quiet, settings.set_logo, logo=logo)
    assert code == "InvalidLogo" and repr(logo) in sentence


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080/paid",
        "https://shop.example.invalid",
        "https://shop.example.invalid/paid?order=1#top",
        "https://shop.example.invalid:65535/",
        "https://shop.example.invalid/" + "x" * (2_000 - 29),
    ],
)
def test_a_return_url_is_taken(bare: World, url: str) -> None:
    bare.do(settings.set_return_url, by="seller", url=url)
    assert standing(bare, facts.ReturnUrlSet) == facts.ReturnUrlSet(bare.now, url)


@pytest.mark.parametrize(
    "url",
    [
        "shop.example.invalid",
        "ftp://shop.example.invalid/",
        "javascript:alert(1)",
        "https://",
        "https:///paid",
        "https://me:secret@shop.example.invalid/",
        "https://shop.example.invalid/a b",
        "https://shop.example.invalid/\n",
        "https://-shop.invalid/",
        "https://shop.example.invalid:65536/",
        "https://shop.example.invalid:0/",
        "https://shop.example.invalid/" + "x" * (2_001 - 29),
    ],
)
def test_what_is_no_url_is_refused_as_a_return_url(bare: World, url: str) -> None:
    code, sentence = refused(bare, settings.set_return_url, url=url)
    assert code == "InvalidUrl" and repr(url[:80]) in sentence


@pytest.mark.parametrize("view", ["production", "sandbox"])
def test_without_a_return_url_nobody_can_check_out(bare: World, view: str) -> None:
    with pytest.raises(Refused) as found:
        shop.place(bare, view=view)
    assert found.value.code == "NoReturnUrl" and "Set one" in found.value.sentence
    assert found.value.rule and found.value.rule.name == "orders.check_checkout"


def test_with_a_return_url_buyers_can_check_out_until_it_is_taken_away(bare: World) -> None:
    bare.do(settings.set_return_url, by="seller", url="https://shop.example.invalid/paid")
    assert shop.place(bare)
    bare.do(settings.set_return_url, by="seller", url="")
    with pytest.raises(Refused):
        shop.place(bare)


def test_a_simulated_buyer_who_cannot_check_out_is_on_record_and_others_still_come(tmp_path: Path) -> None:
    world = shop.busy(tmp_path, '[settings]\nleft_open = ["return_url"]\n', name="closed")
    shop.wait(world, DAY)
    assert world.rows("select count(*) from orders") == [(0,)]
    turned_away = [row for row in world.facts(limit=-1, kinds=("ActionRefused",)) if "NoReturnUrl" in row.body]
    world.do(settings.set_return_url, by="seller", url="https://shop.example.invalid/paid")
    shop.wait(world, DAY)
    (orders,) = world.row("select count(*) from orders")
    world.close()
    assert len(turned_away) > 10 and orders > 10


@pytest.mark.parametrize("charges", [{"Standard": 0}, {"Standard": 100_000_000, "Express": 1}, {}])
def test_shipping_rates_are_charges_by_service(quiet: World, charges: dict[str, int]) -> None:
    quiet.do(settings.set_shipping_rates, by="seller", charges_minor=charges)
    found = standing(quiet, facts.ShippingRatesSet)
    assert found and found.charges_minor == charges


@pytest.mark.parametrize(
    ("charges", "code", "said"),
    [
        ({"Standard": -1}, "InvalidCharge", "Standard cannot cost -1"),
        ({"Standard": 100_000_001}, "InvalidCharge", "Standard cannot cost 100000001"),
        ({"": 100}, "SettingEmpty", "The service's name is empty"),
        ({f"S{number}": 1 for number in range(21)}, "TooManyServices", "21 services are too many; there may be 20"),
    ],
)
def test_shipping_rates_that_do_not_fit_are_refused(
    quiet: World, charges: dict[str, int], code: str, said: str
) -> None:
    found = refused(quiet, settings.set_shipping_rates, charges_minor=charges)
    assert found[0] == code and said in found[1]


def test_policies_are_two_texts_of_several_lines(bare: World) -> None:
    bare.do(settings.set_policies, by="seller", returns="Ten days.\nUnused.", company="x" * 10_000)
    assert is_filled(standing(bare, facts.PoliciesSet))


@pytest.mark.parametrize(
    ("returns", "company", "code"),
    [
        ("", "We sell kettles.", "SettingEmpty"),
        ("Ten days.", "x" * 10_001, "SettingTooLong"),
        ("\x07", "We", "SettingNotText"),
    ],
)
def test_policies_that_do_not_fit_are_refused(bare: World, returns: str, company: str, code: str) -> None:
    assert refused(bare, settings.set_policies, returns=returns, company=company)[0] == code


# -- announced


def test_acceptance_is_announced_with_banners_and_a_footer_logo(bare: World) -> None:
    bare.do(settings.announce_acceptance, by="seller", banners=["296x200", "148x100"], footer_logo=True)
    found = standing(bare, facts.AcceptanceAnnounced)
    assert found == facts.AcceptanceAnnounced(bare.now, ["148x100", "296x200"], True)


def test_a_banner_of_another_size_is_refused(bare: World) -> None:
    code, sentence = refused(bare, settings.announce_acceptance, banners=["100x100"], footer_logo=True)
    assert code == "UnknownBanner" and "'100x100'" in sentence and "148x100, 296x200" in sentence


def test_nothing_cannot_be_announced(bare: World) -> None:
    assert refused(bare, settings.announce_acceptance, banners=[], footer_logo=False)[0] == "NothingAnnounced"


# -- on record


def test_settings_are_what_the_facts_say(bare: World, tmp_path: Path) -> None:
    bare.do(settings.set_account_info, by="seller", **INFO)
    bare.do(settings.change_bank_account, by="seller", **BANK)
    bare.do(settings.set_return_url, by="seller", url="https://shop.example.invalid/paid")
    twin = replayed(bare, tmp_path / "twin.world")
    assert shop.tables(twin) == shop.tables(bare)
    twin.close()
