"""Calibration: the base-line shop agrees with what others have measured and published, and the page says how far."""

from pathlib import Path

import pytest

from benchmarks import calibration
from benchmarks.calibration import ASSUMED, MEASURED, PUBLISHED

PAGE = Path(__file__).parents[1] / "docs" / "calibration.md"


def test_every_figure_lies_within_what_it_is_held_to() -> None:
    outside = [line.told() for found in calibration.lines().values() for line in found if not line.holds]
    assert outside == []


def test_the_page_is_what_is_printed() -> None:
    assert PAGE.read_text("utf-8") == calibration.page()


def test_every_figure_says_where_it_is_from() -> None:
    found = [line for lines in calibration.lines().values() for line in lines]
    assert {line.kind for line in found} == {MEASURED, PUBLISHED, ASSUMED}
    assert all(line.source for line in found)


@pytest.mark.parametrize(("ours", "holds"), [(7.5, True), (7.0, False), (9.0, False)])
def test_a_share_is_held_to_the_luck_of_its_sample(ours: float, holds: bool) -> None:
    assert calibration.sampled("of them", ours, 8.0, 10_000, MEASURED, "somebody").holds == holds


@pytest.mark.parametrize(("ours", "holds"), [(91, True), (109, True), (89, False), (111, False)])
def test_what_is_fitted_is_held_to_a_part_of_it(ours: float, holds: bool) -> None:
    assert calibration.fitted("days", ours, 100, 0.1, MEASURED, "somebody").holds == holds
