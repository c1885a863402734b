"""All rooms that hold rules: to import them is to know every rule of the guide."""

from sandbox.central import (
    cases,
    chargebacks,
    checklist,
    claims,
    feedback,
    health,
    ledger,
    messages,
    orders,
    payments,
    performance,
    refunds,
    reports,
    reserve,
    search,
    settings,
    settlements,
    shipments,
    standing,
)
from sandbox.central.guide import RULES

__all__ = ["ROOMS", "RULES"]

ROOMS = (
    orders,
    shipments,
    messages,
    search,
    health,
    standing,
    payments,
    refunds,
    settlements,
    reserve,
    ledger,
    feedback,
    claims,
    chargebacks,
    performance,
    settings,
    checklist,
    cases,
    reports,
)
