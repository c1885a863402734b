"""The scenarios that come with the sandbox: each teaches something, and a run of it comes to what it promises."""

import re
import shlex
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from sandbox.central import health, search
from sandbox.central.days import DAY, start_of_day
from sandbox.central.file import LARGE_PAGES
from sandbox.sim import worlds
from sandbox.sim.changes import changed, headless, split
from sandbox.sim.replication import figures, live, marked, outcome
from sandbox.sim.scenario import DESKS, InvalidScenario, Scenario, load, names, parse
from sandbox.sim.scenario.expect import FIGURES
from sandbox.sim.study import study
from tests.commands import sandbox, told

TOP = Path(__file__).parents[1]
README = (TOP / "README.md").read_text("utf-8")
NAMES = names()
TEN = {
    *("calm-week", "diwali-peak", "inbox-cover", "address-change-trap", "stock-out", "carrier-collapse"),
    *("backlog-spiral", "refund-or-contest", "new-seller-cash", "luck-of-the-small"),
}
each = pytest.mark.parametrize("name", NAMES)


@cache
def loaded(name: str) -> Scenario:
    return load(name)


def run(folder: Path, scenario: Scenario) -> dict[str, float]:
    """What a run with scripted desks comes to after the scenario's history."""
    folder.mkdir(exist_ok=True)
    world = worlds.make(folder / "run.world", headless(scenario), page_bytes=LARGE_PAGES)
    try:
        live(world, scenario.start)
        mark = marked(world)
        live(world, scenario.start + scenario.days * DAY)
        return figures(outcome(world, mark))
    finally:
        world.close()


# -- each of them


def test_the_ten_and_the_first_week_are_there() -> None:
    assert {*TEN, "first-week"} <= set(NAMES)


@each
def test_each_scenario_has_a_title_a_lesson_and_bounds(name: str) -> None:
    found = loaded(name)
    assert found.title and found.expect
    assert 1 <= len(re.findall(r"\.(?: |$)", found.lesson)) <= 2


@each
def test_each_scenario_says_its_own_seed(name: str) -> None:
    assert "seed" in loaded(name).model_fields_set


@pytest.mark.parametrize("key", ["title", "lesson", "shop", "seed"])
def test_no_two_scenarios_have_the_same(key: str) -> None:
    found = [getattr(loaded(name), key) for name in NAMES]
    assert len(set(found)) == len(found)


@each
def test_each_shop_sells_several_products(name: str) -> None:
    assert len(loaded(name).products) >= 3


@each
def test_who_is_trained_is_who_plays_once_the_history_is_over(name: str) -> None:
    found = loaded(name)
    desks = {desk: getattr(found.desks, desk) for desk in DESKS}
    assert set(found.trains) == {
        name for name, desk in desks.items() if (desk.then or desk.played_by or "script") != "script"
    }


@each
def test_the_studies_in_the_comments_are_of_the_scenario_and_of_keys_that_there_are(name: str) -> None:
    text = (TOP / "scenarios" / f"{name}.toml").read_text("utf-8")
    for line in re.findall(r"^# +sandbox study (.+)", text, re.MULTILINE):
        studied, _, _, _, varied, *more = shlex.split(line)
        key, _, values = varied.partition("=")
        fixed = dict(setting.split("=", 1) for setting in more[1::2])
        assert studied == name
        assert study(changed(loaded(name), fixed), 2, key, tuple(split(values))).variants()


@each
def test_a_run_with_scripted_desks_comes_to_what_the_scenario_expects(name: str, tmp_path: Path) -> None:
    scenario = loaded(name)
    found = run(tmp_path, scenario)
    outside = {
        figure: (found.get(figure), (low, high))
        for figure, (low, high) in scenario.expect.items()
        if figure not in found or not low <= found[figure] <= high
    }
    assert outside == {}


WAITS, OPEN_LATE = {"desks.stock.out_of_stock": "wait"}, {"desks.inbox.closes": "24:00"}
MANY = {"demand.orders_per_day": "160"}
"""Four times its orders: of fewer, a handful of defects tells nothing."""
LESSONS: list[tuple[str, dict[str, str], dict[str, str], str, float]] = [
    ("address-change-trap", {}, {"desks.addresses.requests": "refuse"}, "disputes_minor", 5),
    ("backlog-spiral", {}, {"desks.inbox.agents": "2"}, "claims", 1.3),
    ("carrier-collapse", {"desks.inbox.helpful_share": "0.3"}, {}, "order-defect", 1.4),
    ("carrier-collapse", {"desks.inbox.handling_minutes": "90"}, {}, "claims", 2),
    ("diwali-peak", {}, {"desks.dispatch.capacity": "300"}, "order-defect", 2),
    ("inbox-cover", OPEN_LATE, {}, "answered_4h", 1.3),
    ("integration-outage", {}, {"happenings.0.days": "0.2"}, "late-shipment", 2),
    ("luck-of-the-small", {}, {"demand.orders_per_day": "50"}, "order-defect.ever_breached", 2),
    ("new-seller-cash", {}, {"policy.changes.reserve_pack": "tier-2-us"}, "reserve_minor", 2),
    ("refund-or-contest", MANY, MANY | {"desks.refunds.refunds_faulty": "at-once"}, "order-defect", 2),
    ("refund-or-contest", {"desks.disputes.claims": "refund"}, {}, "disputes_minor", 3),
    ("stock-out", {}, WAITS, "cancellation.ever_breached", 2),
    ("stock-out", WAITS, {}, "late-shipment.ever_breached", 2),
]
"""What each lesson says: with these changes a figure is so many times as high as with those, or there at all."""


@pytest.mark.parametrize(("name", "more", "less", "figure", "times"), LESSONS)
def test_the_lesson_shows_in_the_numbers(
    tmp_path: Path, name: str, more: dict[str, str], less: dict[str, str], figure: str, times: float
) -> None:
    high, low = (run(tmp_path / side, changed(loaded(name), keys)) for side, keys in (("more", more), ("less", less)))
    assert high[figure] > 0 and high[figure] >= times * low[figure]


def test_every_scenario_with_something_to_learn_is_among_the_lessons() -> None:
    assert {lesson[0] for lesson in LESSONS} == set(NAMES) - {"calm-week", "empty", "first-week"}


def test_the_first_week_begins_with_a_healthy_shop_and_three_messages_of_the_morning(tmp_path: Path) -> None:
    with closing(worlds.make(tmp_path / "first.world", loaded("first-week"))) as world:
        waiting = search.messages(world, waiting=True).rows
        assert {rate.state for rate in health.scored_rates(world)} == {"good"}
        assert sum(start_of_day(found.message.at) == start_of_day(world.now) for found in waiting) >= 3


# -- where they are told


def test_the_command_lists_them_all_with_title_and_lesson(tmp_path: Path) -> None:
    listed = {one["name"]: (one["title"], one["lesson"]) for one in told(tmp_path, "scenarios")["scenarios"]}
    assert listed == {name: (loaded(name).title, loaded(name).lesson) for name in NAMES}


def test_the_command_lists_them_for_people_too(tmp_path: Path) -> None:
    said = sandbox(tmp_path, "scenarios", COLUMNS="400").stdout
    assert all(f"{name}: {loaded(name).title}" in said for name in NAMES)


@each
def test_each_scenario_stands_in_the_readme_with_its_lesson(name: str) -> None:
    assert f"| `{name}` | {loaded(name).lesson} |" in README


def test_the_readme_lists_no_scenario_that_is_not_there() -> None:
    table = README[README.index("| scenario | its lesson |") :].split("\n\n")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE) == NAMES


# -- what can be expected


def refused(expect: str) -> str:
    with pytest.raises(InvalidScenario) as found:
        parse(f'title = "x"\n\n[expect]\n{expect}\n', "mine.toml")
    return found.value.sentence


def test_an_unknown_figure_is_refused_with_the_nearest() -> None:
    assert (
        refused("clams = [0, 3]") == "mine.toml:4: expect.clams: 'clams' is no figure of a run. Did you mean 'claims'?"
    )


def test_a_figure_like_none_there_is_is_refused_with_all_there_are() -> None:
    assert "There are: late-shipment, cancellation, " in refused("zzz = [0, 3]")


def test_bounds_the_wrong_way_round_are_refused() -> None:
    assert refused("claims = [3, 0]") == "mine.toml:4: expect.claims: its low bound 3 is above its high bound 0."


def test_what_can_be_expected_is_what_a_run_comes_to(tmp_path: Path) -> None:
    wild = "[desks.dispatch]\nslip_share = 0.5\n[desks.inbox]\nhandling_minutes = 900\n[parcels]\nlost_share = 0.3\n"
    found = run(tmp_path, parse(f'title = "x"\ndays = 60\n[policy.changes]\ndeliver_by_days = 8\n{wild}', "wild.toml"))
    assert set(found) | {"cancellation.first_breach_day"} == set(FIGURES)
