"""The facts feed over HTTP: whose facts, of which moments, and those that are still to come."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sandbox.api.serve import BLOCKING_THREADS
from sandbox.api.waiting import WAIT_SECONDS_AT_MOST, seats
from tests.commands import told
from tests.http.conftest import Worlds
from tests.server import Answer, Client, Server, Shop, problem_of, running, said_no, until

LONG = "x" * 10_000

SEATS = seats(BLOCKING_THREADS)


def fed(shop: Shop, **query: Any) -> Any:
    answer = shop.operator.get(f"{shop.path}/facts", {"limit": 1000} | query)
    assert answer.status == 200, answer.body
    return answer.json


@pytest.fixture
def later() -> Iterator[ThreadPoolExecutor]:
    """Where somebody waits while the test goes on."""
    with ThreadPoolExecutor(12) as pool:
        yield pool


def waits(pool: ThreadPoolExecutor, shop: Shop, **query: Any) -> "Future[Answer]":
    """Somebody who waits for facts behind those that there are."""
    after = shop.operator.get(shop.path).json["facts"]
    return pool.submit(shop.operator.get, f"{shop.path}/facts", {"after": after, "wait": 30} | query)


# -- filters


def test_facts_are_read_by_actor(still: Shop) -> None:
    found = fed(still, by="seller", kind=["ProductListed", "OrderPlaced"])["facts"]
    assert found and {fact["kind"] for fact in found} == {"ProductListed"}


def test_an_actor_s_beginning_stands_for_all_of_its_ways(world: Shop) -> None:
    before = world.facts()[-1]["fact"]
    world.cancel(world.unshipped())
    by = {fact["by"] for fact in fed(world, by="seller", after=before)["facts"]}
    assert by == {"seller via api"}
    assert (
        fed(world, by=["seller via", "bank"], after=before)["facts"] == fed(world, by="seller", after=before)["facts"]
    )


def test_facts_are_read_by_the_world_s_moments(still: Shop) -> None:
    everything = still.facts()
    since, before = everything[200]["at"], everything[900]["at"]
    wanted = [fact for fact in everything if since <= fact["at"] < before]
    assert fed(still, since=since, until=before)["facts"] == wanted != []
    assert fed(still, until=everything[0]["at"])["facts"] == [] == fed(still, since="9999-01-01")["facts"]


def test_where_all_was_read_the_last_number_leads_past_what_does_not_fit(still: Shop) -> None:
    count = still.operator.get(still.path).json["facts"]
    assert fed(still, kind="ChargebackFiled")["last"] == count
    first = fed(still, kind="OrderPlaced", limit=1)
    assert first["last"] == first["facts"][0]["fact"] < count


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"wait": WAIT_SECONDS_AT_MOST + 1}, "InvalidField"),
        ({"wait": -1}, "InvalidField"),
        ({"wait": "nan"}, "InvalidField"),
        ({"wait": "soon"}, "InvalidField"),
        ({"since": "soon"}, "InvalidField"),
        ({"by": LONG * 3}, "InvalidField"),
        ({"order_id": LONG}, "UnknownOrder"),
        ({"kind": LONG}, "UnknownKind"),
        ({"wait": 30, "order_id": "402-0000000-0000000"}, "UnknownOrder"),
        ({"untill": "2026-03-02"}, "UnknownField"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_at_once(still: Shop, query: dict[str, Any], code: str) -> None:
    answer = still.operator.get(f"{still.path}/facts", query)
    assert said_no(answer)[1] == code and len(answer.body) < 2_000


def test_an_actor_of_ten_thousand_letters_has_done_nothing(still: Shop) -> None:
    assert fed(still, by=LONG)["facts"] == []


# -- waiting


def test_what_is_there_is_answered_at_once(still: Shop) -> None:
    assert fed(still, wait=30, after=5, limit=2)["last"] == 7


def test_a_wait_that_is_over_is_answered_with_nothing(world: Shop) -> None:
    last = world.operator.get(world.path).json["facts"]
    assert fed(world, after=last, wait=0.2) == {"facts": [], "last": last}


def test_for_what_had_to_happen_before_now_nobody_waits(world: Shop) -> None:
    last = world.operator.get(world.path).json["facts"]
    assert fed(world, after=last, wait=30, until=world.now())["facts"] == []


def test_a_wait_ends_with_the_first_fact_that_fits(world: Shop, later: ThreadPoolExecutor) -> None:
    waiting = waits(later, world, kind="OrderCancelled")
    order_id, *rest = world.ids("Unshipped")
    world.ship(rest[0])
    world.cancel(order_id)
    (fact,) = waiting.result().json["facts"]
    assert (fact["kind"], fact["order_id"]) == ("OrderCancelled", order_id)


def test_a_wait_is_ended_by_the_ticker(world: Shop, later: ThreadPoolExecutor) -> None:
    waiting = waits(later, world)
    world.operator.post(f"{world.path}/rate", {"rate": 100_000})
    assert waiting.result().json["facts"]


def test_a_wait_is_ended_by_another_process(server: Server, world: Shop, later: ThreadPoolExecutor) -> None:
    waiting = waits(later, world, by="buyer")
    told(server.folder, "advance", world.name, "--by", "6h")
    assert {fact["by"] for fact in waiting.result().json["facts"]} == {"buyer"}


def test_a_wait_ends_with_its_world(make: Worlds, later: ThreadPoolExecutor) -> None:
    shop = make()
    waiting = waits(later, shop)
    shop.operator.delete(shop.path)
    assert said_no(waiting.result()) == (404, "UnknownWorld")


def test_a_wait_for_a_world_goes_on_for_none_of_its_namesakes(make: Worlds, later: ThreadPoolExecutor) -> None:
    shop = make(name="gone-and-back")
    waiting = waits(later, shop)
    shop.operator.delete(shop.path)
    make(name="gone-and-back").advance("1d")
    answer = waiting.result()
    assert answer.status == 404 or answer.json["facts"][0]["fact"] > 0


def test_a_wait_goes_on_from_a_snapshot_that_is_restored(world: Shop, later: ThreadPoolExecutor) -> None:
    world.operator.post(f"{world.path}/snapshots", {"name": "before"})
    after = world.operator.get(world.path).json["facts"]
    first, second, *_ = world.ids("Unshipped")
    world.ship(first)
    waiting = waits(later, world, after=after, kind="OrderCancelled")
    world.operator.post(f"{world.path}/snapshots/before/restore")
    world.cancel(second)
    (fact,) = waiting.result().json["facts"]
    assert fact["fact"] == after + 1


def all_wait(pool: ThreadPoolExecutor, shop: Shop) -> "list[Future[Answer]]":
    """Ten who would wait at once, of whom some wait and the others are refused: there are two workers."""
    waiting = [waits(pool, shop, kind="OrderCancelled") for _ in range(10)]
    until(lambda: sum(one.done() for one in waiting) >= 10 - 2 * SEATS)
    return waiting


def test_those_who_wait_leave_the_others_to_be_answered(world: Shop, later: ThreadPoolExecutor) -> None:
    waiting = all_wait(later, world)
    assert {world.seller.get("/v1/settings").status for _ in range(20)} == {200}
    world.cancel(world.unshipped())
    refused = [one.result() for one in waiting if one.result().status != 200]
    assert 10 - 2 * SEATS <= len(refused) < 10
    assert {said_no(one) for one in refused} == {(503, "TooManyWaits")} and refused[0].headers["retry-after"] == "1"
    assert f"which is {SEATS}." in problem_of(refused[0])["detail"]


def test_a_seat_is_free_again_once_a_wait_is_over(operator: Client, world: Shop) -> None:
    for _ in range(2 * SEATS + 1):
        assert fed(world, after=10**9, wait=0.05)["facts"] == []


def test_whoever_waits_is_answered_when_the_server_ends(tmp_path: Path, later: ThreadPoolExecutor) -> None:
    with running(tmp_path) as server:
        waiting = all_wait(later, Shop(server.operator(), history_days=0))
        assert server.stop() == 0
        found = [one.result() for one in waiting if one.result().status == 200]
        assert found and all(answer.json["facts"] == [] for answer in found)
        assert "Killing" not in server.log()


@pytest.mark.parametrize(("threads", "waiting"), [(1, 0), (2, 1), (3, 1), (4, 2), (16, 8)])
def test_half_of_the_threads_may_wait_and_never_the_last_one(threads: int, waiting: int) -> None:
    assert seats(threads) == waiting


def test_with_one_thread_nobody_waits(tmp_path: Path) -> None:
    with running(tmp_path, "--threads", "1") as server:
        refused = Shop(server.operator(), history_days=0)
        answer = refused.operator.get(f"{refused.path}/facts", {"after": 10**6, "wait": 30})
        assert said_no(answer) == (503, "TooManyWaits") and "only thread" in problem_of(answer)["detail"]
