"""Keys of a scenario that are changed for one run, as `--set` and `--vary` write them."""

from pathlib import Path

import pytest

from sandbox.central.days import DAY, HOUR, parse_moment
from sandbox.sim.changes import changed, headless, split
from sandbox.sim.scenario import InvalidScenario, Scenario, load
from tests.commands import sandbox, told
from tests.shop import BUSY, scenario

FIRST = load("first-week")


def refused(changes: dict[str, str]) -> str:
    with pytest.raises(InvalidScenario) as found:
        changed(FIRST, changes)
    return found.value.sentence


def test_nothing_changed_is_the_same_scenario() -> None:
    assert changed(FIRST, {}) == FIRST


def test_a_key_of_a_table_is_changed_and_no_other() -> None:
    found = changed(FIRST, {"desks.inbox.agents": "2"})
    assert found.desks.inbox == FIRST.desks.inbox.model_copy(update={"agents": 2})
    assert found.model_copy(update={"desks": FIRST.desks}) == FIRST


def test_an_item_of_a_list_goes_by_its_number() -> None:
    assert changed(FIRST, {"products.1.price": "99.5"}).products[1].price == 99.5


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("policy.changes.fee_percent", "3", {"fee_percent": 3}),
        ("policy.changes.reserve_pack", "dd7", {"reserve_pack": "dd7"}),
    ],
)
def test_a_number_of_the_policy_is_an_entry_of_its_changes(key: str, value: str, found: dict[str, object]) -> None:
    assert changed(FIRST, {key: value}).policy.changes == found


def test_an_entry_may_be_new_and_its_name_quoted() -> None:
    assert changed(FIRST, {'parcels.carriers."Blue.Dart 2"': "3"}).parcels.carriers["Blue.Dart 2"].weight == 3


def test_a_table_that_was_left_out_is_begun() -> None:
    assert changed(FIRST, {"settings.shipping_rates.Standard": "10"}).settings.shipping_rates == {"Standard": 10}


@pytest.mark.parametrize("written", ["10:00", '"10:00"', "10:00:00"])
def test_a_time_of_day_needs_no_quotes(written: str) -> None:
    assert changed(FIRST, {"desks.inbox.opens": written}).desks.inbox.opens == 10 * HOUR


def test_a_list_is_written_as_in_a_file() -> None:
    found = changed(FIRST, {"desks.dispatch.picks": '["11:00", "17:00"]'})
    assert found.desks.dispatch.picks == [11 * HOUR, 17 * HOUR]


def test_a_date_is_written_as_in_a_file() -> None:
    assert changed(FIRST, {"start": "2026-03-09"}).start == parse_moment("2026-03-09")


def test_text_without_quotes_is_that_text() -> None:
    assert changed(FIRST, {"shop": "Tea & Co = ours"}).shop == "Tea & Co = ours"


def test_changes_that_fit_only_together_are_taken_together() -> None:
    found = changed(FIRST, {"desks.inbox.closes": "08:00", "desks.inbox.opens": "07:00"}).desks.inbox
    assert (found.opens, found.closes) == (7 * HOUR, 8 * HOUR)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("desks.inbox.agent", "desks.inbox.agents"),
        ("desk.inbox.agents", "desks.inbox.agents"),
        ("desks.inbx.agents", "desks.inbox.agents"),
        ("agents", "desks.inbox.agents"),
        ("products.0.wieght", "products.0.weight"),
        ("sead", "seed"),
    ],
)
def test_a_key_that_is_not_known_is_refused_with_the_nearest(key: str, nearest: str) -> None:
    assert refused({"days": "3", key: "2"}) == f"{key!r} is not known. Did you mean {nearest!r}?"


def test_a_number_that_no_policy_has_is_refused_with_the_nearest() -> None:
    assert refused({"policy.changes.fee_percnt": "3"}).endswith("Did you mean 'fee_percent'?")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nothing": "1"}, "'nothing' is not known. A key is like desks.inbox.agents."),
        ({"zzz": "1"}, "'zzz' is not known. A key is like desks.inbox.agents."),
        ({"products.9.price": "1"}, "'9' is no item of a list that has 0 to 5."),
        ({"products.price": "1"}, "'price' is no item of a list that has 0 to 5."),
        ({"title.x": "1"}, "'title.x' is not known: what 'x' should be in is a single value."),
        ({"a b": "1"}, "'a b' is no key of a scenario; write it like desks.inbox.agents."),
        ({"": "1"}, "'' is no key"),
        ({"seed = 1\ndays": "1"}, "is no key"),
        ({"desks.inbox.agents": "two"}, "desks.inbox.agents: 'two' will not do; it should be a valid integer."),
        ({"desks.inbox.agents": "0"}, "desks.inbox.agents: 0 will not do; it should be greater than or equal to 1."),
        ({"desks.inbox.opens": "36000000"}, "desks.inbox.opens: 36000000 is no time of day; write it like 17:00."),
        ({"desks.inbox.opens": "24:00"}, "desks.inbox: the desk opens before it closes, on one day at least."),
        ({"desks.inbox": "3"}, "desks.inbox: 3 will not do; it should be a table."),
        ({"days": "1\nseed = 5"}, "days: '1\\nseed = 5' will not do; it should be a valid integer."),
        ({"days": "[" * 100_000}, "will not do; it should be a valid integer."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(changes: dict[str, str], said: str) -> None:
    assert said in refused(changes)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("1,2,3", ["1", "2", "3"]),
        (" 9:00 , 11:00 ", ["9:00", "11:00"]),
        ('["11:00","12:00"],["17:00"]', ['["11:00","12:00"]', '["17:00"]']),
        ('"a,b",c', ['"a,b"', "c"]),
        ("{a=1,b=2},{a=3}", ["{a=1,b=2}", "{a=3}"]),
    ],
)
def test_values_are_parted_by_commas_outside_of_quotes_and_brackets(written: str, values: list[str]) -> None:
    assert split(written) == values


def test_without_people_a_scenario_begins_with_its_history_and_scripts_play_every_desk() -> None:
    found = headless(FIRST)
    assert (found.start, found.history_days, found.days) == (FIRST.start - 30 * DAY, 0, 37)
    assert {(desk.played_by, desk.then) for desk in (found.desks.dispatch, found.desks.inbox)} == {("script", None)}


def test_a_run_takes_other_values_for_some_keys(tmp_path: Path) -> None:
    (tmp_path / "busy.toml").write_text(BUSY)
    words = ["run", str(tmp_path / "busy.toml"), "--days", "5"]
    usual = told(tmp_path, *words)
    other = told(tmp_path, *words, "--set", "demand.orders_per_day=50", "--set", "desks.dispatch.slip_share=1")
    assert sum(other["orders"].values()) > sum(usual["orders"].values())
    assert other["orders"]["Shipped"] < usual["orders"]["Shipped"]


@pytest.mark.parametrize(
    ("wanted", "code", "said"),
    [
        ("desks.inbox.agent=2", 3, "Did you mean 'desks.inbox.agents'?"),
        ("desks.inbox.agents", 2, "write it like --set desks.inbox.agents=2"),
        ("=2", 2, "write it like --set desks.inbox.agents=2"),
        ("days=", 2, "write it like --set desks.inbox.agents=2"),
    ],
)
def test_a_run_refuses_what_it_cannot_set(tmp_path: Path, wanted: str, code: int, said: str) -> None:
    done = sandbox(tmp_path, "run", "first-week", "--set", wanted, COLUMNS="200")
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr and "Traceback" not in done.stderr


def test_what_is_changed_is_a_scenario_like_any_other() -> None:
    found = changed(scenario(), {"demand.orders_per_day": "3"})
    assert Scenario.model_validate_json(found.model_dump_json()) == found
