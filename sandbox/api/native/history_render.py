"""The JSON of an order's history, for the API and for `sandbox why` alike."""

from sandbox.api.native.render import Json
from sandbox.central.days import rfc3339
from sandbox.central.history import Explained, Told
from sandbox.central.search import Page


def history(page: Page[Explained], order_id: str) -> Json:
    """A page of it."""
    return {
        "order_id": order_id,
        "history": [explained(found) for found in page.rows],
        "next_cursor": page.next_cursor,
    }


def explained(found: Explained) -> Json:
    """A fact, its rule, and what led to it."""
    rule = found.rule
    return told(found.told) | {
        "chapter": rule and rule.chapter,
        "rule": rule and rule.name,
        "says": rule and rule.says,
        "code": found.code,
        "because": [{"link": cause.link} | told(cause.told) for cause in found.because],
    }


def told(found: Told) -> Json:
    """A fact in a sentence."""
    return found._asdict() | {"at": rfc3339(found.at)}
