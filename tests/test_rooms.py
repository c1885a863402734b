"""The rooms: imports run down only, outside things stay where they belong, and no room dwarfs the rest."""

import ast
import importlib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from sandbox.central.guide import CHAPTERS, RULES, Rule

ROOT = Path(__file__).parents[1]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "sandbox").rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in FILES.items()}

every_module = pytest.mark.parametrize("module", TREES)


def imported(module: str) -> set[str]:
    """All that a module imports, at its top or inside a function, by full name."""
    found: set[str] = set()
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{node.module}" if node.module else package


def modules_imported(module: str) -> set[str]:
    """The modules of ours that a module imports: `from a.b import c` is the module a.b.c if there is one, else a.b."""
    names = {name if name in TREES else name.rpartition(".")[0] for name in imported(module)}
    return names & set(TREES) - {module}


def is_in(module: str, rooms: tuple[str, ...]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


# -- imports run down only


BELOW = {
    "sandbox.central": (),
    "sandbox.sim": ("sandbox.central",),
    "sandbox.charts": ("sandbox.central", "sandbox.sim"),
    "sandbox.api": ("sandbox.central", "sandbox.sim"),
    "sandbox.testing": ("sandbox.api",),  # in one process it is the application that is asked, not the rooms below it
}
"""What each room may import of the others. `sandbox` itself, with the version and the banner, is everybody's."""


@pytest.mark.parametrize("room", BELOW)
def test_a_room_imports_those_below_it_only(room: str) -> None:
    inside = [module for module in TREES if is_in(module, (room,))]
    arrows = {(module, name) for module in inside for name in modules_imported(module) - {"sandbox"}}
    assert [arrow for arrow in arrows if not is_in(arrow[1], (room, *BELOW[room]))] == []


def test_nothing_is_imported_in_a_circle() -> None:
    try:
        TopologicalSorter({module: modules_imported(module) for module in TREES}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_package_itself_imports_nothing_of_ours() -> None:
    assert modules_imported("sandbox") == set()


# -- outside things stay in their rooms


ROOMS = {
    "flask": ("sandbox.api", "sandbox.cli", "sandbox.console"),
    "flask_openapi3": ("sandbox.api",),
    "granian": ("sandbox.api.serve", "sandbox.cli"),
    "simpy": ("sandbox.sim",),
    "faker": ("sandbox.sim",),
    "secrets": ("sandbox.sim.worlds", "sandbox.api", "sandbox.cli", "sandbox.testing"),
    "distributed": ("sandbox.sim.workers",),
    "concurrent": ("sandbox.sim.workers", "sandbox.api.webhooks"),
    "pyarrow": ("sandbox.central.reports.render",),
    "plotly": ("sandbox.charts",),
    "standardwebhooks": ("sandbox.api.webhooks.messenger", "sandbox.testing.receiver"),
    "random": (),
    "uuid": (),
    "sqlite_utils": ("sandbox.central.schema",),
    "click": ("sandbox.cli",),
    "rich_click": ("sandbox.cli",),
}
"""Where something that is not ours may be imported."""


@pytest.mark.parametrize("outside", ROOMS)
def test_what_is_not_ours_is_imported_in_its_room_only(outside: str) -> None:
    users = {module for module in TREES if any(is_in(name, (outside,)) for name in imported(module))}
    assert {module for module in users if not is_in(module, ROOMS[outside])} == set()


NOT_FROM_THE_AIR = {
    "the wall clock": {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"},
    "the environment": {"os.environ", "os.environb", "os.getenv"},
}
MAY = {
    "the wall clock": (
        "sandbox.api.webhooks.messenger",  # receivers turn away what was signed long ago
        "sandbox.api.journal.record",  # when something was asked is no part of what happens
    ),
    "the environment": ("sandbox.cli", "sandbox.testing.plugin"),
}


def spoken_of(module: str) -> set[str]:
    """Names with a dot in a module's code, by their last two parts, and names that it takes out of modules."""
    nodes = [node for node in ast.walk(TREES[module]) if isinstance(node, ast.Attribute)]
    dotted = {".".join(ast.unparse(node).split(".")[-2:]) for node in nodes}
    return dotted | {".".join(name.split(".")[-2:]) for name in imported(module)}


@pytest.mark.parametrize("what", NOT_FROM_THE_AIR)
@every_module
def test_nothing_comes_from_the_air(module: str, what: str) -> None:
    found = spoken_of(module) & NOT_FROM_THE_AIR[what]
    assert not found or is_in(module, MAY[what])


# -- every module


@every_module
def test_a_module_opens_with_what_lives_there(module: str) -> None:
    assert (ast.get_docstring(TREES[module]) or "").strip()


@every_module
def test_a_module_has_400_lines_at_most(module: str) -> None:
    assert len(FILES[module].read_text("utf-8").splitlines()) <= 400


@every_module
def test_a_function_has_60_lines_at_most(module: str) -> None:
    functions = [node for node in ast.walk(TREES[module]) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 60]
    assert long == []


# -- the guide in the code


for _name in TREES:
    if _name.startswith("sandbox.central"):
        importlib.import_module(_name)

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())


@every_rule
def test_a_rule_says_one_sentence(rule: Rule) -> None:
    assert rule.says.endswith(".") and not any(mark in rule.says[:-1] for mark in (". ", "? ", "! ", "\n"))


@every_rule
def test_a_rule_names_a_chapter_of_the_guide(rule: Rule) -> None:
    assert rule.chapter in CHAPTERS


@every_rule
def test_a_rule_is_found_by_its_room_and_its_name(rule: Rule) -> None:
    room, _, name = rule.name.partition(".")
    assert getattr(importlib.import_module(f"sandbox.central.{room}"), name) is rule.function


@every_rule
def test_a_rule_says_what_it_promises(rule: Rule) -> None:
    assert (rule.function.__doc__ or "").strip()


def test_no_two_rules_say_the_same() -> None:
    assert len({rule.says for rule in RULES.values()}) == len(RULES)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_chapter_has_a_rule(chapter: int) -> None:
    assert chapter in {rule.chapter for rule in RULES.values()}


def test_the_guide_has_12_chapters() -> None:
    assert list(CHAPTERS) == list(range(1, 13))
