"""Who plays each of the seller's desks: a script, a person, or a program that is under test."""

from sandbox.central.guide import Due
from sandbox.central.world import World
from sandbox.sim.cast import Run, keep
from sandbox.sim.scenario import DESKS, FOLLOWS

PLAYERS = SCRIPT, PERSON, PROGRAM = "script", "person", "program"
DISPATCH, INBOX, DISPUTES, REFUNDS, STOCK, ADDRESSES = DESKS

TAKES_UP = {
    INBOX: "inbox_desk.takes_up",
    ADDRESSES: "inbox_desk.takes_up",
    DISPUTES: "dispute_desk.takes_up",
    REFUNDS: "refund_desk.takes_up",
}
"""The step with which a script takes over what waits; dispatch and stock see it at the next pick."""


def players(run: Run) -> dict[str, str]:
    """Who plays each desk now; one that is left out is played along with the desk that it follows."""
    found: dict[str, str] = run.state("desks", {})
    return found


def player_of(run: Run, desk: str) -> str:
    """Who plays that desk now."""
    table = players(run)
    return table.get(desk) or table[FOLLOWS[desk]]


def is_scripted(run: Run, desk: str) -> bool:
    """Whether a script plays that desk now."""
    return player_of(run, desk) == SCRIPT


def hand_over(world: World, desk: str, played_by: str) -> None:
    """Give a desk to the script, a person or a program, inside a transaction. A script takes up what waits."""
    assert desk in DESKS
    found = Run(world).kept("desks", {})
    if found.get(desk) != played_by:
        keep(world, "desks", {**found, desk: played_by})
        if played_by == SCRIPT and desk in TAKES_UP:
            world.put_off(Due(world.now, TAKES_UP[desk], ""), None)
