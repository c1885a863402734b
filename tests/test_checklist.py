"""The launch checklist: every line open or done, by whom, when, and by which fact (chapters 1, 2 and 12)."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.central import cases, checklist, feedback, messages, orders, reports, settings, shipments
from sandbox.central.checklist import Evidence, Item
from sandbox.central.days import DAY, HOUR
from sandbox.central.guide import RULES
from sandbox.central.replay import replayed
from sandbox.central.reports.kinds import SETTLEMENT_KINDS
from sandbox.central.world import World
from tests import shop
from tests.shop import ALL_OPEN, BANK, INFO


def line(world: World, item: str) -> Item:
    return next(found for found in checklist.checklist(world) if found.item == item)


def shown(world: World, item: str) -> Evidence:
    found = line(world, item).evidence
    assert found
    return found


def is_done(world: World, item: str) -> bool:
    return line(world, item).evidence is not None


def ship(world: World, order_id: str, tracking: str = "BD1234", **what: Any) -> None:
    world.do(shipments.confirm_shipment, by="Ravi", order_id=order_id, carrier="BlueDart", tracking=tracking, **what)


def ask(world: World, order_id: str) -> None:
    world.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Where is it?")


def test_the_checklist_has_five_settings_the_announcement_and_processes(quiet: World) -> None:
    found = [(item.part, item.item) for item in checklist.checklist(quiet)]
    assert found[:6] == [
        ("settings", "account-info"),
        ("settings", "shipping-rates"),
        ("settings", "notification-addresses"),
        ("settings", "return-url"),
        ("settings", "policies"),
        ("announcement", "announcement"),
    ]
    assert {("processes", name) for name in ("order-management", "customer-service", "seller-support", "metrics")} <= {
        *found[6:]
    }


def test_each_line_says_its_chapter_and_what_the_guide_asks_for(quiet: World) -> None:
    chapters = {item.item: item.chapter for item in checklist.checklist(quiet)}
    assert (chapters["announcement"], chapters["customer-service"], chapters["return-url"]) == (2, 1, 12)
    assert all(item.says.endswith(".") for item in checklist.checklist(quiet))


def test_a_bare_account_has_every_line_open(bare: World) -> None:
    assert [item.item for item in checklist.checklist(bare) if item.evidence] == []


def test_a_shop_as_scenarios_make_it_has_its_settings_done(quiet: World) -> None:
    done = [item.item for item in checklist.checklist(quiet) if item.evidence]
    assert done == ["account-info", "shipping-rates", "notification-addresses", "return-url", "policies"]


# -- settings


def test_account_info_is_done_once_info_bank_account_and_logo_are_filled_in(bare: World) -> None:
    missing = [line(bare, "account-info").missing]
    for act, what in (
        (settings.set_account_info, INFO),
        (settings.change_bank_account, BANK),
        (settings.set_logo, {"logo": "logo.png"}),
    ):
        bare.do(act, by="seller", **what)
        missing.append(line(bare, "account-info").missing)
    assert missing == [["account_info", "bank_account", "logo"], ["bank_account", "logo"], ["logo"], []]
    assert is_done(bare, "account-info")


def test_a_setting_is_done_by_whoever_set_it_last(bare: World) -> None:
    for url in ("https://shop.example.invalid/a", "https://shop.example.invalid/b"):
        shop.wait(bare, HOUR)
        bare.do(settings.set_return_url, by=f"seller {url[-1]}", url=url)
    found = shown(bare, "return-url")
    assert (found.fact, found.kind, found.by, found.at) == (bare.clock.facts, "ReturnUrlSet", "seller b", bare.now)


def test_a_setting_taken_away_is_open_again(quiet: World) -> None:
    quiet.do(settings.set_notification_addresses, by="seller", addresses=[])
    found = line(quiet, "notification-addresses")
    assert (found.evidence, found.missing) == (None, ["notification_addresses"])


@pytest.mark.parametrize(
    ("charges", "missing"),
    [
        ({"Express": 500}, ["shipping_rates.Standard"]),
        ({}, ["shipping_rates.Standard"]),
        ({"Standard": 0}, []),
        ({"Standard": 4_900, "Express": 500}, []),
    ],
)
def test_shipping_rates_are_done_once_standard_which_buyers_take_has_a_charge(
    bare: World, charges: dict[str, int], missing: list[str]
) -> None:
    bare.do(settings.set_shipping_rates, by="seller", charges_minor=charges)
    found = line(bare, "shipping-rates")
    assert (found.missing, bool(found.evidence)) == (missing, not missing)


def test_the_announcement_needs_a_banner_and_the_footer_logo(quiet: World) -> None:
    done = []
    for banners, footer_logo in ((["148x100"], False), ([], True), (["296x200"], True)):
        quiet.do(settings.announce_acceptance, by="seller", banners=banners, footer_logo=footer_logo)
        done.append(is_done(quiet, "announcement"))
    assert done == [False, False, True]


# -- processes


def test_an_open_process_says_what_the_record_does_not_show_yet(bare: World) -> None:
    missing = {item.item: item.missing for item in checklist.checklist(bare) if item.part == "processes"}
    assert missing["payments"] == ["a download of a report: settlement-v2 or settlement-xml"]
    assert missing["customer-service"] == ["a reply to a buyer within 24 hours"]
    assert all(missing.values())


def test_a_process_that_is_done_misses_nothing(quiet: World) -> None:
    ship(quiet, shop.place(quiet))
    assert line(quiet, "order-management").missing == []


# -- order management


def test_order_management_shows_by_a_shipment_confirmed_in_time_with_tracking(quiet: World) -> None:
    order_id = shop.place(quiet)
    ship(quiet, order_id)
    found = shown(quiet, "order-management")
    assert (found.kind, found.by, found.at, found.order_id) == ("ShipmentConfirmed", "Ravi", quiet.now, order_id)


@pytest.mark.parametrize(("after", "done"), [(0, True), (1, False)])
def test_the_last_moment_to_confirm_is_the_dispatch_date(quiet: World, after: int, done: bool) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, quiet.order(order_id).dispatch_by - quiet.now + after)
    ship(quiet, order_id)
    assert is_done(quiet, "order-management") == done


def test_a_shipment_without_tracking_shows_no_order_management(quiet: World) -> None:
    ship(quiet, shop.place(quiet), tracking="")
    assert not is_done(quiet, "order-management")


def test_a_shipment_of_the_sandbox_view_shows_no_order_management(quiet: World) -> None:
    ship(quiet, shop.place(quiet, view="sandbox"), view="sandbox")
    assert not is_done(quiet, "order-management")


@pytest.mark.parametrize(("first", "second", "wait"), [("BD1", "BD2", 5 * DAY), ("", "BD2", 0), ("BD1", "", 5 * DAY)])
def test_of_an_order_in_two_packages_the_one_in_time_with_tracking_counts(
    quiet: World, first: str, second: str, wait: int
) -> None:
    order_id = shop.place(quiet, (1, 2))
    item = orders.items_of(quiet, quiet.order(order_id))[0][0].item_id
    ship(quiet, order_id, tracking=first, items={item: 1})
    shop.wait(quiet, wait)
    ship(quiet, order_id, tracking=second)
    (seq,) = quiet.row(
        "select seq from facts where kind = 'ShipmentConfirmed' and body ->> 'tracking' = ?", (first or second,)
    )
    assert shown(quiet, "order-management").fact == seq


def test_a_package_in_time_shows_order_management_though_the_rest_of_its_order_lapsed(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    ship(quiet, order_id, items={orders.items_of(quiet, quiet.order(order_id))[0][0].item_id: 1})
    shop.wait(quiet, 30 * DAY)
    assert quiet.order(order_id).late and shown(quiet, "order-management").order_id == order_id


# -- customer service


def test_customer_service_shows_by_a_message_answered_in_time(quiet: World) -> None:
    order_id = shop.place(quiet)
    ask(quiet, order_id)
    shop.wait(quiet, 2 * HOUR)
    quiet.do(messages.reply, by="bot", thread=1, text="We look into it.", automatic=True)
    quiet.do(messages.reply, by="Meera", thread=1, text="It left today.")
    found = shown(quiet, "customer-service")
    assert (found.kind, found.by, found.order_id) == ("SellerReplied", "Meera", order_id)
    assert found.fact == quiet.clock.facts


@pytest.mark.parametrize(("after", "done"), [(0, True), (1, False)])
def test_the_checklist_gives_24_hours_for_an_answer(quiet: World, after: int, done: bool) -> None:
    ask(quiet, shop.place(quiet))
    shop.wait(quiet, 24 * HOUR + after)
    quiet.do(messages.reply, by="Meera", thread=1, text="It left today.")
    assert is_done(quiet, "customer-service") == done


@pytest.mark.parametrize("how", ["automatic", "not needed"])
def test_what_is_no_answer_shows_no_customer_service(quiet: World, how: str) -> None:
    ask(quiet, shop.place(quiet))
    if how == "automatic":
        quiet.do(messages.reply, by="bot", thread=1, text="We look into it.", automatic=True)
    else:
        quiet.do(messages.mark_no_response_needed, by="seller", message=1)
    assert not is_done(quiet, "customer-service")


# -- seller support and metrics


def test_seller_support_shows_by_a_case_read_after_its_answer(quiet: World) -> None:
    quiet.do(cases.open_case, by="seller", subject="Other", text="Is it on?")
    shop.wait(quiet, DAY)
    assert not is_done(quiet, "seller-support")
    quiet.do(cases.read, by="Meera", case=1)
    found = shown(quiet, "seller-support")
    assert (found.kind, found.by, found.case) == ("CaseRead", "Meera", 1)


def test_seller_support_stays_shown_once_the_case_is_opened_again_and_closed(quiet: World) -> None:
    quiet.do(cases.open_case, by="seller", subject="Other", text="Is it on?")
    shop.wait(quiet, DAY)
    quiet.do(cases.read, by="seller", case=1)
    before = shown(quiet, "seller-support")
    quiet.do(cases.reply, by="seller", case=1, text="Again.")
    shop.wait(quiet, DAY)
    quiet.do(cases.read, by="seller", case=1)
    quiet.do(cases.close, by="seller", case=1)
    assert shown(quiet, "seller-support") == before


def test_metrics_show_by_the_first_review_of_the_rates(quiet: World) -> None:
    quiet.do(checklist.review_metrics, by="Ravi")
    first = quiet.clock.facts
    shop.wait(quiet, DAY)
    quiet.do(checklist.review_metrics, by="Meera")
    found = shown(quiet, "metrics")
    assert (found.fact, found.by) == (first, "Ravi")


# -- payments and reports


def test_payments_show_by_the_first_settlement_report_that_was_downloaded(quiet: World) -> None:
    shop.wait(quiet, 14 * DAY)
    assert not is_done(quiet, "payments")
    (found,) = [report for report in reports.reports(quiet).rows if report.kind == "settlement-v2"]
    quiet.do(reports.download, by="Meera", report=found.report)
    assert (shown(quiet, "payments").kind, shown(quiet, "payments").by) == ("ReportDownloaded", "Meera")


COUNTED = [
    "customer-metrics",
    "seller-performance-v1",
    "seller-performance-v2",
    "date-range-summary",
    "transactions",
    "seller-feedback",
]


@pytest.mark.parametrize("kind", [*COUNTED, "all-orders", "actionable-orders"])
def test_reports_show_by_a_download_of_customer_metrics_payments_feedback_or_transactions(
    quiet: World, kind: str
) -> None:
    ship(quiet, shop.place(quiet))
    shop.place(quiet)
    shop.wait(quiet, 3 * DAY)
    quiet.do(feedback.leave, by="buyer", order_id=quiet.row("select order_id from orders")[0], rating=1)
    quiet.do(reports.request, by="seller", kind=kind)
    shop.wait(quiet, HOUR)
    quiet.do(reports.download, by="Meera", report=1)
    assert is_done(quiet, "reports") == (kind in COUNTED)


def test_a_settlement_report_that_was_downloaded_shows_payments_and_reports(quiet: World) -> None:
    shop.wait(quiet, 14 * DAY)
    quiet.do(reports.download, by="Meera", report=1)
    assert shown(quiet, "reports") == shown(quiet, "payments")


def test_the_sentence_on_reports_names_what_counts() -> None:
    says = RULES["checklist.reports"].says
    assert all(what in says for what in checklist.REPORTS)
    assert {kind for kinds in checklist.REPORTS.values() for kind in kinds} == {*COUNTED, *SETTLEMENT_KINDS}


# -- the whole


def test_scripted_desks_show_their_processes(busy: World) -> None:
    shop.wait(busy, 10 * DAY)
    assert shown(busy, "order-management").by == "dispatch desk"
    assert shown(busy, "customer-service").by == "inbox desk"


def test_the_checklist_is_the_same_in_a_replayed_world(busy: World, tmp_path: Path) -> None:
    shop.wait(busy, 10 * DAY)
    busy.do(checklist.review_metrics, by="seller")
    twin = replayed(busy, tmp_path / "twin.world")
    assert checklist.checklist(twin) == checklist.checklist(busy) and shop.tables(twin) == shop.tables(busy)
    twin.close()


def test_an_open_return_url_stands_on_the_checklist_as_missing(tmp_path: Path) -> None:
    world = shop.quiet(tmp_path, ALL_OPEN.replace('"account_info", ', ""), name="some")
    missing = [line(world, item).missing for item in ("return-url", "account-info")]
    world.close()
    assert missing == [["return_url"], ["bank_account", "logo"]]
