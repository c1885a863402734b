"""What the seller has filled in when a world begins: the scenario's `[settings]`, and how it gets there."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.central import settings
from sandbox.central.guide import Refused
from sandbox.central.world import Act, World

Name = Literal[
    "account_info", "bank_account", "logo", "shipping_rates", "notification_addresses", "return_url", "policies"
]
Rupees = Annotated[float, Field(ge=0, le=1_000_000)]


class Settings(BaseModel):
    """The seller's settings, filled in unless they are left open. Central's own checks say what fits."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    left_open: list[Name] = []
    """What nobody has filled in yet."""
    legal_name: str | None = None
    """The shop's name, if left out; so is `bank_holder`."""
    contact_name: str = "Meera Iyer"
    contact_email: str = "owner@shop.example.invalid"
    contact_phone: str = "+91 80 5550 0100"
    bank_holder: str | None = None
    bank_code: str = "SAND0000402"
    bank_number: str = "000000402402"
    logo: str = "logo.png"
    shipping_rates: dict[str, Rupees] | None = None
    """Rupees by service; the scenario's `shipping` for Standard, if left out. Buyers take Standard."""
    notification_addresses: list[str] = ["orders@shop.example.invalid"]
    return_url: str = "https://shop.example.invalid/thank-you"
    returns: str = "Send it back unused within 10 days, and we refund it."
    company: str = "A kitchen shop that is invented for practice."

    @model_validator(mode="after")
    def _fitting(self) -> "Settings":
        for name, wanted in self.wanted("Shop", 0).items():
            try:
                _CHECKS[name](**wanted)
            except Refused as refused:
                raise ValueError(refused.sentence) from None
        return self

    def wanted(self, shop: str, shipping: float) -> dict[Name, dict[str, Any]]:
        """All that is filled in, as the rules take it; what the scenario leaves out follows from shop and shipping."""
        rates = {"Standard": shipping} if self.shipping_rates is None else self.shipping_rates
        found: dict[Name, dict[str, Any]] = {
            "account_info": {
                "legal_name": self.legal_name or shop,
                "contact_name": self.contact_name,
                "contact_email": self.contact_email,
                "contact_phone": self.contact_phone,
            },
            "bank_account": {
                "holder": self.bank_holder or shop,
                "bank_code": self.bank_code,
                "number": self.bank_number,
            },
            "logo": {"logo": self.logo},
            "shipping_rates": {"charges_minor": {service: round(rate * 100) for service, rate in rates.items()}},
            "notification_addresses": {"addresses": self.notification_addresses},
            "return_url": {"url": self.return_url},
            "policies": {"returns": self.returns, "company": self.company},
        }
        return {name: wanted for name, wanted in found.items() if name not in self.left_open}


_CHECKS: dict[Name, Callable[..., None]] = {
    "account_info": settings.check_account_info,
    "bank_account": settings.check_bank_account,
    "logo": settings.check_logo,
    "shipping_rates": settings.check_shipping_rates,
    "notification_addresses": settings.check_notification_addresses,
    "return_url": settings.check_return_url,
    "policies": settings.check_policies,
}
_RULES: dict[Name, Act] = {
    "account_info": settings.set_account_info,
    "bank_account": settings.change_bank_account,
    "logo": settings.set_logo,
    "shipping_rates": settings.set_shipping_rates,
    "notification_addresses": settings.set_notification_addresses,
    "return_url": settings.set_return_url,
    "policies": settings.set_policies,
}


def fill_in(world: World, chosen: Settings, shipping: float) -> None:
    """Set all that is not left open, inside a transaction; `shipping` is what Standard costs in rupees by default."""
    assert world.account is not None
    for name, wanted in chosen.wanted(world.account.shop, shipping).items():
        world.do(_RULES[name], by="seller", **wanted)
