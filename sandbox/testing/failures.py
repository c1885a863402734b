"""Failures: what is told of the world of a test that failed, and how it is kept for whoever looks into it."""

import re
from pathlib import Path

from sandbox.testing.asserted import line
from sandbox.testing.client import World
from sandbox.testing.refused import SandboxError

_FACTS = 12
"""Facts that are told: the last ones."""


def told(world: World) -> str:
    """How far a world came: its moment, and what happened last. It never fails itself."""
    try:
        last = world.last_fact
        facts = world.facts(after=max(0, last - _FACTS))
        return "\n".join([f"It is {world.now} there, at {world.url}. The last of {last} facts:", *map(line, facts)])
    except SandboxError as error:
        return f"It tells nothing any more: {error}"


def kept(world: World, folder: Path, test: str) -> str:
    """Write a world into a folder, under the name of its test, and say what to do with it."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", test).strip("-")[-120:]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = world.export(folder / f"{name}-{world.name}.world")
    except (OSError, SandboxError) as error:
        return f"It could not be kept: {error}"
    return f"It is kept in {file}: sandbox import-world {file} --name {world.name}"
