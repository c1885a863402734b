"""/sandbox/worlds/<name>/snapshots and /forks over HTTP."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any

import apsw
import pytest

from tests.http.conftest import Worlds
from tests.server import Answer, Client, Server, Shop, problem_of, said_no


def post(shop: Shop, what: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    return shop.operator.post(f"{shop.path}/{what}", body, headers)


def fork(shop: Shop, **body: Any) -> tuple[Answer, Client]:
    """A fork, and its seller."""
    made = post(shop, "forks", body)
    return made, Client(shop.operator.url, made.json.get("keys", [""])[0])


@pytest.fixture
def world(make: Worlds) -> Shop:
    """A world with a snapshot, `before`, and two orders shipped after it."""
    shop = make()
    assert post(shop, "snapshots", {"name": "before"}).status == 201
    return shop


def test_a_snapshot_tells_what_it_is_of(world: Shop) -> None:
    told = world.operator.get(f"{world.path}/snapshots/before").json
    read = world.operator.get(world.path).json
    assert (told["world"], told["name"], told["now"]) == (world.name, "before", read["now"])
    assert (told["facts"], told["orders"]) == (read["facts"], sum(read["orders"].values()))


def test_snapshots_are_listed(world: Shop) -> None:
    post(world, "snapshots", {"name": "another"})
    told = world.operator.get(f"{world.path}/snapshots").json
    assert [row["name"] for row in told["snapshots"]] == ["another", "before"] and told["troubles"] == []


def test_a_snapshot_without_a_name_gets_one(world: Shop) -> None:
    name = post(world, "snapshots", {}).json["name"]
    assert world.operator.get(f"{world.path}/snapshots/{name}").status == 200


def test_a_world_that_went_back_answers_as_it_did(world: Shop) -> None:
    order_id = world.unshipped()
    before = world.order(order_id), world.operator.get(world.path).json
    world.ship(order_id)
    world.advance("3d")
    assert world.order(order_id) != before[0]
    restored = post(world, "snapshots/before/restore")
    assert (restored.status, restored.json) == (200, before[1])
    with ThreadPoolExecutor(8) as pool:  # every worker has answered with the shipped order before
        assert all(found == before[0] for found in pool.map(world.order, [order_id] * 32))


def test_nothing_remembered_of_a_future_is_given_after_going_back(world: Shop) -> None:
    """An order has as many changes behind it as in the future that was taken back, and they are others."""
    order_id = world.unshipped()
    found = []
    for tracking in ("BD-1", "BD-2"):
        world.ship(order_id, tracking=tracking)
        with ThreadPoolExecutor(8) as pool:
            found.append({order["packages"][0]["tracking"] for order in pool.map(world.order, [order_id] * 32)})
        post(world, "snapshots/before/restore")
    assert found == [{"BD-1"}, {"BD-2"}]


def test_a_tag_of_before_is_not_taken_for_that_of_now(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    tag = world.seller.get(f"/v1/orders/{order_id}").headers["etag"]
    post(world, "snapshots/before/restore")
    again = world.seller.get(f"/v1/orders/{order_id}", headers={"If-None-Match": tag})
    assert again.status == 200 and again.headers["etag"] != tag


def test_an_idempotency_key_of_a_future_that_was_taken_back_is_new_again(world: Shop) -> None:
    order_id, key = world.unshipped(), {"Idempotency-Key": "ship-1"}
    assert world.ship(order_id, key).status == 201
    post(world, "snapshots/before/restore")
    again = world.ship(order_id, key)
    assert again.status == 201 and "idempotent-replayed" not in again.headers
    assert world.order(order_id)["status"] == "Shipped"


@pytest.mark.parametrize("what", ["snapshots", "forks", "snapshots/before/restore"])
def test_what_is_sent_twice_happens_once(world: Shop, what: str) -> None:
    body = None if what.endswith("restore") else {}
    key = {"Idempotency-Key": f"twice-{world.name}"}
    one = post(world, what, body, key)
    world.advance("1h")
    two = post(world, what, body, key)
    assert two.body == one.body and two.headers["idempotent-replayed"] == "true"
    if what == "forks":
        world.operator.delete(f"/sandbox/worlds/{one.json['name']}")


def test_a_fork_is_a_world_of_its_own(world: Shop) -> None:
    made, seller = fork(world, name=f"{world.name}-fork")
    order_id = world.unshipped()
    shipped = seller.post(f"/v1/orders/{order_id}/shipments", {"carrier": "BlueDart", "tracking": "BD-1"})
    statuses = world.order(order_id)["status"], seller.get(f"/v1/orders/{order_id}").json["status"]
    world.operator.delete(f"/sandbox/worlds/{made.json['name']}")
    assert (made.status, shipped.status, statuses) == (201, 201, ("Unshipped", "Shipped"))


def test_a_world_is_made_from_a_snapshot_of_another(world: Shop) -> None:
    world.advance("2d")
    body = {"from_snapshot": {"world": world.name, "snapshot": "before"}}
    made = world.operator.post("/sandbox/worlds", body)
    world.operator.delete(f"/sandbox/worlds/{made.json['name']}")
    told = world.operator.get(f"{world.path}/snapshots/before").json
    assert (made.status, made.json["now"], made.json["facts"]) == (201, told["now"], told["facts"])
    assert made.json["keys"] != [world.key]


@pytest.mark.parametrize("other", [{"seed": 3}, {"scenario": "empty"}, {"rate": 1}, {"desks": {}}])
def test_a_world_from_a_snapshot_takes_nothing_else(world: Shop, other: dict[str, Any]) -> None:
    body = {"from_snapshot": {"world": world.name, "snapshot": "before"}} | other
    said = problem_of(world.operator.post("/sandbox/worlds", body))
    assert (said["code"], next(iter(other)) in said["detail"]) == ("InvalidField", True)


def test_a_deleted_snapshot_is_gone(world: Shop) -> None:
    answers = [world.operator.delete(f"{world.path}/snapshots/before").status for _ in range(2)]
    assert answers == [204, 404] and world.operator.get(f"{world.path}/snapshots").json["snapshots"] == []


NAMES = ["", "A", "a_b", "-a", "a" * 41, "../a", "a/b", "a\n", "\0", "\x1b[2J", "x" * 10_000]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize("what", ["snapshots", "forks"])
def test_a_name_that_is_none_is_refused(world: Shop, what: str, name: str) -> None:
    said = problem_of(post(world, what, {"name": name}))
    assert (said["status"], said["code"]) == (422, "InvalidName") and len(said["detail"]) < 200


REFUSED: list[tuple[str, str, Any, tuple[int, str]]] = [
    ("POST", "snapshots", {"name": "before"}, (409, "SnapshotExists")),
    ("POST", "snapshots", {"nam": "before"}, (422, "UnknownField")),
    ("POST", "snapshots", {"name": 7}, (422, "InvalidField")),
    ("POST", "forks", {"name": "still"}, (409, "WorldExists")),
    ("POST", "forks", {"snapshot": "after"}, (404, "UnknownSnapshot")),
    ("POST", "snapshots/after/restore", None, (404, "UnknownSnapshot")),
    ("POST", "snapshots/..%2Fbefore/restore", None, (404, "UnknownPath")),
    ("GET", "snapshots/after", None, (404, "UnknownSnapshot")),
    ("GET", "snapshots/AFTER", None, (422, "InvalidName")),
    ("GET", f"snapshots/{'x' * 10_000}", None, (422, "InvalidName")),
    ("DELETE", "snapshots/after", None, (404, "UnknownSnapshot")),
]


@pytest.mark.parametrize(("method", "what", "body", "answer"), REFUSED)
def test_what_does_not_fit_is_refused(
    world: Shop, still: Shop, method: str, what: str, body: Any, answer: tuple[int, str]
) -> None:
    assert said_no(world.operator.ask(method, f"{world.path}/{what}", body)) == answer


@pytest.mark.parametrize(("way", "body"), [("snapshots/before/restore", None), ("forks", {"snapshot": "before"})])
def test_a_snapshot_of_another_version_is_told_and_the_world_stays(
    server: Server, world: Shop, way: str, body: Any
) -> None:
    (kept,) = (server.folder / "worlds").glob(f".{world.name}.snapshots/before*")
    with closing(apsw.Connection(str(kept))) as connection:
        connection.pragma("user_version", 3)
    facts = world.facts()
    told = problem_of(post(world, way, body))
    assert (told["status"], told["code"]) == (409, "WorldTooOld"), told
    assert "before" in told["detail"] and world.facts() == facts


@pytest.mark.parametrize("what", ["snapshots", "snapshots/before"])
def test_an_unknown_world_has_no_snapshots(operator: Client, what: str) -> None:
    assert said_no(operator.get(f"/sandbox/worlds/nowhere/{what}")) == (404, "UnknownWorld")


def test_a_worlds_own_key_takes_no_snapshot_of_it(world: Shop) -> None:
    assert said_no(world.seller.post(f"{world.path}/snapshots", {})) == (401, "InvalidKey")


def test_nothing_of_a_deleted_worlds_snapshots_stays(server: Server, world: Shop) -> None:
    world.operator.delete(world.path)
    assert not [file.name for file in (server.folder / "worlds").iterdir() if world.name in file.name]


def test_whoever_reads_while_a_world_is_put_back_reads_one_of_the_two(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    with ThreadPoolExecutor(8) as pool:
        reading = [pool.submit(world.seller.get, f"/v1/orders/{order_id}") for _ in range(100)]
        restored = [post(world, "snapshots/before/restore").status for _ in range(5)]
        answers = [one.result() for one in reading]
    assert restored == [200] * 5
    assert {(answer.status, answer.json["status"]) for answer in answers} <= {(200, "Shipped"), (200, "Unshipped")}
    assert world.order(order_id)["status"] == "Unshipped"


@pytest.mark.parametrize("time", range(3))
def test_a_world_that_is_deleted_while_others_use_it_is_unknown_to_them(make: Worlds, time: int) -> None:
    """Nobody is answered that something broke."""
    shop = make()
    acts: list[Callable[[], Answer]] = [partial(shop.ship, order_id) for order_id in shop.ids("Unshipped")[:20]]
    acts += [partial(post, shop, "advance", {"by": "1h"}), partial(post, shop, "snapshots", {})] * 5
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(act) for act in acts]
        shop.operator.delete(shop.path)
        answers = [one.result() for one in asked]
    said = {said_no(answer) for answer in answers if answer.status >= 300}
    assert said <= {(404, "UnknownWorld"), (401, "InvalidKey")}
