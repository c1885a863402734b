"""Scenarios: files that are checked key by key, and say in a sentence what is wrong with them."""

import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from msgspec.json import decode, encode

from sandbox.central.days import HOUR, parse_moment
from sandbox.sim import scenario, worlds
from sandbox.sim.scenario import InvalidScenario, Scenario, as_kept, load, parse, reference
from tests.shop import BUSY, MONDAY, QUIET

SHELF = Path(__file__).parents[1] / "scenarios"
PRODUCT = '[[products]]\nsku = "{}"\ntitle = "Kettle"\nprice = 849\n'


def refused(text: str) -> str:
    """What is said of a scenario of that text, in the file first.toml."""
    with pytest.raises(InvalidScenario) as found:
        parse(text, "first.toml")
    return found.value.sentence


# -- those that come with the package


@pytest.mark.parametrize("file", sorted(SHELF.glob("*.toml")), ids=lambda file: file.stem)
def test_every_scenario_on_the_shelf_is_valid(file: Path) -> None:
    assert load(file.stem) == load(str(file))


def test_the_scenarios_are_listed_by_name() -> None:
    assert scenario.names() == sorted(file.stem for file in SHELF.glob("*.toml"))


def test_the_first_week_is_a_shop_with_a_month_behind_it() -> None:
    first = load("first-week")
    assert (first.title, first.history_days, first.desks.inbox.then) == ("First week", 30, "person")


def test_the_first_week_begins_with_open_orders_in_the_sandbox_view_to_leave_alone(tmp_path: Path) -> None:
    world = worlds.make(tmp_path / "first.world", load("first-week"))
    statuses = world.execute("select status from orders where view = 'sandbox'").fetchall()
    world.close()
    assert statuses == [("Unshipped",)] * 3


# -- read


def test_what_is_left_out_has_a_default() -> None:
    assert parse('title = "Bare"', "first.toml") == Scenario(title="Bare")


def test_a_scenario_is_the_same_after_it_was_kept_in_a_world() -> None:
    for text in (QUIET, BUSY, (SHELF / "first-week.toml").read_text("utf-8")):
        found = parse(text, "first.toml")
        assert Scenario.model_validate(decode(encode(found.model_dump(mode="json")))) == found


@pytest.mark.parametrize(
    "written",
    ['"2026-03-02T10:00:00+05:30"', '"2026-03-02T04:30:00Z"', '"2026-03-02T10:00"', "2026-03-02T10:00:00+05:30"],
)
def test_a_start_may_be_written_as_text_or_as_a_moment_of_toml(written: str) -> None:
    assert parse(f'title = "x"\nstart = {written}', "first.toml").start == parse_moment("2026-03-02T10:00:00+05:30")


@pytest.mark.parametrize(("written", "hours"), [("0:00", 0), ("9:30", 9.5), ("17:00", 17), ("24:00", 24)])
def test_a_time_of_day_is_written_like_a_clock(written: str, hours: float) -> None:
    found = parse(f'title = "x"\n[desks.dispatch]\ncut_off = "{written}"', "first.toml")
    assert found.desks.dispatch.cut_off == hours * HOUR


# -- keys that are not known


def test_an_unknown_key_at_the_top_is_refused_with_its_line_and_the_nearest_key() -> None:
    said = refused('title = "x"\nshop = "y"\nsead = 3\n')
    assert said == "first.toml:3: 'sead' is not known. Did you mean 'seed'?"


def test_an_unknown_key_of_a_desk_is_refused_with_its_line_and_the_nearest_key() -> None:
    said = refused('title = "x"\n\n[desks.dispatch]\npicks = ["9:00"]\n\n[desks.inbox]\nagent = 3\n')
    assert said == "first.toml:7: 'desks.inbox.agent' is not known. Did you mean 'agents'?"


def test_an_unknown_key_of_the_second_product_is_refused_with_its_line_and_the_nearest_key() -> None:
    said = refused('title = "x"\n' + PRODUCT.format("A") + PRODUCT.format("B") + "wieght = 2\n")
    assert said == "first.toml:10: 'products.1.wieght' is not known. Did you mean 'weight'?"


def test_an_unknown_number_of_a_policy_is_refused_with_its_line_and_the_nearest_number() -> None:
    said = refused('title = "x"\n\n[policy]\npack = "guide-2015"\n\n[policy.changes]\nreply_within_hour = 8\n')
    assert said.startswith("first.toml:7: ") and said.endswith("Did you mean 'reply_within_hours'?")


def test_an_unknown_setting_is_refused_with_its_line_and_the_nearest_key() -> None:
    said = refused('title = "x"\n\n[settings]\nlogo = "logo.png"\nreturn_ulr = "https://shop.example.invalid"\n')
    assert said.startswith("first.toml:5:") and "Did you mean 'return_url'?" in said


def test_a_setting_that_does_not_fit_is_refused_as_the_seller_would_be() -> None:
    said = refused('title = "x"\n\n[settings]\nreturn_url = "nowhere"\n')
    assert said.startswith("first.toml:3:") and "'nowhere' is no URL" in said


def test_an_unknown_policy_is_refused_with_its_line_and_those_there_are() -> None:
    said = refused('title = "x"\n\n[policy]\npack = "guide-2016"\n')
    assert said.startswith("first.toml:4: ") and said.endswith("There are: guide-2015, marketplace-today.")


def test_an_unknown_table_is_refused_with_its_line() -> None:
    said = refused('title = "x"\n\n[desk.inbox]\nagents = 3\n')
    assert said == "first.toml:3: 'desk' is not known. Did you mean 'desks'?"


def test_an_unknown_table_within_a_table_is_refused_with_its_line() -> None:
    said = refused('title = "x"\n[desks.inbx]\nagents = 3\n')
    assert said == "first.toml:2: 'desks.inbx' is not known. Did you mean 'inbox'?"


def test_a_dotted_key_is_found_as_well() -> None:
    assert refused('title = "x"\ndesks.inbox.agent = 3\n').startswith("first.toml:2: 'desks.inbox.agent'")


def test_an_unknown_key_inside_a_list_is_refused_with_the_line_of_the_list() -> None:
    said = refused(
        'title = "x"\n[parcels]\ntransit = [{weight = 1, mean_days = 2}, {weight = 1, mean_days = 2, shap = 3}]\n'
    )
    assert said == "first.toml:3: 'parcels.transit.1.shap' is not known. Did you mean 'shape'?"


def test_a_misspelt_key_that_must_be_there_is_called_misspelt_and_not_missing() -> None:
    assert refused('tilte = "x"\n') == "first.toml:1: 'tilte' is not known. Did you mean 'title'?"


def test_a_key_like_none_there_is_is_answered_with_all_there_are() -> None:
    said = refused('title = "x"\n[policy]\nzzz = 1\n')
    assert said == "first.toml:3: 'policy.zzz' is not known. It may have: pack, changes."


# -- values that cannot be


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('start = "soon"', "first.toml:2: start: 'soon' is not a moment"),
        ("history_days = -1", "first.toml:2: history_days: "),
        ("days = 0", "first.toml:2: days: "),
        ("seed = 1.5", "first.toml:2: seed: "),
        ("products = []", "first.toml:2: products: "),
        ("desks = 5", "first.toml:2: desks: "),
        ("[demand]\norders_per_day = -1", "first.toml:3: demand.orders_per_day: "),
        ("[demand]\nhours = [1, 2, 3]", "first.toml:3: demand.hours: "),
        (f"[demand]\nhours = [{'0, ' * 24}]", "first.toml:3: demand.hours: shares are 0 or more"),
        ("[demand]\nweekdays = [1, 1, 1, 1, 1, 1, -1]", "first.toml:3: demand.weekdays: shares are 0 or more"),
        ("[demand]\npending_share = 1.5", "first.toml:3: demand.pending_share: "),
        ("[buyers]\npool = 0", "first.toml:3: buyers.pool: "),
        ("[[products]]\nsku = 'A'\ntitle = 'B'\nprice = 0", "first.toml:5: products.0.price: "),
        ("[[products]]\nsku = 'A'\nprice = 1", "first.toml:2: products.0.title: "),
        ("[desks.inbox]\nagents = 0", "first.toml:3: desks.inbox.agents: "),
        ("[desks.inbox]\nopens = '21:00'\ncloses = '09:00'", "first.toml:2: desks.inbox: the desk opens before"),
        ("[desks.inbox]\nworking_days = []", "first.toml:2: desks.inbox: the desk opens before"),
        ("[desks.inbox]\nopens = '24:30'", "first.toml:3: desks.inbox.opens: '24:30' is no time of day"),
        ("[desks.dispatch]\nplayed_by = 'robot'", "first.toml:3: desks.dispatch.played_by: "),
        ("[desks.dispatch]\nworking_days = ['mon', 'funday']", "first.toml:3: desks.dispatch.working_days.1: "),
        ("[desks.dispatch]\npicks = ['9:00', 'noon']", "first.toml:3: desks.dispatch.picks.1: 'noon' is no time"),
        ("[parcels]\ntransit = [{weight = 1, mean_days = 2, shape = 9}]", "first.toml:3: parcels.transit.0.shape: "),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_line_and_key(written: str, said: str) -> None:
    assert refused(f'title = "x"\n{written}\n').startswith(said)


HAPPENING = '[[happenings]]\nwhat = "{}"\n'
AT = "first.toml:2: happenings.0: "


@pytest.mark.parametrize(
    ("what", "keys", "said"),
    [
        ("event", "day = 1", AT + "event needs event"),
        ("stock-lost", "day = 1", AT + "stock-lost needs sku"),
        ("desk-away", "day = 1", AT + "desk-away needs desk"),
        ("policy-change", "day = 1", AT + "policy-change needs policy"),
        ("festival", "", AT + "festival happens on a day, or when_over a rate's limit, or when_orders: one of them"),
        ("festival", "day = 1\nwhen_orders = 5", AT + "festival happens on a day, or when_over"),
        ("festival", "when_over = 'cancellation'\nwhen_orders = 5", AT + "festival happens on a day"),
        ("festival", "day = 0", "first.toml:4: happenings.0.day: "),
        ("festival", "day = 1\ntime = 'noon'", "first.toml:5: happenings.0.time: 'noon' is no time of day"),
        ("festival", "day = 1\ndays = 0", "first.toml:5: happenings.0.days: "),
        ("festival", "day = 1\nfactor = -1", "first.toml:5: happenings.0.factor: "),
        ("festival", "when_over = 'lateness'", "first.toml:4: happenings.0.when_over: "),
        ("event", "day = 1\nevent = 'explodes'", "first.toml:5: happenings.0.event: "),
        ("event", "day = 1\nevent = 'leaves-feedback'\nrating = 6", "first.toml:6: happenings.0.rating: "),
        (
            "desk-away",
            "day = 1\ndesk = 'till'",
            "first.toml:5: happenings.0.desk: there is no desk 'till'. There are: dis",
        ),
        (
            "desk-away",
            "day = 1\ndesk = 'inbx'",
            "first.toml:5: happenings.0.desk: there is no desk 'inbx'. Did you mean 'i",
        ),
        ("desk-away", "day = 1\ndesk = 'inbox'\nagents = 0", "first.toml:6: happenings.0.agents: "),
        (
            "chargeback-wave",
            "day = 1\nreason = 'Anger'",
            "first.toml:5: happenings.0.reason: a bank is not told 'Anger'. There are: Unauthorised",
        ),
        ("festival", "day = 1\ncarrier = 'DTDC'", "first.toml:5: happenings.0.carrier: festival does not look at it."),
        ("stock-lost", "day = 1\nsku = 'KK-001'\ndays = 3", "first.toml:6: happenings.0.days: stock-lost does not"),
        ("policy-change", "day = 1\npolicy = 'guide-2016'", "first.toml:5: happenings.0.policy: There is no policy"),
        (
            "policy-change",
            "day = 1\npolicy = 'guide-2015'\nchanges = {reply_within_hour = 8}",
            "first.toml:6: happenings.0.changes.reply_within_hour: A policy has no number",
        ),
        ("festival", "day = 1\nfaktor = 2", "first.toml:5: 'happenings.0.faktor' is not known. Did you mean 'factor'?"),
    ],
)
def test_a_happening_that_cannot_be_is_refused_with_its_line_and_key(what: str, keys: str, said: str) -> None:
    assert refused('title = "x"\n' + HAPPENING.format(what) + keys + "\n").startswith(said)


def test_a_happening_of_an_unknown_kind_is_refused_with_those_there_are() -> None:
    said = refused('title = "x"\n' + HAPPENING.format("flood") + "day = 1\n")
    assert said.startswith("first.toml:3: happenings.0.what: ") and "'stock-lost', 'courier-strike'" in said


def test_the_second_happening_is_refused_with_its_own_line() -> None:
    said = refused('title = "x"\n' + (HAPPENING.format("festival") + "day = 1\n") * 2 + "time = 'noon'\n")
    assert said.startswith("first.toml:8: happenings.1.time: ")


PROMOTION = '[[demand.promotions]]\nsku = "KK-999"\nstart = "2026-03-02"\ndays = 3\n'


@pytest.mark.parametrize(
    "written", [PROMOTION, HAPPENING.format("stock-lost") + 'day = 1\nsku = "KK-999"\n'], ids=["promotion", "happening"]
)
def test_a_product_that_is_not_sold_is_refused_with_those_that_are(written: str) -> None:
    said = refused('title = "x"\n' + PRODUCT.format("A") + PRODUCT.format("B") + written)
    assert said.endswith(".sku: there is no product 'KK-999'. There are: A, B.")
    assert said.startswith(f"first.toml:{13 if 'happenings' in written else 11}: ")


def test_a_product_that_is_misspelt_is_answered_with_the_nearest() -> None:
    said = refused('title = "x"\n' + HAPPENING.format("stock-lost") + 'day = 1\nsku = "KK-O14"\n')
    assert said == "first.toml:5: happenings.0.sku: there is no product 'KK-O14'. Did you mean 'KK-014'?"


def test_a_strike_of_a_carrier_that_carries_nothing_is_refused() -> None:
    said = refused('title = "x"\n' + HAPPENING.format("courier-strike") + 'day = 1\ncarrier = "Pigeon"\n')
    assert said.startswith("first.toml:5: happenings.0.carrier: ")
    assert said.endswith("there is no carrier 'Pigeon'. There are: BlueDart, Delhivery, DTDC.")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('trains = ["inbox"]', "the lesson is about the inbox desk, and a script plays it: set its `then`."),
        (
            'trains = ["till"]',
            "there is no desk 'till' to train. There are: dispatch, inbox, disputes, refunds, stock, addresses.",
        ),
    ],
)
def test_a_lesson_is_about_a_desk_that_somebody_plays(written: str, said: str) -> None:
    assert refused(f'title = "x"\n{written}\n') == f"first.toml:2: trains.0: {said}"


@pytest.mark.parametrize("key", ["played_by", "then"])
@pytest.mark.parametrize("player", ["person", "program"])
def test_a_lesson_may_be_about_a_desk_that_a_person_or_a_program_plays(key: str, player: str) -> None:
    found = parse(f'title = "x"\ntrains = ["refunds"]\n[desks.refunds]\n{key} = "{player}"\n', "first.toml")
    assert found.trains == ["refunds"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[desks.inbox]\nopens = 9", "first.toml:3: desks.inbox.opens: 9 is no time of day; write it like 17:00."),
        ("[desks.inbox]\nopens = 9.5", "first.toml:3: desks.inbox.opens: 9.5 is no time of day; write it like 17:00."),
        ("start = 2026", "first.toml:2: start: '2026' is not a moment; write it like 2026-03-02T10:00:00+05:30."),
        ("start = 1772422200", "first.toml:2: start: '1772422200' is not a moment; write it like 2026-03-02T10:00"),
        (
            "[buyers]\npatience_days = '8d'",
            "first.toml:3: buyers.patience_days: '8d' will not do; it should be a valid number alone; its unit",
        ),
        (
            "[buyers]\nask_share = 25",
            "first.toml:3: buyers.ask_share: 25 will not do; it should be less than or equal to 1: a part of 1,"
            " so 25 % is 0.25.",
        ),
    ],
)
def test_a_value_in_another_unit_is_refused_with_the_one_that_is_meant(written: str, said: str) -> None:
    assert refused(f'title = "x"\n{written}\n').startswith(said)


def test_a_time_of_toml_is_a_time_of_day() -> None:
    assert parse('title = "x"\n[desks.inbox]\nopens = 08:30:00\n', "first.toml").desks.inbox.opens == 8.5 * HOUR


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('start = "2026-02-30T09:00:00+05:30"', "first.toml:2: start: '2026-02-30T09:00:00+05:30' is not a moment; "),
        ("start = 2026-02-30", "first.toml:2: Invalid date or datetime. A scenario is written in TOML."),
        (
            'start = "1970-02-01"\nhistory_days = 60',
            "first.toml:2: start: the history begins before 1970; start later.",
        ),
        (
            '[[demand.festivals]]\nname = "Diwali"\nstart = "2025-10-20"\ndays = 4',
            "first.toml:4: demand.festivals.0.start: it is over before the shop opens, on 2026-03-02; ",
        ),
        (
            '[[demand.promotions]]\nsku = "KK-001"\nstart = "2025-10-20"\ndays = 4',
            "first.toml:4: demand.promotions.0.start: it is over before the shop opens, on 2026-03-02; ",
        ),
    ],
)
def test_a_date_that_cannot_be_is_refused(written: str, said: str) -> None:
    assert refused(f'title = "x"\n{written}\n').startswith(said)


def test_a_desk_works_on_one_day_at_least() -> None:
    said = refused('title = "x"\n[desks.dispatch]\nworking_days = []\n')
    assert said.startswith("first.toml:3: desks.dispatch.working_days: the desk works on one day at least")


def test_a_world_that_an_older_version_made_keeps_its_times_in_milliseconds() -> None:
    assert (
        as_kept({"title": "x", "start": MONDAY, "desks": {"inbox": {"opens": 8 * HOUR}}}).desks.inbox.opens == 8 * HOUR
    )


def test_the_schemas_defaults_are_written_as_a_file_has_them() -> None:
    parts = reference.schema()["$defs"]
    inbox, dispatch = parts["Inbox"]["properties"], parts["Dispatch"]["properties"]
    assert (inbox["opens"]["default"], dispatch["picks"]["default"]) == ("09:00", ["17:00"])


def test_an_order_has_one_wish_at_most() -> None:
    said = refused('title = "x"\n[buyers.wishes]\ncancels = 0.6\nasks_to_cancel = 0.5\n')
    assert said.startswith("first.toml:2: buyers.wishes: the shares of wishes add up to 1.126; an order has one")


SHARES = [
    "buyers.ask_share",
    "buyers.wishes.cancels",
    "buyers.wishes.insists",
    "buyers.ratings.share",
    "buyers.returns.faulty",
    "buyers.disputes.fraud",
    "buyers.regard.thanks",
    "parcels.lost_share",
    "parcels.failed_at_old_address",
    "demand.second_line_share",
    "desks.dispatch.tracking_share",
    "desks.stock.accepts_alternative_share",
    "desks.inbox.helpful_share",
    "desks.disputes.missed_share",
    "desks.refunds.missed_share",
]


@pytest.mark.parametrize("share", [-0.01, 1.01, "nan", '"half"'])
@pytest.mark.parametrize("key", SHARES)
def test_a_share_is_from_0_to_1(key: str, share: object) -> None:
    table, _, name = key.rpartition(".")
    said = refused(f'title = "x"\n[{table}]\n{name} = {share}\n')
    assert said.startswith(f"first.toml:3: {key}: ")


def test_the_shares_of_what_is_returned_make_a_whole_at_most() -> None:
    said = refused('title = "x"\n[buyers.returns]\nfaulty = 0.8\nregretted = 0.8\n')
    assert said.startswith("first.toml:2: buyers.returns: the shares of what is found add up to 1.6076;")


def test_a_carrier_is_a_number_or_a_table() -> None:
    found = parse('title = "x"\n[parcels.carriers]\nDTDC = 3\n"India Post" = {weight = 1, slower = 2}\n', "first.toml")
    carriers = {name: (one.weight, one.slower, one.lost_times) for name, one in found.parcels.carriers.items()}
    assert carriers == {"DTDC": (3, 1, 1), "India Post": (1, 2, 1)}


def test_an_unknown_key_of_a_carrier_is_refused_with_the_nearest() -> None:
    said = refused('title = "x"\n[parcels.carriers.DTDC]\nwieght = 2\n')
    assert said == "first.toml:3: 'parcels.carriers.DTDC.wieght' is not known. Did you mean 'weight'?"


@pytest.mark.parametrize(
    "carrier", ["true", '"often"', "{weight = 0}", "{slower = -1}", "{lost_times = inf}", "{wieght = 2}", "[1]"]
)
def test_a_carrier_that_is_neither_is_refused_with_its_line(carrier: str) -> None:
    assert refused(f'title = "x"\n[parcels.carriers]\nDTDC = {carrier}\n').startswith("first.toml:3: ")


@pytest.mark.parametrize(
    "written",
    [
        "stock = -1",
        "restock_to = -1",
        "restock_days = 0",
        "stock = 1.5",
    ],
)
def test_a_stock_that_cannot_be_is_refused_with_its_line(written: str) -> None:
    assert refused('title = "x"\n' + PRODUCT.format("A") + written + "\n").startswith("first.toml:6: products.0.")


# -- the schema


def test_the_schema_of_scenarios_is_a_schema() -> None:
    Draft202012Validator.check_schema(reference.schema())


@pytest.mark.parametrize("file", sorted(SHELF.glob("*.toml")), ids=lambda file: file.stem)
def test_the_schema_accepts_every_scenario_on_the_shelf(file: Path) -> None:
    assert [*Draft202012Validator(reference.schema()).iter_errors(tomllib.loads(file.read_text("utf-8")))] == []


@pytest.mark.parametrize(
    "written",
    [
        "[[happenings]]\nwhat = 'festival'\nday = 1\ntime = '17:30'",
        "[parcels.carriers]\nDTDC = 3\nBlueDart = {weight = 2, slower = 1.5}",
        "trains = ['inbox']\n[desks.inbox]\nthen = 'person'",
        "[demand]\nfestivals = [{name = 'Diwali', start = '2026-11-08', days = 3}]",
    ],
)
def test_the_schema_accepts_what_a_scenario_may_hold(written: str) -> None:
    text = f'title = "x"\n{written}\n'
    assert parse(text, "first.toml")
    assert [*Draft202012Validator(reference.schema()).iter_errors(tomllib.loads(text))] == []


@pytest.mark.parametrize(
    "written", ["sead = 3", "[desks.inbox]\nagents = 0", "[[happenings]]\nwhat = 'flood'\nday = 1"]
)
def test_the_schema_refuses_what_a_scenario_may_not_hold(written: str) -> None:
    text = f'title = "x"\n{written}\n'
    assert not Draft202012Validator(reference.schema()).is_valid(tomllib.loads(text))


def test_a_scenario_has_a_title() -> None:
    assert refused("seed = 3\n") == "first.toml:1: title: it is needed, and left out."


def test_a_value_that_does_not_fit_the_policy_is_refused_with_its_line() -> None:
    said = refused('title = "x"\n[policy.changes]\nauto_cancel_after_hours = "two days"\n')
    assert said.startswith("first.toml:3: ") and "auto_cancel_after_hours" in said


@pytest.mark.parametrize("written", ["reply_within_hour = 8", 'auto_cancel_after_hours = "long"'])
def test_a_sentence_ends_once(written: str) -> None:
    said = refused(f'title = "x"\n[policy.changes]\n{written}\n')
    assert said[-1] in ".?" and said[-2] not in ".?!"


@pytest.mark.parametrize(
    "written",
    [
        f"[demand]\nhours = [{'nan, ' * 24}]",
        f"[demand]\nhours = [{'inf, ' * 24}]",
        f"[demand]\nhours = [{'1e308, ' * 24}]",
        "[buyers]\npatience_days = inf",
        "[buyers]\npatience_days = 1e300",
        "[buyers]\npatience_sigma = 1e5",
        "[demand]\npending_minutes = 1e300",
        "[buyers]\nask_again_hours = inf",
        "[desks.inbox]\nhandling_minutes = inf",
        "[desks.inbox]\nhandling_sigma = 1e5",
        "[desks.dispatch]\nslip_days = 99999999999999999999",
        "[desks.dispatch]\npicks = []",
        "[[products]]\nsku = 'A'\ntitle = 'B'\nprice = 1\nweight = inf",
        "[[products]]\nsku = 'A'\ntitle = 'B'\nprice = 0.001",
        "[parcels]\ntransit = []",
        "[parcels]\ntransit = [{weight = 1, mean_days = 1e300}]",
        "[parcels]\ncarriers = {}",
        "[parcels]\ncarriers = {BlueDart = 0}",
        "[parcels]\ncarriers = {BlueDart = 3, DTDC = -1}",
        "[parcels]\ncarriers = {BlueDart = inf}",
        "[parcels]\ncarriers = {' ' = 1}",
        "shipping = inf",
        "[settings]\nleft_open = ['returnurl']",
        "[settings]\nreturn_url = 'nowhere'",
        "[settings]\nbank_number = '12'",
        "[settings]\nnotification_addresses = ['nobody']",
        "[settings]\nshipping_rates = {Standard = -1}",
        "start = true",
        "start = -4",
        "start = 99999999999999999999",
        'start = "1970-01-02"\nhistory_days = 30',
        "seed = 99999999999999999999",
        "[policy.changes]\nauto_cancel_after_hours = 99999999999999999999",
    ],
)
def test_what_no_world_could_be_made_of_is_refused(written: str) -> None:
    assert refused(f'title = "x"\n{written}\n').startswith("first.toml:")


def test_a_carrier_whose_name_is_not_in_ascii_can_carry(tmp_path: Path) -> None:
    found = parse(BUSY + '[parcels]\ncarriers = {"भारतीय डाक" = 1}\n', "busy.toml")
    world = worlds.make(tmp_path / "post.world", found.model_copy(update={"history_days": 5}))
    (count,) = world.execute("select count(*) from packages where carrier = 'भारतीय डाक'").fetchone()
    world.close()
    assert count > 0


# -- files that cannot be


@pytest.mark.parametrize(
    ("text", "line"), [('title = "x"\nshop =\n', 2), ('title = "x"\n\nseed = 3\nseed = 4\n', 4), ("[[[", 1)]
)
def test_what_is_no_toml_is_refused_with_its_line(text: str, line: int) -> None:
    assert refused(text).startswith(f"first.toml:{line}: ")


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "1" * 5_000], ids=["deep", "many digits"])
def test_toml_made_to_break_its_reader_is_refused_like_any_other(text: str) -> None:
    assert refused(text).startswith("first.toml:")


def test_a_scenario_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('title = "Mine"')
    assert load(str(tmp_path / "mine.toml")).title == "Mine"


def test_a_refused_file_is_named_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("sead = 1")
    with pytest.raises(InvalidScenario) as found:
        load(str(file))
    assert found.value.sentence.startswith(f"{file}:1: ")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes('title = "Käthe"'.encode("latin-1"))
    with pytest.raises(InvalidScenario, match="cannot be read as text"):
        load(str(file))


@pytest.mark.parametrize("there", ["missing.toml", "", "nothing\0here"])
def test_a_file_that_is_not_there_is_no_scenario(tmp_path: Path, there: str) -> None:
    with pytest.raises(InvalidScenario, match="There is no scenario"):
        load(str(tmp_path / there))


def test_a_name_of_ten_thousand_letters_is_no_scenario() -> None:
    with pytest.raises(InvalidScenario) as found:
        load("x" * 10_000)
    assert "x" * 81 not in found.value.sentence


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InvalidScenario, match=r"There is no scenario 'frist-week'. Did you mean 'first-week'\?"):
        load("frist-week")


def test_a_name_like_none_there_is_is_answered_with_all_there_are() -> None:
    with pytest.raises(InvalidScenario, match=r"There are: .*first-week"):
        load("zzz")


@pytest.mark.parametrize("name", ["{folder}/mine.toml", "../scenarios/first-week.toml", "scenarios/first-week"])
def test_whoever_may_name_scenarios_only_cannot_name_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine.toml").write_text('title = "Mine"')
    with pytest.raises(InvalidScenario, match="There is no scenario"):
        load(name.format(folder=tmp_path), allow_paths=False)


def test_a_word_that_is_not_known_is_told_with_the_nearest_one() -> None:
    text = 'title = "x"\n[[happenings]]\nwhat = "courier-strke"\nday = 1\n'
    with pytest.raises(InvalidScenario) as error:
        parse(text, "first.toml")
    assert error.value.sentence == (
        "first.toml:3: happenings.0.what: 'courier-strke' is not known. Did you mean 'courier-strike'?"
    )
