"""Webhooks over the life of a world: told in order and in the world's own time, kept, put back, forked, removed."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.api.openings import Desk
from sandbox.api.webhooks import queue
from sandbox.api.webhooks.lanes import hand_over
from sandbox.api.webhooks.messenger import Messenger
from sandbox.api.webhooks.sender import Sender
from sandbox.api.webhooks.targets import Targets
from sandbox.central.world import World as CentralWorld
from sandbox.testing import Receiver, Sandbox, SandboxError, World, in_process, receiving
from tests.server import until

PLACED = "OrderPlaced"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return in_process(tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def world(sandbox: Sandbox) -> Iterator[World]:
    """A shop in which nothing happens by itself."""
    world = sandbox.world("empty")
    yield world
    world.delete()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def subscribe(world: World, receiver: Receiver, kinds: Any = PLACED, **options: Any) -> str:
    made = world.subscribe(receiver.url, kinds, secret=receiver.secret, **options)
    return str(made["webhook"])


def place(world: World) -> str:
    return str(world.simulate("orders/place")["order_id"])


def webhook(world: World, name: str) -> Any:
    return world.sandbox.request("GET", f"/sandbox/worlds/{world.name}/webhooks/{name}")


def ask(world: World, method: str, path: str, body: Any = None) -> Any:
    return world.sandbox.request(method, f"/sandbox/worlds/{world.name}/{path}", body)


def orders(receiver: Receiver) -> list[str]:
    return [one.fact["order_id"] for one in receiver.received]


def states(world: World, **filters: Any) -> list[str]:
    return [one["state"] for one in world.deliveries(**filters)]


# -- told


def test_what_happens_is_told_before_the_answer(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    counts = world.simulate("orders/place")["deliveries"]
    (came,) = receiver.received
    (fact,) = world.facts(kind=PLACED)
    assert counts == {"delivered": 1, "failed": 0, "pending": 0}
    assert (came.type, came.fact, came.payload["world"]) == (PLACED, fact, world.name)
    assert came.payload["timestamp"] == fact["at"] and "Not connected to Amazon" in came.payload["notice"]


def test_all_that_an_advance_brings_is_told_in_the_order_of_the_facts(sandbox: Sandbox, receiver: Receiver) -> None:
    world = sandbox.world("first-week")
    subscribe(world, receiver, "*")
    before = world.sandbox.request("GET", f"/sandbox/worlds/{world.name}")["facts"]
    counts = world.advance("12h").deliveries
    facts = world.facts(after=before)
    assert counts == {"delivered": len(facts), "failed": 0, "pending": 0} and len(facts) > 10
    assert [one.fact for one in receiver.received] == facts
    assert len({one.id for one in receiver.received}) == len(facts)
    world.delete()


def test_a_step_tells_too(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver, "*")
    place(world)
    came = len(receiver.received)
    world.step()
    assert [one.fact["fact"] for one in receiver.received][came:] == [
        fact["fact"] for fact in world.facts(after=receiver.received[came - 1].fact["fact"])
    ]


def test_nothing_that_happened_before_is_told(world: World, receiver: Receiver) -> None:
    place(world)
    subscribe(world, receiver, "*")
    world.drain()
    assert receiver.asked == 0


def test_only_the_kinds_that_were_asked_for_are_told(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver, ["ShipmentConfirmed", "ShipmentConfirmed", "OrderCancelled"])
    shipped, cancelled = place(world), place(world)
    world.ship(shipped)
    world.cancel(cancelled)
    world.drain()
    assert receiver.types() == ["ShipmentConfirmed", "OrderCancelled"]


def test_only_the_order_that_was_asked_for_is_told(world: World, receiver: Receiver) -> None:
    one, other = place(world), place(world)
    subscribe(world, receiver, "*", order_id=one)
    world.ship(other)
    world.ship(one)
    world.drain()
    assert set(orders(receiver)) == {one}


def test_only_what_somebody_did_is_told(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver, "*", by="seller")
    world.ship(place(world))
    world.drain()
    assert "ShipmentConfirmed" in receiver.types() and PLACED not in receiver.types()
    assert {one.fact["by"].split()[0] for one in receiver.received} == {"seller"}


def test_each_webhook_is_told_for_itself(world: World, receiver: Receiver) -> None:
    with receiving() as other:
        subscribe(world, receiver)
        subscribe(world, other, "*")
        other.answer(500)
        counts = world.simulate("orders/place")["deliveries"]
        assert receiver.types() == [PLACED] and other.received == []
    assert (counts["delivered"], counts["failed"]) == (1, 1) and counts["pending"] >= 1


def test_a_slow_webhook_does_not_hold_up_another_one(world: World, receiver: Receiver) -> None:
    """The slow one goes on when the other one has taken what it was told, or neither ever does."""
    with receiving() as slow:
        subscribe(world, slow)
        subscribe(world, receiver)
        came = threading.Event()
        slow.take = lambda *_: (200 if came.wait(4) else 500, {})  # type: ignore[method-assign]
        with ThreadPoolExecutor(1) as pool:
            placed = pool.submit(place, world)
            receiver.wait_for(1)
            came.set()
            placed.result()
    assert states(world) == ["delivered", "delivered"]


# -- not taken


def test_what_was_not_taken_comes_again_in_world_time_under_the_same_id(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    receiver.fail(3)
    place(world)
    assert receiver.asked == 1
    for by, asked in (("4s", 1), ("1s", 2), ("299s", 2), ("1s", 3), ("30m", 4)):
        world.advance(by)
        assert receiver.asked == asked
    (delivery,) = world.deliveries()
    assert [one["status"] for one in delivery["attempts"]] == [500, 500, 500, 200]
    assert receiver.received[0].id == delivery["delivery"] and delivery["state"] == "delivered"


def test_a_long_advance_makes_all_attempts_that_fell_due_in_it(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    receiver.fail(3)
    place(world)
    assert world.advance("1d").deliveries == {"delivered": 1, "failed": 2, "pending": 0}
    first = receiver.received[0]
    attempts = world.deliveries()[0]["attempts"]
    assert attempts[0]["at"] == first.fact["at"] and len({one["at"] for one in attempts}) == 4


def test_what_comes_behind_waits_so_that_the_order_is_kept(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    receiver.fail(1)
    placed = [place(world), place(world), place(world)]
    assert receiver.received == [] and states(world) == ["pending"]
    world.advance("5s")
    assert orders(receiver) == placed


def test_a_frozen_world_waits_and_a_drain_does_not(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    receiver.fail(2)
    placed = [place(world), place(world)]
    assert world.drain() == {"delivered": 0, "failed": 1, "pending": 2}
    assert world.drain() == {"delivered": 2, "failed": 0, "pending": 0}
    assert orders(receiver) == placed and world.drain() == {"delivered": 0, "failed": 0, "pending": 0}


def test_after_ten_attempts_a_delivery_has_failed_and_the_next_one_comes(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver)
    receiver.fail(10)
    place(world)
    second = place(world)
    counts = world.advance("4d").deliveries
    first = world.deliveries()[0]
    assert (first["state"], len(first["attempts"]), first["due_at"]) == ("failed", 10, None)
    assert orders(receiver) == [second] and counts == {"delivered": 1, "failed": 9, "pending": 0}
    assert webhook(world, name)["failing_since"] is None


def test_whoever_fails_for_five_days_is_paused_with_the_reason(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver)
    receiver.answer(503)
    place(world)
    place(world)
    world.advance("30d")
    asked = receiver.asked
    paused = webhook(world, name)["paused"]
    assert "5 days" in paused and "503" in paused and asked < 25
    world.advance("30d")
    assert receiver.asked == asked


def test_a_success_ends_the_failing(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver)
    for _ in range(3):
        receiver.fail(10)
        place(world)
        world.advance("3d")
        place(world)
        world.advance("4h")
    assert webhook(world, name)["paused"] is None and len(receiver.received) > 1


def test_410_pauses_at_once_and_loses_nothing(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver)
    receiver.fail(1, status=410)
    placed = [place(world), place(world)]
    assert receiver.asked == 1 and "410" in webhook(world, name)["paused"]
    ask(world, "POST", f"webhooks/{name}/resume")
    world.drain()
    assert orders(receiver) == placed


def test_a_target_that_may_not_be_told_any_more_is_not_connected_to(tmp_path: Path, receiver: Receiver) -> None:
    """The operator allowed a host, and serves again without it."""
    world = in_process(tmp_path).world("empty")
    subscribe(world, receiver)
    path = next((tmp_path).glob("*.world"))
    with closing(CentralWorld.open(path)) as central, central.writing():
        central.execute("update webhooks set url = 'http://10.0.0.1/hook'")
    assert world.simulate("orders/place")["deliveries"] == {"delivered": 0, "failed": 1, "pending": 1}
    assert "--allow-host 10.0.0.1" in world.deliveries()[0]["attempts"][0]["error"]


# -- paused


def test_nothing_is_sent_while_paused_and_all_of_it_then(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver, paused=True)
    placed = [place(world), place(world)]
    assert world.drain() == {"delivered": 0, "failed": 0, "pending": 0} and receiver.asked == 0
    ask(world, "POST", f"webhooks/{name}/resume")
    placed.append(place(world))
    assert orders(receiver) == placed
    ask(world, "POST", f"webhooks/{name}/pause")
    place(world)
    assert orders(receiver) == placed and webhook(world, name)["paused"] == "It was paused by hand."


# -- changed and removed


def test_a_changed_webhook_is_told_by_the_new_terms_from_then_on(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver, paused=True)
    order_id = place(world)
    with receiving() as other:
        changed = {"url": other.url, "kinds": ["ShipmentConfirmed"], "secret": other.secret}
        ask(world, "PUT", f"webhooks/{name}", changed)
        place(world)
        world.ship(order_id)
        ask(world, "POST", f"webhooks/{name}/resume")
        world.drain()
        assert other.types() == [PLACED, "ShipmentConfirmed"]


def test_a_secret_stays_unless_another_one_is_given(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver)
    ask(world, "PUT", f"webhooks/{name}", {"url": receiver.url, "kinds": ["*"]})
    place(world)
    assert receiver.types()[:1] == [PLACED] and not receiver.rejected


def test_a_removed_webhook_is_told_nothing_and_its_log_is_gone(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver)
    place(world)
    ask(world, "DELETE", f"webhooks/{name}")
    place(world)
    assert len(receiver.received) == 1 and world.deliveries() == []


def test_removed_webhooks_leave_no_secret_in_a_world_s_file(world: World, receiver: Receiver, tmp_path: Path) -> None:
    """Nor does going back to a moment at which they were there."""
    made = [world.subscribe(receiver.url, PLACED) for _ in range(20)]
    world.snapshot("subscribed")
    for one in made:
        ask(world, "DELETE", f"webhooks/{one['webhook']}")
    removed = world.export(tmp_path / "removed").read_bytes()
    world.restore("subscribed")
    restored = world.export(tmp_path / "restored").read_bytes()
    assert [one for one in made if one["secret"].encode() in removed + restored] == []


def test_a_secret_is_drawn_and_told_once(world: World, receiver: Receiver) -> None:
    made = world.subscribe(receiver.url)
    receiver.secret = made["secret"]
    place(world)
    assert receiver.received and made["secret"].startswith("whsec_")
    listed = ask(world, "GET", "webhooks"), webhook(world, made["webhook"]), world.deliveries()
    assert made["secret"] not in json.dumps(listed)


# -- again


def test_a_notification_can_be_sent_again_under_the_same_id(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    place(world)
    (delivery,) = world.deliveries()
    again = world.redeliver(delivery["delivery"])
    first, second = receiver.received
    assert (first.id, first.payload) == (second.id, second.payload) and len(again["attempts"]) == 2


def test_what_was_given_up_can_be_sent_again(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    receiver.fail(11)
    place(world)
    world.advance("4d")
    (delivery,) = world.deliveries(state="failed")
    assert world.redeliver(delivery["delivery"])["state"] == "failed"
    assert world.redeliver(delivery["delivery"])["state"] == "delivered"


def test_what_was_taken_stays_so_where_the_second_time_fails(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    place(world)
    receiver.fail(1)
    again = world.redeliver(world.deliveries()[0]["delivery"])
    assert (again["state"], [one["status"] for one in again["attempts"]]) == ("delivered", [200, 500])


def test_nothing_is_sent_again_to_whom_is_paused(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver)
    place(world)
    ask(world, "POST", f"webhooks/{name}/pause")
    with pytest.raises(SandboxError, match=r"WebhookPaused.*paused by hand"):
        world.redeliver(world.deliveries()[0]["delivery"])


# -- kept, put back, forked, taken elsewhere


def test_going_back_tells_nothing_again_and_leaves_nothing_new_out(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver)
    before = place(world)
    world.snapshot("before")
    undone = place(world)
    world.restore("before")
    assert world.drain() == {"delivered": 0, "failed": 0, "pending": 0} and webhook(world, name)["url"] == receiver.url
    after = place(world)
    assert orders(receiver) == [before, undone, after]
    assert len({one.id for one in receiver.received}) == 3
    assert receiver.received[1].fact["fact"] == receiver.received[2].fact["fact"]


def test_what_still_waited_when_it_was_kept_is_told_after_going_back_once(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver, paused=True)
    waiting = place(world)
    world.snapshot("before")
    undone = place(world)
    ask(world, "POST", f"webhooks/{name}/resume")
    assert world.advance("1s").deliveries["delivered"] == 2
    ask(world, "POST", f"webhooks/{name}/pause")
    place(world)
    world.restore("before")
    ask(world, "POST", f"webhooks/{name}/resume")
    after = place(world)
    assert orders(receiver) == [waiting, undone, after]


def test_what_waits_and_happened_no_more_is_undone(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    kept = place(world)
    world.snapshot("before")
    receiver.fail(1)
    place(world)
    world.restore("before")
    assert states(world) == ["delivered", "undone"] and world.drain()["delivered"] == 0
    assert orders(receiver) == [kept]
    with pytest.raises(SandboxError, match="DeliveryUndone"):
        world.redeliver(world.deliveries(state="undone")[0]["delivery"])


def test_a_retry_that_was_put_off_in_the_future_that_is_gone_is_due_now(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    receiver.fail(6)
    kept = place(world)
    world.snapshot("before")
    world.advance("9h")
    assert (receiver.asked, states(world)) == (6, ["pending"])
    world.restore("before")
    after = place(world)
    assert orders(receiver) == [kept, after]


def test_a_world_that_goes_back_and_forth_tells_each_of_its_pasts_once(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    first = place(world)
    world.snapshot("one")
    second = place(world)
    world.snapshot("two")
    world.restore("one")
    third = place(world)
    world.restore("two")
    fourth = place(world)
    assert orders(receiver) == [first, second, third, fourth]
    assert len({one.id for one in receiver.received}) == 4


def test_a_webhook_that_came_later_is_told_only_what_happens_after_going_back(world: World, receiver: Receiver) -> None:
    place(world)
    world.snapshot("before")
    subscribe(world, receiver)
    world.restore("before")
    assert orders(receiver) == [] and place(world) == orders(receiver)[0]


def test_a_fork_tells_nobody(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    world.snapshot("before")
    for options in ({}, {"snapshot": "before"}):
        fork = world.fork(**options)
        place(fork)
        assert ask(fork, "GET", "webhooks")["webhooks"] == [] and fork.deliveries() == []
        fork.delete()
    assert receiver.asked == 0


def test_a_world_that_is_taken_elsewhere_tells_nobody_and_no_secret_is_in_its_file(
    tmp_path: Path, receiver: Receiver
) -> None:
    sandbox = in_process(tmp_path)
    world = sandbox.world("empty", name="here")
    subscribe(world, receiver)
    place(world)
    fork = world.fork(name="fork")
    for name in ("here", "fork"):
        for query in ("", "?keys=true&answers=true"):
            _, file = sandbox._send(
                "GET", f"/sandbox/worlds/{name}/file{query}", None, {"Authorization": f"Bearer {sandbox.operator_key}"}
            )
            assert file.startswith(b"SQLite") and receiver.secret.encode() not in file and b"127.0.0.1" not in file
    assert fork.deliveries() == []


# -- deleted


def test_a_deleted_world_leaves_nothing_behind(tmp_path: Path, receiver: Receiver) -> None:
    world = in_process(tmp_path).world("empty", name="gone")
    name = subscribe(world, receiver)
    subscribe(world, receiver)
    place(world)
    assert len(list(tmp_path.glob("*.lane"))) == 2
    ask(world, "DELETE", f"webhooks/{name}")
    assert len(list(tmp_path.glob("*.lane"))) == 1
    world.delete()
    assert [path.name for path in tmp_path.iterdir() if "gone" in path.name] == []


def test_a_world_that_is_deleted_while_it_tells_is_gone(tmp_path: Path, receiver: Receiver) -> None:
    world = in_process(tmp_path).world("empty", name="gone")
    subscribe(world, receiver)
    taken = receiver.take

    def deleted_meanwhile(*came: Any) -> Any:
        Desk(tmp_path).shelf.delete("gone")
        return taken(*came)

    receiver.take = deleted_meanwhile  # type: ignore[method-assign]
    with pytest.raises(SandboxError, match="UnknownWorld"):
        place(world)
    assert [path.name for path in tmp_path.iterdir() if "gone" in path.name and "turn" not in path.name] == []


# -- side by side


def test_of_many_who_send_at_once_each_notification_is_sent_once(tmp_path: Path, receiver: Receiver) -> None:
    world = in_process(tmp_path).world("empty", name="crowd")
    name = subscribe(world, receiver, paused=True)
    placed = [place(world) for _ in range(30)]
    ask(world, "POST", f"webhooks/{name}/resume")
    messenger = Messenger(Targets())

    def send(_: int) -> None:
        desk = Desk(tmp_path)
        hand_over(desk, messenger, "crowd", 30)
        desk.close("crowd")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(send, range(6)))
    assert orders(receiver) == placed


def test_the_sender_tells_what_nobody_waits_for(tmp_path: Path, receiver: Receiver) -> None:
    world = in_process(tmp_path).world("empty", name="alone")
    name = subscribe(world, receiver, paused=True)
    placed = [place(world) for _ in range(3)]
    ask(world, "POST", f"webhooks/{name}/resume")
    sender = Sender(tmp_path, Messenger(Targets()))
    with closing(CentralWorld.open(tmp_path / "alone.world")) as central:
        sender.look(central)
        receiver.wait_for(3)
        until(lambda: queue.pending(central) == 0)
        sender.look(central)
        sender.stop()
    assert orders(receiver) == placed


def test_a_hand_over_ends_in_time_and_tells_what_is_left(tmp_path: Path, receiver: Receiver) -> None:
    """An attempt that has begun is ended; no other one begins once the time is over."""
    world = in_process(tmp_path).world("empty", name="slow")
    name = subscribe(world, receiver, paused=True)
    for _ in range(3):
        place(world)
    ask(world, "POST", f"webhooks/{name}/resume")
    receiver.be_slow(0.2)
    hand_over(Desk(tmp_path), Messenger(Targets()), "slow", 0.1)
    assert states(world) == ["delivered", "pending", "pending"] and len(receiver.received) == 1


# -- the log


def test_the_log_has_each_attempt_and_can_be_asked(world: World, receiver: Receiver) -> None:
    name = subscribe(world, receiver, [PLACED, "ShipmentConfirmed"])
    one, other = place(world), place(world)
    world.ship(one)
    world.drain()
    assert [row["order_id"] for row in world.deliveries(order_id=other)] == [other]
    assert [row["kind"] for row in world.deliveries(kind="ShipmentConfirmed")] == ["ShipmentConfirmed"]
    assert len(world.deliveries(webhook=name, state="delivered")) == 3
    (attempt,) = world.deliveries(order_id=other)[0]["attempts"]
    assert (attempt["status"], attempt["error"], attempt["answer"]) == (200, None, '{"taken": true}')


def test_the_log_comes_page_by_page(world: World, receiver: Receiver) -> None:
    subscribe(world, receiver)
    placed = [place(world) for _ in range(5)]
    found, after = [], ""
    while page := ask(world, "GET", f"deliveries?limit=2{after}"):
        found += [row["order_id"] for row in page["deliveries"]]
        if page["next_after"] is None:
            break
        after = f"&after={page['next_after']}"
    assert found == placed


def test_the_log_forgets_the_oldest_that_are_over(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "KEPT_AT_MOST", 3)
    subscribe(world, receiver)
    placed = [place(world) for _ in range(6)]
    log = world.deliveries()
    assert [row["order_id"] for row in log] == placed[-len(log) :] and 3 <= len(log) <= 4
    assert all(row["attempts"] for row in log) and orders(receiver) == placed
