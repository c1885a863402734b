"""Keys: a world's own open its account, the operator's moves its time. No key, no access."""

import hmac
import re
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from flask import current_app, g, request

from sandbox.api.desk import desk
from sandbox.api.openings import Opened
from sandbox.api.problems import Problem
from sandbox.central.guide import Refused
from sandbox.central.world import World

OPEN_TO_ALL = {"/sandbox/health", "/sandbox/version"}

_BEARER = re.compile(r"Bearer +(\S{1,200})", re.ASCII | re.IGNORECASE)
_KEY = re.compile(r"sk_([a-z0-9-]{1,40})_[0-9a-f]{32}", re.ASCII)
_NO_KEY = b"sk__" + b"0" * 32


class Operated(NamedTuple):
    """What the operator chose; the command line makes it."""

    folder: Path
    """Where the worlds are."""
    operator_key: str
    key_was_set: bool
    """Whether the operator set that key; a key that was only drawn opens the control API from this machine alone."""
    allowed_hosts: tuple[str, ...] = ()
    """Where notifications may be sent beside this machine."""
    journal: bool = True
    """Whether the requests are kept in journals."""


def bearer() -> str:
    """The key that came with the request. Raises Problem NoKey."""
    found = _BEARER.fullmatch(request.environ.get("HTTP_AUTHORIZATION", ""))
    if not found:
        raise Problem("NoKey", "This path needs a key. Send it as: Authorization: Bearer KEY.")
    return found[1]


def enter_by_key() -> None:
    """Find the world of the request's key and keep it for the request; with the operator's, the one that is named.

    Raises Problem NoKey, InvalidKey, KeyOfAnotherWorld or ServiceUnavailable; refused with UnknownWorld where the
    operator names one that is not there.
    """
    key = bearer()
    wanted = request.environ.get("HTTP_X_SANDBOX_WORLD")
    if wanted is not None and _is_operators(key):
        _check_loopback()
        enter_by_name(wanted)
        return
    name = _KEY.fullmatch(key)
    try:
        opened = desk().opened(name[1]) if name else None
    except Refused:
        opened = None
    given = key.encode()
    keys = opened.keys if opened else (_NO_KEY,)
    matches = sum(hmac.compare_digest(given, known) for known in keys)  # all of them, in constant time
    if not matches or opened is None:
        hint = " It is the operator's: name a world with X-Sandbox-World." if _is_operators(key) else ""
        raise Problem("InvalidKey", f"No world has this key.{hint} `sandbox worlds` lists the worlds with their keys.")
    if wanted is not None and wanted != opened.world.path.stem:
        raise Problem(
            "KeyOfAnotherWorld",
            f"This is the key of {opened.world.path.stem!r}, and X-Sandbox-World names {wanted[:60]!r}."
            " Send that world's key or the operator's, or leave the header out.",
        )
    _keep(opened)


def enter_by_name(name: str) -> None:
    """Keep the world that the operator names for the request. Refused with InvalidName or UnknownWorld."""
    if not desk().shelf.has(name):
        raise desk().shelf.unknown(name)
    _keep(desk().opened(name))


def _keep(opened: Opened) -> None:
    g.opened = opened
    if opened.fails:
        check_connected(opened.world)


def _is_operators(key: str) -> bool:
    operated: Operated = current_app.extensions["operated"]
    return hmac.compare_digest(key.encode(), operated.operator_key.encode())


def check_connected(world: World) -> None:
    """Let nobody in while the plot has it that the connection is down. Raises Problem ServiceUnavailable."""
    world.refresh()
    if world.clock.outages:
        raise Problem("ServiceUnavailable", "The service is down for programs. Nothing was done; try again later.")


def check_operator() -> None:
    """Let the operator alone move worlds. Raises Problem NoKey, InvalidKey or NotLoopback."""
    if request.path in OPEN_TO_ALL:
        return
    _check_loopback()
    if not _is_operators(bearer()):
        raise Problem("InvalidKey", "This is not the operator's key. `sandbox serve` prints it when it starts.")


def _check_loopback() -> None:
    operated: Operated = current_app.extensions["operated"]
    if not operated.key_was_set and not _is_loopback(request.remote_addr or ""):
        sentence = "Without a key set by its operator the sandbox is moved from its own machine only."
        raise Problem("NotLoopback", sentence)


def _is_loopback(address: str) -> bool:
    """Whether a request came from this machine; whatever is no address did not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
