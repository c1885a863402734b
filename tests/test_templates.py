"""Templates: a fresh world is a copy of one that was made once, and nobody can tell."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.central.days import DAY
from sandbox.central.guide import Refused
from sandbox.sim import templates
from sandbox.sim.driver import Driver
from sandbox.sim.scenario import Scenario
from sandbox.sim.worlds import Shelf, keys_of
from tests import shop


def lived() -> Scenario:
    return shop.scenario().model_copy(update={"history_days": 3})


def kept(shelf: Shelf) -> list[Path]:
    return sorted(path for path in (shelf.folder / ".templates").glob("*") if path.is_file())


def fresh(shelf: Shelf, name: str, scenario: Scenario | None = None, **options: Any) -> tuple[Any, ...]:
    """What a fresh world holds, and its keys."""
    with closing(shelf.fresh(name, scenario or lived(), **options)) as world:
        return shop.facts(world), shop.tables(world), keys_of(world)


def test_a_copy_of_a_template_is_the_world_that_would_have_been_made(shelf: Shelf) -> None:
    first, second = fresh(shelf, "one"), fresh(shelf, "two")
    with closing(shelf.make("made", lived())) as world:
        made = shop.facts(world), shop.tables(world)
    assert first[:2] == second[:2] == made and len(kept(shelf)) == 1


def test_each_copy_has_a_key_of_its_own(shelf: Shelf) -> None:
    (one,), (two,) = fresh(shelf, "one")[2], fresh(shelf, "two")[2]
    assert one != two and one.startswith("sk_one_") and two.startswith("sk_two_")


def test_a_template_holds_no_key(shelf: Shelf) -> None:
    (key,) = fresh(shelf, "one")[2]
    assert b"sk_one_" not in kept(shelf)[0].read_bytes() and key.encode() in shelf.path("one").read_bytes()


def test_copies_have_the_same_future(shelf: Shelf) -> None:
    found = []
    for name in ("one", "two"):
        with closing(shelf.fresh(name, lived())) as world:
            Driver(world).advance(world.now + 5 * DAY)
            found.append(shop.facts(world))
    assert found[0] == found[1]


CHANGES: list[dict[str, Any]] = [{"seed": 99}, {"history_days": 4}, {"rate": 60.0}, {"start": shop.MONDAY + DAY}]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_what_decides_the_content_decides_the_template(shelf: Shelf, change: dict[str, Any]) -> None:
    fresh(shelf, "one")
    fresh(shelf, "two", lived().model_copy(update=change))
    assert len(kept(shelf)) == 2


def test_who_plays_a_desk_decides_the_template(shelf: Shelf) -> None:
    fresh(shelf, "one")
    with closing(shelf.fresh("two", lived(), players={"inbox": "program"})) as world:
        assert '"inbox":"program"' in world.row("select state from cast where name = 'desks'")[0]


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def another_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [half, another_byte, nothing])
def test_a_damaged_template_is_made_anew(shelf: Shelf, damage: Any) -> None:
    first = fresh(shelf, "one")
    damage(kept(shelf)[0])
    assert fresh(shelf, "two")[:2] == fresh(shelf, "three")[:2] == first[:2]
    assert len(kept(shelf)) == 1


def test_those_not_used_longest_go_first(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "TEMPLATES_AT_MOST", 2)
    seeds = [lived().model_copy(update={"seed": seed}) for seed in (1, 2, 3)]
    fresh(shelf, "a", seeds[0])
    first = kept(shelf)
    fresh(shelf, "b", seeds[1])
    fresh(shelf, "c", seeds[0])
    fresh(shelf, "d", seeds[2])
    assert len(kept(shelf)) == 2 and first[0] in kept(shelf)


def test_no_more_bytes_are_kept_than_may_be(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh(shelf, "a")
    monkeypatch.setattr(templates, "BYTES_AT_MOST", int(kept(shelf)[0].stat().st_size * 1.5))
    fresh(shelf, "b", lived().model_copy(update={"seed": 2}))
    assert len(kept(shelf)) == 1


def test_several_who_want_the_same_at_once_get_the_same(shelf: Shelf) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: fresh(shelf, f"w{number}"), range(4)))
    assert all(one[:2] == found[0][:2] for one in found) and len(kept(shelf)) == 1


def test_a_name_that_is_taken_is_refused_though_there_is_a_template(shelf: Shelf) -> None:
    before = fresh(shelf, "one")
    with pytest.raises(Refused) as refused:
        shelf.fresh("one", lived())
    with closing(shelf.open("one")) as world:
        assert (refused.value.code, keys_of(world)) == ("WorldExists", before[2])


def test_a_template_is_no_world_and_its_owners_alone(shelf: Shelf) -> None:
    fresh(shelf, "one")
    assert shelf.names() == ["one"] and kept(shelf)[0].stat().st_mode & 0o777 == 0o600


def test_an_empty_world_waits_for_the_platform_alone(tmp_path: Path) -> None:
    from sandbox.sim.scenario import load

    with closing(Shelf(tmp_path).fresh("bare", load("empty"))) as world:
        Driver(world).advance(world.now + 20 * DAY)
        by = {by for (by,) in world.rows("select distinct by from facts where at > ?", (world.account.opened_at,))}  # type: ignore[union-attr]
        assert by <= {"amazon"} and world.rows("select * from orders") == []
