"""What a scenario file may hold, told by the models themselves: as a page for people and as a schema for editors."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticUndefined

from sandbox.sim.scenario.happenings import TAKES, Happening
from sandbox.sim.scenario.whole import Scenario

_LISTED = 5
"""So many tables of a default are printed; more are counted."""
_TITLE = """# Scenarios

A scenario is a TOML file. Copy one of this folder; `sandbox run my-scenario.toml` runs it. Unknown keys are refused
with file, line and the nearest known key, and `sandbox scenarios --schema` prints a JSON schema for editors. Times of
day and dates without an offset are the shop's own (Asia/Kolkata). A default is what a scenario has that says nothing;
"assumed" marks a number for which no usable source was found. This page is made by `sandbox scenarios --reference`.

A whole scenario: a month of history by scripts, then a fortnight in which a person answers while an agent is ill.

```toml
title = "A thin inbox"
lesson = "With one agent less, the evening's messages wait until the morning."
seed = 7
history_days = 30
days = 14
trains = ["inbox"]

[demand]
orders_per_day = 40

[desks.inbox]
agents = 2
then = "person"

[[happenings]]
what = "desk-away"
name = "An agent is ill"
day = 3
days = 4
desk = "inbox"
agents = 1

[expect]  # of a run with scripted desks
response-time = [60, 100]
```
"""


def schema() -> dict[str, Any]:
    """The JSON schema of a scenario file, with its defaults as a file has them."""
    return Scenario.model_json_schema(mode="serialization")


def reference() -> str:
    """Every table with its keys, as Markdown."""
    return _TITLE + "".join(_table(name, part) for name, part in tables())


def tables() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every table of a scenario file with its model, the file itself first."""
    yield "", Scenario
    yield from _inside("", Scenario)


def _inside(name: str, part: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for key, field in part.model_fields.items():
        for inner in _models(field.annotation):
            path = f"{name}.{key}" if name else key
            yield (f"[{path}]" if "list[" in repr(field.annotation) else path), inner
            yield from _inside(path, inner)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The tables in a field: itself, or those of a list or a dictionary."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in get_args(annotation) for found in _models(inner)]


def _table(name: str, part: type[BaseModel]) -> str:
    head = f"\n## `[{name}]`\n" if name else "\n## The file itself\n"
    says = " ".join((part.__doc__ or "").split())
    rows = [
        f"| `{key}` | {_default(field)} | {_cell(_described(field))} |"
        for key, field in part.model_fields.items()
        if not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel)
    ]
    listed = "\n".join(["| key | default | what it is |", "|---|---|---|", *rows]) + "\n" if rows else ""
    return f"{head}\n{says}\n\n{listed}{_kinds() if part is Happening else ''}"


def _described(field: Any) -> str:
    """What a key is, and what may be written, where that is one of a few words."""
    says = " ".join((field.description or "").split())
    words = list(dict.fromkeys(_words(field.annotation)))
    return f"{says} One of {', '.join(f'`{word}`' for word in words)}.".strip() if words else says


def _words(annotation: Any) -> list[str]:
    """The words of a Literal, or of those in a list."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [word for inner in get_args(annotation) if not isinstance(inner, str) for word in _words(inner)]


def _kinds() -> str:
    """Which keys each kind of happening looks at."""
    rows = [f"| `{what}` | {', '.join(f'`{key}`' for key in keys)} |" for what, keys in TAKES.items()]
    return "\n" + "\n".join(["| `what` | looks at, beside when it happens |", "|---|---|", *rows]) + "\n"


def _default(field: Any) -> str:
    if field.default is PydanticUndefined:
        return "needed"
    value = field.default
    if isinstance(value, list) and len(value) > _LISTED and isinstance(value[0], BaseModel):
        return f"{len(value)} tables"
    return f"`{_cell(json.dumps(_written(field)))}`"


def _written(field: Any) -> Any:
    """A default as a scenario file would have it."""
    kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    written = TypeAdapter(kind).dump_python(field.default, mode="json", exclude_defaults=True)
    return field.default if written == field.default else written  # 1 stays 1, and is not 1.0


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
