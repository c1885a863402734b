"""Filters over requests, and of those that do not fit the ones that nearly do."""

from typing import Any

import pytest

from sandbox.api.journal.entry import Entry, Numbered
from sandbox.api.journal.matching import Filters, fit, nearly, path_fits

ORDER = "/v1/orders/402-1234567-1234567"


def asked(number: int = 1, **fields: Any) -> Numbered:
    """A request; a confirmed shipment, where nothing else is said."""
    usual = {"wall_at": 5, "at": 1000, "method": "POST", "path": f"{ORDER}/shipments", "query": "", "door": "v1"}
    usual |= {"operation": "confirm_shipment", "status": 201, "code": None, "sentence": None, "took_us": 1}
    usual |= {"body": '{"carrier": "DTDC"}', "body_bytes": 19, "body_cut": False, "replayed": None, "request_id": "r"}
    return Numbered(number, Entry(**(usual | fields)))


PATHS = [
    ("/v1/orders", "/v1/orders", True),
    ("/v1/orders/1", "/v1/orders", True),
    ("/v1/orders/1", "/v1/orders/", True),
    ("/v1/orderss", "/v1/orders", False),
    (f"{ORDER}/shipments", "/v1/orders/*/shipments", True),
    (f"{ORDER}/shipments/1", "/v1/orders/*/shipments", False),
    (f"{ORDER}/shipments/1", "/v1/orders/*/shipments*", True),
    ("/v1/orders", "*", True),
    ("/ab", "/ab*b", False),
    ("/abab", "/a*b*b", True),
    ("/a[b]?", "/a[b]?", True),
    ("/" + "a" * 999, "/*" + "a*" * 900 + "b", False),
]


@pytest.mark.parametrize(("path", "wanted", "fits"), PATHS)
def test_a_path_fits_itself_and_what_is_below_or_a_pattern_whole(path: str, wanted: str, fits: bool) -> None:
    assert path_fits(path, wanted) is fits


FITTING = [
    Filters(),
    Filters(method=("GET", "POST")),
    Filters(operation=("confirm_shipment",), status=("2xx",)),
    Filters(status=("404", "201")),
    Filters(door=("v1",), body_contains="DTDC"),
    Filters(since=1000),
]
NOT_FITTING = [
    Filters(method=("GET",)),
    Filters(status=("4xx",)),
    Filters(status=("200",)),
    Filters(code=("UnknownOrder",)),
    Filters(door=("sandbox",)),
    Filters(body_contains="dtdc"),
    Filters(body_contains="x" * 10_000),
    Filters(since=1001),
]


@pytest.mark.parametrize("filters", FITTING)
def test_a_request_fits(filters: Filters) -> None:
    assert fit([asked()], filters) == [asked()]


@pytest.mark.parametrize("filters", NOT_FITTING)
def test_a_request_does_not_fit(filters: Filters) -> None:
    assert fit([asked()], filters) == []


def test_a_request_without_a_world_is_of_no_moment() -> None:
    assert fit([asked(at=None, body=None)], Filters(since=0)) == []


def test_the_one_that_fails_the_fewest_filters_is_nearest() -> None:
    found = [asked(1), asked(2, method="GET", path="/v1/orders"), asked(3, status=404, path="/v1/nothing")]
    misses = nearly(found, Filters(method=("POST",), path="/v1/orders", status=("409",)))
    assert [(miss.one.number, miss.failed) for miss in misses] == [
        (1, ["status"]),
        (3, ["path", "status"]),
        (2, ["method", "status"]),
    ]


def test_of_those_alike_the_likest_path_is_nearest() -> None:
    found = [asked(1, path="/v1/order/1/shipments"), asked(2, path="/v1/metrics"), asked(3, path="/v1/orders/1/memo")]
    misses = nearly(found, Filters(path="/v1/orders/1/shipments"))
    assert [miss.one.number for miss in misses] == [1, 3, 2]


def test_of_the_same_request_sent_again_the_last_one_is_told() -> None:
    misses = nearly([asked(number) for number in range(1, 2000)], Filters(method=("GET",)))
    assert [miss.one.number for miss in misses] == [1999]


def test_a_request_that_fits_is_no_near_miss() -> None:
    assert nearly([asked()], Filters(method=("POST",))) == []


def test_five_are_told_at_most() -> None:
    assert len(nearly([asked(n, path=f"/{n}" + "x" * 2_000) for n in range(400)], Filters(path="/y" * 1_000))) == 5
