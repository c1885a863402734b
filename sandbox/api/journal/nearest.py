"""What a request that missed was nearest to: the route that there is, the order that there is, the field that there is.

Found when somebody reads the journal, so that whoever missed is refused as fast as ever.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from werkzeug.routing import Map

from sandbox.api.journal.entry import Entry, Numbered
from sandbox.central.world import World

_CANDIDATES = 3
_ROUTE_LIKENESS, _ORDER_LIKENESS = 0.6, 0.85
_LOOKED_AT = 200
"""Characters of a path that are compared."""
_ORDERS, _UNKNOWN_AT_MOST = 5_000, 10
"""Orders that an unknown id is compared with, the newest; and such ids that are looked for in one answer."""
_SPEAKS_FOR_ITSELF = ("UnknownField", "UnsupportedMediaType", "NotJson", "NoBody")
"""Refusals whose own sentence says what was nearest, or what would have been taken."""

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_UNKNOWN_ORDER = re.compile(r"There is no order '([^']{1,40})'")


class Routes:
    """The routes of an application."""

    def __init__(self, routes: Map) -> None:
        self._routes: dict[str, list[tuple[str, str]]] = {}
        """Method and path by the path without the names of its parameters."""
        for rule in routes.iter_rules():
            path = _PARAMETER.sub(r"{\1}", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                self._routes.setdefault(_PARAMETER.sub("{}", rule.rule), []).append((method, path))
        self.nearest = lru_cache(maxsize=1024)(self._nearest)

    def _nearest(self, method: str, asked: str) -> str | None:
        """The route that a method and a path without its names are most like; of those alike, one of the method."""
        near = get_close_matches(asked, self._routes, _CANDIDATES, _ROUTE_LIKENESS)
        if not near:
            return None
        known = near if asked not in near else [asked]
        found = [route for path in known for route in self._routes[path]]
        return " ".join(next((route for route in found if route[0] == method), found[0]))

    def explain(self, entry: Entry) -> str | None:
        """Which route was nearest to a request that met none."""
        near = self.nearest(entry.method, _without_names(entry.path[:_LOOKED_AT]))
        where = "no route" if entry.code == "UnknownPath" else "a route that does not take it"
        path = entry.path if len(entry.path) <= _LOOKED_AT else f"{entry.path[:_LOOKED_AT]}…"
        return f"{entry.method} {path} met {where}; nearest is {near}." if near else None


def _without_names(path: str) -> str:
    """A path without what names one of many things: a world, and whatever has two digits or is a number."""
    parts = path.split("/")
    is_of_world = parts[1:3] == ["sandbox", "worlds"]
    return "/".join(
        "{}" if (is_of_world and place == 3) or part.isdecimal() or sum(map(str.isdigit, part)) > 1 else part
        for place, part in enumerate(parts)
    )


def near_misses(found: Iterable[Numbered], routes: Routes, world: World | None) -> dict[int, str]:
    """A sentence for each request that missed something near, by its number."""
    found = list(found)
    orders = _orders_near(found, world) if world else {}
    told = {one.number: _near_miss(one.entry, routes, orders) for one in found if one.entry.code}
    return {number: sentence for number, sentence in told.items() if sentence}


def _near_miss(entry: Entry, routes: Routes, orders: dict[str, str]) -> str | None:
    if entry.code in ("UnknownPath", "MethodNotAllowed"):
        return routes.explain(entry)
    if entry.code in _SPEAKS_FOR_ITSELF:
        return entry.sentence
    if wanted := _unknown_order(entry):
        near = orders.get(wanted)
        return f"There is no order {wanted} in this world; nearest is {near}." if near else None
    return None


def _unknown_order(entry: Entry) -> str | None:
    found = _UNKNOWN_ORDER.match(entry.sentence or "") if entry.code == "UnknownOrder" else None
    return found[1] if found else None


def _orders_near(found: list[Numbered], world: World) -> dict[str, str]:
    """The order id that each unknown one is most like."""
    unknown = dict.fromkeys(wanted for one in reversed(found) if (wanted := _unknown_order(one.entry)))
    if not unknown:
        return {}
    ids = [row[0] for row in world.rows("select order_id from orders order by number desc limit ?", (_ORDERS,))]
    near = {wanted: get_close_matches(wanted, ids, 1, _ORDER_LIKENESS) for wanted in list(unknown)[:_UNKNOWN_AT_MOST]}
    return {wanted: one[0] for wanted, one in near.items() if one}
