"""The README is true: its tour runs, and it leaves no command, option, route or key out."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from click import Group
from pydantic import BaseModel

from sandbox.api.app import create_app
from sandbox.api.auth import Operated
from sandbox.cli import sandbox as commands
from sandbox.sim.magic import MAGIC
from sandbox.sim.scenario import parse
from sandbox.sim.scenario.happenings import TAKES, Event
from sandbox.sim.scenario.reference import reference, tables
from tests.commands import COMMAND

TOP = Path(__file__).parent.parent
README = (TOP / "README.md").read_text()


def test_the_tour_runs_as_it_is_printed(tmp_path: Path) -> None:
    bin_folder = _commands(tmp_path)
    serve = [*COMMAND, "--data", str(tmp_path), "serve", "--demo", "--port", "0", "--json"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        url = json.loads(server.stdout.readline())["url"]
        try:
            printed = _run(_tour().replace("http://127.0.0.1:8800", url), tmp_path, bin_folder)
        finally:
            server.terminate()
    for sign in ("idempotent-replayed: true", '"code":"AlreadyShipped"', '"status":"Shipped"', '"sender":"seller"'):
        assert sign in printed
    assert printed.count("of it in reserve") == 2
    assert "| shipments.confirm_shipment | Payment starts" in printed and "Package 1 was delivered." in printed
    assert '"kind":"ParcelDelivered"' in printed and '"kind":"ActionRefused"' in printed
    assert "settlement-id\tsettlement-start-date" in printed and '"reason":' in printed
    assert '"name":"cancellation"' in printed and '"state":"breached"' in printed


def test_the_forecast_runs_as_it_is_printed(tmp_path: Path) -> None:
    part = README[README.index("## A forecast") : README.index("## Scenarios")]
    (block,) = re.findall(r"```sh\n(.*?)```", part, re.DOTALL)
    script = block.replace("--runs 500", "--runs 4").replace("kettles.", f"{tmp_path}/kettles.")
    assert script.count(str(tmp_path)) == 2
    printed = _run(script, tmp_path, _commands(tmp_path))
    assert "world kettles: 4 futures of 30 days" in printed and "limit crossed" in printed
    assert (tmp_path / "kettles.html").stat().st_size > 1_000_000
    assert (tmp_path / "kettles.jsonl").read_text().count("\n") == 5


def _commands(folder: Path) -> Path:
    """A folder with the command as it is installed."""
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "sandbox").write_text(f'#!/bin/sh\nexec {sys.executable} -m sandbox "$@"\n')
    (bin_folder / "sandbox").chmod(0o755)
    return bin_folder


def _tour() -> str:
    tour = README[README.index("## A tour") : README.index("## The guide in the code")]
    blocks = re.findall(r"```sh\n(.*?)```", tour, re.DOTALL)
    assert len(blocks) == 9
    return "\n".join(line for block in blocks for line in block.splitlines() if not line.startswith("export "))


def _run(script: str, folder: Path, bin_folder: Path) -> str:
    environment = os.environ | {"SANDBOX_DATA": str(folder), "PATH": f"{bin_folder}:{os.environ['PATH']}"}
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, cwd=TOP)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout


def test_make_demo_shows_a_month_and_ends(tmp_path: Path) -> None:
    words = ["make", "demo", "ONCE=1", f"DATA={tmp_path}", f"PYTHON={sys.executable}"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=TOP, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "Messages waiting for a reply" in done.stdout


def test_every_command_and_option_is_in_the_readme() -> None:
    assert isinstance(commands, Group)
    for name, command in commands.commands.items():
        assert f"`sandbox {name}" in README
        for option in command.params:
            if option.param_type_name == "option":
                assert f"`{option.opts[0]}`" in README, f"{name} {option.opts[0]}"


def test_every_magic_word_is_in_the_readme() -> None:
    told = re.sub(
        r"`MAGIC-FEEDBACK-1` to `MAGIC-FEEDBACK-5`", " ".join(f"`MAGIC-FEEDBACK-{n}`" for n in range(1, 6)), README
    )
    assert set(re.findall(r"`MAGIC-([A-Z0-9-]+)`", told)) == MAGIC.keys()


def test_every_route_is_in_the_readme(tmp_path: Path) -> None:
    app = create_app(Operated(tmp_path, "op", False))
    routes = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(("/v1", "/sandbox"))]
    assert len(routes) > 25
    for rule in routes:
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert f"`{method} {rule.rule}`" in README


@pytest.mark.parametrize(
    "part",
    [part for _, part in tables()],
    ids=lambda part: part.__name__,
)
def test_every_scenario_key_is_in_the_reference(part: type[BaseModel]) -> None:
    told = (TOP / "scenarios" / "README.md").read_text("utf-8")
    for key, field in part.model_fields.items():
        is_table = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        assert is_table or f"| `{key}` |" in told


def test_the_reference_of_scenarios_is_the_one_that_the_models_make() -> None:
    assert (TOP / "scenarios" / "README.md").read_text("utf-8") == reference()


def test_the_scenario_that_the_reference_shows_is_one() -> None:
    (shown,) = re.findall(r"```toml\n(.+?)```", reference(), re.DOTALL)
    assert parse(shown, "shown.toml").trains == ["inbox"]


def test_every_word_that_a_key_may_be_is_in_the_reference() -> None:
    told = reference()
    assert [kind for kind in (*TAKES, *get_args(Event)) if f"`{kind}`" not in told] == []


def test_every_room_is_in_the_readme() -> None:
    rooms = [path.name for path in (TOP / "sandbox" / "central").glob("*.py")]
    helpers = {"__init__.py", "days.py", "ids.py", "guide.py", "troubles.py", "rooms.py"}
    missing: list[Any] = [room for room in rooms if room not in helpers and f"{room}`" not in README]
    assert missing == []
