"""What a scenario file may hold, told by the models themselves: as a page for people and as a schema for editors."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticUndefined

from sandbox.sim.scenario.whole import Scenario

_LISTED = 5
"""So many tables of a default are printed; more are counted."""
_TITLE = """# Scenarios

A scenario is a TOML file. Copy one of this folder; `sandbox run my-scenario.toml` runs it. Unknown keys are refused
with file, line and the nearest known key, and `sandbox scenarios --schema` prints a JSON schema for editors. Times of
day and dates without an offset are the shop's own (Asia/Kolkata). A default is what a scenario has that says nothing;
"assumed" marks a number for which no usable source was found. This page is made by `sandbox scenarios --reference`.
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
        f"| `{key}` | {_default(field)} | {_cell(' '.join((field.description or '').split()))} |"
        for key, field in part.model_fields.items()
        if not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel)
    ]
    listed = "\n".join(["| key | default | what it is |", "|---|---|---|", *rows]) + "\n" if rows else ""
    return f"{head}\n{says}\n\n{listed}"


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
