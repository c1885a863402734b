"""What the files of reports look like: exact columns, escaping, and the same in every format."""

import builtins
import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as Tree

import pytest
from jsonschema import Draft202012Validator
from pyarrow import parquet

from sandbox import BANNER
from sandbox.central import reports
from sandbox.central.guide import Refused
from sandbox.central.records import Settlement
from sandbox.central.reports.kinds import KINDS
from sandbox.central.reports.performance_files import POLICY_BLOCKS
from sandbox.central.reports.render import MONEY, TEXT, WORDS, Column, Heading, amount, comma_separated, tsv
from sandbox.central.settlements import settlements
from sandbox.central.world import World
from tests import money, shop


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A shop in which money went every way; no test changes it."""
    found = money.moved(tmp_path_factory.mktemp("money"))
    yield found
    found.close()


def text(world: World, kind: str, form: str | None = None) -> str:
    return reports.at_once(world, kind, form=form).body.decode()


def rows(world: World, kind: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(world, kind, "tsv")), delimiter="\t", quoting=csv.QUOTE_NONE))


def last(world: World) -> Settlement:
    return settlements(world).rows[0]


# -- columns

SETTLEMENT = """settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency
    transaction-type order-id merchant-order-id adjustment-id shipment-id marketplace-name amount-type
    amount-description amount fulfillment-id posted-date posted-date-time order-item-code merchant-order-item-id
    merchant-adjustment-item-id sku quantity-purchased promotion-id"""
ACTIONABLE = """order-id order-item-id purchase-date payments-date reporting-date promise-date days-past-promise
    buyer-email buyer-name buyer-phone-number sku product-name quantity-purchased quantity-shipped quantity-to-ship
    ship-service-level recipient-name ship-address-1 ship-address-2 ship-address-3 ship-city ship-state
    ship-postal-code ship-country"""
ORDERS = """order-id order-item-id purchase-date payments-date buyer-email buyer-name buyer-phone-number sku
    product-name quantity-purchased currency item-price item-tax shipping-price shipping-tax ship-service-level
    recipient-name ship-address-1 ship-address-2 ship-address-3 ship-city ship-state ship-postal-code ship-country
    ship-phone-number delivery-start-date delivery-end-date delivery-time-zone delivery-Instructions order-channel
    order-channel-instance external-order-id earliest-ship-date latest-ship-date earliest-delivery-date
    latest-delivery-date is-business-order purchase-order-number price-designation"""


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("settlement-v2", SETTLEMENT.split()),
        ("actionable-orders", ACTIONABLE.split()),
        ("all-orders", ORDERS.split()),
        ("seller-feedback", ["Date", "Rating", "Comments", "Your Response", "Order ID", "Rater Email"]),
    ],
)
def test_a_file_has_the_documented_columns(world: World, kind: str, columns: list[str]) -> None:
    header, *lines = text(world, kind, "tsv").splitlines()
    assert header.split("\t") == columns and lines
    assert {len(line.split("\t")) for line in lines} == {len(columns)}


# -- the settlement


def test_the_second_line_of_a_settlement_is_its_summary(world: World) -> None:
    summary, *lines = rows(world, "settlement-v2")
    closed = last(world)
    assert (summary["settlement-id"], summary["currency"]) == (str(closed.settlement), "INR")
    assert summary["total-amount"] == amount(closed.closing_minor)
    assert {line["settlement-id"] for line in lines} == {str(closed.settlement)}


def test_moments_of_a_settlement_are_written_as_documented(world: World) -> None:
    summary, *lines = rows(world, "settlement-v2")
    assert summary["settlement-end-date"] == reports_moment(last(world).closed_at)
    assert all(line["posted-date-time"].startswith(f"{line['posted-date']} ") for line in lines)
    assert all(line["posted-date-time"].endswith(" UTC") and len(line["posted-date"]) == 10 for line in lines)


def reports_moment(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def test_a_settlements_file_adds_up(world: World) -> None:
    summary, *lines = rows(world, "settlement-v2")
    assert sum(Decimal(line["amount"]) for line in lines) == Decimal(summary["total-amount"])


def test_the_xml_of_a_settlement_tells_the_same_amounts(world: World) -> None:
    root = Tree.fromstring(text(world, "settlement-xml"))
    summary, *lines = rows(world, "settlement-v2")
    total = root.findtext("SettlementData/TotalAmount")
    assert root[0].tag == "SettlementData" and total == summary["total-amount"]
    amounts = [Decimal(found.text or "") for found in root.iter("Amount")]
    assert (len(amounts), sum(amounts)) == (len(lines), Decimal(total or ""))
    assert {child.tag for child in root} == {"SettlementData", "Order", "Adjustment", "OtherTransaction"}


def test_each_package_is_one_order_of_the_xml(world: World) -> None:
    root = Tree.fromstring(text(world, "settlement-xml"))
    closed = last(world)
    sql = "select count(*) from entries where kind = 'OrderPayment' and entry between ? and ?"
    assert len(root.findall("Order")) == world.row(sql, (closed.first_entry, closed.last_entry))[0]
    item = root.find("Order/Fulfillment/Item")
    assert item is not None
    assert [part.tag for part in item] == ["AmazonOrderItemCode", "SKU", "Quantity", "ItemPrice", "ItemFees"]


# -- what this is not


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_says_that_it_is_practice_where_its_format_has_room(world: World, kind: str) -> None:
    for form in KINDS[kind].formats:
        found = reports.at_once(world, kind, form=form)
        assert found.name == f"practice-{kind}-now.{form}"
        if form in ("xml", "json", "parquet"):
            assert BANNER.encode() in found.body


# -- cells

TWO = (Column("id", TEXT), Column("words", WORDS), Column("money", MONEY))
HEADING = Heading("x", "Shop", "INR", "M", 0)


def test_words_never_break_a_line_or_a_column() -> None:
    for render, separator in ((tsv, "\t"), (comma_separated, ",")):
        body = render(TWO, HEADING, [("1", "a\tb\nc\r\n\u2028d", 1)]).decode()
        assert body == separator.join(("id", "words", "money")) + "\n" + separator.join(("1", "a b c d", "0.01")) + "\n"


@pytest.mark.parametrize("words", ["=2+2", "+2", "-2", "@x", " =2"])
def test_a_spreadsheet_takes_no_words_for_a_formula(words: str) -> None:
    assert comma_separated(TWO, HEADING, [("-1", words, -5)]).decode().splitlines()[1] == f"-1,'{words},-0.05"


def test_the_wires_file_has_words_as_they_were_written() -> None:
    assert tsv(TWO, HEADING, [("-1", "=2+2", -5)]).decode().splitlines()[1] == "-1\t=2+2\t-0.05"


def test_a_buyers_comment_is_one_cell(world: World) -> None:
    found = rows(world, "seller-feedback")
    assert {row["Comments"] for row in found} == {"=2+2 is what I paid for, and not this."}
    assert "'=2+2 is what" in text(world, "seller-feedback", "csv")


@pytest.mark.parametrize(("minor", "shown"), [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (84_900, "849.00"), (None, "")])
def test_money_is_written_with_two_digits(minor: int | None, shown: str) -> None:
    assert amount(minor) == shown


def test_a_table_without_rows_is_its_header(quiet: World) -> None:
    assert text(quiet, "transactions", "tsv").count("\n") == text(quiet, "transactions", "csv").count("\n") == 1
    assert json.loads(text(quiet, "transactions", "json"))["rows"] == []
    found = parquet.read_table(io.BytesIO(reports.at_once(quiet, "transactions", form="parquet").body))
    assert (found.num_rows, found.num_columns) == (0, 9)


@pytest.mark.parametrize("kind", [kind for kind, found in KINDS.items() if "parquet" in found.formats])
def test_every_format_tells_the_same(world: World, kind: str) -> None:
    found = rows(world, kind)
    told = json.loads(text(world, kind, "json"))["rows"]
    kept = parquet.read_table(io.BytesIO(reports.at_once(world, kind, form="parquet").body))
    assert len(told) == len(found) == kept.num_rows and list(told[0]) == list(found[0]) == kept.column_names
    assert [[as_cell(cell) for cell in row.values()] for row in told] == [list(row.values()) for row in found]


def as_cell(cell: Any) -> str:
    return "" if cell is None else " ".join(str(cell).split()) if "\n" in str(cell) else str(cell)


def test_money_in_parquet_is_exact(world: World) -> None:
    kept = parquet.read_table(io.BytesIO(reports.at_once(world, "settlement-v2", form="parquet").body)).to_pylist()
    assert sum(row["amount"] for row in kept[1:]) == kept[0]["total-amount"] == Decimal(last(world).closing_minor) / 100


def test_without_pyarrow_parquet_is_refused_and_says_what_would_work(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Refused, match=r"seller-sandbox\[parquet\]") as said:
        reports.at_once(world, "transactions", form="parquet")
    assert said.value.code == "ParquetNotInstalled"


# -- performance


def test_the_older_performance_report_has_several_blocks_of_each(world: World) -> None:
    root = Tree.fromstring(text(world, "seller-performance-v1"))
    report = root.find("sellerPerformanceReport")
    assert root.tag == "sellerPerformanceReports" and report is not None
    for path in ("orderDefects/orderDefectMetrics", "customerExperience/customerExperienceMetrics"):
        assert len(report.findall(path)) == len(report.findall(f"{path}/timeFrame/start")) == 3
    times = report.findall("buyerSellerContactResponseTimeMetrics/responseTimeMetrics")
    assert [time.findtext("responseUnder24Hours/count") is not None for time in times] == [True] * 3
    assert {found.text for found in report.findall("performanceChecklist//status")} <= {"Good", "Fair", "Poor"}


def test_the_older_performance_report_counts_in_percent(world: World) -> None:
    block = Tree.fromstring(text(world, "seller-performance-v1")).findall(".//orderDefectMetrics")[1]
    metric = next(
        row
        for row in rows(world, "customer-metrics")
        if (row["metric"], row["window-days"], row["scored"]) == ("order-defect", "30", "no")
    )
    defects = (block.findtext("orderWithDefects/count"), block.findtext("orderWithDefects/rate"))
    assert defects == (metric["counted"], f"{float(metric['percent']):.2f}")
    assert block.findtext("a_z_claims/count") == metric["claims"]


_RANGE = {"type": "object", "required": ["reportingDateFrom", "reportingDateTo"]}
_STATUS = {"enum": ["GOOD", "BAD", "NONE"]}


def _block(*counts: str) -> dict[str, Any]:
    """A rate's block, by the published schema."""
    required = ["reportingDateRange", "status", "rate", "targetValue", "targetCondition", *counts]
    properties: dict[str, Any] = {name: {"type": "integer"} for name in counts}
    properties |= {
        "reportingDateRange": _RANGE,
        "status": _STATUS,
        "targetCondition": {"enum": ["LESS_THAN", "GREATER_THAN"]},
    }
    properties |= {"rate": {"type": "number", "maximum": 1}, "targetValue": {"type": "number", "maximum": 1}}
    return {"type": "object", "required": required, "properties": properties}


_COUNT = {"type": "object", "required": ["count", "status"], "properties": {"status": _STATUS}}
_DEFECTS = _block("orderCount")
_DEFECTS["properties"] |= dict.fromkeys(("orderWithDefects", "claims", "chargebacks", "negativeFeedback"), _COUNT)
_DEFECTS["required"] += ["orderWithDefects", "claims", "chargebacks", "negativeFeedback", "fulfillmentType"]
BLOCKS = {
    "lateShipmentRate": _block("orderCount", "lateShipmentCount"),
    "preFulfillmentCancellationRate": _block("orderCount", "cancellationCount"),
    "onTimeDeliveryRate": _block("shipmentCountWithValidTracking", "onTimeDeliveryCount"),
    "unitOnTimeDeliveryRate": _block("totalUnitCount", "unitOnTimeDeliveryCount"),
    "validTrackingRate": _block("shipmentCount", "validTrackingCount"),
    "invoiceDefectRate": _block("orderCount"),
    "orderDefectRate": {"required": ["mfn", "afn"], "properties": {"mfn": _DEFECTS, "afn": _DEFECTS}},
}


def test_the_newer_performance_report_fits_the_names_of_the_schema(world: World) -> None:
    (metrics,) = json.loads(text(world, "seller-performance-v2"))["performanceMetrics"]
    schema = {"required": [*BLOCKS, *POLICY_BLOCKS, "warningStates", "accountHealthRating"], "properties": BLOCKS}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(metrics)] == []
    assert len(POLICY_BLOCKS) == 10 and metrics["accountHealthRating"]["ahrStatus"] in ("GREAT", "WARNED")


def test_rates_and_targets_of_the_newer_performance_report_are_fractions(world: World) -> None:
    (metrics,) = json.loads(text(world, "seller-performance-v2"))["performanceMetrics"]
    targets = [metrics[name]["targetValue"] for name in ("lateShipmentRate", "preFulfillmentCancellationRate")]
    defects = metrics["orderDefectRate"]["mfn"]
    assert targets == [0.04, 0.025] and defects["targetValue"] == 0.01
    assert defects["rate"] == defects["orderWithDefects"]["count"] / defects["orderCount"] > 0


def test_a_shop_without_orders_has_performance_reports_without_numbers(quiet: World) -> None:
    (metrics,) = json.loads(text(quiet, "seller-performance-v2"))["performanceMetrics"]
    assert (metrics["lateShipmentRate"]["status"], metrics["lateShipmentRate"]["rate"]) == ("NONE", 0)
    assert Tree.fromstring(text(quiet, "seller-performance-v1")).findtext(".//lateShipment/rate") == "0.00"


def test_test_orders_are_in_no_order_report(quiet: World) -> None:
    shop.place(quiet, view="sandbox")
    assert text(quiet, "all-orders").count("\n") == 1
