"""The client of the tester's kit: what it asks, what it makes of the answers, and what it asserts."""

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pytest

from sandbox.sim.worlds import Shelf
from sandbox.testing import Sandbox, SandboxError, in_process, receiving, served, told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worlds")


@pytest.fixture(scope="module")
def sandbox(folder: Path) -> Sandbox:
    return in_process(folder)


def test_orders_come_from_all_pages(sandbox: Sandbox) -> None:
    world = sandbox.world()
    ids = [order["order_id"] for order in world.orders()]
    assert len(ids) == len(set(ids)) > 1000


def test_a_buyer_is_answered(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    order_id = world.simulate("orders/place")["order_id"]
    world.simulate("messages/send", order_id=order_id)
    (thread,) = world.threads()
    world.reply(thread["thread"], "Thank you for asking.")
    assert world.facts(kind="SellerReplied")[0]["order_id"] == order_id


def test_a_fork_goes_its_own_way(sandbox: Sandbox) -> None:
    world = sandbox.world()
    fork = world.fork()
    moved, stayed = fork.advance(by="1d").now, world.now
    assert moved == fork.now != stayed
    assert fork.key != world.key
    assert fork.facts(after=4000)[:4] == world.facts(after=4000)[:4]


def test_steps_and_awaited_events_say_why_they_stopped(sandbox: Sandbox) -> None:
    world = sandbox.world()
    assert world.step().reason == "reached"
    came = world.advance(until="message")
    assert (came.reason, world.facts(after=(came.fact or 0) - 1, limit=1)[0]["kind"]) == ("until", "BuyerAsked")
    assert world.advance(until="settlement", within="1h").reason == "bound"


def test_a_refusal_is_an_error_with_code_sentence_and_status(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    with pytest.raises(SandboxError) as refused:
        world.ship("402-1234567-1234567")
    assert (refused.value.code, refused.value.status) == ("UnknownOrder", 404)
    assert "402-1234567-1234567" in refused.value.sentence


def test_a_deleted_world_is_gone(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    world.delete()
    with pytest.raises(SandboxError) as refused:
        sandbox.open(world.name)
    assert refused.value.code == "UnknownWorld"


def test_a_rate_that_there_is_not_is_no_rate_to_assert(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="There is no rate 'lateness'"):
        sandbox.world("empty").assert_no_breach("lateness")


def test_what_there_is_instead_is_told_where_something_did_not_happen(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    order_id = world.place()
    with pytest.raises(AssertionError, match=f"no ParcelLost  of order {order_id}. There are: OrderPlaced."):
        world.assert_happened("ParcelLost", order_id=order_id)
    with pytest.raises(AssertionError, match=r"no OrderPlaced .'pending': True. among 1 of the kind. The last ones:\n"):
        world.assert_happened("OrderPlaced", pending=True)
    assert world.assert_happened("OrderPlaced", order_id=order_id)["order_id"] == order_id


def test_all_facts_are_read_however_many(sandbox: Sandbox) -> None:
    world = sandbox.world()
    facts = world.facts()
    assert [fact["fact"] for fact in facts] == list(range(1, world.last_fact + 1)) and len(facts) > 2000
    assert world.facts(after=1500, limit=1200) == facts[1500:2700]


def test_two_points_of_a_world_are_compared(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    order_id = world.place()
    point, fork = world.last_fact, world.fork()
    world.snapshot("placed")
    world.ship(order_id)
    for found in (world.diff(since=point), world.diff(snapshot="placed"), world.diff(fork)):
        assert found["facts"]["this"]["kinds"] == {"ShipmentConfirmed": 1}
        assert [one["order_id"] for one in found["orders"]["orders"]] == [order_id]


def test_a_world_goes_to_another_sandbox_in_a_file(sandbox: Sandbox, tmp_path: Path) -> None:
    world = sandbox.world("empty")
    world.place(buyer="MAGIC-FEEDBACK-1")
    other = in_process(tmp_path / "other").import_world(world.export(tmp_path / "it.world"), "it")
    for one in (world, other):
        one.ship(one.orders()[0]["order_id"])
        one.advance(by="30d")
    assert other.facts() == world.facts() and other.key != world.key


def test_time_runs_and_desks_are_handed_over(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    order_id = world.place()
    world.run(60)
    world.freeze()
    world.desk("dispatch", "script")
    world.advance(by="2d")
    assert world.order(order_id)["status"] == "Shipped"
    assert world.history(order_id)[-1]["by"] == "dispatch desk"


def test_snapshots_are_listed_and_put_back(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    world.snapshot("before")
    world.place()
    world.restore("before")
    assert [kept["name"] for kept in world.snapshots()] == ["before"] and world.orders() == []


def test_answers_are_as_their_types_say(sandbox: Sandbox) -> None:
    world = sandbox.world()
    happened = world.simulate("orders/place")
    for told_by, answer in (
        (told.Happened, happened),
        (told.Fact, happened["facts"][0]),
        (told.Listed, world.orders()[0]),
        (told.Rate, world.metrics()["order-defect"]),
        (told.Kept, world.snapshot("typed")),
        (told.Differences, world.diff(snapshot="typed")),
    ):
        assert set(told_by.__annotations__) == set(answer), told_by


def test_nobody_who_answers_is_told_so(tmp_path: Path) -> None:
    with served(tmp_path) as gone:
        world = gone.world("empty")
    with pytest.raises(
        SandboxError, match=rf"Nobody at {gone.url} answers GET /v1/orders as a sandbox does"
    ) as refused:
        world.orders()
    assert refused.value.code == "Unreachable" and pickle.loads(pickle.dumps(refused.value)).code == "Unreachable"


# -- notifications


def test_many_may_ask_the_sandbox_while_they_are_told(tmp_path: Path) -> None:
    """More at once than a server has processes, and each waits for an answer before it takes what it is told."""
    with served(tmp_path) as sandbox, ThreadPoolExecutor(12) as pool:

        def notified(_: int) -> dict[str, int]:
            world = sandbox.world("empty")
            with receiving() as receiver:
                world.subscribe(receiver.url, "OrderPlaced", secret=receiver.secret)
                take = receiver.take
                receiver.take = lambda *came: (world.orders(), take(*came))[1]  # type: ignore[method-assign]
                counts: dict[str, int] = world.simulate("orders/place")["deliveries"]
                return counts

        assert list(pool.map(notified, range(12))) == [{"delivered": 1, "failed": 0, "pending": 0}] * 12


def test_a_receiver_says_what_it_did_not_take(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    with receiving() as receiver:
        world.subscribe(receiver.url, "OrderPlaced")
        world.simulate("orders/place")
        assert (receiver.received, receiver.rejected, receiver.asked) == ([], ["No matching signature found"], 1)


# -- what was asked


def test_requests_are_found_with_what_was_answered(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    order_id = world.simulate("orders/place")["order_id"]
    world.ship(order_id)
    (shipped,) = world.requests(path="/v1/orders/*/shipments", status=[201, 200])
    assert (shipped.method, shipped.status, shipped.operation) == ("POST", 201, "confirm_shipment")
    assert world.assert_requested(times=1, operation="confirm_shipment") == [shipped]


def test_requests_come_from_all_pages(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    for _ in range(1005):
        world.request("GET", "/v1/settings")
    assert [one.number for one in world.requests(door="v1")] == list(range(1, 1006))
    assert len(world.requests(door="v1", limit=7)) == 7


def test_a_request_that_did_not_come_is_told_with_the_nearest(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    with pytest.raises(SandboxError):
        world.request("POST", "/v1/order/402-1234567-1234567/shipments", {"carrier": "DTDC"})
    with pytest.raises(AssertionError) as failed:
        world.assert_requested(path="/v1/orders/*/shipments", status=201)
    said = str(failed.value)
    assert said.startswith(
        f"World {world.name}: at least one expected of the requests path='/v1/orders/*/shipments', s"
    )
    assert "path is '/v1/order/402-1234567-1234567/shipments' and not '/v1/orders/*/shipments'" in said
    assert said.endswith("met no route; nearest is POST /v1/orders/{order_id}/shipments.")


def test_requests_that_came_too_often_are_told(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    for _ in range(2):
        world.request("GET", "/v1/settings")
    with pytest.raises(AssertionError, match=r"(?s)0 expected of the requests door='v1', and there are 2.*/settings"):
        world.assert_requested(times=0, door="v1")
    world.assert_requested(times=2, door="v1")


def test_a_filter_that_there_is_not_asserts_nothing(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    with pytest.raises(SandboxError, match="Did you mean read_settings"):
        world.assert_requested(times=0, operation="read_setings")
    with pytest.raises(SandboxError, match="UnknownField"):
        world.assert_requested(times=0, verb="GET")


def test_what_a_test_tells_of_its_webhooks_is_asked_too_without_their_secret(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    secret = "whsec_" + "c2VjcmV0" * 4
    world.subscribe("http://127.0.0.1:9/", "OrderPlaced", secret=secret)
    world.drain()
    (subscribed,) = world.assert_requested(times=1, operation="make_webhook", status=201)
    assert subscribed.body and '"secret":"***"' in subscribed.body
    world.assert_requested(times=1, operation="drain_webhooks", status=200)


def test_forgotten_requests_are_gone(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    world.advance(by="1d")
    world.forget_requests()
    assert world.requests() == []


def test_whatever_key_an_operator_chose_is_masked_wherever_it_is_sent(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    key = sandbox.operator_key
    world.request("PUT", "/v1/settings/policies", {"returns": f"mine: {key}", "company": "x"})
    for path in (f"/v1/{key}", "/v1/" + "x" * 980 + key, f"/v1/orders?q={key}"):
        with suppress(SandboxError):
            world.request("GET", path)
    found = world.requests(door="v1")
    assert found[0].body == '{"returns": "mine: ***", "company": "x"}'
    assert [one.path[:6] for one in found[1:]] == ["/v1/**", "/v1/xx", "/v1/or"] and key[:9] not in repr(found)


# -- facts that are still to come


def meanwhile(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Let another thread do something whenever somebody pauses in a wait."""

    def pause(_: float) -> bool:
        thread = Thread(target=do)
        thread.start()
        thread.join()
        return False

    monkeypatch.setattr("sandbox.api.waiting.pause", pause)


def test_a_fact_that_another_writes_ends_the_wait(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    world = sandbox.world("empty")
    last = world.facts()[-1]["fact"]
    meanwhile(monkeypatch, lambda: world.simulate("orders/place"))
    assert world.facts(after=last, wait=30)[0]["fact"] == last + 1


def test_a_world_that_another_deletes_ends_the_wait(
    sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sandbox.world("empty")
    meanwhile(monkeypatch, lambda: Shelf(folder).delete(world.name))
    with pytest.raises(SandboxError) as refused:
        world.facts(after=10**6, wait=30)
    assert (refused.value.code, refused.value.status) == ("UnknownWorld", 404)


def test_nobody_who_waits_holds_a_transaction(sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = sandbox.world("empty")

    def write_all_there_is() -> None:
        with closing(Shelf(folder).open(world.name)) as opened:
            opened.rows("pragma wal_checkpoint(truncate)")  # which whoever reads would hold up
            logs.append((folder / f"{world.name}.world-wal").stat().st_size)

    logs: list[int] = []
    meanwhile(monkeypatch, write_all_there_is)
    world.facts(after=10**6, wait=0.01)
    assert logs and set(logs) == {0}
