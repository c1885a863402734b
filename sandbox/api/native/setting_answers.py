"""The shapes of the native API's answers on settings and the launch checklist, for the OpenAPI document."""

from typing import Literal

from pydantic import Field

from sandbox.api.asked import Answered


class View(Answered):
    """One of the account's two views."""

    view: str
    label: str
    marketplace_id: str
    orders: int


class AccountInfo(Answered):
    """Who owns the shop and whom to reach; empty until it is set."""

    legal_name: str
    contact_name: str
    contact_email: str
    contact_phone: str


class BankAccount(Answered):
    """Where the money goes; empty until it is set."""

    holder: str
    bank_code: str
    number: str = Field(description="Masked: only the last digits are shown, and the rest is kept nowhere.")
    changed_at: str | None


class Logo(Answered):
    """The company's logo."""

    logo: str


class ShippingRates(Answered):
    """What buyers pay for each service."""

    currency: str
    charges_minor: dict[str, int]


class ReturnUrl(Answered):
    """Where buyers come back to after a successful payment; without it nobody can check out."""

    url: str


class Policies(Answered):
    """What the shop tells its buyers."""

    returns: str
    company: str


class Settings(Answered):
    """The account's settings."""

    shop: str
    currency: str
    policy: str
    views: list[View]
    account_info: AccountInfo
    bank_account: BankAccount
    logo: Logo
    shipping_rates: ShippingRates
    notification_addresses: list[str]
    return_url: ReturnUrl
    policies: Policies


class Evidence(Answered):
    """What shows that a line is done."""

    fact: int
    kind: str
    by: str
    at: str
    order_id: str | None
    case: int | None


class ChecklistItem(Answered):
    """One line of the launch checklist."""

    item: str
    part: Literal["settings", "announcement", "processes"]
    chapter: int
    says: str = Field(description="What the guide asks for here.")
    done: bool
    missing: list[str] = Field(description="What is not filled in yet, or what the record does not show yet.")
    evidence: Evidence | None


class Checklist(Answered):
    """The launch checklist."""

    done: int
    items: list[ChecklistItem]
