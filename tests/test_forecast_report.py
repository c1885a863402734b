"""The forecast's report: sentences, fans, odds and orders of a real forecast, on one page that works offline."""

from pathlib import Path
from typing import Any

import pytest

from sandbox import BANNER
from sandbox.charts import forecast_report as room
from sandbox.sim.forecast.bands import foreseen
from sandbox.sim.forecast.forecast import forecast, run
from sandbox.sim.workers import Processes
from tests.forecasts import stressed
from tests.test_run_report import charts_drawn, seen


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Eight futures of nine days of the stressed shop."""
    world = stressed(tmp_path_factory.mktemp("report"))
    chosen = forecast(world, 9, 8)
    world.close()
    with Processes(1, chosen.shipment()) as team:
        return foreseen(chosen, run(chosen, team, None, lambda _: None, lambda _: None))


def measure(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["measures"] if one["name"].startswith(name))


def test_the_page_draws_a_fan_for_each_measure_the_odds_and_the_orders(found: dict[str, Any], tmp_path: Path) -> None:
    odds = any(one["ever"] and not one["now"] for one in found["breaches"].values())
    charts = odds + len(found["measures"]) + sum(bool(case["orders"]) for case in found["cases"])
    html = room.forecast_report(found)
    assert seen(tmp_path, html, charts_drawn) == (charts, [], [])
    assert BANNER in html


def test_a_fan_has_its_band_its_middle_and_its_limit(found: dict[str, Any]) -> None:
    one = measure(found, "order-defect")
    section = room._fan(found, one)
    assert section.figure
    low, high, middle = section.figure["data"]
    assert [len(line["y"]) for line in (low, high, middle)] == [10, 10, 10]
    assert low["y"][0] == middle["y"][0] == high["y"][0] == one["now"]
    assert [shape["y0"] for shape in section.figure["layout"]["shapes"]] == [one["limit_percent"]]
    assert section.figure["layout"]["yaxis"]["range"][1] > max(*high["y"], one["limit_percent"])


def test_a_fans_title_tells_where_it_comes_to(found: dict[str, Any]) -> None:
    one = measure(found, "balance")
    low, middle, high = (round(one["bands"][-1][end] / 100) for end in ("p10", "p50", "p90"))
    assert room._fan(found, one).title == (
        f"The balance is INR {round(one['now'] / 100):,} now, and comes to INR {low:,} to INR {high:,} after 9 days,"
        f" with INR {middle:,} in the middle"
    )


def test_the_table_under_a_fan_has_the_end_of_each_week_and_of_all(found: dict[str, Any]) -> None:
    (table,) = room._fan(found, measure(found, "reserve")).tables
    assert [row[0] for row in table.rows] == ["Fri 3 Apr 2026, 19:36", "Sun 5 Apr 2026, 19:36"]


def test_the_odds_are_told_of_the_likeliest_limit(found: dict[str, Any]) -> None:
    label = next(iter(found["breaches"]))
    for one in found["breaches"].values():
        one |= {"now": False, "ever": {"count": 0, "runs": 8, "estimate": 0.0, "low": 0.0, "high": 0.3}}
    assert room._breaches(found).title == "In none of 8 futures is a limit crossed within 9 days"
    found["breaches"][label] |= {
        "ever": {"count": 6, "runs": 8, "estimate": 0.75, "low": 0.4, "high": 0.9},
        "first_day": {"p10": 1.0, "p50": 4.2, "p90": 8.0},
    }
    title = room._breaches(found).title
    assert title.endswith(" crosses its limit in 6 of 8 futures within 9 days, on day 5 in the middle")
    found["breaches"][label]["now"] = True
    assert room._breaches(found).title == "In none of 8 futures is another limit crossed within 9 days"


def test_the_orders_are_told_with_what_hangs_over_them(found: dict[str, Any]) -> None:
    case = next(one for one in found["cases"] if one["measure"] == "money")
    section = room._cases(case, "INR")
    assert section.title.startswith(f"Order {case['orders'][0]['order_id']} moves the money most: by INR ")
    assert section.figure and section.figure["data"][0]["x"] == sorted(section.figure["data"][0]["x"], reverse=True)
    (table,) = section.tables
    assert [row[1] for row in table.rows] == [order["hangs"] for order in case["orders"]]


def test_a_rate_with_nothing_to_count_is_told_without_a_chart(found: dict[str, Any]) -> None:
    empty = measure(found, "response-time") | {"bands": [None] * 9, "now": None}
    section = room._fan(found, empty)
    assert section.title == "Response-time (30 days) has nothing to count in 9 days" and section.figure is None
