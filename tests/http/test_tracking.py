"""/v1/orders/{id}/shipments/{package}/tracking over HTTP: what the carrier has told until now."""

from typing import Any

from tests.server import Shop, problem_of


def path(order_id: str, package: int = 1) -> str:
    return f"/v1/orders/{order_id}/shipments/{package}/tracking"


def tracked(shop: Shop, order_id: str) -> Any:
    return shop.seller.get(path(order_id)).json


def test_a_package_is_tracked_from_its_confirmation_on(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    package = world.order(order_id)["packages"][0]
    announced = {"at": package["confirmed_at"], "code": "Announced", "says": "The seller announced the parcel."}
    same = {key: package[key] for key in ("package", "carrier", "tracking")}
    assert tracked(world, order_id) == {"order_id": order_id, "scans": [announced], **same}


def test_the_last_scan_is_the_delivery_that_the_order_shows(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    world.advance("90d")
    package = world.order(order_id)["packages"][0]
    last = tracked(world, order_id)["scans"][-1]
    ends = {"Delivered": "delivered_at", "Returned": "returned_at", "Lost": "lost_at"}
    assert package[ends[last["code"]]] == last["at"]


def test_the_tag_changes_with_what_is_told(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    tag = world.seller.get(path(order_id)).headers["etag"]
    assert world.seller.get(path(order_id), headers={"If-None-Match": tag}).status == 304
    world.advance("8h")
    assert world.seller.get(path(order_id), headers={"If-None-Match": tag}).status == 200


def test_a_package_that_is_not_there_is_no_page(world: Shop) -> None:
    order_id = world.unshipped()
    said = problem_of(world.seller.get(path(order_id)))
    assert (said["status"], said["code"]) == (404, "UnknownPackage")
