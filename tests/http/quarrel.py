"""A shop on a server whose buyers and banks are moved by the test: a world is one file, open to two processes."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from sandbox.central.world import World
from tests import quarrels
from tests.server import Answer, Server, Shop


class Quarrel:
    """A shop whose buyers are moved by the test."""

    def __init__(self, shop: Shop, server: Server) -> None:
        self.shop, self.seller = shop, shop.seller
        self.file = server.folder / "worlds" / f"{shop.name}.world"

    @contextmanager
    def world(self) -> Iterator[World]:
        """The world's file, in this process."""
        with closing(World.open(self.file)) as world:
            yield world

    def shipped(self) -> str:
        """An order that the seller shipped over HTTP."""
        order_id = self.shop.unshipped()
        assert self.shop.ship(order_id).status == 201
        return order_id

    def claim(self, reason: str = "DefectiveOrDifferent") -> str:
        """A claim, as soon as may be; its path."""
        order_id = self.shipped()
        with self.world() as world:
            quarrels.write(world, order_id)
        self.shop.advance("2d")
        with self.world() as world:
            return f"/v1/claims/{quarrels.claim(world, order_id, reason)}"

    def chargeback(self) -> str:
        """A chargeback; its path."""
        order_id = self.shipped()
        with self.world() as world:
            return f"/v1/chargebacks/{quarrels.charge_back(world, order_id)}"

    def rated(self, rating: int = 1, comment: str = "Rubbish.") -> str:
        """An order that was rated; its path."""
        order_id = self.shipped()
        self.shop.advance("3d")
        with self.world() as world:
            quarrels.rate(world, order_id, rating, comment, good_service=False)
        return f"/v1/orders/{order_id}/feedback"

    def get(self, path: str, **query: Any) -> Any:
        found = self.seller.get(path, query)
        assert found.status == 200, found.body
        return found.json

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        return self.seller.post(path, body, headers)
