"""Running the command line for real."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "sandbox"]


def sandbox(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`sandbox --data FOLDER …`, to its end."""
    command = [*COMMAND, "--data", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ | environment)


def told(folder: Path, *words: str) -> Any:
    """What the command prints with --json."""
    done = sandbox(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
