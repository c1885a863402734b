"""The commands that keep, multiply and compare worlds: snapshots, forks, differences, files to take elsewhere."""

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import rich_click as click

from sandbox.cli.common import as_json, not_writable, shelf_in


@click.command()
@click.argument("name", metavar="WORLD")
@click.argument("snapshot_name", metavar="[NAME]", required=False)
@click.option("--delete", is_flag=True, help="Remove that snapshot instead of taking it.")
@as_json
@click.pass_obj
def snapshot(folder: Path, name: str, snapshot_name: str | None, delete: bool, as_json: bool) -> None:
    """Keep a world as it is under a NAME, or list what was kept."""
    from sandbox.sim import snapshots

    if delete and snapshot_name is None:
        raise click.UsageError("Say which snapshot to delete.")
    with closing(shelf_in(folder).open(name)) as world:
        if snapshot_name is None:
            found = [_told(snapshots.read(world.path, one)) for one in snapshots.names(world.path)]
            lines = [f"{one['name']}: {one['now']}, {one['orders']} orders, {one['facts']} facts" for one in found]
            _say(as_json, {"world": name, "snapshots": found}, *(lines or [f"{name} has no snapshots."]))
        elif delete:
            snapshots.delete(world.path, snapshot_name)
            _say(as_json, {"world": name, "deleted": snapshot_name}, f"The snapshot {snapshot_name} is gone.")
        else:
            kept = _told(snapshots.take(world, snapshot_name))
            _say(as_json, {"world": name} | kept, f"{name} is kept as {snapshot_name}: {kept['now']}.")


@click.command()
@click.argument("name", metavar="WORLD")
@click.argument("snapshot_name", metavar="NAME")
@as_json
@click.pass_obj
def restore(folder: Path, name: str, snapshot_name: str, as_json: bool) -> None:
    """Put a world back to a snapshot; what happened since is gone, its keys stay."""
    from sandbox.central.days import rfc3339
    from sandbox.sim import snapshots

    with closing(shelf_in(folder).open(name)) as world:
        snapshots.restore(world, snapshot_name)
        now = rfc3339(world.now)
        told = {"world": name, "snapshot": snapshot_name, "now": now, "facts": world.clock.facts}
    _say(as_json, told, f"{name} is as it was in {snapshot_name}: {now}.")


@click.command()
@click.argument("name", metavar="WORLD")
@click.argument("new_name", metavar="NEW")
@click.option("--snapshot", "snapshot_name", help="From this snapshot; from where the world stands, if left out.")
@as_json
@click.pass_obj
def fork(folder: Path, name: str, new_name: str, snapshot_name: str | None, as_json: bool) -> None:
    """Make a NEW world that goes on from where another one stands."""
    from sandbox.sim import snapshots

    shelf = shelf_in(folder)
    with closing(shelf.open(name)) as world:
        _tell_new(snapshots.fork(shelf, new_name, world, snapshot_name), f"It goes on as {name} does", as_json)


@click.command()
@click.argument("name", metavar="WORLD")
@click.argument("other", metavar="[OTHER]", required=False)
@click.option("--snapshot", "snapshot_name", help="Compare with this snapshot of it, or of OTHER.")
@click.option("--since", type=click.IntRange(min=1), help="Compare with itself after the fact of that number.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Rows of each list.")
@as_json
@click.pass_obj
def diff(
    folder: Path,
    name: str,
    other: str | None,
    snapshot_name: str | None,
    since: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """Compare a world with another, with a snapshot, or with itself as it was."""
    from sandbox.sim.differences import differences, point, present

    if (since is None) == (other is None and snapshot_name is None):
        raise click.UsageError("Say what to compare with: OTHER, --snapshot or --since.")
    shelf = shelf_in(folder)
    with closing(shelf.open(name)) as world, point(shelf, world, snapshot_name, other, since) as there:
        found = differences(present(world), there, limit=limit)
    there_name = there.snapshot or (f"{name} after fact {since}" if since else there.world)
    sides = {name: found.this, there_name: found.other}
    told: dict[str, Any] = {"this": found.this._asdict(), "other": found.other._asdict(), "more": found.more}
    for side in ("this", "other"):
        told[side]["only"] = [fact._asdict() | {"body": json.loads(fact.body)} for fact in told[side]["only"]]
    told["orders"] = [one._asdict() | {"fields": [field._asdict() for field in one.fields]} for one in found.differing]
    lines = []
    for side, there_are in sides.items():
        kinds = ", ".join(f"{count} {kind}" for kind, count in there_are.kinds.items()) or "nothing"
        lines.append(f"Only in {side}: {kinds}")
    for one in found.differing:
        if one.only_in:
            lines.append(f"{one.order_id}: only in {name if one.only_in == 'this' else there_name}")
        lines += [f"{one.order_id} {field.field}: {field.this} | {field.other}" for field in one.fields]
    if found.more:
        lines.append(f"There is more; --limit shows up to 1000 rows of each list, and --json the facts ({limit} now).")
    _say(as_json, {"world": name, "with": there_name, "orders_in_all": found.orders} | told, *lines)


@click.command("export-world")
@click.argument("name", metavar="WORLD")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
@click.option("--keys", is_flag=True, help="With the keys that open the world.")
@click.option("--answers", is_flag=True, help="With what requests with an Idempotency-Key were answered.")
@as_json
@click.pass_obj
def export_world(folder: Path, name: str, out: Path, keys: bool, answers: bool, as_json: bool) -> None:
    """Write a whole world into one file, without its keys unless they are wanted."""
    from sandbox.sim.imports import export

    if out.exists():
        raise click.UsageError(f"{out} is there already. Choose another file.")
    if not out.absolute().parent.is_dir():
        raise click.UsageError(f"{out} cannot be written: there is no such folder.")
    with closing(shelf_in(folder).open(name)) as world:
        try:
            export(world, out, keys=keys, answers=answers)
        except OSError as error:
            raise not_writable(out, error) from None
    size = out.stat().st_size
    _say(as_json, {"world": name, "file": str(out), "bytes": size}, f"{name} is in {out}: {size:,} bytes.")


@click.command("import-world")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, exists=True, readable=True))
@click.option("--name", "new_name", required=True, help="The new world's name.")
@as_json
@click.pass_obj
def import_world(folder: Path, file: Path, new_name: str, as_json: bool) -> None:
    """Make a world of a file that export-world wrote, once it is found sound."""
    from sandbox.sim.imports import FILE_BYTES_AT_MOST, adopt

    size = file.stat().st_size
    if size > FILE_BYTES_AT_MOST:
        raise click.UsageError(f"{file} has {size} bytes; a world's file may have {FILE_BYTES_AT_MOST}.")

    def write(target: Path) -> None:
        shutil.copyfile(file, target)

    _tell_new(adopt(shelf_in(folder), new_name, write), f"It is as it was in {file}", as_json)


def _tell_new(world: Any, what: str, as_json: bool) -> None:
    """A world that was just made, which is closed then."""
    from sandbox.central.days import rfc3339
    from sandbox.sim.worlds import keys_of

    with closing(world):
        (key,) = keys_of(world)
        told = {"name": world.path.stem, "key": key, "now": rfc3339(world.now), "facts": world.clock.facts}
    _say(as_json, told, f"{told['name']} is made. {what}; it is {told['now']} there.", f"Key: {key}")


def _told(found: Any) -> dict[str, Any]:
    from sandbox.central.days import rfc3339

    return found._asdict() | {"now": rfc3339(found.now)}  # type: ignore[no-any-return]  # imported when needed alone


def _say(as_json: bool, told: dict[str, Any], *lines: str) -> None:
    """One object to programs, sentences to people."""
    click.echo(json.dumps(told) if as_json else "\n".join(lines))
