"""`sandbox why`: what happened to an order, told in the terminal."""

from pathlib import Path

import pytest

from sandbox.central import messages, orders
from sandbox.central.days import DAY
from sandbox.central.guide import RULES
from tests import quarrels, shop
from tests.commands import sandbox, told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the world `slow`."""
    found = tmp_path_factory.mktemp("data")
    (found / "worlds").mkdir()
    return found


@pytest.fixture(scope="module")
def ids(folder: Path) -> dict[str, str]:
    """Orders of it, by what happened to them."""
    world = shop.slow(folder / "worlds")
    claimed = quarrels.of(world, quarrels.claimed(world)).order_id
    found = {"claimed": claimed, "test": shop.place(world, view="sandbox"), "open": shop.place(world)}
    quarrels.refusal(world, orders.cancel, order_id=claimed, reason="NoInventory")
    text = "[bold]Is it :red_heart: or not?"
    world.do(messages.ask, by="buyer", order_id=found["open"], subject="ProductDetails", text=text)
    shop.wait(world, 31 * DAY)
    world.close()
    return found


def test_each_fact_is_printed_with_its_actor_its_rule_and_what_led_to_it(folder: Path, ids: dict[str, str]) -> None:
    done = sandbox(folder, "why", "slow", ids["claimed"], COLUMNS="60")
    title, *blocks = done.stdout.rstrip().split("\n\n")
    lapse = RULES["claims.lapse"].says
    filed = next(block for block in blocks if "claimed INR 898.00 back" in block)
    number = filed.split()[0]
    decided = next(block for block in blocks if "ended GrantedSellerFunded" in block)
    first, by, rule, because = decided.splitlines()
    assert (done.returncode, done.stderr, title) == (0, "", f"Order {ids['claimed']} in world slow")
    assert "Wed 11 Mar 2026 10:00 IST  Dispute 1 ended" in first and by == "    by amazon"
    assert rule == f"    chapter 9 | claims.lapse | {lapse}"
    assert because.startswith(f"    because {number}: The buyer claimed INR 898.00 back (claim 1): NotReceived;")


def test_a_refusal_is_printed_with_its_code_and_its_sentence(folder: Path, ids: dict[str, str]) -> None:
    printed = sandbox(folder, "why", "slow", ids["claimed"]).stdout
    assert f"orders.cancel was refused with AlreadyShipped: Order {ids['claimed']} is Shipped" in printed


def test_an_auto_cancelled_order_is_printed_with_chapter_4(folder: Path, ids: dict[str, str]) -> None:
    *_, last = sandbox(folder, "why", "slow", ids["open"]).stdout.rstrip().split("\n\n")
    assert "Amazon cancelled the order: NotConfirmedInTime." in last and "chapter 4 | orders.auto_cancel |" in last


def test_what_a_buyer_wrote_is_printed_as_it_is(folder: Path, ids: dict[str, str]) -> None:
    assert "[bold]Is it :red_heart: or not?" in sandbox(folder, "why", "slow", ids["open"]).stdout


def test_an_order_of_the_sandbox_view_is_told_too(folder: Path, ids: dict[str, str]) -> None:
    assert "in the sandbox view" in sandbox(folder, "why", "slow", ids["test"]).stdout


def test_programs_get_one_object_with_whole_chains(folder: Path, ids: dict[str, str]) -> None:
    found = told(folder, "why", "slow", ids["claimed"])
    assert (found["world"], found["order_id"]) == ("slow", ids["claimed"])
    decided = next(fact for fact in found["history"] if fact["kind"] == "DisputeDecided")
    assert (decided["at"], decided["rule"], decided["chapter"]) == ("2026-03-11T04:30:00.000Z", "claims.lapse", 9)
    links = [(cause["link"], cause["kind"]) for cause in decided["because"]]
    assert links == [("because", "ClaimFiled"), ("upon", "ShipmentConfirmed"), ("upon", "OrderPlaced")]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nobody", "402-1234567-1234567"), "There is no world 'nobody'"),
        (("../slow", "402-1234567-1234567"), "is no name for a world"),
        (("slow", "402-1234567-1234567"), "UnknownOrder: There is no order '402-1234567-1234567' in this world."),
        (("slow", "kettle"), "UnknownOrder: There is no order 'kettle' in this world."),
        (("slow",), "Missing argument 'ORDER'"),
        (("slow", "402-1234567-1234567", "--view", "sandbox"), "--view"),
    ],
)
@pytest.mark.usefixtures("ids")
def test_wrong_words_are_told_in_a_sentence(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    done = sandbox(folder, "why", *words, COLUMNS="200")
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr and "Traceback" not in done.stderr
