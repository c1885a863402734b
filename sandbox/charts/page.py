"""The page: sections of a sentence, a chart and its tables, as one HTML file that asks nobody for anything."""

import json
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any, NamedTuple

from sandbox import BANNER

Figure = dict[str, Any]
"""A chart as plotly's script takes it: `data` and `layout`. Its Python classes take longer to import than to draw."""

LONG = 15
"""Rows from which on a table is folded."""
_NUMBER = re.compile(r"-|(less than |[-+])?([A-Z]{3} )?-?[\d,]+(\.\d+)?( %| points)?")
_KIND = ' class="number"'
_LONG_TEXT = 40
_ORDER_ID = re.compile(r"\b\d{3}-\d{7}-\d{7}\b")
_WHOLE = r'<span class="id">\g<0></span>'
_UNBROKEN = re.compile(r"(?<=\b[A-Z]{3}) (?=\d)|(?<=\d) (?=%)")
"""Blanks at which no line ends: in amounts of money and in percentages."""


class Table(NamedTuple):
    """Rows under their headings; the first cell names its row."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    folded: bool = False
    """Whether it is shown when somebody opens it; a long one is, too."""


class Section(NamedTuple):
    """One sentence made from the data, with what shows it."""

    title: str
    notes: Sequence[str] = ()
    """How to read it: sentences under the title."""
    figure: Figure | None = None
    tables: Sequence[Table] = ()


def page(title: str, lead: Sequence[str], sections: Sequence[Section]) -> str:
    """The whole page as HTML. All text in it is text, whoever wrote it."""
    body = "\n".join(_section(number, section) for number, section in enumerate(sections, 1))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_NOTHING_FROM_ELSEWHERE}">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{_own("page.css")}</style>
</head>
<body>
<p class="banner" role="note">{escape(BANNER)}</p>
<header>
<h1>{_text(title)}</h1>
{_paragraphs(lead)}
{_contents(sections)}
</header>
<main>
<noscript><p>The charts need JavaScript. The table under each chart says the same.</p></noscript>
{body}
</main>
<footer><p class="banner" role="note">{escape(BANNER)}</p></footer>
{_scripts(sections)}
</body>
</html>
"""


_NOTHING_FROM_ELSEWHERE = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)
"""What the browser is to hold the page to: it fetches nothing."""


def _own(name: str) -> str:
    return files("sandbox.charts").joinpath(name).read_text("utf-8")


def _paragraphs(sentences: Sequence[str]) -> str:
    return "\n".join(f"<p>{_text(sentence)}</p>" for sentence in sentences)


def _contents(sections: Sequence[Section]) -> str:
    links = (f'<li><a href="#part-{number}">{_text(one.title)}</a></li>' for number, one in enumerate(sections, 1))
    return f'<nav aria-label="Contents"><ol>\n{"".join(links)}\n</ol></nav>'


def _section(number: int, section: Section) -> str:
    return f"""<section id="part-{number}" aria-labelledby="title-{number}">
<h2 id="title-{number}">{_text(section.title)}</h2>
{_paragraphs(section.notes)}
{_chart(number, section)}
{"".join(_table(table) for table in section.tables)}
</section>"""


def _chart(number: int, section: Section) -> str:
    if section.figure is None:
        return ""
    height = section.figure["layout"]["height"]
    return f"""<figure>
<div class="chart" id="chart-{number}" role="img" aria-labelledby="title-{number}" style="height: {height}px"></div>
<script type="application/json" data-chart="chart-{number}">{_as_json(section.figure)}</script>
</figure>"""


def _as_json(figure: Figure) -> str:
    """JSON that cannot end the script element which it stands in."""
    return json.dumps(figure, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _table(table: Table) -> str:
    if not table.rows:
        return ""
    are_numbers = [False, *map(_are_numbers, [*zip(*table.rows, strict=True)][1:])]
    head = "".join(map(_heading, table.headings, are_numbers))
    rows = "\n".join(_row(row, are_numbers) for row in table.rows)
    caption = escape(table.caption)
    shown = f"""<div class="table" role="region" aria-label="{caption}" tabindex="0"><table>
<caption><span>{_text(table.caption)}</span></caption>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody></table></div>"""
    if not table.folded and len(table.rows) < LONG:
        return shown
    return f"<details><summary>{_text(table.caption)}</summary>{shown}</details>"


def _are_numbers(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers alone, which stand under each other on its right."""
    return any(cells) and all(_NUMBER.fullmatch(cell) for cell in cells if cell)


def _heading(heading: str, is_number: bool) -> str:
    return f'<th scope="col"{_KIND * is_number}>{_text(heading)}</th>'


def _row(cells: Sequence[str], are_numbers: Sequence[bool]) -> str:
    first, *rest = cells
    return f'<tr><th scope="row">{_text(first)}</th>{"".join(map(_cell, rest, are_numbers[1:]))}</tr>'


def _cell(text: str, is_number: bool) -> str:
    kind = _KIND if is_number else ' class="long"' if len(text) > _LONG_TEXT else ""
    return f"<td{kind}>{_text(text)}</td>"


def _text(text: str) -> str:
    """Text as HTML; what belongs together stays on one line."""
    return _ORDER_ID.sub(_WHOLE, _UNBROKEN.sub("\N{NO-BREAK SPACE}", escape(text)))


def _scripts(sections: Sequence[Section]) -> str:
    """Plotly's own script, out of its wheel, and ours; neither on a page without charts."""
    if not any(section.figure for section in sections):
        return ""
    from plotly.offline import get_plotlyjs

    return f"<script>{get_plotlyjs()}</script>\n<script>{_own('page.js')}</script>"
