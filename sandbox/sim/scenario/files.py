"""Scenario files: where they are, and what is wrong in them, with file, line and the nearest known key."""

import os
import re
import tomllib
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from sandbox.sim.scenario.whole import Scenario


class InvalidScenario(Exception):
    """A scenario file that cannot be used: what is wrong, in which file and line, and what would work."""

    code = "InvalidScenario"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _shelf() -> Path:
    """Where the scenarios are: inside an installed package, beside it in a checkout."""
    package = Path(str(files("sandbox")))
    inside = package / "scenarios"
    return inside if inside.is_dir() else package.parent / "scenarios"


def names() -> list[str]:
    """The scenarios that come with the package."""
    found = (file.name for file in _shelf().iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


def load(name_or_path: str, *, allow_paths: bool = True) -> Scenario:
    """The scenario of that name, or in that file. Raises InvalidScenario."""
    if name_or_path in names():
        return parse((_shelf() / f"{name_or_path}.toml").read_text("utf-8"), f"{name_or_path}.toml")
    path = Path(name_or_path)
    if not allow_paths or not os.path.isfile(path):  # pathlib raises where the name is too long
        near = get_close_matches(name_or_path, names(), n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names())}."
        raise InvalidScenario(f"There is no scenario {name_or_path[:80]!r}. {hint}")
    try:
        return parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidScenario(f"{path}: cannot be read as text: {error}.") from error


def parse(text: str, file: str) -> Scenario:
    """Check a scenario's text. Raises InvalidScenario with file, line and the nearest known key."""
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidScenario(_not_toml(file, text, str(error))) from None
    try:
        return Scenario.model_validate(found)
    except ValidationError as errors:
        first = first_error(errors)
        line = _line_of(text, first["loc"])
        raise InvalidScenario(f"{file}:{line}: {said(first)}") from None


def _not_toml(file: str, text: str, why: str) -> str:
    """TOML's own complaint, behind file and line as all others are."""
    what, _, where = why.partition(" (at ")
    line = re.search(r"line (\d+)", where)
    number = line[1] if line else len(text.splitlines()) if where else 1
    return f"{file}:{number}: {what}. A scenario is written in TOML."


def first_error(errors: ValidationError) -> Any:
    """The one to tell: an unknown key before a key that is missing, for it may be that key misspelt."""
    return min(errors.errors(), key=lambda error: error["type"] != "extra_forbidden")


def said(error: Any) -> str:
    """One of pydantic's errors as a sentence with the key, the value, and what would do."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "literal_error":
        return f"{key}: {error['input']!r} is not known. {_nearest(error['input'], error['ctx']['expected'])}"
    if error["type"] == "extra_forbidden":
        return _unknown(error["loc"], key)
    return f"{key or 'scenario'}: {_stopped(_will_not_do(error))}"


def _stopped(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."


_SHOULD = "Input should be "
_SIMPLE = (str, int, float, bool)
_PERCENT = 100


def _will_not_do(error: Any) -> str:
    """Pydantic's words where they are ours; otherwise the value first, and what it should be."""
    given, sentence = error["input"], error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        return "it is needed, and left out"
    if not sentence.startswith(_SHOULD) or not isinstance(given, _SIMPLE):
        return str(sentence)
    wanted = sentence.removeprefix(_SHOULD).partition(", unable to parse")[0]
    wanted = "a table" if error["type"] == "model_type" else wanted
    return f"{repr(given)[:40]} will not do; it should be {wanted}{_hint(error, given)}"


def _hint(error: Any, given: Any) -> str:
    """What people mean who write a percentage, or a number with its unit."""
    if error["type"] == "less_than_equal" and error["ctx"]["le"] == 1 and given <= _PERCENT:
        return f": a part of 1, so {given:g} % is {given / _PERCENT:g}"
    if error["type"].endswith("_parsing") and re.fullmatch(r"[\d.]+ ?[a-z%]+", str(given)):
        return " alone; its unit is in the key's name or its description"
    return ""


def _unknown(loc: tuple[int | str, ...], key: str) -> str:
    model: Any = Scenario
    for part in loc[:-1]:
        model = _inside(model, part)
    near = get_close_matches(str(loc[-1]), model.model_fields, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"It may have: {', '.join(model.model_fields)}."
    return f"{key!r} is not known. {hint}"


def _nearest(given: object, expected: str) -> str:
    """What was probably meant, of `'this', 'that' or 'another'`."""
    near = get_close_matches(str(given), re.findall(r"'([^']+)'", expected), n=1)
    return f"Did you mean {near[0]!r}?" if near else f"It may be {expected}."


def _inside(model: Any, part: int | str) -> Any:
    """The model of a field of a model; the place in a list or a dictionary leads to the same model as the whole."""
    if part not in model.model_fields:
        return model
    annotation = model.model_fields[part].annotation
    parts = [annotation, *getattr(annotation, "__args__", ())]
    return next(kind for kind in parts if isinstance(kind, type) and issubclass(kind, BaseModel))


def _line_of(text: str, loc: tuple[int | str, ...]) -> int:
    """The line where a key is written, or the nearest table above it. TOML's reader keeps no lines."""
    wanted = [str(part) for part in loc]
    table: list[str] = []
    counts: dict[str, int] = {}
    best, best_depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.\-\"']+)\s*\]", line):
            name = header[2].replace('"', "").replace("'", "")
            table = name.split(".")
            if header[1] == "[[":
                table.append(str(counts.setdefault(name, 0)))
                counts[name] += 1
            path = table
        elif entry := re.match(r"\s*([\w.\-\"']+)\s*=", line):
            path = table + entry[1].replace('"', "").replace("'", "").split(".")
        else:
            continue
        common = min(len(path), len(wanted))
        depth = common if path[:common] == wanted[:common] else 0
        if depth > best_depth:
            best, best_depth = number, depth
    return best
