"""The same request twice: Idempotency-Key, ETag, If-None-Match, If-Match."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.http.conftest import Worlds
from tests.server import Answer, Shop, problem_of, running, said_no

KEY = {"Idempotency-Key": "a-key-1"}


def test_the_same_request_again_gives_the_same_answer(world: Shop) -> None:
    order_id = world.unshipped()
    first, again = world.ship(order_id, KEY), world.ship(order_id, KEY)
    assert (again.status, again.body, again.headers["content-type"]) == (201, first.body, "application/json")


def test_an_answer_given_again_says_so(world: Shop) -> None:
    order_id = world.unshipped()
    told = [world.ship(order_id, KEY).headers.get("idempotent-replayed") for _ in range(2)]
    assert told == [None, "true"]


def test_an_answer_given_again_has_its_etag(world: Shop) -> None:
    order_id = world.unshipped()
    first, again = world.ship(order_id, KEY), world.ship(order_id, KEY)
    assert again.headers.get("etag") == first.headers["etag"]


def test_the_same_request_again_does_nothing_more(world: Shop) -> None:
    order_id = world.unshipped()
    before = world.facts()[-1]["fact"]
    for _ in range(3):
        world.ship(order_id, KEY)
    assert [fact["kind"] for fact in world.facts(after=before)] == ["ShipmentConfirmed"]


def test_the_first_answer_comes_again_although_the_order_changed(world: Shop) -> None:
    order_id = world.unshipped()
    first = world.ship(order_id, KEY)
    world.advance("30d")
    assert world.ship(order_id, KEY).body == first.body


def test_a_key_is_for_one_request_only(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id, KEY)
    said = problem_of(world.ship(order_id, KEY, carrier="DTDC"))
    assert (said["status"], said["code"]) == (422, "IdempotencyKeyReused") and "a-key-1" in said["detail"]


def test_a_key_is_for_one_path_only(world: Shop) -> None:
    first, second = world.ids("Unshipped")[:2]
    world.ship(first, KEY)
    assert said_no(world.ship(second, KEY)) == (422, "IdempotencyKeyReused")


def test_a_key_that_came_with_another_request_does_nothing(world: Shop) -> None:
    first, second = world.ids("Unshipped")[:2]
    world.ship(first, KEY)
    world.ship(second, KEY)
    assert world.order(second)["status"] == "Unshipped"


def test_a_refusal_is_given_again_too(world: Shop) -> None:
    order_id = world.unshipped()
    first, again = (world.ship(order_id, KEY, carrier="") for _ in range(2))
    assert (again.status, again.body, again.headers["idempotent-replayed"]) == (422, first.body, "true")


def test_a_refusal_given_again_is_on_record_once(world: Shop) -> None:
    order_id = world.unshipped()
    for _ in range(3):
        world.ship(order_id, KEY, carrier="")
    assert len(world.facts("ActionRefused")) == 1


def test_what_the_doors_turned_down_may_be_mended_under_its_key(world: Shop) -> None:
    order_id = world.unshipped()
    assert [world.ship(order_id, KEY, carrier=carrier).status for carrier in (5, "DTDC")] == [422, 201]


def test_time_moves_once_under_one_key(world: Shop) -> None:
    for _ in range(3):
        world.operator.post(f"{world.path}/advance", {"by": "1d"}, KEY)
    assert world.now() == "2026-03-03T03:30:00.000Z"


def test_a_world_is_made_once_under_one_key(make: Worlds, world: Shop) -> None:
    """The API's own page says that every POST which changes something takes the key."""
    made = [world.operator.post("/sandbox/worlds", {"history_days": 0}, {"Idempotency-Key": world.name}) for _ in "ab"]
    names = {answer.json["name"] for answer in made}
    for name in names:
        world.operator.delete(f"/sandbox/worlds/{name}")
    assert len(names) == 1


def test_each_world_has_its_own_keys(make: Worlds) -> None:
    assert [shop.ship(shop.unshipped(), KEY).status for shop in (make(), make(seed=6))] == [201, 201]


def test_two_at_once_with_one_key_are_one_fact(world: Shop) -> None:
    order_id = world.unshipped()
    with ThreadPoolExecutor(8) as pool:
        answers: list[Answer] = list(pool.map(lambda _: world.ship(order_id, KEY), range(16)))
    assert {(answer.status, answer.body) for answer in answers} == {(201, answers[0].body)}
    assert len([fact for fact in world.facts("ShipmentConfirmed") if fact["order_id"] == order_id]) == 1


def test_an_answer_is_given_again_after_the_server_was_started_anew(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        shop = Shop(server.operator())
        order_id = shop.unshipped()
        first = shop.ship(order_id, KEY)
        server.kill()
        server.start()
        shop.reached_at(server)
        again = shop.ship(order_id, KEY)
        assert (again.body, again.headers["idempotent-replayed"]) == (first.body, "true")


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "é", "\t"])
def test_a_key_that_is_none_is_refused(world: Shop, key: str) -> None:
    assert said_no(world.ship(world.unshipped(), {"Idempotency-Key": key})) == (422, "InvalidIdempotencyKey")


@pytest.mark.parametrize("key", ["!", "x" * 200, 'a,b;c="d"', "'--"])
def test_a_key_may_be_of_any_visible_characters(world: Shop, key: str) -> None:
    assert world.ship(world.unshipped(), {"Idempotency-Key": key}).status == 201


# -- tags


def tag(shop: Shop, path: str) -> str:
    return shop.seller.get(path).headers["etag"]


def resources(shop: Shop) -> list[str]:
    message = shop.seller.get("/v1/messages").json["messages"][0]
    order = f"/v1/orders/{message['order_id']}"
    return [order, f"/v1/threads/{message['thread']}", f"/v1/messages/{message['message']}", "/v1/settings"]


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("known", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
def test_what_is_known_already_is_not_sent_again(still: Shop, which: int, known: str) -> None:
    path = resources(still)[which]
    answer = still.seller.get(path, headers={"If-None-Match": known.format(tag=tag(still, path))})
    assert (answer.status, answer.body) == (304, b"")


def test_what_is_known_otherwise_is_sent(still: Shop) -> None:
    assert still.seller.get("/v1/settings", headers={"If-None-Match": '"other"'}).status == 200


def test_what_is_read_twice_has_one_tag(still: Shop) -> None:
    path = f"/v1/orders/{still.unshipped()}"
    assert len({tag(still, path) for _ in range(20)}) == 1


CHANGES: list[tuple[str, str, Any]] = [
    ("POST", "shipments", {"carrier": "DTDC"}),
    ("POST", "cancellation", {"reason": "NoInventory"}),
    ("PUT", "memo", {"memo": "call first"}),
]


@pytest.mark.parametrize(("method", "what", "body"), CHANGES)
def test_a_changed_order_has_another_tag(world: Shop, method: str, what: str, body: Any) -> None:
    path = f"/v1/orders/{world.unshipped()}"
    before = tag(world, path)
    world.seller.ask(method, f"{path}/{what}", body)
    assert {tag(world, path) for _ in range(10)}.isdisjoint({before})


@pytest.mark.parametrize(("method", "what", "body"), CHANGES)
def test_an_act_answers_with_the_tag_that_reading_has(world: Shop, method: str, what: str, body: Any) -> None:
    path = f"/v1/orders/{world.unshipped()}"
    assert world.seller.ask(method, f"{path}/{what}", body).headers["etag"] == tag(world, path)


def test_a_delivered_parcel_changes_the_tag_and_the_answer(world: Shop) -> None:
    path = f"/v1/orders/{world.unshipped()}"
    world.seller.post(f"{path}/shipments", {"carrier": "DTDC"})
    known = {tag(world, path) for _ in range(10)}  # every worker has rendered it
    world.advance("60d")
    seen = [world.seller.get(path) for _ in range(10)]
    assert known.isdisjoint(answer.headers["etag"] for answer in seen)
    assert all(answer.json["packages"][0]["delivered_at"] for answer in seen)


def test_an_order_cancelled_by_time_has_another_tag(world: Shop) -> None:
    path = f"/v1/orders/{world.unshipped()}"
    known = {tag(world, path) for _ in range(10)}
    world.advance("31d")
    assert known.isdisjoint(tag(world, path) for _ in range(10))


def test_an_authorised_order_has_another_tag(world: Shop) -> None:
    path = f"/v1/orders/{world.pending()}"
    known = {tag(world, path) for _ in range(10)}
    world.advance("10d")
    assert known.isdisjoint(tag(world, path) for _ in range(10))


@pytest.mark.parametrize(("method", "what", "body"), CHANGES)
def test_an_order_that_changed_since_it_was_read_is_left_alone(world: Shop, method: str, what: str, body: Any) -> None:
    path = f"/v1/orders/{world.unshipped()}"
    read = tag(world, path)
    world.seller.put(f"{path}/memo", {"memo": "somebody else was here"})
    answer = world.seller.ask(method, f"{path}/{what}", body, {"If-Match": read})
    assert said_no(answer) == (412, "PreconditionFailed")
    assert world.seller.get(path).json["memo"] == "somebody else was here"


@pytest.mark.parametrize("known", ["{tag}", '"other", {tag}', "*"])
def test_an_order_that_is_as_it_was_read_is_shipped(world: Shop, known: str) -> None:
    order_id = world.unshipped()
    read = tag(world, f"/v1/orders/{order_id}")
    assert world.ship(order_id, {"If-Match": known.format(tag=read)}).status == 201


def test_settings_that_changed_since_they_were_read_are_left_alone(world: Shop) -> None:
    read = tag(world, "/v1/settings")
    world.seller.put("/v1/settings", {"notification_addresses": ["a@shop.example.invalid"]})
    answer = world.seller.put("/v1/settings", {"notification_addresses": []}, {"If-Match": read})
    assert said_no(answer) == (412, "PreconditionFailed")


def test_an_act_never_answers_that_nothing_changed(world: Shop) -> None:
    path = f"/v1/orders/{world.unshipped()}/memo"
    assert world.seller.put(path, {"memo": "x"}, {"If-None-Match": "*"}).status in (200, 412)


def test_one_reader_of_two_wins_with_the_same_tag(world: Shop) -> None:
    path = f"/v1/orders/{world.unshipped()}"
    read = {"If-Match": tag(world, path)}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: world.seller.put(f"{path}/memo", {"memo": f"{n}"}, read).status, range(8)))
    assert sorted(found) == [200] + [412] * 7
