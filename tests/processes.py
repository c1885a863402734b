"""Processes of a running command, as Linux tells of them."""

import os
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 60
"""Seconds after which something that does not come is a failure."""


def workers_of(process: int) -> list[int]:
    """The processes that it began to run replications in; its other children are Python's own."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def is_running(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(happened: Callable[[], object]) -> None:
    """Wait for something, for a minute at most."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def lines_in(path: Path) -> int:
    """Whole lines of a file that may not be there yet."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def environment(**more: str) -> dict[str, str]:
    """This environment, with the sandbox of this checkout."""
    return os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "COLUMNS": "200"} | more
