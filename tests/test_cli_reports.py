"""The commands that write files: `sandbox report` and `sandbox export`."""

import csv
import json
from pathlib import Path

import pytest
from pyarrow import parquet

from sandbox import BANNER
from sandbox.central.reports.kinds import KINDS
from sandbox.central.reports.views import NAMES
from tests import money
from tests.commands import sandbox, told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one world in which money went every way."""
    found = tmp_path_factory.mktemp("data")
    (found / "worlds").mkdir()
    money.moved(found / "worlds").close()
    return found


def test_a_report_is_printed_as_of_now(folder: Path) -> None:
    done = sandbox(folder, "report", "money", "actionable-orders")
    header, *lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert header.startswith("order-id\torder-item-id\t") and all(len(line.split("\t")) == 24 for line in lines)


@pytest.mark.parametrize("kind", KINDS)
def test_every_report_is_written_to_a_file(folder: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "report"
    found = told(folder, "report", "money", kind, "--out", str(out))
    assert found["rows"] > 0 and out.stat().st_size == found["bytes"] and found["file"] == str(out)


BEGINS = {"parquet": b"PAR1", "json": b"{", "csv": b"entry,", "tsv": b"entry\t"}


@pytest.mark.parametrize("ending", BEGINS)
def test_a_file_is_written_in_the_format_that_its_ending_says(folder: Path, tmp_path: Path, ending: str) -> None:
    for words in (("report", "money", "transactions"), ("export", "money", "--table", "transactions")):
        out = tmp_path / f"{words[0]}.{ending.upper()}"
        assert sandbox(folder, *words, "--out", str(out)).returncode == 0
        assert out.read_bytes().startswith(BEGINS[ending])


@pytest.mark.parametrize(("name", "words"), [("x.dat", ()), ("x", ()), ("x.json", ("--format", "csv"))])
def test_a_format_that_is_asked_for_counts_before_the_ending_and_an_unknown_ending_says_nothing(
    folder: Path, tmp_path: Path, name: str, words: tuple[str, ...]
) -> None:
    sandbox(folder, "report", "money", "transactions", "--out", str(tmp_path / name), *words)
    assert (tmp_path / name).read_bytes().startswith(BEGINS["csv"])


def test_the_help_lists_the_kinds_of_report(folder: Path) -> None:
    printed = " ".join(sandbox(folder, "report", "--help", COLUMNS="500").stdout.split())
    assert [kind for kind in KINDS if kind not in printed] == []


def test_a_span_narrows_a_report(folder: Path) -> None:
    words = ("report", "money", "all-orders", "--from", "2026-03-05", "--to", "2026-03-07")
    days = {row["purchase-date"][:10] for row in told(folder, *words)["rows"]}
    assert days <= {"2026-03-04", "2026-03-05", "2026-03-06"} and len(days) > 1


def test_an_earlier_settlement_is_named(folder: Path) -> None:
    last = told(folder, "report", "money", "settlement-v2")["rows"][0]["settlement-id"]
    first = told(folder, "report", "money", "settlement-v2", "--settlement", "1")["rows"][0]["settlement-id"]
    assert (first, last > 4) == (1, True)


def test_json_says_that_it_is_practice(folder: Path) -> None:
    assert told(folder, "report", "money", "transactions")["notice"] == BANNER


@pytest.mark.parametrize("table", NAMES)
def test_every_table_is_exported_in_every_format_alike(folder: Path, tmp_path: Path, table: str) -> None:
    out = tmp_path / "table"
    words = ("export", "money", "--table", table, "--out", str(out), "--format")
    rows = {form: told(folder, *words, form)["rows"] for form in ("tsv", "json", "csv")}
    with open(out, newline="") as file:
        read = list(csv.DictReader(file))
    assert len(read) == rows["csv"] == rows["tsv"] == rows["json"] > 0
    told(folder, *words, "parquet")
    kept = parquet.read_table(out)
    assert kept.num_rows == len(read) and kept.column_names == list(read[0])
    assert kept.schema.metadata[b"notice"].decode() == BANNER


def test_an_export_tells_no_buyers_own_address(folder: Path) -> None:
    for table in NAMES:
        printed = sandbox(folder, "export", "money", "--table", table).stdout
        assert "@" not in printed.replace("@marketplace.example.invalid", "")


def test_exported_amounts_are_those_of_the_ledger(folder: Path) -> None:
    rows = told(folder, "export", "money", "--table", "entries")["rows"]
    paid = sum(round(float(row["amount"]) * 100) for row in rows if row["kind"] == "OrderPayment")
    orders = told(folder, "export", "money", "--table", "orders")["rows"]
    assert paid == sum(round(float(row["paid"]) * 100) for row in orders)


WRONG = [
    (("report", "nobody", "transactions"), "There is no world 'nobody'"),
    (("report", "money", "orders"), "UnknownReportKind: There is no report 'orders'"),
    (("report", "money", "transactions", "--format", "xml"), "It has: csv, tsv, json, parquet"),
    (("report", "money", "transactions", "--from", "soon"), "is not a moment"),
    (("report", "money", "transactions", "--to", "2999-01-01"), "SpanInFuture"),
    (("report", "money", "customer-metrics", "--to", "2026-03-03"), "NoSpan"),
    (("report", "money", "settlement-v2", "--settlement", "99"), "There is no closed settlement 99"),
    (("report", "money", "transactions", "--settlement", "1"), "NotOfSettlement"),
    (("report", "money", "transactions", "--format", "csv", "--json"), "--json prints JSON and not csv"),
    (("report", "money", "transactions", "--out", "/nowhere/x"), "/nowhere/x cannot be written"),
    (("report", "money", "settlement-xml", "--out", "x.csv"), "does not come as 'csv'. It has: xml"),
    (("export", "money", "--table", "orders", "--out", "x.xml"), "It has: csv, tsv, json, parquet"),
    (("export", "money", "--table", "buyers"), "There is no table 'buyers' to export. There are: orders"),
    (("export", "money"), "--table"),
    (("export", "money", "--table", "orders", "--format", "xml"), "--format"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=[row[1][:20] for row in WRONG])
def test_wrong_words_are_told_in_a_sentence(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    done = sandbox(folder, *words, COLUMNS="200")
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr and "Traceback" not in done.stderr


def test_the_file_is_told_on_stderr_to_people(folder: Path, tmp_path: Path) -> None:
    done = sandbox(folder, "report", "money", "customer-metrics", "--out", str(tmp_path / "metrics.json"))
    assert done.stdout == "" and "rows written to" in done.stderr
    assert json.loads((tmp_path / "metrics.json").read_text())["kind"] == "customer-metrics"
