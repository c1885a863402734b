"""The shapes of the native API's answers about money, for the OpenAPI document. Amounts are in minor units."""

from typing import Literal

from pydantic import Field

from sandbox.api.asked import Answered

Line = Literal["opening", "orders", "refunds", "claims", "chargebacks", "fees", "transferred", "reserve_change"]


class Refund(Answered):
    """Money given back for an order."""

    refund: int
    order_id: str
    state: Literal["pending", "final", "called-off"]
    reason: str
    says: str = Field(description="The reason in words.")
    currency: str
    amount_minor: int
    items: dict[str, int] = Field(description="Money by item id.")
    shipping_minor: int
    memo: str = Field(description="For the seller's own eyes.")
    note: str = Field(description="What the buyer is told.")
    requested_at: str
    final_at: str = Field(description="Until then it can be called off; of one called off, when it was.")


class Left(Answered):
    """What can still be given back."""

    total_minor: int = Field(description="No refund is more than this, whatever is left of the lines.")
    items: dict[str, int] = Field(description="By item id.")
    shipping_minor: int


class Refunds(Answered):
    """An order's refunds, the first one first."""

    order_id: str
    currency: str
    refunds: list[Refund]
    left: Left


class Lines(Answered):
    """The lines of a settlement period; what leaves the seller is negative."""

    opening_minor: int = Field(description="What the settlement before closed with.")
    orders_minor: int
    refunds_minor: int
    claims_minor: int
    chargebacks_minor: int
    fees_minor: int
    transferred_minor: int = Field(description="What went to the bank in this period.")


class Period(Answered):
    """The period that runs now."""

    settlement: int
    since: str
    closes_at: str
    lines: Lines
    reserved_before_minor: int = Field(description="What the settlement before held back; it is the seller's again.")


class Balance(Answered):
    """Where the seller's money is now: `total_minor` is the sum of the three amounts that follow it."""

    as_of: str
    currency: str
    total_minor: int = Field(description="All that is the seller's and not at the bank.")
    reserve_minor: int = Field(
        description="What of it is held back now; no more than is there and not on its way. A settlement may take more."
    )
    available_minor: int = Field(description="The rest; below 0 where the seller owes the platform.")
    in_transfer_minor: int = Field(description="What of it is on its way to the bank.")
    transfer_at: str | None = Field(description="When that leaves, unless something holds it then.")
    period: Period


class ListedSettlement(Answered):
    """A settlement that is closed."""

    settlement: int
    since: str
    closed_at: str
    currency: str
    lines: Lines
    reserve_change_minor: int = Field(description="What the reserve gave back, or took where it is negative.")
    closing_minor: int = Field(description="All lines and the change of the reserve.")
    reserved_minor: int = Field(description="The reserve from then on.")
    transfer_at: str | None = Field(
        description="When it left, or leaves unless something holds it then; None where nothing is handed out."
    )
    transfer_minor: int | None = Field(description="What was handed to the bank, once it was.")


class Settlements(Answered):
    """A page of settlements, the last one first."""

    settlements: list[ListedSettlement]
    next_cursor: str | None


class Transaction(Answered):
    """An entry of the ledger."""

    entry: int
    at: str
    kind: str
    order_id: str | None
    settlement: int = Field(description="The settlement that has it, or the period that runs now.")
    source: str = Field(description="The account that it left.")
    target: str = Field(description="The account that it went to.")
    currency: str
    amount_minor: int
    seller_minor: int = Field(description="What it did to the seller's balance.")


class Transactions(Answered):
    """A page of transactions, the newest first."""

    transactions: list[Transaction]
    next_cursor: str | None


class SettledLine(Answered):
    """A line of a settlement with the entries behind it."""

    line: Line
    amount_minor: int
    count: int
    transactions: list[Transaction]
    next_cursor: str | None = Field(
        description="For /v1/transactions with this settlement and line; opening and reserve_change come whole."
    )


class Settlement(ListedSettlement):
    """A settlement, each line with the first page of what is behind it."""

    behind: list[SettledLine]


class HeldOrder(Answered):
    """An order behind a hold."""

    order_id: str
    amount_minor: int = Field(description="0 where a share is held that is not by order.")
    filed_at: str = Field(description="When what holds it happened.")
    free_at: str | None = Field(description="None where no day is known yet.")


class Hold(Answered):
    """Money held back for one reason."""

    reason: str
    says: str = Field(description="The rule in words.")
    amount_minor: int
    free_at: str | None = Field(description="When the last of it falls free, where that is known.")
    count: int = Field(description="Orders behind it.")
    orders: list[HeldOrder] = Field(description="The first 50 of them; all under /v1/reserve/{reason}.")


class Reserve(Answered):
    """What is held back now, why, behind which orders, until when."""

    as_of: str
    pack: str
    currency: str
    amount_minor: int = Field(description="What all reasons come to; the balance tells how much of it is there.")
    holds: list[Hold]


class HeldOrders(Answered):
    """A page of the orders behind one hold, what happened first first."""

    reason: str
    says: str
    currency: str
    amount_minor: int
    free_at: str | None
    count: int
    orders: list[HeldOrder]
    next_cursor: str | None


class ReserveOfDay(Answered):
    """The reserve at the end of one of the shop's days, or at the end of the span."""

    as_of: str
    amount_minor: int
    reasons: dict[str, int] = Field(description="Amounts by reason.")


class ReserveHistory(Answered):
    """A page of the reserve day by day, the first day first."""

    pack: str
    currency: str
    days: list[ReserveOfDay]
    next_cursor: str | None


class LedgerAccount(Answered):
    """An account of the ledger."""

    account: str
    says: str
    balance_minor: int


class LedgerAccounts(Answered):
    """All accounts of the ledger."""

    as_of: str
    currency: str
    accounts: list[LedgerAccount]


class TrialBalance(Answered):
    """Whether the books agree."""

    as_of: str
    currency: str
    balances: dict[str, int]
    total_minor: int = Field(description="0, for every entry takes as much as it gives.")
    differences: list[str] = Field(description="What orders, refunds and settlements say otherwise: nothing.")
