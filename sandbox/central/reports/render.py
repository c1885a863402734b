"""Rows as files: tab-separated, CSV, JSON and Parquet, from one description of the columns."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, NamedTuple

from msgspec.json import encode

from sandbox import BANNER
from sandbox.central.days import SECOND, rfc3339
from sandbox.central.guide import Refused


class Heading(NamedTuple):
    """What a report says of itself, where its format has room for it."""

    kind: str
    shop: str
    currency: str
    marketplace_id: str
    as_of: int


class Column(NamedTuple):
    """A column: its name in the file and what its cells are."""

    name: str
    cells: str
    """A key of `SHOWN`."""


Render = Callable[[Heading, Iterable[Sequence[Any]]], bytes]

TEXT, WORDS, WHOLE, NUMBER = "text", "words", "whole", "number"
MONEY, MOMENT, UTC_MOMENT, DAY = "money", "moment", "utc-moment", "day"
"""WORDS are what people wrote; TEXT is ids and codes, which no format may change; MONEY is in minor units."""


def amount(minor: int | None) -> str:
    """Minor units as the wire writes money: 84900 is 849.00."""
    if minor is None:
        return ""
    whole = abs(minor)
    return f"{'-' if minor < 0 else ''}{whole // 100}.{whole % 100:02d}"


@lru_cache(maxsize=4096)
def utc_moment(at: int | None) -> str:
    """A moment in the style of settlement files: 2026-03-02 04:30:00 UTC."""
    return "" if at is None else f"{datetime.fromtimestamp(at // SECOND, UTC).isoformat(' ')[:19]} UTC"


def _moment(at: int | None) -> str:
    return "" if at is None else rfc3339(at)


_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def _text(value: str | None) -> str:
    """One line without tabs, whatever was written."""
    return "" if value is None else value if value.isprintable() else _BREAKS.sub(" ", value)


def _plain(value: float | None) -> str:
    return "" if value is None else str(value)


SHOWN: dict[str, Callable[[Any], str]] = {
    TEXT: _text,
    WORDS: _text,
    WHOLE: _plain,
    NUMBER: _plain,
    MONEY: amount,
    MOMENT: _moment,
    UTC_MOMENT: utc_moment,
    DAY: lambda at: utc_moment(at)[:10],
}


Shows = dict[str, Callable[[Any], Any]]


def _shown(columns: Sequence[Column], rows: Iterable[Sequence[Any]], shows: Shows) -> list[list[Any]]:
    """The cells column by column, each different one shown once: a settlement has few amounts and many empty cells."""
    found = []
    for column, cells in zip(columns, zip(*rows, strict=False), strict=False):
        show = shows[column.cells]
        known = {cell: show(cell) for cell in set(cells)}
        found.append([known[cell] for cell in cells])
    return found


def tsv(columns: Sequence[Column], heading: Heading, rows: Iterable[Sequence[Any]]) -> bytes:
    """The wire's own format, cell by cell as it is."""
    lines = ["\t".join(column.name for column in columns)]
    lines += map("\t".join, zip(*_shown(columns, rows, SHOWN), strict=True))
    return ("\n".join(lines) + "\n").encode()


def _guarded(value: str | None) -> str:
    """Words that a spreadsheet would take for a formula, marked as words."""
    text = _text(value)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text


_GUARDED: Shows = SHOWN | {WORDS: _guarded}


def comma_separated(columns: Sequence[Column], heading: Heading, rows: Iterable[Sequence[Any]]) -> bytes:
    """For spreadsheets: what people wrote is never taken for a formula, and ids and amounts stay as they are."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(column.name for column in columns)
    writer.writerows(zip(*_shown(columns, rows, _GUARDED), strict=True))
    return file.getvalue().encode()


def _as_it_is(cell: Any) -> Any:
    return cell


def _or_nothing(show: Callable[[Any], str]) -> Callable[[Any], str | None]:
    return lambda cell: None if cell is None else show(cell)


_VALUES: Shows = {
    cells: _as_it_is if cells in (TEXT, WORDS, WHOLE, NUMBER) else _or_nothing(show) for cells, show in SHOWN.items()
}


def json(columns: Sequence[Column], heading: Heading, rows: Iterable[Sequence[Any]]) -> bytes:
    """One object with the rows, and what this is: numbers as numbers, money and moments as text, nothing as null."""
    names = [column.name for column in columns]
    found = [dict(zip(names, row, strict=True)) for row in zip(*_shown(columns, rows, _VALUES), strict=True)]
    about = {"notice": BANNER, "kind": heading.kind, "shop": heading.shop, "as_of": rfc3339(heading.as_of)}
    return encode(about | {"currency": heading.currency, "rows": found})


def _decimal(minor: int | None) -> Decimal | None:
    return None if minor is None else Decimal(minor).scaleb(-2)


_TYPED: Shows = dict.fromkeys(SHOWN, _as_it_is) | {MONEY: _decimal}


def parquet(columns: Sequence[Column], heading: Heading, rows: Iterable[Sequence[Any]]) -> bytes:
    """Typed columns for analysis. Refused with ParquetNotInstalled."""
    try:
        import pyarrow as arrow  # an extra: large, and only this needs it
        from pyarrow import parquet as files
    except ImportError:
        raise Refused(
            "ParquetNotInstalled", "Parquet needs pyarrow: pip install 'seller-sandbox[parquet]'. Or take csv or tsv."
        ) from None
    moment = arrow.timestamp("ms", "UTC")
    kinds = {TEXT: arrow.string(), WORDS: arrow.string(), WHOLE: arrow.int64(), NUMBER: arrow.float64()}
    kinds |= {MONEY: arrow.decimal128(18, 2), MOMENT: moment, UTC_MOMENT: moment, DAY: moment}
    fields = [arrow.field(column.name, kinds[column.cells]) for column in columns]
    cells = _shown(columns, rows, _TYPED) or [[] for _ in columns]
    arrays = [arrow.array(values, field.type) for field, values in zip(fields, cells, strict=True)]
    schema = arrow.schema(fields, {"notice": BANNER, "kind": heading.kind})
    file = io.BytesIO()
    files.write_table(arrow.table(arrays, schema), file)
    return file.getvalue()


def tables(columns: Sequence[Column], first: str) -> dict[str, Render]:
    """The formats of a kind that is a plain table, the usual one first."""
    formats: dict[str, Render] = {
        "tsv": partial(tsv, columns),
        "csv": partial(comma_separated, columns),
        "json": partial(json, columns),
        "parquet": partial(parquet, columns),
    }
    return {first: formats[first]} | formats
