"""`sandbox webhooks`, and what may be allowed to be a target, on the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.testing import Receiver, in_process, receiving
from tests.commands import sandbox, told


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path, receiver: Receiver) -> Path:
    """A data folder with a world that told somebody of one order, who did not take the next one."""
    world = in_process(tmp_path / "worlds").world("empty", name="calm")
    world.subscribe(receiver.url, ["OrderPlaced"], secret=receiver.secret, by="buyer")
    world.simulate("orders/place")
    receiver.fail()
    world.simulate("orders/place")
    return tmp_path


def test_programs_are_told_of_webhooks_and_of_their_log(folder: Path, receiver: Receiver) -> None:
    (webhook,) = told(folder, "webhooks", "calm")["webhooks"]
    assert (webhook["url"], webhook["kinds"], webhook["delivered"]) == (receiver.url, ["OrderPlaced"], 1)
    log = told(folder, "webhooks", "calm", "--deliveries")["deliveries"]
    assert [one["state"] for one in log] == ["delivered", "pending"]
    assert log[0]["payload"] == receiver.received[0].payload
    assert told(folder, "webhooks", "calm", "--deliveries", "--limit", "1")["deliveries"] == log[1:]


def test_people_are_told_too(folder: Path, receiver: Receiver) -> None:
    said = sandbox(folder, "webhooks", "calm", "--deliveries").stdout
    assert f"{receiver.url}  OrderPlaced, by buyer" in said and "1 attempts taken, 1 failed; sending" in said
    assert "pending, due" in said and "attempts: 1: It answered 500" in said
    assert receiver.secret not in said


def test_a_world_without_webhooks_says_so(tmp_path: Path) -> None:
    in_process(tmp_path / "worlds").world("empty", name="calm")
    said = sandbox(tmp_path, "webhooks", "calm", "--deliveries").stdout
    assert said == "calm tells nobody: it has no webhooks.\n\nNothing was told yet.\n"


def test_an_unknown_world_is_refused(tmp_path: Path) -> None:
    done = sandbox(tmp_path, "webhooks", "calm")
    assert done.returncode == 2 and done.stderr.startswith("UnknownWorld: ")


@pytest.mark.parametrize(("host", "says"), [("a b", "is no host"), ("169.254.169.254", "can be no target")])
def test_what_can_be_no_target_is_refused_before_anything_is_served(tmp_path: Path, host: str, says: str) -> None:
    done = sandbox(tmp_path, "serve", "--allow-host", host)
    assert done.returncode == 2 and says in done.stderr.replace("\n", " ")
