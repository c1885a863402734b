"""/v1/settings/…, /v1/checklist and /v1/metrics/review over HTTP."""

from typing import Any

import pytest

from sandbox.central.guide import RULES
from tests.http.conftest import Worlds
from tests.server import Shop, problem_of, said_no

GROUPS: dict[str, Any] = {
    "account-info": {
        "legal_name": "Kettle and Kin Private Limited",
        "contact_name": "Ravi Das",
        "contact_email": "ravi@shop.example.invalid",
        "contact_phone": "+91 80 5550 0199",
    },
    "logo": {"logo": "new.png"},
    "return-url": {"url": "https://shop.example.invalid/paid"},
    "policies": {"returns": "Within a week.", "company": "An invented shop."},
}
BANK = {"holder": "Kettle and Kin", "bank_code": "SAND0000777", "number": "987654321098"}
every_group = pytest.mark.parametrize("group", GROUPS)


def put(shop: Shop, group: str, body: Any, headers: dict[str, str] | None = None) -> Any:
    return shop.seller.put(f"/v1/settings/{group}", body, headers)


def line(shop: Shop, item: str) -> Any:
    return next(row for row in shop.seller.get("/v1/checklist").json["items"] if row["item"] == item)


# -- settings


@every_group
def test_a_setting_reads_as_it_was_set(world: Shop, group: str) -> None:
    answer = put(world, group, GROUPS[group])
    assert (answer.status, answer.json) == (200, GROUPS[group])
    assert world.seller.get(f"/v1/settings/{group}").json == GROUPS[group]


@every_group
def test_all_settings_stand_in_one_answer(world: Shop, group: str) -> None:
    put(world, group, GROUPS[group])
    assert world.seller.get("/v1/settings").json[group.replace("-", "_")] == GROUPS[group]


@every_group
def test_a_setting_changed_meanwhile_is_not_overwritten(world: Shop, group: str) -> None:
    tag = {"If-Match": world.seller.get(f"/v1/settings/{group}").headers["etag"]}
    first = put(world, group, GROUPS[group], tag)
    again = put(world, group, GROUPS[group], tag)
    assert first.status == 200 and said_no(again) == (412, "PreconditionFailed")


@every_group
def test_a_setting_that_lacks_a_field_is_refused(still: Shop, group: str) -> None:
    assert said_no(put(still, group, {})) == (422, "InvalidField")


def test_shipping_rates_are_in_minor_units_of_the_accounts_currency(world: Shop) -> None:
    charges = {"Standard": 5_900, "Express": 12_900}
    answer = put(world, "shipping-rates", {"charges_minor": charges})
    assert answer.json == {"currency": "INR", "charges_minor": charges}


def test_of_a_bank_account_only_the_last_digits_are_ever_shown(world: Shop) -> None:
    answer = put(world, "bank-account", BANK, {"Idempotency-Key": "bank"})
    assert answer.json["number"] == "XXXXXXXX1098" and answer.json["changed_at"] == world.now()
    told = [world.seller.get(path).body for path in ("/v1/settings", "/v1/settings/bank-account", "/v1/checklist")]
    assert not any(b"98765432" in body for body in told)
    assert "98765432" not in str(world.facts())


def test_an_account_number_that_is_none_is_not_repeated(world: Shop) -> None:
    said = problem_of(put(world, "bank-account", BANK | {"number": "98765432109x"}))
    assert (said["status"], said["code"]) == (422, "InvalidBankNumber")
    assert "98765432" not in str(said) and "98765432" not in str(world.facts())


def test_a_change_of_the_bank_account_is_one_fact(world: Shop) -> None:
    for _ in range(2):
        put(world, "bank-account", BANK)
    assert len(world.facts("BankAccountChanged")) == 2  # the shop began with one


@pytest.mark.parametrize(
    ("group", "body", "code", "rule"),
    [
        ("account-info", GROUPS["account-info"] | {"contact_email": "ravi"}, "InvalidMailAddress", "set_account_info"),
        ("bank-account", BANK | {"bank_code": "SAND"}, "InvalidBankCode", "change_bank_account"),
        ("logo", {"logo": "logo.exe"}, "InvalidLogo", "set_logo"),
        ("shipping-rates", {"charges_minor": {"Standard": -1}}, "InvalidCharge", "set_shipping_rates"),
        ("return-url", {"url": "ftp://shop.example.invalid"}, "InvalidUrl", "set_return_url"),
        ("policies", {"returns": "", "company": "x"}, "SettingEmpty", "set_policies"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_by_its_rule(
    world: Shop, group: str, body: Any, code: str, rule: str
) -> None:
    said = problem_of(put(world, group, body))
    found = RULES[f"settings.{rule}"]
    told = [said[key] for key in ("status", "code", "rule", "chapter", "says")]
    assert told == [422, code, found.name, 12, found.says]


@pytest.mark.parametrize("charge", [1.5, "49", True, 10**30])
def test_a_charge_is_a_whole_number(still: Shop, charge: Any) -> None:
    assert said_no(put(still, "shipping-rates", {"charges_minor": {"Standard": charge}})) == (422, "InvalidField")


# -- the launch checklist


def test_the_checklist_tells_how_many_lines_are_done(still: Shop) -> None:
    found = still.seller.get("/v1/checklist").json
    assert found["done"] == sum(row["done"] for row in found["items"]) >= 5


def test_acceptance_is_announced_and_the_checklist_tells_by_whom(world: Shop) -> None:
    said = {"banners": ["148x100", "296x200"], "footer_logo": True}
    answer = world.seller.post("/v1/checklist/announcement", said)
    found = next(row for row in answer.json["items"] if row["item"] == "announcement")
    assert (answer.status, found["done"], found["chapter"]) == (200, True, 2)
    assert found["evidence"]["by"] == "seller via api" and found["evidence"]["at"] == world.now()


def test_an_announcement_sent_twice_with_one_key_is_answered_with_its_own_evidence(world: Shop) -> None:
    said, key = {"banners": ["148x100"], "footer_logo": True}, {"Idempotency-Key": "banner"}
    first = world.seller.post("/v1/checklist/announcement", said, key)
    again = world.seller.post("/v1/checklist/announcement", said, key)
    assert first.body == again.body == world.seller.get("/v1/checklist").body
    assert len(world.facts("AcceptanceAnnounced")) == 1


@pytest.mark.parametrize(
    ("banners", "footer_logo", "code"), [([], False, "NothingAnnounced"), (["10x10"], True, "InvalidField")]
)
def test_an_announcement_of_nothing_is_refused(still: Shop, banners: list[str], footer_logo: bool, code: str) -> None:
    answer = still.seller.post("/v1/checklist/announcement", {"banners": banners, "footer_logo": footer_logo})
    assert said_no(answer) == (422, code)


def test_reviewing_the_rates_answers_with_them_and_stands_on_the_checklist(world: Shop) -> None:
    assert not line(world, "metrics")["done"]
    answer = world.seller.post("/v1/metrics/review")
    assert (answer.status, answer.json) == (200, world.seller.get("/v1/metrics").json)
    assert line(world, "metrics")["evidence"]["kind"] == "MetricsReviewed"


def test_a_shipment_in_time_stands_on_the_checklist_with_its_order(make: Worlds) -> None:
    world = make(history_days=0)
    world.advance("6h")
    assert not line(world, "order-management")["done"]
    order_id = world.unshipped()
    world.ship(order_id)
    found = line(world, "order-management")
    assert (found["done"], found["evidence"]["order_id"]) == (True, order_id)


def test_without_a_return_url_no_more_orders_come(world: Shop) -> None:
    put(world, "return-url", {"url": ""})
    assert not line(world, "return-url")["done"]
    before = len(world.orders())
    world.advance("2d")
    refused = [fact for fact in world.facts("ActionRefused") if fact["body"]["code"] == "NoReturnUrl"]
    assert len(world.orders()) == before and refused
