"""A world: facts on record, one door, one file; its ids and its days."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.central import days, ids, messages, orders, shipments
from sandbox.central.days import DAY, HOUR, LAST_MOMENT, MINUTE, SECOND, parse_moment, parse_span, rfc3339
from sandbox.central.facts import AccountOpened, Fact, MemoWritten, ShipmentConfirmed, decoded
from sandbox.central.guide import Due, Refused
from sandbox.central.ids import BY_HAND, Ids
from sandbox.central.records import FactRow
from sandbox.central.replay import replayed
from sandbox.central.tables import BESIDE_ORDERS
from sandbox.central.troubles import Unusable, trouble_of
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.driver import Driver
from sandbox.sim.scenario import parse
from tests import shop

THE_SAME_EVERY_TIME = settings(derandomize=True, database=None, deadline=None)


def last_fact(world: World) -> FactRow:
    return world.facts(limit=-1)[-1]


def cancel(world: World, order_id: str, reason: str = "NoInventory") -> None:
    world.do(orders.cancel, by="seller via mws", order_id=order_id, reason=reason)


def confirm(world: World, order_id: str, tracking: str = "") -> None:
    what = {"order_id": order_id, "carrier": "BlueDart", "tracking": tracking}
    world.do(shipments.confirm_shipment, by="seller", **what)


# -- facts


def test_the_first_fact_is_that_the_account_was_opened(quiet: World) -> None:
    first = quiet.facts(limit=1)[0]
    opened = AccountOpened(shop.MONDAY, "Kettle and Kin", "7", "guide-2015", "INR", {})
    assert (first.seq, decoded(first.kind, first.body)) == (1, opened)


def test_a_fact_tells_who_did_it_by_which_rule_and_about_which_order(quiet: World) -> None:
    order_id = shop.place(quiet)
    cancel(quiet, order_id)
    fact = last_fact(quiet)
    told = (fact.kind, fact.by, fact.rule, fact.order_number)
    assert told == ("OrderCancelled", "seller via mws", "orders.cancel", quiet.ids.order_number(order_id))


def test_what_somebody_outside_did_has_no_cause(quiet: World) -> None:
    cancel(quiet, shop.place(quiet))
    assert last_fact(quiet).because is None


def test_facts_are_numbered_one_after_the_other(busy: World) -> None:
    shop.wait(busy, 3 * DAY)
    numbers = [fact.seq for fact in busy.facts(limit=-1)]
    assert numbers == list(range(1, busy.clock.facts + 1))


def test_facts_stand_in_the_order_of_time(busy: World) -> None:
    shop.wait(busy, 3 * DAY)
    moments = [fact.at for fact in busy.facts(limit=-1)]
    assert moments == sorted(moments)


def test_a_cause_is_an_earlier_fact(busy: World) -> None:
    shop.wait(busy, 10 * DAY)
    caused = [fact for fact in busy.facts(limit=-1) if fact.because is not None]
    assert caused and all(fact.because < fact.seq for fact in caused)


def test_a_reply_of_the_inbox_desk_is_because_the_buyer_asked(busy: World) -> None:
    shop.wait(busy, 10 * DAY)
    kinds = {fact.seq: fact.kind for fact in busy.facts(limit=-1)}
    replies = busy.facts(limit=-1, kinds=("SellerReplied",))
    assert {kinds[reply.because or 0] for reply in replies} == {"BuyerAsked"}


def test_one_may_look_while_one_looks_and_all_of_it_is_one_moment(quiet: World) -> None:
    with quiet.looking():
        seen = [quiet.now]
        assert quiet.check() == []
        with closing(World.open(quiet.path)) as other:
            shop.wait(other, HOUR)
        with quiet.looking():
            seen.append(quiet.now)
        seen.append(quiet.now)
    assert seen == [seen[0]] * 3 and quiet.now == seen[0] + HOUR


def test_facts_are_read_from_a_number_on_and_by_kind(quiet: World) -> None:
    first, second = shop.place(quiet), shop.place(quiet)
    cancel(quiet, first)
    cancel(quiet, second)
    after = quiet.order(second).placed_fact
    kinds = [fact.kind for fact in quiet.facts(after=after, kinds=("OrderCancelled", "OrderPlaced"))]
    assert kinds == ["OrderCancelled", "OrderCancelled"]


def test_the_facts_of_one_order_are_read(quiet: World) -> None:
    mine, other = shop.place(quiet), shop.place(quiet)
    for order_id in (other, mine):
        cancel(quiet, order_id)
    with suppress(Refused):
        cancel(quiet, mine)
    kinds = [fact.kind for fact in quiet.facts(order_id=mine)]
    assert kinds == ["OrderPlaced", "OrderCancelled", "ActionRefused"]


def test_the_facts_of_an_order_that_is_not_there_are_refused(quiet: World) -> None:
    with pytest.raises(Refused) as refused:
        quiet.facts(order_id="402-1234567-1234567")
    assert refused.value.code == "UnknownOrder"


def test_as_many_facts_are_read_as_asked_for(busy: World) -> None:
    assert [fact.seq for fact in busy.facts(after=3, limit=2)] == [4, 5]


# -- refusals


def test_a_refusal_is_a_fact(quiet: World) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused):
        cancel(quiet, order_id, "Because")
    fact = last_fact(quiet)
    tried = decoded(fact.kind, fact.body)
    told = (fact.kind, fact.by, tried.tried, tried.code, tried.order_id)  # type: ignore[attr-defined]
    assert told == ("ActionRefused", "seller via mws", "orders.cancel", "UnknownReason", order_id)


def test_a_refusal_changes_nothing_but_the_record(quiet: World) -> None:
    order_id = shop.place(quiet)
    before = shop.tables(quiet)
    with pytest.raises(Refused):
        cancel(quiet, order_id, "Because")
    assert shop.tables(quiet) == before


def test_a_refusal_about_no_known_order_is_a_fact_about_none(quiet: World) -> None:
    with pytest.raises(Refused):
        cancel(quiet, "402-1234567-1234567")
    assert (last_fact(quiet).kind, last_fact(quiet).order_number) == ("ActionRefused", None)


def test_a_refusal_keeps_what_was_done_before_it_in_the_same_transaction(quiet: World) -> None:
    first, second = shop.place(quiet), shop.place(quiet)
    with suppress(Refused), quiet.writing():
        cancel(quiet, first)
        cancel(quiet, second, "Because")
    assert [quiet.order(order_id).status for order_id in (first, second)] == ["Canceled", "Unshipped"]


def noted_then_refused(world: World, at: int, order_id: str) -> Iterator[Fact]:
    yield MemoWritten(at, order_id, "half-way")
    raise Refused("Never", "This rule never agrees.")


def test_a_refusal_half_way_changes_nothing(quiet: World) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused):
        quiet.do(noted_then_refused, by="seller", order_id=order_id)
    assert quiet.order(order_id).memo == ""


def test_a_refusal_is_kept_in_the_file(quiet: World) -> None:
    with pytest.raises(Refused):
        cancel(quiet, "402-1234567-1234567")
    with closing(World.open(quiet.path)) as again:
        assert last_fact(again).kind == "ActionRefused"


# -- bugs


def noted_then_failed(world: World, at: int, order_id: str) -> Iterator[Fact]:
    yield MemoWritten(at, order_id, "half-way")
    raise ZeroDivisionError


def noted_twice_wrongly(world: World, at: int, order_id: str) -> Iterator[Fact]:
    yield MemoWritten(at, order_id, "the first is well")
    yield MemoWritten(at, order_id, ["the second is not"])  # type: ignore[arg-type]


Bug = Callable[..., Iterator[Fact]]


@pytest.mark.parametrize(("bug", "error"), [(noted_then_failed, ZeroDivisionError), (noted_twice_wrongly, TypeError)])
def test_a_bug_inside_a_rule_flies_and_leaves_no_trace(quiet: World, bug: Bug, error: type[Exception]) -> None:
    order_id = shop.place(quiet)
    before = (shop.tables(quiet), shop.facts(quiet), quiet.clock.facts)
    with pytest.raises(error):
        quiet.do(bug, by="seller", order_id=order_id)
    assert (shop.tables(quiet), shop.facts(quiet), quiet.clock.facts) == before


def test_a_bug_takes_the_whole_transaction_with_it(quiet: World) -> None:
    order_id = shop.place(quiet)
    with suppress(ZeroDivisionError), quiet.writing():
        cancel(quiet, order_id)
        quiet.do(noted_then_failed, by="seller", order_id=order_id)
    assert quiet.order(order_id).status == "Unshipped"


def test_after_a_bug_the_world_goes_on(quiet: World) -> None:
    order_id = shop.place(quiet)
    with suppress(ZeroDivisionError):
        quiet.do(noted_then_failed, by="seller", order_id=order_id)
    cancel(quiet, order_id)
    assert quiet.order(order_id).status == "Canceled"


# -- replayed, copied, opened again


def test_replayed_facts_give_the_same_tables(busy: World, tmp_path: Path) -> None:
    cancel(busy, shop.place(busy))
    with suppress(Refused):
        cancel(busy, "nothing")
    shop.wait(busy, 12 * DAY)
    with closing(replayed(busy, tmp_path / "replayed.world")) as twin:
        assert shop.tables(twin) == shop.tables(busy)


def test_a_fact_that_leaves_orders_at_hand_changes_no_row_of_theirs(tmp_path: Path) -> None:
    out_of_stock = "[desks.stock]\nno_stock_share = 0.05\nout_of_stock = 'alternative'\n"
    losses = "[parcels]\nlost_share = 0.02\n"
    changed: dict[type[Fact], set[str]] = {}
    with closing(worlds.make(tmp_path / "lived.world", parse(shop.BUSY + out_of_stock + losses, "busy.toml"))) as lived:
        shop.wait(lived, 90 * DAY)
        first, *rest = lived.facts(limit=-1)
        opened = decoded(first.kind, first.body)
        assert isinstance(opened, AccountOpened)
        with closing(World.create(tmp_path / "again.world", opened)) as again, again.writing():
            for row in rest:
                fact = decoded(row.kind, row.body)
                tables = changed.setdefault(type(fact), set())
                again.connection.set_update_hook(lambda how, file, table, rowid, seen=tables: seen.add(table))
                again.clock.now = row.at
                again.keep(fact, row.by, row.rule, row.because)
            again.connection.set_update_hook(None)
    assert {kind for kind in BESIDE_ORDERS if "orders" in changed.get(kind, ())} == set()
    assert changed.keys() >= BESIDE_ORDERS
    assert "orders" in changed[ShipmentConfirmed]


def test_replayed_facts_are_the_same_facts(busy: World, tmp_path: Path) -> None:
    shop.wait(busy, 12 * DAY)
    with closing(replayed(busy, tmp_path / "replayed.world")) as twin:
        assert shop.facts(twin) == shop.facts(busy)


def test_a_copy_is_the_same_world(busy: World, tmp_path: Path) -> None:
    shop.wait(busy, 2 * DAY)
    busy.copy_to(tmp_path / "twin.world")
    with closing(World.open(tmp_path / "twin.world")) as twin:
        assert (shop.facts(twin), shop.tables(twin)) == (shop.facts(busy), shop.tables(busy))


def test_a_copy_has_the_same_future(busy: World, tmp_path: Path) -> None:
    shop.wait(busy, 2 * DAY)
    busy.copy_to(tmp_path / "twin.world")
    shop.wait(busy, 5 * DAY)
    with closing(World.open(tmp_path / "twin.world")) as twin:
        shop.wait(twin, 5 * DAY)
        assert shop.facts(twin) == shop.facts(busy)


def test_a_copy_is_not_made_over_another_world(quiet: World, busy: World) -> None:
    with pytest.raises(Refused) as refused:
        quiet.copy_to(busy.path)
    assert refused.value.code == "WorldExists" and busy.orders("", ())


def test_what_happens_to_a_copy_does_not_happen_to_the_world(quiet: World, tmp_path: Path) -> None:
    order_id = shop.place(quiet)
    quiet.copy_to(tmp_path / "twin.world")
    with closing(World.open(tmp_path / "twin.world")) as twin:
        cancel(twin, order_id)
    assert quiet.order(order_id).status == "Unshipped"


def test_a_world_opened_again_goes_on_where_it_was(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, HOUR)
    with closing(World.open(quiet.path)) as again:
        assert (again.now, again.order(order_id).status) == (shop.MONDAY + HOUR, "Unshipped")


def test_two_that_have_a_world_open_see_what_the_other_did(quiet: World) -> None:
    with closing(World.open(quiet.path)) as other:
        cancel(other, shop.place(quiet))
        shop.place(quiet)
        shop.wait(other, HOUR)
        assert (quiet.now, len(quiet.facts(limit=-1))) == (other.now, other.clock.facts)


CANCEL = """
import sys
from pathlib import Path
from sandbox.central import orders
from sandbox.central.world import World
World.open(Path(sys.argv[1])).do(orders.cancel, by="seller", order_id=sys.argv[2], reason="NoInventory")
"""


def test_whoever_made_a_world_sees_what_another_process_does_in_it(quiet: World) -> None:
    order_id = shop.place(quiet)
    other = [sys.executable, "-c", CANCEL, str(quiet.path), order_id]
    subprocess.run(other, cwd=Path(__file__).parents[1], check=True)
    assert quiet.order(order_id).status == "Canceled"


def test_a_world_that_was_closed_is_one_file(quiet: World) -> None:
    cancel(quiet, shop.place(quiet))
    shop.wait(quiet, DAY)
    quiet.close()
    assert [path.name for path in quiet.path.parent.iterdir()] == ["quiet.world"]


def test_a_world_file_is_its_owners_alone(quiet: World, tmp_path: Path) -> None:
    quiet.copy_to(tmp_path / "twin.world")
    assert {path.stat().st_mode & 0o777 for path in (quiet.path, tmp_path / "twin.world")} == {0o600}


def test_a_world_is_not_made_over_another(quiet: World) -> None:
    with pytest.raises(Refused) as refused:
        World.create(quiet.path, AccountOpened(0, "Other", "1", "guide-2015", "INR"))
    assert refused.value.code == "WorldExists" and "quiet.world already" in refused.value.sentence


@pytest.mark.parametrize("changes", [{"reply_within_hours": "x"}, {"nothing": 1}])
def test_a_world_with_a_wrong_policy_leaves_no_file(tmp_path: Path, changes: dict[str, object]) -> None:
    path = tmp_path / "wrong.world"
    with pytest.raises(Refused):
        World.create(path, AccountOpened(0, "Shop", "1", "guide-2015", "INR", changes))
    assert list(tmp_path.iterdir()) == []


# -- files that are no worlds


def unusable(path: Path) -> tuple[str, str]:
    """How opening that file fails."""
    with pytest.raises(Unusable) as error:
        World.open(path)
    return error.value.code, error.value.sentence


@pytest.fixture
def closed(quiet: World) -> Path:
    """The file of a world with an order, which nobody has open."""
    shop.place(quiet)
    quiet.close()
    return quiet.path


def test_a_missing_world_is_unknown(tmp_path: Path) -> None:
    assert unusable(tmp_path / "gone.world") == ("UnknownWorld", "There is no world file gone.world.")


def test_a_folder_is_no_world(tmp_path: Path) -> None:
    assert unusable(tmp_path)[0] == "UnknownWorld"


def test_a_world_of_a_newer_version_is_not_touched(closed: Path) -> None:
    with closing(sqlite3.connect(closed)) as file:
        file.execute("pragma user_version = 99")
    code, sentence = unusable(closed)
    assert code == "WorldTooNew" and "tables 99" in sentence and "Open it with that version" in sentence


@pytest.mark.parametrize("version", [1, 2])
def test_a_world_from_before_orders_told_when_they_were_authorised_is_not_touched(closed: Path, version: int) -> None:
    with closing(sqlite3.connect(closed)) as file:
        file.execute(f"pragma user_version = {version}")
    code, sentence = unusable(closed)
    assert code == "WorldTooOld" and f"tables {version}" in sentence and "Make it again from its scenario" in sentence


@pytest.mark.parametrize("content", [b"", b"hello", b"SQLite format 3\x00" + b"\xff" * 4096, b"x" * 100_000])
def test_a_file_that_is_no_world_is_told_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.world"
    path.write_bytes(content)
    code, sentence = unusable(path)
    assert code == "WorldDamaged" and sentence.startswith("text.world ")


@pytest.mark.parametrize("start", [0, 100, 4096], ids=["header", "schema", "all-but-the-first-page"])
def test_a_world_whose_bytes_were_overwritten_is_told_so(closed: Path, start: int) -> None:
    content = closed.read_bytes()
    closed.write_bytes(content[:start] + b"\xa5" * (len(content) - start))
    code, sentence = unusable(closed)
    assert code == "WorldDamaged" and "Restore it from a copy" in sentence


def test_a_world_of_which_half_is_missing_is_told_so(closed: Path) -> None:
    closed.write_bytes(closed.read_bytes()[:4096])
    assert unusable(closed)[0] == "WorldDamaged"


@pytest.mark.parametrize("version", [0, 1])
def test_another_programs_database_is_no_world(tmp_path: Path, version: int) -> None:
    path = tmp_path / "other.world"
    with closing(sqlite3.connect(path)) as file:
        file.execute("create table notes (text)")
        file.execute(f"pragma user_version = {version}")
    assert unusable(path)[0] == "WorldDamaged"


def test_a_page_that_turns_out_damaged_is_told_so(closed: Path) -> None:
    with closing(sqlite3.connect(closed)) as file:
        (page,) = file.execute("select rootpage from sqlite_master where name = 'orders'").fetchone()
        (size,) = file.execute("pragma page_size").fetchone()
    content = bytearray(closed.read_bytes())
    content[(page - 1) * size : page * size] = b"\xa5" * size
    closed.write_bytes(content)
    with closing(World.open(closed)) as world, pytest.raises(apsw.Error) as error:
        world.execute("select * from orders").fetchall()
    assert str(trouble_of(error.value, "quiet.world")) == "quiet.world is damaged. Restore it from a copy."


def test_a_world_that_may_not_be_written_is_told_so(quiet: World) -> None:
    order_id = shop.place(quiet)
    quiet.execute("pragma query_only = on")  # as a file without write permission; the tests may run as root
    with pytest.raises(Unusable) as error:
        cancel(quiet, order_id)
    assert error.value.code == "WorldReadOnly" and "quiet.world may not be written" in error.value.sentence


def test_a_world_that_may_not_be_written_stays_as_it_was(quiet: World) -> None:
    order_id = shop.place(quiet)
    before = (shop.tables(quiet), shop.facts(quiet), quiet.clock.facts)
    quiet.execute("pragma query_only = on")
    with suppress(Unusable):
        cancel(quiet, order_id)
    assert (shop.tables(quiet), shop.facts(quiet), quiet.clock.facts) == before


def test_a_world_that_somebody_else_writes_is_busy(quiet: World) -> None:
    other = apsw.Connection(str(quiet.path))
    with closing(other), quiet.writing(), pytest.raises(apsw.BusyError) as error:
        other.execute("begin immediate")
    told = str(trouble_of(error.value, "quiet.world"))
    assert told == "quiet.world is being moved or written by somebody else. Try again in a moment."


# -- time


def test_time_never_runs_back(quiet: World) -> None:
    shop.wait(quiet, HOUR)
    with pytest.raises(Refused) as refused:
        Driver(quiet).advance(quiet.now - 1)
    told = "2026-03-02T05:29:59.999Z is over: it is 2026-03-02T05:30:00.000Z in this world. Time only runs forward"
    assert refused.value.code == "TimeRunsForward" and refused.value.sentence.startswith(told)


def test_time_that_was_refused_stands_where_it_was(quiet: World) -> None:
    shop.wait(quiet, HOUR)
    with suppress(Refused):
        Driver(quiet).advance(shop.MONDAY)
    assert quiet.now == shop.MONDAY + HOUR


def test_time_may_stand_still(quiet: World) -> None:
    shop.wait(quiet, 0)
    assert quiet.now == shop.MONDAY


def test_the_clock_itself_cannot_be_set_back(quiet: World) -> None:
    with pytest.raises(AssertionError), quiet.writing():
        quiet.move_to(quiet.now - 1)
    assert quiet.now == shop.MONDAY


def test_world_time_ends_with_the_year_9999(quiet: World) -> None:
    with pytest.raises(Refused) as refused:
        Driver(quiet).advance(LAST_MOMENT + 1)
    assert refused.value.code == "TimeOutOfRange"
    assert refused.value.sentence.startswith("2912382 days from now is beyond the year 9999")


def put_off_to_the_past(world: World, at: int) -> Iterator[Due]:
    yield Due(at - 1, "dispatch_desk.picks", "")


def test_nothing_is_put_off_to_the_past(quiet: World) -> None:
    with pytest.raises(AssertionError):
        quiet.do(put_off_to_the_past, by="seller")
    assert shop.facts(quiet)[-1][0] == quiet.clock.facts


def noted_and_put_off(world: World, at: int, order_id: str) -> Iterator[Fact | Due]:
    yield MemoWritten(at, order_id, "later")
    yield Due(at + HOUR, "dispatch_desk.picks", "later")


def test_what_a_rule_puts_off_is_because_of_its_fact(quiet: World) -> None:
    quiet.do(noted_and_put_off, by="seller", order_id=shop.place(quiet))
    rows = quiet.execute("select at, because from agenda where ref = 'later'").fetchall()
    assert rows == [(quiet.now + HOUR, last_fact(quiet).seq)]


def test_a_refusal_on_the_way_loses_nothing_that_was_to_come(tmp_path: Path) -> None:
    text = shop.QUIET.replace('[desks.inbox]\nplayed_by = "person"', "[desks.inbox]")
    with closing(worlds.make(tmp_path / "phone.world", parse(text, "phone.toml"))) as world:
        order_id = shop.place(world)
        confirm(world, order_id, tracking="9845012345")  # the desk will name it, and the filter take it for a phone's
        world.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Where is it?")
        with suppress(Refused):
            shop.wait(world, DAY)
        assert "dispatch_desk.picks" in [step for (step,) in world.execute("select step from agenda")]


def test_a_refusal_on_the_way_does_not_stop_time(tmp_path: Path) -> None:
    text = shop.QUIET.replace('[desks.inbox]\nplayed_by = "person"', "[desks.inbox]")
    with closing(worlds.make(tmp_path / "phone.world", parse(text, "phone.toml"))) as world:
        order_id = shop.place(world)
        confirm(world, order_id, tracking="9845012345")
        world.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Where is it?")
        with suppress(Refused):
            shop.wait(world, DAY)
        assert world.now == shop.MONDAY + DAY


# -- ids


SEEDS = st.text(max_size=8)
NUMBERS = st.integers(1, BY_HAND * 3 // 2)


@settings(THE_SAME_EVERY_TIME, max_examples=300)
@given(seed=SEEDS, number=NUMBERS)
def test_an_order_id_leads_back_to_its_number(seed: str, number: int) -> None:
    order_id = Ids(seed).order_id(number)
    assert Ids(seed).order_number(order_id) == number


@settings(THE_SAME_EVERY_TIME, max_examples=300)
@given(seed=SEEDS, left=st.integers(0, 9_999_999), right=st.integers(0, 9_999_999))
def test_every_order_id_is_of_one_number(seed: str, left: int, right: int) -> None:
    order_id = f"402-{left:07d}-{right:07d}"
    number = Ids(seed).order_number(order_id)
    assert number is not None and Ids(seed).order_id(number) == order_id


@pytest.mark.parametrize("first", [1, BY_HAND + 1])
def test_no_two_of_100000_orders_have_the_same_id(first: int) -> None:
    of_this_world = Ids("7")
    assert len({of_this_world.order_id(number) for number in range(first, first + 100_000)}) == 100_000


@pytest.mark.parametrize("seed", ["1", "2", "7", "11", "402"])
def test_ids_of_orders_placed_one_after_the_other_do_not_look_alike(seed: str) -> None:
    order_ids = [Ids(seed).order_id(number) for number in range(1, 1001)]
    for half in (slice(4, 11), slice(12, 19)):
        parts = [int(order_id[half]) for order_id in order_ids]
        assert sum(abs(part - following) < 1000 for part, following in pairwise(parts)) < 20


def test_no_two_of_100000_lines_have_the_same_id() -> None:
    of_this_world = Ids("7")
    numbers = [of_this_world.item_id(number, line) for number in range(1, 25_001) for line in (1, 2, 9, 63)]
    assert len(set(numbers)) == 100_000


def test_no_two_letters_of_masked_addresses_stand_for_the_same() -> None:
    assert len(set(ids._MAIL_LETTERS)) == len(ids._MAIL_LETTERS) == 32


@settings(THE_SAME_EVERY_TIME, max_examples=300)
@given(seed=SEEDS, number=NUMBERS, line=st.integers(1, 63))
def test_an_item_id_has_14_digits(seed: str, number: int, line: int) -> None:
    assert re.fullmatch(r"\d{14}", Ids(seed).item_id(number, line), re.ASCII)


def test_the_same_seed_gives_the_same_ids() -> None:
    first, again = ([Ids("7").order_id(number) for number in range(1, 100)] for _ in range(2))
    assert first == again


def test_another_seed_gives_other_ids() -> None:
    mine, yours = ({Ids(seed).order_id(number) for number in range(1, 1000)} for seed in ("7", "8"))
    assert not mine & yours


@pytest.mark.parametrize("text", ["", "402", "402-1234567-123456", "403-1234567-1234567", "402-1234567-1234567\n"])
def test_a_text_that_is_no_order_id_has_no_number(text: str) -> None:
    assert Ids("7").order_number(text) is None


# -- moments and days


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-03-02T10:00:00+05:30", "2026-03-02T04:30:00.000Z"),
        ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00.000Z"),
        ("2026-03-02t10:00:00z", "2026-03-02T10:00:00.000Z"),
        ("2026-03-02 10:00:00-08:00", "2026-03-02T18:00:00.000Z"),
        ("2026-03-02T10:00:00", "2026-03-02T04:30:00.000Z"),
        ("2026-03-02T10:00", "2026-03-02T04:30:00.000Z"),
        ("2026-03-02", "2026-03-01T18:30:00.000Z"),
        (" 2026-03-02 ", "2026-03-01T18:30:00.000Z"),
        ("2026-03-02T10:00:00.5Z", "2026-03-02T10:00:00.500Z"),
        ("2026-03-02T10:00:00.123456Z", "2026-03-02T10:00:00.123Z"),
        ("2026-03-02T10:00:00.123456789Z", "2026-03-02T10:00:00.123Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
        ("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_moment_is_read_as_rfc_3339_or_as_the_shops_own_time(text: str, written: str) -> None:
    assert rfc3339(parse_moment(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026",
        "2026-3-2",
        "2026-02-30",
        "2026-13-01",
        "2026-03-02T25:00:00Z",
        "2026-03-02T10:00:60Z",
        "2026-03-02T10:0030Z",
        "2026-03-02T10:00:000Z",
        "2026-03-02T10:00:00.Z",
        "2026-03-02T10:00:00+0530",
        "2026-03-02T10:00:00+05:30 ago",
        "02-03-2026",
        "१९९९-०३-०२",
        "1772425800000",
    ],
)
def test_what_is_no_moment_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a moment; write it like 2026-03-02T10:00:00\+05:30\."):
        parse_moment(text)


@pytest.mark.parametrize(
    "text", ["1969-12-31T23:59:59.999Z", "0001-01-01", "1970-01-01T00:00:00+05:30", "9999-12-31T23:59:59-00:01"]
)
def test_a_moment_outside_1970_to_9999_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is outside the years 1970 to 9999"):
        parse_moment(text)


@settings(THE_SAME_EVERY_TIME, max_examples=300)
@given(at=st.integers(0, LAST_MOMENT))
def test_a_moment_written_is_read_back(at: int) -> None:
    assert parse_moment(rfc3339(at)) == at


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0s", 0),
        ("500ms", 500),
        ("90m", 90 * MINUTE),
        ("36h", 36 * HOUR),
        ("1d12h", 36 * HOUR),
        ("2w", 14 * DAY),
        ("1w1d1h1m1s1ms", 8 * DAY + HOUR + MINUTE + SECOND + 1),
        (" 7d ", 7 * DAY),
        ("P1D", DAY),
        ("P2W", 14 * DAY),
        ("P1DT12H", 36 * HOUR),
        ("PT90M", 90 * MINUTE),
        ("PT0S", 0),
        ("P1W1DT1H1M1S", 8 * DAY + HOUR + MINUTE + SECOND),
    ],
)
def test_a_span_is_read_in_words_of_one_letter_or_as_iso_8601(text: str, span: int) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize(
    "text",
    ["", "7", "d", "-7d", "+7d", "1.5h", "7 d", "7D", "7y", "d7", "P", "PT", "P1DT", "P1Y", "P1M", "p1d", "P-1D", "७d"],
)
def test_what_is_no_span_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="is not a span; write it like 90m, 36h, 7d or P1DT12H"):
        parse_span(text)


SIX_DAYS = frozenset(range(6))


@pytest.mark.parametrize(
    ("at", "count", "working_days", "day"),
    [
        ("2026-03-02T10:00", 1, SIX_DAYS, "2026-03-03"),
        ("2026-03-02T00:00", 1, SIX_DAYS, "2026-03-03"),
        ("2026-03-02T23:59:59.999", 1, SIX_DAYS, "2026-03-03"),
        ("2026-03-07T10:00", 1, SIX_DAYS, "2026-03-09"),
        ("2026-03-08T10:00", 1, SIX_DAYS, "2026-03-09"),
        ("2026-03-06T10:00", 2, SIX_DAYS, "2026-03-09"),
        ("2026-03-06T10:00", 1, frozenset(range(5)), "2026-03-09"),
        ("2026-03-02T10:00", 1, frozenset({0}), "2026-03-09"),
        ("2026-03-02T10:00", 3, frozenset(range(7)), "2026-03-05"),
        ("2026-03-02T10:00", 0, SIX_DAYS, "2026-03-02"),
    ],
)
def test_the_next_working_day_begins_at_the_shops_midnight(
    at: str, count: int, working_days: frozenset[int], day: str
) -> None:
    assert days.next_working_day(parse_moment(at), working_days, count) == parse_moment(day)


@pytest.mark.parametrize("text", ["2026-03-02T00:00", "2026-03-02T23:59:59.999", "2026-03-02T03:00"])
def test_a_day_of_the_shop_runs_from_midnight_to_its_last_millisecond(text: str) -> None:
    at = parse_moment(text)
    begins = parse_moment("2026-03-02")
    assert (days.start_of_day(at), days.end_of_day(at)) == (begins, begins + DAY - 1)


@pytest.mark.parametrize(("text", "weekday"), [("1970-01-01T12:00", 3), ("2026-03-02", 0), ("2026-03-08T23:59", 6)])
def test_a_weekday_is_counted_from_monday_in_the_shops_calendar(text: str, weekday: int) -> None:
    assert days.weekday(parse_moment(text)) == weekday


@pytest.mark.parametrize(("text", "hour"), [("2026-03-02T00:00", 0), ("2026-03-02T23:59:59", 23)])
def test_the_hour_is_the_one_on_the_shops_wall(text: str, hour: int) -> None:
    assert days.hour_of_day(parse_moment(text)) == hour


def test_the_wall_clock_reads_as_the_shop_does() -> None:
    assert days.wall_clock(parse_moment("2015-11-03T17:42:30")) == "Tue 3 Nov 2015 17:42 IST"


def test_the_last_moment_of_a_world_can_be_shown_on_the_shops_wall() -> None:
    assert days.wall_clock(LAST_MOMENT).endswith("05:29 IST")


def test_the_dates_promised_in_the_last_days_of_the_year_9999_can_be_written(tmp_path: Path) -> None:
    text = shop.QUIET.replace("2026-03-02", "9999-12-30")
    with closing(worlds.make(tmp_path / "last.world", parse(text, "last.toml"))) as world:
        order = world.order(shop.place(world))
    assert all(rfc3339(at).startswith("9999-") for at in (order.dispatch_by, order.deliver_by, order.auto_cancel_at))
