"""The run report: sentences that follow from the data, sums that are the ledger's, a page that works offline."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright
from plotly import graph_objects

from sandbox import BANNER
from sandbox.central import claims, health, ledger, messages, orders, performance, reserve, settlements
from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.world import World
from sandbox.charts import costs, money, rates, replies, run_report
from sandbox.charts import reserve as reserve_section
from sandbox.charts.page import Section, Table, page
from sandbox.charts.words import amount, counted, rounded, share, span
from sandbox.sim import scenario, worlds
from tests import money as moving
from tests import quarrels, shop, till
from tests.commands import sandbox, told

EVIL = "</script><b>Kettle</b>"


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Six weeks in which money went every way that it can. Nobody changes it."""
    with closing(moving.moved(tmp_path_factory.mktemp("moved"))) as world:
        yield world


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[World]:
    """A slow shop in which order defects and replies alone count, and nothing but them moves money."""
    changes = 'cancellation_limit_percent = 100\nlate_shipment_limit_percent = 100\nseller_plan = "professional"\n'
    with closing(shop.slow(tmp_path, f"[policy.changes]\n{changes}performance_hold_percent = 0\n")) as world:
        yield world


def table(section: Section, caption: str) -> Table:
    (found,) = [table for table in section.tables if table.caption.startswith(caption)]
    return found


def column(table: Table, heading: str) -> list[str]:
    place = list(table.headings).index(heading)
    return [row[place] for row in table.rows]


def sell(world: World, count: int, bad: int = 0) -> None:
    """So many orders shipped, so many of them charged back."""
    for number in range(count):
        order_id = quarrels.shipped(world)
        if number < bad:
            quarrels.charge_back(world, order_id, amount_minor=100)


# -- the rates


def test_without_orders_there_is_nothing_to_take_a_rate_of(quiet: World) -> None:
    assert rates.rates(quiet) == Section("There is nothing yet to take a rate of")


def test_a_good_shop_kept_every_limit(quiet: World) -> None:
    quarrels.shipped(quiet)
    found = rates.rates(quiet)
    assert found.title == "Every rate stayed within its limit"
    assert not table(found, "Incidents").rows


def test_a_rate_of_few_orders_is_over_its_limit_without_crossing_it(quiet: World) -> None:
    world_order = shop.place(quiet)
    shop.wait(quiet, 3 * DAY)
    till.ship(quiet, world_order)
    assert rates.rates(quiet).title == "No rate crossed its limit over orders or messages enough to count"


def test_a_limit_that_is_crossed_still_is_told_with_its_day(patient: World) -> None:
    sell(patient, 50, 1)
    shop.wait(patient, 2 * DAY)
    assert rates.rates(patient).title == "The order defect rate crossed its 1 % limit on 3 March and is above it since"


def test_a_limit_that_is_kept_again_is_told_with_its_days(patient: World) -> None:
    sell(patient, 50, 1)
    shop.wait(patient, 62 * DAY)
    title = "The order defect rate crossed its 1 % limit on 3 March and stayed above it for 59 days"
    assert rates.rates(patient).title == title


def test_a_response_rate_is_below_its_limit(patient: World) -> None:
    for _ in range(30):
        quarrels.write(patient, shop.place(patient))
    shop.wait(patient, DAY + HOUR)
    assert rates.rates(patient).title == "The response rate crossed its 90 % limit on 3 March and is below it since"


def test_of_several_crossings_the_longest_is_told(patient: World) -> None:
    sell(patient, 50, 1)
    shop.wait(patient, 3 * DAY)
    for _ in range(30):
        quarrels.write(patient, shop.place(patient))
    shop.wait(patient, 2 * DAY)
    title = "Limits were crossed twice, for longest by the order defect rate: 4 days above 1 % from 3 March on"
    assert rates.rates(patient).title == title


def test_every_notice_is_a_numbered_incident(moved: World) -> None:
    notices = performance.notices(moved).rows[::-1]
    found = table(rates.rates(moved), "Incidents")
    assert column(found, "No.") == [str(number) for number in range(1, len(notices) + 1)]
    assert [text.lower() for text in column(found, "What happened")] == [notice.text.lower() for notice in notices]


def test_an_incident_names_the_orders_behind_it(patient: World) -> None:
    sell(patient, 50)
    order_id = quarrels.shipped(patient)
    quarrels.charge_back(patient, order_id)
    shop.wait(patient, 2 * DAY)
    behind = column(table(rates.rates(patient), "Incidents"), "Orders behind it, the latest first")
    assert behind == [f"1 order: {order_id}", ""]


def test_each_line_ends_where_the_rate_is_now(moved: World) -> None:
    now = [f"{rate.percent:.2f} %" for rate in health.scored_rates(moved)]
    assert column(table(rates.rates(moved), "Each rate against its limit"), "Now") == now


def test_a_rate_that_is_taken_over_two_windows_has_two_panels(today: World) -> None:
    quarrels.shipped(today)
    found = table(rates.rates(today), "Each rate against its limit")
    assert column(found, "Rate")[:2] == ["Late shipment rate of 30 days", "Late shipment rate of 10 days"]


# -- the reserve


def test_where_nothing_was_held_the_report_says_so(patient: World) -> None:
    sell(patient, 2)
    shop.wait(patient, DAY)
    assert reserve_section.reserve(patient) == Section("Nothing was ever held back")


def test_what_is_held_now_is_told_with_its_reason(quiet: World) -> None:
    quarrels.shipped(quiet)
    title = "INR 898 is held back now, the most so far and all of it for orders of the last days on the individual plan"
    assert reserve_section.reserve(quiet).title == title


def test_what_was_held_once_is_told_with_its_day(quiet: World) -> None:
    quarrels.shipped(quiet)
    shop.wait(quiet, 30 * DAY)
    assert reserve_section.reserve(quiet).title == "At most INR 898 was held back, on 2 March, and nothing is now"


def test_the_last_row_of_the_reserve_is_the_reserve_of_now(moved: World) -> None:
    found = table(reserve_section.reserve(moved), "The reserve at the end of each week")
    assert found.rows[-1][-1] == amount(reserve.reserve(moved).amount_minor)
    held = {hold.reason for hold in reserve.reserve(moved).holds if hold.amount_minor}
    assert {heading.replace(" ", "").lower() for heading in found.headings} >= {reason.lower() for reason in held}


# -- replies


def ask(world: World, count: int) -> list[int]:
    """So many messages, each about an order of its own; the numbers of their threads."""
    threads = []
    for _ in range(count):
        quarrels.write(world, shop.place(world))
        threads.append(world.clock.threads)
    return threads


def reply(world: World, *threads: int) -> None:
    for thread in threads:
        world.do(messages.reply, by="seller", thread=thread, text="It left today.")


def test_where_nobody_wrote_the_report_says_so(quiet: World) -> None:
    assert replies.replies(quiet) == Section("No buyer wrote")


def test_a_message_that_needs_no_reply_is_none_that_waits(quiet: World) -> None:
    ask(quiet, 1)
    quiet.do(messages.mark_no_response_needed, by="seller", message=1)
    assert replies.replies(quiet).title == "No buyer wrote anything that needs a reply"


@pytest.mark.parametrize(("hours", "word"), [(4, ""), (5, "not ")])
def test_one_message_is_told_in_the_singular(quiet: World, hours: int, word: str) -> None:
    threads = ask(quiet, 1)
    shop.wait(quiet, hours * HOUR)
    reply(quiet, *threads)
    assert replies.replies(quiet).title == f"The one message was {word}answered within 4 hours"


def test_replies_are_told_with_what_is_asked_for(quiet: World) -> None:
    first, second, third, _ = ask(quiet, 4)
    reply(quiet, first)
    shop.wait(quiet, 5 * HOUR)
    reply(quiet, second)
    shop.wait(quiet, 24 * HOUR)
    reply(quiet, third)
    found = replies.replies(quiet)
    assert found.title == "25.0 % of 4 messages were answered within 4 hours, but 90 % are asked for"
    told = {row[0]: row[1] for row in found.tables[0].rows}
    assert (told["Answered within 4 hours"], told["Answered within 24 hours"], told["Waiting now"]) == ("1", "2", "1")
    assert found.tables[1].rows[0] == ("Median, of what was answered", "5 h")


def test_the_curve_ends_at_the_share_that_was_answered(quiet: World) -> None:
    reply(quiet, *ask(quiet, 4)[:3])
    figure = replies.replies(quiet).figure
    assert figure and figure["data"][0]["y"][-1] == 75


# -- the money


def test_where_nobody_paid_the_report_says_so(quiet: World) -> None:
    shop.place(quiet)
    assert money.went(quiet) == Section("No buyer has paid anything yet")


def test_the_waterfall_is_the_ledger_to_the_last_minor_unit(moved: World) -> None:
    steps = {step.name: step.amount_minor for step in money.steps(moved)}
    held, balance = ledger.balances(moved), settlements.balance(moved)
    assert steps["Paid by buyers"] + sum(steps[name] for name in money.BACK) == -held["buyer"]
    assert (steps["Fees"], steps["Borne by the platform"]) == (-held["fees"], -held["protection"])
    sellers = sum(held.values()) - held["buyer"] - held["fees"] - held["protection"]
    assert steps["The seller's"] == sellers == held["bank"] + balance.total_minor
    assert sum(step.amount_minor for step in money.steps(moved) if step.kind == money.PART) == sellers
    assert all(amount for name, amount in steps.items() if name != "In transfer")


def test_what_is_on_its_way_to_the_bank_is_a_part_of_its_own(quiet: World) -> None:
    till.sold(quiet)
    shop.wait(quiet, 15 * DAY)
    balance = settlements.balance(quiet)
    parts = {step.name: step.amount_minor for step in money.steps(quiet) if step.kind == money.PART}
    assert parts["In transfer"] == balance.in_transfer_minor > 0
    assert sum(parts.values()) == balance.total_minor


def test_flows_lead_from_one_sum_to_the_next(moved: World) -> None:
    paid, *rest = money.steps(moved)
    flows = [step.amount_minor for step in rest if step.kind == money.FLOW]
    (left,) = [step.amount_minor for step in rest if step.kind == money.SUM]
    assert paid.amount_minor + sum(flows) == left


def test_each_step_is_in_the_table_to_the_last_minor_unit(moved: World) -> None:
    found = table(money.went(moved), "Where the money went")
    assert column(found, "Amount (INR)") == [amount(step.amount_minor) for step in money.steps(moved)]


def test_the_share_that_went_back_is_the_title(quiet: World) -> None:
    sold = [till.sold(quiet) for _ in range(4)]
    assert money.went(quiet).title == "Of 100 rupees that buyers paid none went back to them, and none reached the bank"
    till.refund(quiet, sold[0])
    shop.wait(quiet, DAY)
    assert money.went(quiet).title == "25 of 100 rupees paid went back to buyers, none reached the bank"


def test_refunds_that_are_pending_are_told_apart(quiet: World) -> None:
    till.refund(quiet, till.sold(quiet))
    assert "Refunds of INR 898 are pending; they can be called off still." in money.went(quiet).notes


def test_what_the_seller_owes_is_below_nothing(tmp_path: Path) -> None:
    with closing(till.with_policy(tmp_path, fee_percent=2.9)) as world:
        order_id = till.sold(world)
        till.refund(world, order_id)
        shop.wait(world, DAY)
        assert table(money.went(world), "Where").rows[-1][:2] == ("Available", "-3.00")


# -- the costs


def test_where_nothing_went_back_no_order_cost_anything(quiet: World) -> None:
    till.sold(quiet)
    assert costs.costs(quiet).title == "No order cost the seller anything after it was paid"


def test_one_order_is_told_in_the_singular(quiet: World) -> None:
    till.refund(quiet, till.sold(quiet))
    shop.wait(quiet, DAY)
    assert costs.costs(quiet).title == "One order alone cost the seller INR 872 after it was paid"


def test_what_orders_cost_is_what_the_ledger_took_from_the_seller(moved: World) -> None:
    found = costs.costs_of(moved)
    kinds = ledger.sums(moved, 0)
    back = {kind: sign for line in ("refunds", "claims", "chargebacks") for kind, sign in ledger.LINES[line].items()}
    fees = {kind: sign for kind, sign in ledger.LINES["fees"].items() if kind != "Fee"}
    assert sum(cost.total_minor for cost in found) == -sum(
        sign * kinds.get(kind, 0) for kind, sign in (back | fees).items()
    )
    assert all(any(cost[part] for cost in found) for part in (1, 2, 3, 4))


def test_the_costliest_order_stands_first(moved: World) -> None:
    section = costs.costs(moved)
    found = [cost.total_minor for cost in costs.costs_of(moved)]
    assert found == sorted(found, reverse=True)
    assert column(table(section, "The orders that cost most"), "Cost") == [amount(cost) for cost in found[: costs.MOST]]
    assert section.title.startswith(f"{len(found)} orders cost the seller INR ")


def test_each_costly_order_has_its_chain_of_facts(quiet: World) -> None:
    order_id = till.sold(quiet)
    till.claim(quiet, order_id)
    quiet.do(claims.accept, by="seller", claim=1)
    chain = table(costs.costs(quiet), f"Order {order_id}")
    facts = quiet.facts(order_id=order_id)
    assert column(chain, "Fact") == [str(fact.seq) for fact in facts]
    assert column(chain, "By") == [fact.by for fact in facts]
    assert column(chain, "What happened")[0].startswith("The buyer ordered 1 piece for INR 898.00")
    assert column(chain, "What happened")[-1].endswith("The seller accepted the claim.")
    assert column(chain, "Rule")[-1].endswith(".")


def test_a_claim_that_the_platform_bears_costs_the_seller_nothing(moved: World) -> None:
    borne = "select order_id from disputes where paid_by = 'amazon' and outcome = 'AppealGranted'"
    ids = {order_id for (order_id,) in moved.rows(borne)}
    assert ids and not ids & {cost.order_id for cost in costs.costs_of(moved)}


def test_sales_lost_by_cancelling_stand_apart(quiet: World) -> None:
    cancelled, by_buyer = shop.place(quiet), shop.place(quiet)
    quiet.do(orders.cancel, by="seller", order_id=cancelled, reason="NoInventory")
    quiet.do(orders.cancel_by_buyer, by="buyer", order_id=by_buyer)
    found = costs.costs(quiet)
    (lost,) = found.tables[-1].rows
    assert lost[0] == cancelled and lost[-1] == "898.00"
    assert found.tables[-1].caption == "1 order worth INR 898.00, cancelled by the seller or for want of confirmation"


# -- words


def test_a_share_is_rounded_down_so_that_no_limit_seems_kept() -> None:
    assert [share(part, 10_000) for part in (0, 1, 8_999, 9_000, 9_999, 10_000)] == [
        *("0 %", "less than 0.1 %", "89.9 %", "90.0 %", "99.9 %", "100 %")
    ]


def test_a_span_is_told_by_its_two_largest_units() -> None:
    spans = (0, 5 * MINUTE, 72 * MINUTE, 24 * HOUR, 3 * DAY + 2 * HOUR + MINUTE)
    assert [span(length) for length in spans] == ["less than 1 min", "5 min", "1 h 12 min", "1 d", "3 d 2 h"]


def test_counts_have_their_plural_and_amounts_their_sign() -> None:
    assert [counted(number, "order") for number in (0, 1, 2_000)] == ["0 orders", "1 order", "2,000 orders"]
    assert (amount(-5), amount(123_456_78)) == ("-0.05", "123,456.78")
    assert (rounded("INR", 99_99), rounded("INR", 12_345_67)) == ("INR 99.99", "INR 12,346")


# -- the page


FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
Look = Callable[[Page], Any]


def seen(folder: Path, html: str, look: Look, width: int = 1100) -> tuple[Any, list[str], list[str]]:
    """What a browser sees on a page of its own disk, whom it asked, and what went wrong."""
    path = folder / "page.html"
    path.write_text(html, "utf-8")
    asked: list[str] = []
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        shown = browser.new_page(viewport={"width": width, "height": 800})
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda said: errors.append(said.text))
        shown.on("pageerror", lambda error: errors.append(str(error)))
        shown.goto(path.as_uri())
        found = look(shown)
        browser.close()
    return found, [url for url in asked if url != path.as_uri() and not url.startswith(("data:", "blob:"))], errors


def charts_drawn(shown: Page) -> int:
    shown.locator(".chart .main-svg").first.wait_for(timeout=30_000)
    return shown.locator(".chart:has(.trace, .point, .scatterlayer path)").count()


def test_the_page_draws_its_charts_and_asks_nobody(moved: World, tmp_path: Path) -> None:
    assert seen(tmp_path, run_report.run_report(moved), charts_drawn) == (5, [], [])


@pytest.mark.parametrize("width", [360, 1400])
def test_the_page_is_as_wide_as_its_screen(moved: World, tmp_path: Path, width: int) -> None:
    def overhang(shown: Page) -> int:
        charts_drawn(shown)
        return int(shown.evaluate("document.documentElement.scrollWidth - innerWidth"))

    assert seen(tmp_path, run_report.run_report(moved), overhang, width)[0] <= 0


def test_the_page_of_an_empty_world_says_so(quiet: World, tmp_path: Path) -> None:
    html = run_report.run_report(quiet)
    titles = [
        *("There is nothing yet to take a rate of", "Nothing was ever held back", "No buyer wrote"),
        *("No buyer has paid anything yet", "No order cost the seller anything after it was paid"),
    ]
    assert seen(tmp_path, html, lambda shown: shown.locator("h2").all_text_contents()) == (titles, [], [])
    assert "Plotly" not in html


def test_a_world_of_one_moment_is_drawn_too(quiet: World, tmp_path: Path) -> None:
    reply(quiet, *ask(quiet, 1))
    till.sold(quiet)
    assert seen(tmp_path, run_report.run_report(quiet), charts_drawn) == (4, [], [])


def test_the_sandbox_view_is_no_part_of_it(quiet: World) -> None:
    shop.place(quiet, view="sandbox")
    assert run_report.SECTIONS[0](quiet).title == "There is nothing yet to take a rate of"


def test_text_that_others_wrote_stays_text(tmp_path: Path) -> None:
    changes = shop.QUIET.replace("Steel kettle", EVIL).replace("A quiet shop", "Evil")
    path = tmp_path / "evil.toml"
    path.write_text(f'shop = "{EVIL}"\n{changes}')
    with closing(_world_of(path, tmp_path)) as world:
        order_id = quarrels.complained(world, till.sold(world), 3 * DAY)
        quarrels.rate(world, order_id, 1, EVIL)
        world.do(claims.file, by="buyer", order_id=order_id, reason="NotReceived", text=EVIL)
        world.do(claims.accept, by="seller", claim=1)
        html = run_report.run_report(world)

    def look(shown: Page) -> tuple[int, bool, int]:
        charts_drawn(shown)
        inner = shown.locator("details").all_text_contents()
        return shown.locator("main b, h1 b").count(), EVIL in shown.inner_text("h1"), "".join(inner).count(EVIL)

    assert seen(tmp_path, html, look) == ((0, True, 1), [], [])


def _world_of(path: Path, folder: Path) -> World:
    return worlds.make(folder / "evil.world", scenario.load(str(path)))


def test_a_figure_cannot_end_the_script_that_it_stands_in() -> None:
    figure = {"data": [{"type": "bar", "x": [1], "name": EVIL}], "layout": {"height": 100}}
    html = page("A page", [], [Section("One", (), figure)])
    (inside,) = re.findall(r'data-chart="chart-1">(.*?)</script>', html)
    assert json.loads(inside) == figure


def test_plotlys_script_is_there_once(moved: World) -> None:
    html = run_report.run_report(moved)
    assert html.count("plotly.js v") == 1
    assert html.count(BANNER) == 2


def test_every_chart_is_one_that_plotly_knows(moved: World) -> None:
    with moved.looking():
        for section in run_report.SECTIONS:
            graph_objects.Figure(section(moved).figure)


def test_every_chart_has_a_table_with_its_numbers(moved: World, tmp_path: Path) -> None:
    def look(shown: Page) -> tuple[int, int, int]:
        charts = shown.locator("section:has(.chart)")
        with_table = shown.locator("section:has(.chart):has(table caption)")
        return charts.count(), with_table.count(), shown.locator("th:not([scope])").count()

    assert seen(tmp_path, run_report.run_report(moved), look)[0] == (5, 5, 0)


def test_a_table_of_many_rows_is_folded() -> None:
    rows = [(str(number), "x") for number in range(20)]
    assert "<details>" in page("A page", [], [Section("One", (), None, [Table("Many", ("No.", "Word"), rows)])])


def test_numbers_stand_on_the_right_where_their_column_has_nothing_else() -> None:
    rows = [("A", "INR 1,200", "-", "0.5 points", "8, 9"), ("B", "-", "less than 0.1 %", "-1", "-")]
    html = page(
        "A page", [], [Section("One", (), None, [Table("Sums", ("Name", "Paid", "Part", "Moves", "Days"), rows)])]
    )
    kinds = re.findall(r"<(?:th|td)( scope=\"\w+\")?( class=\"number\")?>", html)
    assert [bool(kind) for _, kind in kinds] == [False, True, True, True, False] * 3


# -- the commands


@pytest.fixture
def scenario_file(tmp_path: Path) -> Path:
    path = tmp_path / "busy.toml"
    path.write_text(shop.BUSY)
    return path


def test_a_run_writes_its_report(tmp_path: Path, scenario_file: Path) -> None:
    out = tmp_path / "out.html"
    found = told(tmp_path, "run", str(scenario_file), "--days", "5", "--report", str(out))
    assert found["report"] == str(out)
    assert "<h1>Run report: Kettle and Kin</h1>" in out.read_text("utf-8")


def test_a_person_is_told_where_the_report_is(tmp_path: Path, scenario_file: Path) -> None:
    out = tmp_path / "out.html"
    done = sandbox(tmp_path, "run", str(scenario_file), "--days", "1", "--report", str(out))
    assert (done.returncode, done.stderr.strip()) == (0, f"The run report is in {out}")


def test_a_world_that_is_there_is_drawn_as_it_stands(tmp_path: Path, scenario_file: Path) -> None:
    told(tmp_path, "run", str(scenario_file), "--days", "3", "--name", "w")
    out = tmp_path / "w.html"
    found = told(tmp_path, "chart", "w", "--out", str(out))
    assert found == {"world": "w", "file": str(out), "bytes": out.stat().st_size}


def test_the_same_world_gives_the_same_page(tmp_path: Path, scenario_file: Path) -> None:
    pages = [tmp_path / "one.html", tmp_path / "two.html"]
    for path in pages:
        told(tmp_path / path.stem, "run", str(scenario_file), "--days", "3", "--name", "w", "--report", str(path))
    assert pages[0].read_bytes() == pages[1].read_bytes()


@pytest.mark.parametrize("place", ["nowhere/out.html", "."])
def test_a_report_that_cannot_be_written_is_told_before_the_run(
    tmp_path: Path, scenario_file: Path, place: str
) -> None:
    done = sandbox(tmp_path, "run", str(scenario_file), "--report", str(tmp_path / place), COLUMNS="300")
    assert done.returncode == 2
    assert place.partition("/")[0] in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "worlds").exists()


def test_a_refused_scenario_leaves_no_report(tmp_path: Path) -> None:
    assert sandbox(tmp_path, "run", "frist-week", "--report", str(tmp_path / "out.html")).returncode == 3
    assert not (tmp_path / "out.html").exists()
