"""/sandbox over HTTP: worlds made and ended, time moved, facts read, desks handed over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.http.conftest import Worlds
from tests.server import Answer, Client, Server, Shop, problem_of, running, said_no, until

LAST = "9999-12-31T23:59:59.999Z"


def later(moment: str, **span: float) -> str:
    """A moment moved on, as the API writes it."""
    at = datetime.fromisoformat(moment) + timedelta(**span)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def post(shop: Shop, what: str, body: Any = None) -> Answer:
    return shop.operator.post(f"{shop.path}/{what}", body)


# -- made, listed, deleted


def test_a_world_is_made_from_a_scenario(make: Worlds) -> None:
    shop = make(name="one-shop", scenario="first-week", seed=17, history_days=1, policy="guide-2015")
    told = shop.operator.get(shop.path).json
    assert [told[key] for key in ("name", "shop", "scenario", "seed", "policy", "now", "rate")] == [
        "one-shop",
        "Kettle and Kin",
        "First week",
        "17",
        "guide-2015",
        "2026-03-02T03:30:00.000Z",
        0,
    ]


def test_a_world_is_made_from_nothing_but_an_empty_object(operator: Client) -> None:
    answer = operator.post("/sandbox/worlds", {})
    operator.delete(f"/sandbox/worlds/{answer.json['name']}")
    assert answer.status == 201 and sum(answer.json["orders"].values()) > 500


def test_a_made_world_reads_as_it_was_answered(operator: Client) -> None:
    made = operator.post("/sandbox/worlds", {"name": "as-answered", "history_days": 0}).json
    read = operator.get("/sandbox/worlds/as-answered").json
    operator.delete("/sandbox/worlds/as-answered")
    assert read == made


@pytest.mark.parametrize("days", [0, 1, 10])
def test_a_world_has_lived_for_the_days_asked_for(make: Worlds, days: int) -> None:
    first = make(history_days=days).facts("AccountOpened")[0]["at"]
    assert later(first, days=days) == "2026-03-02T03:30:00.000Z"


@pytest.mark.parametrize("seed", [0, -1, 2**31, 2**63 - 1, -(2**63)])
def test_any_whole_number_is_a_seed(make: Worlds, seed: int) -> None:
    shop = make(seed=seed, history_days=1)
    assert shop.operator.get(shop.path).json["seed"] == str(seed)


def test_one_seed_gives_the_same_orders(make: Worlds) -> None:
    one, other = make(seed=9), make(seed=9)
    assert one.orders() == other.orders() != []


def test_another_seed_gives_other_orders(make: Worlds) -> None:
    assert make(seed=9).orders() != make(seed=10).orders()


def test_another_policy_holds_where_it_is_chosen(make: Worlds) -> None:
    shop = make(policy="marketplace-today")
    assert shop.seller.get("/v1/settings").json["policy"] == "marketplace-today"


def test_desks_are_played_as_asked_for(make: Worlds) -> None:
    shop = make(desks={"dispatch": "script"})
    assert shop.operator.get(shop.path).json["desks"] == {
        "dispatch": "script",
        "inbox": "person",
        "disputes": "person",
        "refunds": "person",
        "stock": "script",
        "addresses": "person",
    }


def test_worlds_are_listed_with_their_clocks_and_keys(world: Shop) -> None:
    (row,) = [row for row in world.operator.get("/sandbox/worlds").json["worlds"] if row["name"] == world.name]
    assert (row["keys"], row["now"]) == ([world.key], "2026-03-02T03:30:00.000Z")


def test_a_deleted_world_is_gone(make: Worlds) -> None:
    shop = make()
    answer = shop.operator.delete(shop.path)
    assert (answer.status, answer.body) == (204, b"")
    assert {said_no(shop.operator.get(shop.path)) for _ in range(16)} == {(404, "UnknownWorld")}


def test_a_world_is_deleted_once(make: Worlds) -> None:
    shop = make()
    assert [shop.operator.delete(shop.path).status for _ in range(2)] == [204, 404]


def test_a_deleted_world_is_not_listed(make: Worlds) -> None:
    shop = make()
    shop.operator.delete(shop.path)
    told = shop.operator.get("/sandbox/worlds").json
    assert shop.name not in [row["name"] for row in told["worlds"] + told["troubles"]]


def test_nothing_of_a_deleted_world_stays_in_the_folder(server: Server, make: Worlds) -> None:
    shop = make()
    shop.ship(shop.unshipped())
    shop.operator.delete(shop.path)
    assert not [file.name for file in (server.folder / "worlds").iterdir() if shop.name in file.name]


def test_a_name_is_free_again_once_its_world_is_deleted(make: Worlds) -> None:
    for _ in range(5):
        shop = make(name="phoenix")
        ids = shop.ids("Unshipped")[:10]
        assert {shop.ship(order_id).status for order_id in ids} == {201}
        assert {shop.order(order_id)["status"] for order_id in ids * 2} == {"Shipped"}
        shop.operator.delete(shop.path)


def test_a_world_keeps_what_is_written_while_its_namesakes_come_and_go(server: Server, make: Worlds) -> None:
    for _ in range(3):
        shop = make(name="revenant")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(shop.seller.get, ["/v1/settings"] * 32))
        shop.operator.delete(shop.path)
    shop = make(name="revenant")
    ids = shop.ids("Unshipped")
    with ThreadPoolExecutor(8) as pool:
        assert {answer.status for answer in pool.map(shop.ship, ids)} == {201}
        assert {order["status"] for order in pool.map(shop.order, ids)} == {"Shipped"}


def test_what_a_deletion_cut_short_leaves_does_not_spoil_the_next_world(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        shop = Shop(server.operator(), name="half-gone")
        for order_id in shop.ids("Unshipped"):
            shop.ship(order_id)
        server.kill()  # its log stays beside it
        (tmp_path / "worlds" / "half-gone.world").unlink()
        server.start()
        again = Shop(server.operator(), name="half-gone", seed=6)
        assert len(again.orders(status="Unshipped")) == again.operator.get(again.path).json["orders"]["Unshipped"] - 3


NO_NAMES = [
    "",
    "A",
    "a_b",
    "-a",
    "a-",
    "a" * 41,
    "a.b",
    "../a",
    "a/b",
    "ä",
    "a b",
    "a\n",
    "\0",
    "\x1b[2J",
    "x" * 10_000,
]


@pytest.mark.parametrize("name", NO_NAMES, ids=range(len(NO_NAMES)))
def test_a_name_that_is_none_is_refused_with_what_would_work(operator: Client, name: str) -> None:
    said = problem_of(operator.post("/sandbox/worlds", {"name": name, "history_days": 0}))
    assert (said["status"], said["code"]) == (422, "InvalidName") and repr(name[:60]) in said["detail"]


def test_a_name_is_taken_once(world: Shop) -> None:
    said = problem_of(world.operator.post("/sandbox/worlds", {"name": world.name, "history_days": 0}))
    assert (said["status"], said["code"]) == (409, "WorldExists") and world.name in said["detail"]


def test_of_several_worlds_of_one_name_made_at_once_one_is_made(operator: Client) -> None:
    for number in range(3):
        name = f"twins-{number}"
        with ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(lambda _, n=name: operator.post("/sandbox/worlds", {"name": n, "history_days": 1}), range(8))
            )
        assert sorted(answer.status for answer in answers) == [201] + [409] * 7, answers
        (made,) = [answer.json for answer in answers if answer.status == 201]
        assert operator.get(f"/sandbox/worlds/{name}").json == made
        operator.delete(f"/sandbox/worlds/{name}")


BAD_WORLDS: list[tuple[dict[str, Any], str, str]] = [
    ({"scenario": "last-week"}, "UnknownScenario", "first-week"),
    ({"scenario": "/etc/passwd"}, "UnknownScenario", "/etc/passwd"),
    ({"scenario": "../scenarios/first-week.toml"}, "UnknownScenario", "first-week"),
    ({"policy": "mine"}, "UnknownPolicy", "'mine'"),
    ({"policy": "../packs/marketplace-today"}, "UnknownPolicy", "marketplace-today"),
    ({"seed": "7"}, "InvalidField", "seed"),
    ({"seed": 1.5}, "InvalidField", "seed"),
    ({"seed": 2**63}, "InvalidField", "seed"),
    ({"seed": 10**30}, "InvalidField", "seed"),
    ({"history_days": -1}, "InvalidField", "-1"),
    ({"history_days": 3661}, "InvalidField", "3661"),
    ({"rate": -1}, "InvalidField", "-1"),
    ({"rate": 100_001}, "InvalidField", "100001"),
    ({"desks": {"till": "script"}}, "InvalidField", "till"),
    ({"desks": {"inbox": "robot"}}, "InvalidField", "'robot'"),
    ({"sead": 7}, "UnknownField", "sead"),
]


@pytest.mark.parametrize(("options", "code", "value"), BAD_WORLDS)
def test_an_option_that_does_not_fit_makes_no_world(
    operator: Client, options: dict[str, Any], code: str, value: str
) -> None:
    said = problem_of(operator.post("/sandbox/worlds", {"name": "never", "history_days": 0} | options))
    assert (said["status"], said["code"]) == (422, code) and value in said["detail"]
    assert operator.get("/sandbox/worlds/never").status == 404


def test_a_file_that_is_no_world_is_listed_with_its_trouble(server: Server, operator: Client) -> None:
    file = server.folder / "worlds" / "torn.world"
    file.write_bytes(b"no world at all" * 1000)
    told = operator.get("/sandbox/worlds")
    file.unlink()
    assert (told.status, [row["code"] for row in told.json["troubles"]]) == (200, ["WorldDamaged"])


def test_scenarios_are_listed_with_their_lessons(operator: Client) -> None:
    found = {row["name"]: row["lesson"] for row in operator.get("/sandbox/scenarios").json["scenarios"]}
    assert "first-week" in found and all(found.values())


# -- time that is moved


def test_time_moves_by_a_span(world: Shop) -> None:
    moved = world.advance("36h")
    assert (moved["from"], moved["now"], world.now()) == (
        "2026-03-02T03:30:00.000Z",
        "2026-03-03T15:30:00.000Z",
        "2026-03-03T15:30:00.000Z",
    )


@pytest.mark.parametrize(
    ("span", "hours"), [("90m", 1.5), ("1d12h", 36), ("P1DT12H", 36), ("2w", 336), ("0s", 0), ("PT0.5H", None)]
)
def test_a_span_is_written_in_several_ways(make: Worlds, span: str, hours: float | None) -> None:
    shop = make(history_days=0)
    before = shop.now()
    post(shop, "advance", {"by": span})
    assert shop.now() == later(before, hours=hours or 0)


@pytest.mark.parametrize(
    "moment", ["2026-03-04T10:00:00+05:30", "2026-03-04T04:30:00Z", "2026-03-04T10:00", "2026-03-04 10:00:00"]
)
def test_time_moves_to_a_moment(make: Worlds, moment: str) -> None:
    shop = make(history_days=0)
    answer = post(shop, "advance", {"to": moment})
    assert (answer.status, answer.json["now"]) == (200, "2026-03-04T04:30:00.000Z")


def test_all_that_fell_due_has_happened_when_the_answer_comes(world: Shop) -> None:
    order_id = world.unshipped()
    ends = world.order(order_id)["auto_cancel_at"]
    post(world, "advance", {"to": ends})
    order = world.order(order_id)
    assert (order["status"], order["cancellation"]) == (
        "Canceled",
        {"cancelled_at": ends, "by": "amazon", "reason": "NotConfirmedInTime"},
    )


def test_a_millisecond_before_it_falls_due_nothing_has_happened(world: Shop) -> None:
    order_id = world.unshipped()
    post(world, "advance", {"to": later(world.order(order_id)["auto_cancel_at"], milliseconds=-1)})
    assert world.order(order_id)["status"] == "Unshipped"


def test_an_advance_counts_the_facts_of_each_kind(world: Shop) -> None:
    before = world.facts()[-1]["fact"]
    moved = world.advance("2d")
    kinds = [fact["kind"] for fact in world.facts(after=before)]
    assert moved["kinds"] == {kind: kinds.count(kind) for kind in set(kinds)} and moved["facts"] == len(kinds)


def test_many_small_steps_come_to_the_same_as_a_large_one(make: Worlds) -> None:
    small, large = make(), make()
    for _ in range(16):
        small.advance("3h")
    large.advance("2d")
    assert small.facts() == large.facts()


def test_time_moves_to_the_end_of_the_year_9999_and_no_further(make: Worlds) -> None:
    shop = make(history_days=0)
    assert said_no(post(shop, "advance", {"to": LAST})) == (422, "SpanTooLong")


REFUSED_MOVES: list[tuple[dict[str, Any], str]] = [
    ({"to": "2026-03-01T00:00:00Z"}, "TimeRunsForward"),
    ({"to": "1970-01-02"}, "TimeRunsForward"),
    ({"to": "10000-01-01T00:00:00Z"}, "InvalidField"),
    ({"by": "9000000d"}, "TimeOutOfRange"),
    ({"by": "999999999999999w"}, "TimeOutOfRange"),
    ({"by": "3661d"}, "SpanTooLong"),
    ({"to": "2037-01-01"}, "SpanTooLong"),
    ({"by": "1d", "to": "2026-03-09"}, "InvalidField"),
    ({}, "InvalidField"),
    ({"by": None}, "InvalidField"),
    ({"by": "soon"}, "InvalidField"),
    ({"by": ""}, "InvalidField"),
    ({"by": "-1d"}, "InvalidField"),
    ({"by": "1.5d"}, "InvalidField"),
    ({"by": "P"}, "InvalidField"),
    ({"by": "PT"}, "InvalidField"),
    ({"by": 86400}, "InvalidField"),
    ({"to": "tomorrow"}, "InvalidField"),
    ({"to": 1772422200000}, "InvalidField"),
    ({"until": "delivered"}, "UnknownEvent"),
    ({"untill": "claim"}, "UnknownField"),
    ({"until": "claim", "by": "1d"}, "InvalidField"),
    ({"by": "1d", "within": "2d"}, "InvalidField"),
    ({"until": "claim", "within": "soon"}, "InvalidField"),
    ({"until": {"event": "claim", "order": "x"}}, "UnknownField"),
    ({"until": {"event": "order-status"}}, "UntilIncomplete"),
]


@pytest.mark.parametrize(("how", "code"), REFUSED_MOVES)
def test_time_that_cannot_move_so_stays(make: Worlds, how: dict[str, Any], code: str) -> None:
    shop = make(history_days=0)
    before, answer = shop.now(), post(shop, "advance", how)
    assert (said_no(answer), shop.now()) == ((422, code), before)


def test_a_span_that_is_too_long_is_told_with_its_days(world: Shop) -> None:
    said = problem_of(post(world, "advance", {"by": "3661d"}))
    assert said["detail"] == "That is 3661 days; one call moves time by 3660 at most. Call again for more."


@pytest.mark.parametrize("how", [{"by": "soon"}, {"to": "tomorrow"}, {"by": "3661d"}])
def test_a_refused_move_says_what_would_work(world: Shop, how: dict[str, str]) -> None:
    said = problem_of(post(world, "advance", how))
    assert any(hint in said["detail"] for hint in ("write it like", "at most"))


# -- time that runs


def test_a_running_world_moves_by_itself(make: Worlds) -> None:
    shop = make(rate=1000, history_days=1)
    since = shop.now()
    until(lambda: shop.now() > later(since, hours=1))


def test_in_a_running_world_things_happen(make: Worlds) -> None:
    shop = make(history_days=1)
    before = len(shop.orders())
    post(shop, "rate", {"rate": 100_000})
    until(lambda: len(shop.orders()) > before)


def test_a_rate_is_told(world: Shop) -> None:
    answer = post(world, "rate", {"rate": 0.5})
    assert (answer.status, answer.json["rate"], world.operator.get(world.path).json["rate"]) == (200, 0.5, 0.5)


def test_a_world_stands_still_once_it_is_frozen(make: Worlds) -> None:
    shop, other = make(rate=1000, history_days=0), make(rate=1000, history_days=0)
    until(lambda: shop.now() > "2026-03-02T03:31")
    frozen = post(shop, "freeze").json
    since = other.now()
    until(lambda: other.now() > later(since, minutes=30))  # two ticks at least went by
    assert (frozen["rate"], shop.now()) == (0, frozen["now"])


def test_a_running_world_can_be_advanced(make: Worlds) -> None:
    shop = make(rate=60, history_days=0)
    assert shop.advance("2d")["now"] >= "2026-03-04T03:30"


@pytest.mark.parametrize("rate", [-1, 100_001, "fast", None, True])
def test_a_rate_that_is_none_is_refused(world: Shop, rate: Any) -> None:
    assert said_no(post(world, "rate", {"rate": rate})) == (422, "InvalidField")


def damage(shop: Shop, folder: Path) -> None:
    """Write over a world's file and log while the server has them open."""
    for ending in ("", "-wal"):
        (folder / "worlds" / f"{shop.name}.world{ending}").write_bytes(b"no world at all" * 10_000)


def test_a_world_that_is_damaged_while_it_is_open_hides_no_other(tmp_path: Path) -> None:
    """What a worker has read already it may still tell; what it cannot read it tells as the world's trouble."""
    with running(tmp_path) as server:
        torn, other = (Shop(server.operator(), history_days=0) for _ in range(2))
        torn.advance("1d")
        damage(torn, tmp_path)
        for _ in range(8):
            told = server.operator().get("/sandbox/worlds")
            assert told.status == 200, told.body
            assert other.name in [row["name"] for row in told.json["worlds"]]
            assert len(told.json["worlds"]) + len(told.json["troubles"]) == 2


def test_a_damaged_world_stops_no_other(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        torn, other = (Shop(server.operator(), rate=1000, history_days=0) for _ in range(2))
        until(lambda: torn.now() > "2026-03-02T03:31")
        damage(torn, tmp_path)
        since = other.now()
        until(lambda: other.now() > later(since, hours=1), patience=10)


# -- facts


def test_facts_are_read_in_order_from_a_number_on(still: Shop) -> None:
    page = still.operator.get(f"{still.path}/facts", {"after": 500, "limit": 3}).json
    assert ([fact["fact"] for fact in page["facts"]], page["last"]) == ([501, 502, 503], 503)


def test_facts_are_a_hundred_unless_another_limit_is_asked_for(still: Shop) -> None:
    assert len(still.operator.get(f"{still.path}/facts").json["facts"]) == 100


def test_every_fact_is_read_once(still: Shop) -> None:
    assert [fact["fact"] for fact in still.facts()] == list(range(1, still.operator.get(still.path).json["facts"] + 1))


def test_facts_are_read_by_kind(still: Shop) -> None:
    assert {fact["kind"] for fact in still.facts("OrderPlaced", "ProductListed")} == {"OrderPlaced", "ProductListed"}


def test_facts_are_read_of_one_order(still: Shop) -> None:
    order_id = still.orders(status="Shipped")[-1]["order_id"]
    told = still.operator.get(f"{still.path}/facts", {"order_id": order_id}).json["facts"]
    assert told == [fact for fact in still.facts() if fact["order_id"] == order_id] != []


def test_behind_the_last_fact_there_are_none(still: Shop) -> None:
    page = still.operator.get(f"{still.path}/facts", {"after": 10**9}).json
    assert page == {"facts": [], "last": 10**9}


def test_a_fact_tells_what_led_to_it(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    world.advance("30d")
    by_number = {fact["fact"]: fact for fact in world.facts()}
    (delivered,) = [f for f in by_number.values() if f["kind"] == "ParcelDelivered" and f["order_id"] == order_id]
    assert by_number[delivered["because"]]["kind"] == "ShipmentConfirmed"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"kind": "OrderUpdated"}, "UnknownKind"),
        ({"kind": ["OrderPlaced", "x"]}, "UnknownKind"),
        ({"limit": 0}, "InvalidField"),
        ({"limit": 1001}, "InvalidField"),
        ({"after": -1}, "InvalidField"),
        ({"after": 2**70}, "InvalidField"),
        ({"before": 1}, "UnknownField"),
    ],
)
def test_facts_that_cannot_be_asked_for_are_refused(still: Shop, query: dict[str, Any], code: str) -> None:
    assert said_no(still.operator.get(f"{still.path}/facts", query)) == (422, code)


# -- desks


def test_a_script_takes_up_the_inbox(inbox: Shop) -> None:
    (message, *_) = inbox.pages("/v1/messages", waiting="true")
    answer = inbox.operator.put(f"{inbox.path}/desks/inbox", {"played_by": "script"})
    inbox.advance("1d")
    found = inbox.seller.get(f"/v1/messages/{message['message']}").json
    assert (answer.json["desks"]["inbox"], found["state"]) == ("script", "answered")


def test_a_script_takes_up_the_dispatch(world: Shop) -> None:
    order_id = world.ids("Unshipped")[-1]
    world.operator.put(f"{world.path}/desks/dispatch", {"played_by": "script"})
    world.advance("8d")
    assert world.order(order_id)["status"] in ("Shipped", "Canceled")


@pytest.mark.parametrize("desk", ["dispatch", "inbox", "disputes", "refunds"])
@pytest.mark.parametrize("player", ["script", "person", "program"])
def test_each_desk_is_given_to_a_script_a_person_or_a_program(world: Shop, desk: str, player: str) -> None:
    answer = world.operator.put(f"{world.path}/desks/{desk}", {"played_by": player})
    assert (answer.status, answer.json["desks"][desk]) == (200, player)


def test_a_person_takes_a_desk_back(make: Worlds) -> None:
    shop = make(desks={"dispatch": "script"})
    shop.operator.put(f"{shop.path}/desks/dispatch", {"played_by": "person"})
    assert "ShipmentConfirmed" not in shop.advance("5d")["kinds"]


@pytest.mark.parametrize(("desk", "player"), [("till", "script"), ("inbox", "robot"), ("dispatch", "")])
def test_a_desk_or_player_that_is_not_there_is_refused(world: Shop, desk: str, player: str) -> None:
    answer = world.operator.put(f"{world.path}/desks/{desk}", {"played_by": player})
    assert said_no(answer) == (422, "InvalidField")
