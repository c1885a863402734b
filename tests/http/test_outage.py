"""An outage of the plot: programs get no answer from the account while it lasts, and whoever moves time does."""

import pytest

from tests.http.conftest import Worlds
from tests.server import Client, Shop, problem_of

BEFORE, INTO, BEYOND = "8d1h", "3h", "2d"
"""The scenario's outage begins on its ninth day at 11:00 and lasts for a day and a half."""


@pytest.fixture
def down(make: Worlds) -> Shop:
    """A world whose connection is down."""
    shop = make(scenario="integration-outage")
    shop.advance(BEFORE)
    shop.advance(INTO)
    return shop


def test_the_account_answers_503_and_says_when_to_ask_again(down: Shop) -> None:
    answer = down.seller.get("/v1/orders")
    said = problem_of(answer)
    assert (said["status"], said["code"]) == (503, "ServiceUnavailable")
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "path", ["/v1/orders", "/v1/messages", "/v1/balance", "/v1/claims", "/v1/settings", "/v1/cases"]
)
def test_every_room_of_the_account_is_down(down: Shop, path: str) -> None:
    assert down.seller.get(path).status == 503


def test_nothing_is_done_while_it_lasts(make: Worlds) -> None:
    shop = make(scenario="integration-outage")
    shop.advance(BEFORE)
    order_id = shop.unshipped()
    shop.advance(INTO)
    before = len(shop.facts())
    assert shop.ship(order_id).status == 503
    assert len(shop.facts()) == before


def test_what_could_not_be_asked_is_done_by_the_same_key_once_it_is_over(make: Worlds) -> None:
    shop = make(scenario="integration-outage")
    shop.advance(BEFORE)
    path = f"/v1/orders/{shop.unshipped()}/shipments"
    shop.advance(INTO)
    asked = {"carrier": "DTDC"}, {"Idempotency-Key": "again"}
    assert shop.seller.post(path, *asked).status == 503
    shop.advance(BEYOND)
    assert shop.seller.post(path, *asked).status == 201


def test_whoever_moves_time_is_answered(down: Shop) -> None:
    assert down.operator.get(down.path).status == 200


def test_a_wrong_key_is_told_first(down: Shop) -> None:
    stranger = Client(down.operator.url, down.key[:-1] + ("0" if down.key[-1] != "0" else "1"))
    assert problem_of(stranger.get("/v1/orders"))["code"] == "InvalidKey"


def test_it_is_on_record_when_it_began_and_when_it_was_over(down: Shop) -> None:
    down.advance(BEYOND)
    kinds = [row["kind"] for row in down.facts() if row["kind"].startswith("Happening")]
    assert kinds == ["HappeningBegan", "HappeningEnded"]
    assert down.seller.get("/v1/orders").status == 200


def test_before_it_the_account_answers(make: Worlds) -> None:
    shop = make(scenario="integration-outage")
    shop.advance(BEFORE)
    assert shop.seller.get("/v1/orders").status == 200
