"""The commands that write files: a report as of now, a table of the world, a page of charts."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from sandbox.cli.common import as_json, not_writable, shelf_in, writable, write_page

if TYPE_CHECKING:
    from sandbox.central.world import World

_out = click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; else stdout.")


@click.command()
@click.argument("name", metavar="WORLD")
@click.argument("kind", metavar="KIND")
@click.option("--from", "since", help="The span's beginning; 30 days before its end, if left out.")
@click.option("--to", "until", help="The span's end, itself not in it; up to what is so now, if left out.")
@click.option("--settlement", type=click.IntRange(min=1), help="Of settlement reports: which; the last, if left out.")
@click.option("--format", "form", help="tsv, csv, xml, json or parquet, as far as the kind has it; as --out ends.")
@_out
@as_json
@click.pass_obj
def report(
    folder: Path,
    name: str,
    kind: str,
    since: str | None,
    until: str | None,
    settlement: int | None,
    form: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Print or write a report as of now; nobody has to request it.

    KIND is settlement-v2, settlement-xml, transactions, date-range-summary, seller-feedback, seller-performance-v1,
    seller-performance-v2, actionable-orders, all-orders or customer-metrics.
    """
    from sandbox.central import reports

    begin, end = _moment(since), _moment(until)
    world = shelf_in(folder).open(name)
    with world.looking():
        found = reports.at_once(world, kind, begin, end, _form(form, out, as_json), settlement)
    world.close()
    _hand_over(found.body, out, as_json, {"world": name, "kind": kind, "rows": found.rows})


@click.command()
@click.argument("name", metavar="WORLD")
@click.option("--table", required=True, help="orders, items, packages, messages, entries, transactions, refunds, …")
@click.option("--format", "form", type=click.Choice(("csv", "tsv", "json", "parquet")), help="As --out ends, or csv.")
@_out
@as_json
@click.pass_obj
def export(folder: Path, name: str, table: str, form: str | None, out: Path | None, as_json: bool) -> None:
    """Print or write one of a world's tables, for analysis elsewhere."""
    from sandbox.central.reports.views import exported

    world = shelf_in(folder).open(name)
    with world.looking():
        body, rows = exported(world, table, _form(form, out, as_json) or "csv")
    world.close()
    _hand_over(body, out, as_json, {"world": name, "table": table, "rows": rows})


@click.command()
@click.argument("name", metavar="WORLD")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The HTML file to write.")
@as_json
@click.pass_obj
def chart(folder: Path, name: str, out: Path, as_json: bool) -> None:
    """Draw the run report of a world as it stands: one page that works offline."""
    writable(out)
    world = shelf_in(folder).open(name)
    write_run_report(world, out)
    world.close()
    if as_json:
        click.echo(json.dumps({"world": name, "file": str(out), "bytes": out.stat().st_size}))


def write_run_report(world: "World", out: Path) -> None:
    """The run report into a file, with a note on stderr."""
    from sandbox.charts.run_report import run_report

    write_page(run_report(world), out, "The run report")


def _form(form: str | None, out: Path | None, as_json: bool) -> str | None:
    """The format: as asked for, or as the file's ending says; --json without a file prints the rows as one object."""
    from sandbox.central.reports.kinds import FORMATS

    if out is not None:
        ending = out.suffix.lower().removeprefix(".")
        return form or (ending if ending in FORMATS else None)
    if not as_json:
        return form
    if form not in (None, "json"):
        raise click.UsageError(f"--json prints JSON and not {form}. Leave one of them out, or name a file with --out.")
    return "json"


def _moment(text: str | None) -> int | None:
    from sandbox.central.days import parse_moment

    try:
        return None if text is None else parse_moment(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _hand_over(body: bytes, out: Path | None, as_json: bool, about: dict[str, Any]) -> None:
    """The file to its place or to stdout; what was written is told on stderr, or as one object to programs."""
    if out is None:
        sys.stdout.buffer.write(body)
        return
    try:
        out.write_bytes(body)
    except OSError as error:
        raise not_writable(out, error) from None
    if as_json:
        click.echo(json.dumps(about | {"file": str(out), "bytes": len(body)}))
    else:
        click.echo(f"{about['rows']} rows written to {out}", err=True)
