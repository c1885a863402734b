"""The study's report: sentences, charts and tables of a real study, on one page that works offline."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.charts import study_report as room
from sandbox.sim.comparison import compared
from sandbox.sim.scenario import parse
from sandbox.sim.study import run, study
from sandbox.sim.workers import Processes
from tests import shop
from tests.test_run_report import charts_drawn, seen

ALWAYS_OPEN = """
[desks.inbox]
opens = "0:00"
closes = "24:00"
working_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Six pairs of a fortnight, with a quick and a slow inbox."""
    fixed = parse(shop.BUSY.replace("test_orders = 2", "days = 14") + ALWAYS_OPEN, "busy.toml")
    chosen = study(fixed, 6, "desks.inbox.handling_minutes", ("5", "400"))
    with Processes(1) as team:
        return compared(chosen, run(chosen, team, None, lambda _: None, lambda _: None))


def test_the_page_draws_a_chart_for_each_limit_and_each_difference(found: dict[str, Any], tmp_path: Path) -> None:
    charts = len(found["rates"]) + len(found["differences"])
    assert seen(tmp_path, room.study_report(found), charts_drawn) == (charts, [], [])


def test_the_title_tells_which_variant_crossed_a_limit_more_often(found: dict[str, Any]) -> None:
    label = next(label for label in found["rates"] if label.startswith("response-time"))
    assert room._breaches(found, label).title == (
        f"Response{label[8:]}: desks.inbox.handling_minutes=400 crossed its limit in 6 of 6 runs,"
        " desks.inbox.handling_minutes=5 in 0"
    )


def test_a_difference_tells_how_many_figures_differ_beyond_chance(found: dict[str, Any]) -> None:
    section = room._difference(found, found["differences"][0])
    sure = [one for one in found["differences"][0]["figures"].values() if one and (one["low"] > 0 or one["high"] < 0)]
    assert f": {len(sure)} of " in section.title and len(sure) >= 3


def test_what_no_run_did_is_said(found: dict[str, Any]) -> None:
    label = next(label for label in found["rates"] if label.startswith("late-shipment"))
    for variant in found["variants"]:
        variant["breaches"][label]["ever"]["count"] = 0
    assert room._breaches(found, label).title == f"No run crossed the limit of {label}"


def test_the_table_has_every_figure_of_every_variant(found: dict[str, Any]) -> None:
    (table,) = room._figures(found).tables
    assert len(table.rows) == len(found["figures"]) and len(table.headings) == 3


@pytest.mark.parametrize(("value", "unit", "said"), [(-0.001, "percent", "0.00 %"), (-20, "minor", "INR 0")])
def test_what_is_nothing_has_no_sign(value: float, unit: str, said: str) -> None:
    assert room._said(value, unit) == said
