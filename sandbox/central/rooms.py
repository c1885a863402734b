"""All rooms that hold rules: to import them is to know every rule of the guide."""

from sandbox.central import (  # noqa: F401  # a room's rules are known once it is imported
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
    returns,
    search,
    settings,
    settlements,
    shipments,
    standing,
)
from sandbox.central.guide import RULES

__all__ = ["RULES"]
