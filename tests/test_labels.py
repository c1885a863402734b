"""The marks in the chart of the rates: each has its label, or shares one, and no label hides another."""

from collections.abc import Iterator
from contextlib import closing
from itertools import combinations
from pathlib import Path

import pytest
from playwright.sync_api import Page

from sandbox.central.days import DAY
from sandbox.central.world import World
from sandbox.charts import labels, rates, run_report
from sandbox.charts.labels import MANY, Mark, Room
from sandbox.charts.page import Section
from tests import quarrels, shop
from tests.test_run_report import ask, charts_drawn, column, reply, seen, sell, table

# -- which marks share a label

TEN_DAYS = Room(0, 10 * DAY, 500)
"""Fifty pixels a day."""


def marked(*days: float) -> list[Mark]:
    return [Mark(str(number), round(day * DAY), "It happened.") for number, day in enumerate(days, 1)]


def texts(*days: float, room: Room = TEN_DAYS) -> list[str]:
    return [labels.text(group) for group in labels.grouped(marked(*days), room)]


def test_marks_with_room_between_them_have_a_label_each() -> None:
    assert texts(1, 5, 9) == ["1", "2", "3"]


def test_marks_of_one_moment_share_a_label() -> None:
    assert texts(5, 5) == ["1, 2"]
    assert texts(5, 5, 5, 5) == [f"1{MANY}4"]


def test_a_label_that_grows_takes_in_the_one_before_it() -> None:
    assert texts(4.5, 4.9) == ["1", "2"]
    assert texts(4.5, 4.9, 5, 5) == [f"1{MANY}4"]


@pytest.mark.parametrize(
    ("pixels", "expected"), [(40, [f"1{MANY}4"]), (200, ["1, 2", "3, 4"]), (1000, ["1", "2", "3", "4"])]
)
def test_the_wider_the_axis_the_more_labels(pixels: int, expected: list[str]) -> None:
    assert texts(2, 2.5, 7, 7.5, room=Room(0, 10 * DAY, pixels)) == expected


def test_marks_are_taken_by_their_moments() -> None:
    first, second = labels.grouped(marked(9, 1), TEN_DAYS)
    assert (labels.text(first), labels.text(second)) == ("2", "1")


def test_no_marks_have_no_labels() -> None:
    assert labels.labels([], TEN_DAYS, lambda _: {}) == []


@pytest.mark.parametrize(("day", "side"), [(0, "left"), (5, "center"), (10, "right")])
def test_a_label_stays_on_the_axis(day: int, side: str) -> None:
    (label,) = labels.labels(marked(day), TEN_DAYS, lambda _: {})
    assert label["xanchor"] == side


@pytest.mark.parametrize(("values", "anchor"), [((50, 60), "bottom"), ((50, 99), "top"), ((1, 99), "bottom")])
def test_a_label_is_above_its_marks_unless_there_is_room_below_alone(values: list[int], anchor: str) -> None:
    group = [mark._replace(value=value) for mark, value in zip(marked(5, 5), values, strict=True)]
    place = labels.beside(group, 0, 100, 140)
    assert (place["y"], place["yanchor"]) == (min(values) if anchor == "top" else max(values), anchor)


def test_a_label_that_is_pointed_at_tells_its_marks() -> None:
    few, many = (labels.labels(marked(*[5] * count), TEN_DAYS, lambda _: {})[0] for count in (2, 30))
    assert few["hovertext"] == "1: It happened.<br>2: It happened."
    assert many["hovertext"].endswith("<br>8: It happened.<br>and 22 more")


def test_a_shared_label_has_a_line_from_its_first_mark_to_its_last() -> None:
    (line,) = labels.brackets(marked(1, 4, 4, 4.5, 9), TEN_DAYS, lambda _: {"y": 3, "yshift": 8})
    assert (line["x0"], line["x1"]) == ("1970-01-05T05:30:00", "1970-01-05T17:30:00")
    assert (line["yanchor"], line["y0"], line["y1"]) == (3, 8, 8)


def test_marks_of_one_moment_need_no_line() -> None:
    assert labels.brackets(marked(4, 4), TEN_DAYS, lambda _: {"y": 3, "yshift": 8}) == []


# -- in the chart

STRIKES = "".join(
    f"""
[[happenings]]
what = "courier-strike"
name = "Strike {number}"
day = 3
time = "{time}"
"""
    for number, time in enumerate(("10:00", "10:30", "11:30"), 1)
)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three strikes in a morning, then a limit crossed and kept by turns each day; two months later crossed today."""
    changes = "[policy.changes]\ncancellation_limit_percent = 100\nlate_shipment_limit_percent = 100\n"
    with closing(shop.slow(tmp_path_factory.mktemp("crowded"), changes + STRIKES)) as world:
        shop.wait(world, 3 * DAY)
        reply(world, *ask(world, 3))
        sell(world, 46)
        for orders, bad, days in ((1, 1, 1), (110, 0, 1)) * 3 + ((0, 0, 60), (40, 2, 1)):
            sell(world, orders, bad)
            shop.wait(world, days * DAY)
        yield world


def labelled(section: Section) -> list[str]:
    assert section.figure
    return [note["text"] for note in section.figure["layout"]["annotations"] if note.get("xref") == "x"]


STRUCK = """
[[happenings]]
what = "courier-strike"
name = "Ten days without drivers"
day = 2
days = 3
[[happenings]]
what = "stock-lost"
sku = "KK-001"
day = 3
"""


def test_what_befell_the_shop_is_lettered_in_the_chart_and_listed_under_it(tmp_path: Path) -> None:
    world = shop.busy(tmp_path, STRUCK)
    shop.wait(world, 8 * DAY)
    found = rates.rates(world)
    world.close()
    rows = table(found, "What befell the shop").rows
    assert [(mark, what, kind) for mark, what, kind, _, _ in rows] == [
        ("A", "Ten days without drivers", "courier strike"),
        ("B", "Stock lost", "stock lost"),
    ]
    assert [until for *_, until in rows] == ["Fri 6 Mar 2026, 10:00", ""]
    assert labelled(found)[:2] == ["A", "B"]


def test_nothing_befell_a_shop_without_a_plot(quiet: World) -> None:
    quarrels.shipped(quiet)
    found = rates.rates(quiet)
    assert table(found, "What befell the shop").rows == []
    assert not any("Letters" in note for note in found.notes)


def test_marks_that_are_close_share_a_label_from_the_first_to_the_last(crowded: World) -> None:
    found = rates.rates(crowded)
    assert labelled(found) == [f"A{MANY}C", f"1{MANY}11", "13", f"2{MANY}12", "14"]
    assert column(table(found, "Incidents"), "No.") == [str(number) for number in range(1, 15)]
    assert found.notes[-1].startswith("Marks too close for a label each share one")


def test_every_mark_stands_at_its_own_place(crowded: World) -> None:
    figure = rates.rates(crowded).figure
    assert figure
    told = [text for trace in figure["data"] if trace["mode"] == "markers" for text in trace["hovertext"]]
    assert sorted(int(text.partition(":")[0]) for text in told) == list(range(1, 15))


# -- on the screen

Box = dict[str, float]
_BOXES = """
    (kind) => [...document.querySelectorAll(`.chart ${kind}`)].map((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        return { left, right, top, bottom };
    })"""
_UNTIL_IT_FITS = """
    () => new Promise((done) => {
        const charts = [...document.querySelectorAll(".chart")];
        const fits = (chart) => chart.querySelector(".main-svg").clientWidth === chart.clientWidth;
        const look = () => charts.every(fits) ? done() : requestAnimationFrame(look);
        look();
    })"""
_WORDS, _SYMBOLS = ".annotation-text-g", ".scatterlayer .point"
WIDTHS = (1400, 1056, 1055, 800, 641, 640, 360, 320, 800)
"""The last one as a narrow window that grows."""


def touch(one: Box, other: Box) -> bool:
    is_beside = one["right"] <= other["left"] or other["right"] <= one["left"]
    return not is_beside and one["top"] < other["bottom"] and other["top"] < one["bottom"]


def hidden(shown: Page) -> list[tuple[int, int, int]]:
    """At each width: how many labels there are, how many pairs of them touch, and how many marks one of them hides."""
    charts_drawn(shown)
    found = []
    for width in WIDTHS:
        shown.set_viewport_size({"width": width, "height": 800})
        shown.evaluate(_UNTIL_IT_FITS)
        words, symbols = shown.evaluate(_BOXES, _WORDS), shown.evaluate(_BOXES, _SYMBOLS)
        pairs = sum(touch(*pair) for pair in combinations(words, 2))
        found.append((len(words), pairs, sum(touch(word, symbol) for word in words for symbol in symbols)))
    return found


def test_no_label_hides_another_or_a_mark(crowded: World, tmp_path: Path) -> None:
    found, _, errors = seen(tmp_path, run_report.run_report(crowded), hidden)
    assert errors == []
    assert [(pairs, under) for _, pairs, under in found] == [(0, 0)] * len(WIDTHS)
    assert all(count >= 11 for count, _, _ in found)
