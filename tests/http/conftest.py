"""A server for the session, and worlds on it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.server import Client, Server, Shop, running

Worlds = Callable[..., Shop]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of this process."""
    with running(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture(scope="session")
def operator(server: Server) -> Client:
    """Whoever makes worlds and moves them."""
    return server.operator()


@pytest.fixture(scope="session")
def still(operator: Client) -> Shop:
    """A frozen world to read from and to be refused by; no test changes it."""
    return Shop(operator, name="still", history_days=5)


@pytest.fixture
def make(operator: Client) -> Iterator[Worlds]:
    """Makes worlds that end with the test."""
    made: list[Shop] = []

    def one(**options: Any) -> Shop:
        made.append(Shop(operator, **options))
        return made[-1]

    yield one
    for shop in made:
        operator.delete(shop.path)


@pytest.fixture
def world(make: Worlds) -> Shop:
    """A fresh, frozen world with two days behind it, both desks a person's."""
    return make()


@pytest.fixture
def inbox(make: Worlds) -> Shop:
    """A world in which buyers wait for an answer."""
    shop = make(history_days=4)
    shop.advance("3d")
    return shop


@pytest.fixture(scope="session")
def orders(operator: Client) -> dict[str, str]:
    """An order in each state, of the world `states`, by what it is."""
    shop = Shop(operator, name="states", history_days=4)
    test = shop.orders(view="sandbox")[0]["order_id"]
    found = {"pending": shop.pending(), "partly": shop.several(), "test": test}
    ids = iter(order_id for order_id in shop.ids("Unshipped") if order_id != found["partly"])
    found |= {"shipped": next(ids), "cancelled": next(ids), "open": next(ids)}
    item = shop.order(found["partly"])["items"][0]["item_id"]
    assert shop.ship(found["partly"], items={item: 1}).status == 201
    assert shop.ship(found["shipped"]).status == 201
    assert shop.cancel(found["cancelled"]).status == 200
    return found


@pytest.fixture(scope="session")
def states(operator: Client, orders: dict[str, str]) -> Client:
    """The seller of the world that has an order in each state."""
    return Client(operator.url, operator.get("/sandbox/worlds/states").json["keys"][0])
