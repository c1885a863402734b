"""The customer metrics in the two documented forms: the older XML and the newer JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.json import encode

from sandbox import BANNER
from sandbox.central.days import rfc3339
from sandbox.central.reports.performance import CONTACT_HOURS, STANDING, WINDOWS_DAYS, Metric
from sandbox.central.reports.render import Heading
from sandbox.central.reports.xml import leaf, leaves, node, written

Json = dict[str, Any]


# -- the older one, in XML

_CHECKED = {
    "orderDefectRate": "order-defect",
    "preFulfillmentCancellationRate": "cancellation",
    "lateShipmentRate": "late-shipment",
    "contactResponseTime": "response-time",
}
_MARKS = {"good": "Good", "breached": "Poor", "no-data": "Good"}


def performance_xml(heading: Heading, rows: Iterable[Sequence[Any]]) -> bytes:
    """Counts and rates over 7, 30 and 90 days; rates are in percent."""
    found = [Metric._make(row) for row in rows]
    blocks = [{metric.name: metric for metric in found if _is_of(metric, days)} for days in WINDOWS_DAYS]
    report = node(
        "sellerPerformanceReport",
        leaf("marketplaceId", heading.marketplace_id),
        node("performanceChecklist", *(node(tag, _mark(found, name)) for tag, name in _CHECKED.items())),
        node("orderDefects", *(_defect_metrics(block["order-defect"]) for block in blocks)),
        node("customerExperience", *map(_experience_metrics, blocks)),
        node("buyerSellerContactResponseTimeMetrics", *(_contact_metrics(block["response-time"]) for block in blocks)),
    )
    return written("sellerPerformanceReports", [report])


def _is_of(metric: Metric, days: int) -> bool:
    return metric.scored == "no" and metric.window_days == days and metric.within_hours in (None, CONTACT_HOURS)


def _mark(found: list[Metric], name: str) -> str:
    scored = next(metric for metric in found if metric.name == name and metric.scored == "yes")
    return leaf("status", _MARKS[scored.state])


def _time_frame(metric: Metric) -> str:
    return node("timeFrame", leaves({"start": rfc3339(metric.since), "end": rfc3339(metric.until)}))


def _rate(tag: str, metric: Metric, counted: int | None) -> str:
    percent = (counted or 0) * 100 / metric.out_of if metric.out_of else 0.0
    return node(tag, leaves({"count": counted or 0, "rate": f"{percent:.2f}"}))


def _count(tag: str, counted: int | None) -> str:
    return node(tag, leaf("count", counted or 0))


def _defect_metrics(metric: Metric) -> str:
    return node(
        "orderDefectMetrics",
        _time_frame(metric),
        _rate("orderWithDefects", metric, metric.counted),
        _count("negativeFeedbacks", metric.negative_feedback),
        _count("a_z_claims", metric.claims),
        _count("chargebacks", metric.chargebacks),
    )


def _experience_metrics(block: dict[str, Metric]) -> str:
    tags = {"lateShipment": "late-shipment", "preFulfillmentCancellation": "cancellation", "refunds": "refund"}
    rates = [_rate(tag, block[name], block[name].counted) for tag, name in tags.items()]
    return node("customerExperienceMetrics", _time_frame(block["refund"]), *rates)


def _contact_metrics(metric: Metric) -> str:
    return node(
        "responseTimeMetrics",
        _time_frame(metric),
        _rate("responseUnder24Hours", metric, metric.counted),
        _rate("responseTimeGreaterThan24Hours", metric, metric.answered_late),
        _rate("noResponseForContactsOlderThan24Hours", metric, metric.unanswered),
        leaf("averageResponseTimeInHours", f"{metric.average_hours or 0:.2f}"),
    )


# -- the newer one, in JSON

_STATUSES = {"good": "NORMAL", "at-risk": "AT_RISK", "under-review": "AT_RISK", "suspended": "DEACTIVATED"}
_VERDICTS = {"good": "GOOD", "breached": "BAD", "no-data": "NONE"}
POLICY_BLOCKS = (
    "listingPolicyViolations",
    "productAuthenticityCustomerComplaints",
    "productConditionCustomerComplaints",
    "productSafetyCustomerComplaints",
    "receivedIntellectualPropertyComplaints",
    "restrictedProductPolicyViolations",
    "suspectedIntellectualPropertyViolations",
    "foodAndProductSafetyIssues",
    "otherPolicyViolations",
    "documentRequests",
)
"""What a shop without listings cannot break; the schema asks for each."""


def performance_json(heading: Heading, rows: Iterable[Sequence[Any]]) -> bytes:
    """By the names of the published schema, of which the published example is not; rates and targets are fractions."""
    found = {metric.name: metric for metric in map(Metric._make, reversed(list(rows)))}
    standing, cancelled = found[STANDING], found["cancellation"]
    metrics = {
        "marketplaceId": heading.marketplace_id,
        "invoiceDefectRate": _invoices(found["late-shipment"]),
        "lateShipmentRate": _block_of(found["late-shipment"], "orderCount", "lateShipmentCount"),
        "orderDefectRate": {"mfn": _defects(found["order-defect"], "MFN"), "afn": _none_by_amazon(found)},
        "onTimeDeliveryRate": _block_of(
            found["on-time-delivery"], "shipmentCountWithValidTracking", "onTimeDeliveryCount", "GREATER_THAN"
        ),
        "unitOnTimeDeliveryRate": _block_of(
            found["unit-on-time-delivery"], "totalUnitCount", "unitOnTimeDeliveryCount", "GREATER_THAN"
        ),
        "validTrackingRate": _block_of(found["valid-tracking"], "shipmentCount", "validTrackingCount", "GREATER_THAN"),
        "preFulfillmentCancellationRate": _block_of(cancelled, "orderCount", "cancellationCount"),
        "warningStates": [{"warningType": "accountStanding", "status": "GOOD" if standing.state == "good" else "BAD"}],
        "accountHealthRating": _health(standing, found["order-defect"]),
    }
    metrics |= {name: _no_violations(found["order-defect"]) for name in POLICY_BLOCKS}
    status = {"marketplaceId": heading.marketplace_id, "status": _STATUSES[standing.state]}
    return encode({"notice": BANNER, "accountStatuses": [status], "performanceMetrics": [metrics]})


def _range(metric: Metric) -> Json:
    return {"reportingDateFrom": rfc3339(metric.since), "reportingDateTo": rfc3339(metric.until)}


def _block_of(metric: Metric, out_of: str, counted: str, condition: str = "LESS_THAN") -> Json:
    return {
        "reportingDateRange": _range(metric),
        out_of: metric.out_of,
        counted: metric.counted,
        "status": _VERDICTS[metric.state],
        "rate": metric.counted / metric.out_of if metric.out_of else 0,
        "targetValue": round((metric.limit_percent or 0) / 100, 6),
        "targetCondition": condition,
    }


def _defects(metric: Metric, fulfilment: str) -> Json:
    block = _block_of(metric, "orderCount", "count")
    defects = {"count": block.pop("count"), "status": block["status"]}
    parts = {"claims": metric.claims, "chargebacks": metric.chargebacks, "negativeFeedback": metric.negative_feedback}
    counts = {name: {"count": count or 0, "status": "NONE"} for name, count in parts.items()}
    return block | {"orderWithDefects": defects} | counts | {"fulfillmentType": fulfilment}


def _none_by_amazon(found: dict[str, Metric]) -> Json:
    """The seller ships all orders."""
    nothing = found["order-defect"]._replace(counted=0, out_of=0, state="no-data", claims=0, chargebacks=0)
    return _defects(nothing._replace(negative_feedback=0), "AFN")


def _invoices(metric: Metric) -> Json:
    """No buyer here asks for an invoice."""
    none = {"count": 0, "status": "NONE"}
    block = _block_of(metric._replace(counted=0, out_of=0, state="no-data", limit_percent=5.0), "orderCount", "count")
    block.pop("count")
    return block | {"invoiceDefect": none, "missingInvoice": none, "lateInvoice": none}


def _health(standing: Metric, window: Metric) -> Json:
    """The schema asks for the one name and describes the other."""
    status = "GREAT" if standing.state == "good" else "WARNED"
    return {"reportingDateRange": _range(window), "ahrStatus": status, "accountHealthRatingStatus": status}


def _no_violations(window: Metric) -> Json:
    verdict = {"defectsCount": 0, "status": "GOOD", "targetValue": 0, "targetCondition": "EQUALS"}
    return {"reportingDateRange": _range(window)} | verdict
