"""/sandbox/worlds/<name>/file over HTTP: a world taken elsewhere and back."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.sim.imports import FILE_BYTES_AT_MOST
from tests.http.conftest import Worlds
from tests.server import Answer, Client, Server, Shop, problem_of, said_no

TYPE = {"Content-Type": "application/vnd.sqlite3"}


@pytest.fixture
def world(make: Worlds) -> Shop:
    return make()


def send(operator: Client, name: str, body: Any, headers: dict[str, str] | None = None) -> Answer:
    return operator.ask("PUT", f"/sandbox/worlds/{name}/file", body, TYPE | (headers or {}))


def test_a_world_goes_out_and_comes_in_as_it_was(world: Shop) -> None:
    world.ship(world.unshipped())
    file = world.operator.get(f"{world.path}/file")
    made = send(world.operator, f"{world.name}-in", file.body)
    seller = Client(world.operator.url, made.json["keys"][0])
    listed = seller.get("/v1/orders").body
    world.operator.delete(f"/sandbox/worlds/{made.json['name']}")
    before = world.operator.get(world.path).json
    assert made.status == 201 and listed == world.seller.get("/v1/orders").body
    assert {key: made.json[key] for key in ("now", "facts", "orders", "seed", "desks")} == {
        key: before[key] for key in ("now", "facts", "orders", "seed", "desks")
    }


def test_a_file_says_what_it_is(world: Shop) -> None:
    file = world.operator.get(f"{world.path}/file")
    assert file.headers["content-type"] == "application/vnd.sqlite3" and file.body.startswith(b"SQLite format 3")
    assert file.headers["content-disposition"] == f'attachment; filename="{world.name}.world"'
    assert int(file.headers["content-length"]) == len(file.body)


def test_a_file_holds_keys_where_they_are_asked_for_only(world: Shop) -> None:
    plain, whole = (world.operator.get(f"{world.path}/file", {"keys": keys}).body for keys in ("false", "true"))
    assert world.key.encode() not in plain and world.key.encode() in whole


def test_a_file_may_come_in_pieces_of_which_nobody_told_the_length(world: Shop) -> None:
    file = world.operator.get(f"{world.path}/file").body

    def pieces() -> Iterator[bytes]:
        for begin in range(0, len(file), 50_000):
            yield file[begin : begin + 50_000]

    made = send(world.operator, f"{world.name}-in", pieces())
    world.operator.delete(f"/sandbox/worlds/{world.name}-in")
    assert (made.status, made.json["now"]) == (201, world.now())


@pytest.mark.parametrize("body", [b"x", b"{}", b"SQLite format 3\0", b"SQLite format 3\0" + b"\0" * 5000])
def test_what_is_no_world_is_refused_and_makes_none(server: Server, operator: Client, body: bytes) -> None:
    said = problem_of(send(operator, "unsound", body))
    assert (said["status"], said["code"]) == (422, "InvalidWorldFile")
    assert not [file.name for file in (server.folder / "worlds").iterdir() if "unsound" in file.name]


def test_an_empty_body_is_refused(operator: Client) -> None:
    assert said_no(send(operator, "unsound", b"")) == (422, "NoBody")


def test_a_file_that_is_too_large_is_refused_with_the_bound(operator: Client) -> None:
    said = problem_of(send(operator, "unsound", b"x", {"Content-Length": str(FILE_BYTES_AT_MOST + 1)}))
    assert (said["status"], said["code"]) == (413, "BodyTooLarge") and str(FILE_BYTES_AT_MOST) in said["detail"]


def test_a_name_that_is_taken_is_refused(world: Shop, still: Shop) -> None:
    file = world.operator.get(f"{world.path}/file").body
    assert said_no(send(world.operator, still.name, file)) == (409, "WorldExists")


@pytest.mark.parametrize("name", ["A", "a_b", "x" * 10_000, "a%00"])
def test_a_name_that_is_none_is_refused(operator: Client, name: str) -> None:
    assert said_no(send(operator, name, b"x")) == (422, "InvalidName")


def test_a_worlds_own_key_takes_nothing_out_and_puts_nothing_in(world: Shop) -> None:
    assert said_no(world.seller.get(f"{world.path}/file")) == (401, "InvalidKey")
    assert said_no(send(world.seller, "another", b"x")) == (401, "InvalidKey")


def test_an_unknown_world_has_no_file(operator: Client) -> None:
    assert said_no(operator.get("/sandbox/worlds/nowhere/file")) == (404, "UnknownWorld")
