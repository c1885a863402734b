"""How a control call makes something once, though it is sent twice: worlds and snapshots."""

import hashlib
import secrets
from collections.abc import Callable
from contextlib import closing

from flask import Response
from msgspec.json import encode

from sandbox.api.control.entry import enter, shown
from sandbox.api.desk import answer, answered_before, desk, idempotency_key, keep_answer
from sandbox.central.world import World


def drawn_name(letter: str = "w") -> str:
    """A name for something new; the same one for the same Idempotency-Key, so that a request sent twice makes one."""
    key = idempotency_key()
    return f"{letter}-{hashlib.blake2b(key.encode(), digest_size=6).hexdigest() if key else secrets.token_hex(4)}"


def created(name: str, make: Callable[[], World]) -> Response:
    """Make a world and answer with it. With an Idempotency-Key the first answer is kept in that world."""
    if idempotency_key() and desk().shelf.has(name) and (earlier := answered_before(enter(name))):
        return earlier
    with closing(make()) as world:
        response = answer(encode(shown(world)), 201)
        _keep(world, response)
        return response


def once(world: World, do: Callable[[], Response]) -> Response:
    """Do something to a world that is no command of its seller's, and keep what its Idempotency-Key is answered."""
    if earlier := answered_before(world):
        return earlier
    response = do()
    _keep(world, response)
    return response


def _keep(world: World, response: Response) -> None:
    if idempotency_key():
        with world.writing():
            if not answered_before(world):
                keep_answer(world, response)
