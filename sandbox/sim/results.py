"""The result file of a study or a forecast: JSON lines, first what it is, then each replication as it came in.

It is written line by line, so that whoever is killed loses the line that was being written and no other; the same
study begun again goes on behind the last whole one.
"""

import json
import re
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.central.troubles import Unusable
from sandbox.sim.replication import Outcome

STUDY, FORECAST = "study", "forecast"
FORMATS = {STUDY: "sandbox-study 1", FORECAST: "sandbox-forecast 1"}

_SUM = re.compile(r"[0-9a-f]{64}")


class Place(NamedTuple):
    """Which replication of which variant."""

    variant: int
    replication: int


class Results:
    """A result file, open for this study or forecast alone. What is in it already is in `found`."""

    def __init__(self, path: Path, study: dict[str, Any], kind: str = STUDY) -> None:
        """Open the file, or begin it. Raises Unusable where it is of another study, damaged or in use; it stays so."""
        self.path = path
        self.kind = kind
        self.found: dict[Place, Outcome] = {}
        self._first = _line({"format": FORMATS[kind]} | study)
        self._file = path.open("a+b")
        try:
            self._take_up()
        except BaseException:
            self._file.close()
            raise

    def _take_up(self) -> None:
        try:
            flock(self._file, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise Unusable(
                "ResultsInUse", f"{self.path} is being written by another {self.kind}. Wait for it."
            ) from None
        self._file.seek(0)
        whole, _, half = self._file.read().rpartition(b"\n")
        lines = whole.split(b"\n") if whole else []
        if not lines and self._first.startswith(half):
            self._file.truncate(0)
            self._write(self._first)
            return
        self._check(lines[0] if lines else half)
        for number, line in enumerate(lines[1:], 2):
            self._read(number, line)
        if half:
            self._file.truncate(len(whole) + 1)

    def _check(self, first: bytes) -> None:
        """Raise Unusable unless the file's first line is this study's."""
        if first + b"\n" == self._first:
            return
        theirs: Any = None
        with suppress(ValueError):
            theirs = json.loads(first)
        if not isinstance(theirs, dict) or theirs.get("format") != FORMATS[self.kind]:
            why = f"{self.path} is no result file of a {self.kind}. Name another one with --out."
            raise Unusable("NoResults", why)
        ours = json.loads(self._first)
        other = [key for key in ours if ours[key] != theirs.get(key)]
        told = "; ".join(_told(key, theirs.get(key), ours[key]) for key in other)
        why = f"{self.path} holds another {self.kind}: {told}. Name another file with --out."
        raise Unusable(f"Other{self.kind.title()}", why)

    def _read(self, number: int, line: bytes) -> None:
        try:
            row = json.loads(line)
            self.found[Place(row["variant"], row["replication"])] = row["outcome"]
        except (ValueError, TypeError, KeyError):
            raise Unusable(
                "ResultsDamaged", f"{self.path}:{number}: no replication can be read from this line."
            ) from None

    def add(self, place: Place, outcome: Outcome) -> None:
        """Keep one more replication; it is safe from a kill once this returns."""
        self._write(_line(place._asdict() | {"outcome": outcome}))
        self.found[place] = outcome

    def _write(self, line: bytes) -> None:
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            why = f"{self.path} cannot be written: {error.strerror}. What it has is whole; the same command goes on."
            raise Unusable("ResultsNotWritten", why) from error

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):
            self._file.close()


def _told(key: str, theirs: Any, ours: Any) -> str:
    """What differs; of a long text that stands for something else, only that it does."""
    if isinstance(ours, str) and _SUM.fullmatch(ours):
        return f"its {key} is another one"
    return f"its {key} is {json.dumps(theirs)}, here it is {json.dumps(ours)}"


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row).encode() + b"\n"
