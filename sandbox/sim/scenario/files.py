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
        raise InvalidScenario(f"{file}: {error}.") from None
    try:
        return Scenario.model_validate(found)
    except ValidationError as errors:
        first = first_error(errors)
        line = _line_of(text, first["loc"])
        raise InvalidScenario(f"{file}:{line}: {said(first)}") from None


def first_error(errors: ValidationError) -> Any:
    """The one to tell: an unknown key before a key that is missing, for it may be that key misspelt."""
    return min(errors.errors(), key=lambda error: error["type"] != "extra_forbidden")


def said(error: Any) -> str:
    """One of pydantic's errors as a sentence with the key."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "literal_error":
        return f"{key}: {error['input']!r} is not known. {_nearest(error['input'], error['ctx']['expected'])}"
    if error["type"] != "extra_forbidden":
        sentence = error["msg"].removeprefix("Value error, ")
        return f"{key or 'scenario'}: {sentence}{'' if sentence.endswith(('.', '?')) else '.'}"
    model: Any = Scenario
    for part in error["loc"][:-1]:
        model = _inside(model, part)
    near = get_close_matches(str(error["loc"][-1]), model.model_fields, n=1)
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
