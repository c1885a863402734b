"""The cast: the table of what simulated people, parcels and desks do, and the `Run` that each step is handed.

A *step* is on the agenda and acts when its moment comes; a *reaction* follows a fact, whoever brought it about. They
act through the world's door only, and yield what comes next as `Due`.
"""

from collections.abc import Callable, Iterable
from copy import copy
from functools import wraps
from typing import Any, Protocol, TypeVar

from msgspec import MsgspecError
from msgspec.json import decode, encode
from pydantic import ValidationError

from sandbox.central.facts import Fact
from sandbox.central.guide import Due, Refused, name_of
from sandbox.central.records import AgendaRow
from sandbox.central.troubles import Unusable
from sandbox.central.world import Act, World
from sandbox.sim.luck import Few, InTurn, Uniforms, in_turn, lot, luck
from sandbox.sim.scenario import Scenario, as_kept
from sandbox.sim.scenario.plain import plain

Dues = Iterable[Due]
Step = Callable[["Run", int, str], Dues]
"""run, at, ref -> what comes next."""
Round = Callable[["Run", int, list[AgendaRow]], Dues]
"""run, at, the rows that fall due at that moment -> what comes next."""
Reaction = Callable[["Run", Any, int], Dues]
"""run, fact, the number of the order it is about -> what comes of it."""
Where = Callable[["Run"], bool]
"""Whether a reaction may come to anything, by the scenario of a run."""
News = tuple[int, Any, int]
"""The number of a fact, the fact, the number of the order it is about."""
ToMany = Callable[["Run", list[News]], Iterable[tuple[int, Due]]]
"""run, facts of one kind -> what comes of them, each behind the number of the fact that it comes of. It only looks."""


class Draw(Protocol):
    """`luck`, or a book that a fork of a world draws from."""

    def __call__(self, seed: str, stream: str, number: int, places: int = 16, first: int | None = None) -> Uniforms: ...


class Those(Protocol):
    """Whom luck singles out, by their numbers."""

    def __contains__(self, number: int, /) -> bool: ...


Singles = Callable[[str, str, int, dict[int, float]], Those]
"""seed, stream, places, shares -> whom luck singles out: `Few`, or what such a book makes of it."""

_Made = TypeVar("_Made")

STEPS: dict[str, Step] = {}
ROUNDS: dict[str, Round] = {}
REACTIONS: dict[type[Fact], list[tuple[Reaction, Where]]] = {}
TO_MANY: dict[type[Fact], ToMany] = {}
"""The reactions to what happens to hundreds at once, such as the parcels of a pick; such a kind has but one."""


def step(function: Step) -> Step:
    """Name a function as a step: the agenda calls it by `room.name`."""
    STEPS[name_of(function)] = function
    return function


def in_one_round(function: Round) -> Round:
    """Name a function as a step that takes all that falls due at one moment together, as carriers tell deliveries."""
    ROUNDS[name_of(function)] = function
    return function


def reacts_to(*kinds: type[Fact], where: Where = lambda run: True) -> Callable[[Reaction], Reaction]:
    """Have a function called after each fact of these kinds, in the runs where anything may come of it."""

    def mark(function: Reaction) -> Reaction:
        for kind in kinds:
            REACTIONS.setdefault(kind, []).append((function, where))
        return function

    return mark


def reactions(run: "Run") -> dict[type[Fact], list[Reaction]]:
    """What is called in a run after the facts of each kind."""
    return {kind: [function for function, where in those if where(run)] for kind, those in REACTIONS.items()}


def reacts_to_many(kind: type[Fact]) -> Callable[[ToMany], ToMany]:
    """Have a function called after facts of this kind, with all that followed one upon the other."""

    def mark(function: ToMany) -> ToMany:
        assert kind not in TO_MANY and kind not in REACTIONS
        TO_MANY[kind] = function
        return function

    return mark


def worked_out_once(function: Callable[["Run"], _Made]) -> Callable[["Run"], _Made]:
    """What a room works out from the scenario, such as a table of rates, is worked out once for each run."""

    @wraps(function)
    def made(run: Run) -> _Made:
        try:
            found: _Made = run.made[function]
        except KeyError:
            found = run.made[function] = function(run)
        return found

    return made


class Run:
    """One world while its time moves: the world, its scenario, its luck, and what the cast keeps between windows."""

    def __init__(self, world: World, draw: Draw = luck, few: Singles = Few) -> None:
        assert world.account is not None
        self.world = world
        self.draw = draw
        self._few = few
        self.seed = world.account.seed
        self.begins_at = world.account.opened_at
        self.scenario = self._scenario()
        self.goes_on: Callable[[int], bool] = lambda at: False
        """Has all happen that falls due before a moment; then it is that moment. A step may go on so instead of coming
        round again. It is told whether it does: whoever moves time lets nobody go beyond a window's end."""
        self._states: dict[str, Any] = {}
        self.made: dict[Any, Any] = {}
        """What was worked out once from the scenario; see `worked_out_once`."""

    def _scenario(self) -> Scenario:
        try:
            scenario: Scenario = plain(as_kept(self.kept("scenario", None)))
        except (MsgspecError, ValidationError) as error:
            name = self.world.path.name
            sentence = f"{name} is damaged: its scenario cannot be read. Restore it from a copy."
            raise Unusable("WorldDamaged", sentence) from error
        return scenario

    def elsewhere(self, scenario: Scenario, draw: Draw, few: Singles) -> "Run":
        """The same world and all that is kept of it, as if under another scenario and other luck."""
        other = copy(self)
        other.scenario, other.draw, other._few, other.made = scenario, draw, few, {}
        return other

    def luck(self, stream: str, number: int, places: int = 16, first: int | None = None) -> Uniforms:
        """Uniforms of this world's own luck: all places of a stream, or the first few."""
        return self.draw(self.seed, stream, number, places, first)

    def lot(self, stream: str, number: int, places: int, place: int) -> float:
        """One of the uniforms of a stream, by its place."""
        if self.draw is luck:
            return lot(self.seed, stream, number, places, place)
        return self.draw(self.seed, stream, number, places, place + 1)[place]

    def in_turn(self, stream: str, places: int, first: int) -> InTurn:
        """The first few uniforms of a stream by number, for whoever asks for one after the other. Keep it.

        A book is asked number by number: whose luck it has drawn anew stands in it one by one.
        """
        if self.draw is luck:
            return in_turn(self.seed, stream, places, first)
        return lambda number: self.luck(stream, number, places, first)

    def few(self, stream: str, places: int, shares: dict[int, float]) -> Those:
        """Those of a stream whose uniform at one of these places is below its share. Keep it; it knows who they are."""
        return self._few(self.seed, stream, places, shares)

    def order_luck(self, number: int) -> Uniforms:
        """The uniforms of an order."""
        return self.draw(self.seed, "order", number, 16, None)

    def tries(self, act: Act, /, *, by: str, **what: Any) -> list[Fact]:
        """Do what the platform may refuse. What it refuses is on record, and comes to nothing."""
        try:
            return self.world.do(act, by=by, **what)
        except Refused:
            return []

    def said(self, text: str) -> str:
        """A text as short as the policy wants messages; nobody simulated says more than may be passed on."""
        return text[: self.world.policy.message_max_chars]

    def kept(self, name: str, default: Any) -> Any:
        """What was last kept under that name."""
        row = self.world.row("select state from cast where name = ?", (name,))
        return decode(row[0]) if row else default

    def state(self, name: str, default: Any) -> Any:
        """The same, held for the window: change it in place and it is kept when the window ends.

        The default may be a function that makes it, once it is wanted.
        """
        try:
            return self._states[name]
        except KeyError:
            found = self.kept(name, default)
        self._states[name] = found() if callable(found) else found
        return self._states[name]

    def save(self) -> None:
        """Keep the states; the driver calls it at the end of a window."""
        for name, state in self._states.items():
            keep(self.world, name, state)

    def forget(self) -> None:
        """Take the states from the file again: somebody else may have moved this world."""
        self._states.clear()


def keep(world: World, name: str, state: Any) -> None:
    """Keep something of the cast's under a name, inside a transaction."""
    assert world.writing_now
    world.execute("insert or replace into cast values (?, ?)", (name, encode(state).decode()))
