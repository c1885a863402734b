"""Many at once, and the end in the middle: what was answered is there, what was not is absent whole."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from sandbox.central.replay import replayed
from sandbox.central.world import World
from tests.http.conftest import Worlds
from tests.server import Answer, Client, Server, Shop, running, said_no, until
from tests.shop import tables


def at_once(count: int, act: Callable[[int], Answer]) -> list[Answer]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(act, range(count)))


def facts_give_the_tables(server: Server, shop: Shop) -> bool:
    """Whether the facts of a world, replayed, give its tables."""
    world = World.open(server.folder / "worlds" / f"{shop.name}.world")
    twin = replayed(world, server.folder / f"twin-of-{shop.name}.world")
    same = tables(world) == tables(twin)
    world.close()
    twin.close()
    return same


# -- many at once


def test_of_several_who_ship_one_order_at_once_one_does(world: Shop) -> None:
    order_id = world.unshipped()
    answers = at_once(8, lambda n: world.ship(order_id, tracking=f"BD-{n}00"))
    won = [answer for answer in answers if answer.status == 201]
    lost = {said_no(answer) for answer in answers if answer.status != 201}
    assert (len(won), lost) == (1, {(409, "AlreadyShipped")})
    assert world.order(order_id) == won[0].json


def test_of_shipping_and_cancelling_at_once_one_is_done(world: Shop) -> None:
    for order_id in world.ids("Unshipped")[:10]:
        acts = (lambda: world.ship(order_id), lambda: world.cancel(order_id))  # noqa: B023  # called before the next one
        answers = at_once(2, lambda n: acts[n]())  # noqa: B023
        assert sorted(answer.status // 100 for answer in answers) == [2, 4]


def test_pieces_shipped_at_once_are_never_more_than_were_ordered(world: Shop) -> None:
    order_id = world.several()
    item = world.order(order_id)["items"][0]
    answers = at_once(6, lambda _: world.ship(order_id, items={item["item_id"]: 1}))
    assert [answer.status for answer in answers].count(201) == item["quantity"]


def test_messages_written_at_once_are_all_there(world: Shop) -> None:
    path = f"/v1/orders/{world.unshipped()}/messages"
    answers = at_once(8, lambda n: world.seller.post(path, {"subject": "Other", "text": f"number {n}"}))
    thread = world.seller.get(f"/v1/threads/{answers[0].json['thread']}").json
    assert sorted(row["text"] for row in thread["messages"]) == [f"number {n}" for n in range(8)]


@pytest.mark.parametrize("rate", [0, 1000])
def test_what_is_answered_while_time_moves_is_there_afterwards(server: Server, make: Worlds, rate: int) -> None:
    shop = make(rate=rate, history_days=5)
    ids = shop.ids("Unshipped")[:50]
    with ThreadPoolExecutor(9) as pool:
        moves = [pool.submit(shop.operator.post, f"{shop.path}/advance", {"by": "1h"}) for _ in range(10)]
        answers = dict(zip(ids, pool.map(shop.ship, ids), strict=True))
        statuses = {move.result().status for move in moves} | {answer.status for answer in answers.values()}
    assert len(ids) == 50 and statuses <= {200, 201, 503}
    shipped = [order_id for order_id, answer in answers.items() if answer.status == 201]
    assert shipped and {shop.order(order_id)["status"] for order_id in shipped} == {"Shipped"}
    assert facts_give_the_tables(server, shop)


def test_reading_goes_on_while_time_moves_far(world: Shop) -> None:
    with ThreadPoolExecutor(1) as pool:
        move = pool.submit(world.advance, "200d")
        seen = [world.seller.get("/v1/metrics").status for _ in range(50)]
        moved = move.result()
    assert set(seen) == {200} and moved["now"] == world.now()


def test_two_who_advance_at_once_both_move_time(world: Shop) -> None:
    answers = at_once(4, lambda _: world.operator.post(f"{world.path}/advance", {"by": "1d"}))
    assert ({answer.status for answer in answers}, world.now()) == ({200}, "2026-03-06T03:30:00.000Z")


# -- the end in the middle


def answered_until_killed(server: Server, shop: Shop, ids: list[str]) -> dict[str, int]:
    """Ship from several threads, kill all processes after some answers, and tell which orders were answered how."""
    answered: dict[str, int] = {}

    def ship(order_id: str) -> None:
        with suppress(OSError, HTTPException):
            answered[order_id] = shop.ship(order_id).status

    with ThreadPoolExecutor(8) as pool:
        waiting: list[Future[None]] = [pool.submit(ship, order_id) for order_id in ids]
        until(lambda: len(answered) >= 30)
        server.kill()
        for future in waiting:
            future.cancel()
    return answered


def test_a_shipment_that_was_answered_outlives_a_kill_and_others_are_absent_whole(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        shop = Shop(server.operator(), history_days=3)
        shop.advance("10d")
        answered = answered_until_killed(server, shop, shop_ids := shop.ids("Unshipped"))
        server.start()
        shop.reached_at(server)
        found = {order_id: shop.order(order_id) for order_id in shop_ids}
        confirmed = [fact["order_id"] for fact in shop.facts("ShipmentConfirmed") if fact["by"] == "seller via api"]
        assert set(answered.values()) == {201} and 30 <= len(answered) < len(shop_ids)
        assert {found[order_id]["status"] for order_id in answered} == {"Shipped"}
        assert sorted(confirmed) == sorted(i for i, order in found.items() if order["status"] == "Shipped")
        assert facts_give_the_tables(server, shop)


def test_an_advance_that_was_killed_has_not_begun(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        shop = Shop(server.operator(), history_days=1)
        before, facts = shop.now(), shop.facts()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: suppressed(shop))
            until(lambda: (tmp_path / "worlds" / f"{shop.name}.world-wal").stat().st_size > 12_000_000)
            server.kill()
        server.start()
        shop.reached_at(server)
        assert (shop.now(), shop.facts()) == (before, facts)
        assert shop.advance("1d")["now"] == "2026-03-03T03:30:00.000Z"


def suppressed(shop: Shop) -> None:
    with suppress(OSError, HTTPException):
        shop.operator.post(f"{shop.path}/advance", {"by": "3000d"})


def test_a_world_whose_making_was_killed_is_not_there(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        operator = server.operator()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(made_or_not, operator)
            until(lambda: any((tmp_path / "worlds").glob(".half.world*")))
            server.kill()
        server.start()
        assert server.operator().get("/sandbox/worlds").json == {"worlds": [], "troubles": []}
        assert server.operator().post("/sandbox/worlds", {"name": "half", "history_days": 0}).status == 201


def made_or_not(operator: Client) -> None:
    with suppress(OSError, HTTPException):
        operator.post("/sandbox/worlds", {"name": "half", "history_days": 1000})


def test_a_killed_worker_is_replaced_and_no_key_is_lost(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        shop = Shop(server.operator(), history_days=0)
        before = set(server.children())
        workers = {worker_of(server) for _ in range(50)}
        victim = next(pid for pid in workers if pid in before)
        os.kill(victim, signal.SIGKILL)
        until(lambda: victim not in server.children() and len(server.children()) == len(before))
        until(lambda: {answered(shop.seller) for _ in range(10)} == {200})


def worker_of(server: Server) -> int:
    """The process that answered: its number begins the request's id."""
    return int(Client(server.url).get("/sandbox/health").headers["x-request-id"].partition("-")[0], 16)


def answered(client: Client) -> int:
    with suppress(OSError, HTTPException):
        return client.get("/v1/settings").status
    return 0


# -- start and end


def test_the_address_answers_from_the_moment_it_is_told(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        assert Client(server.url).get("/sandbox/health").status == 200
    finally:
        server.kill()


def test_a_server_that_is_ended_as_soon_as_it_answers_ends(tmp_path: Path) -> None:
    def started_and_ended(number: int) -> int:
        folder = tmp_path / f"{number}"
        folder.mkdir()
        server = Server(folder)
        until(server.answers)
        return server.stop()

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(started_and_ended, range(6))) == [0] * 6


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_and_all_its_processes(tmp_path: Path, how: signal.Signals) -> None:
    with running(tmp_path) as server:
        Shop(server.operator(), rate=1000, history_days=0)
        processes = [Path(f"/proc/{pid}") for pid in server.children()]
        code = server.stop(how)
        until(lambda: not any(process.exists() for process in processes))
        assert code == 0


def test_processes_whose_server_was_killed_end_too(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        children = [Path(f"/proc/{pid}/cmdline") for pid in server.children()]
        os.kill(server.process.pid, signal.SIGKILL)
        try:
            until(lambda: not any(alive(child) for child in children), patience=10)
        finally:
            server.kill()


def alive(cmdline: Path) -> bool:
    """Whether a process runs; one that ended and was not reaped has no command line."""
    try:
        return bool(cmdline.read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_worlds_and_keys_are_the_same_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        shop = Shop(server.operator())
        seen: Any = shop.orders()
        key = server.operator_key
        server.stop()
        server.start()
        shop.reached_at(server)
        assert (server.operator_key, shop.orders()) == (key, seen)
