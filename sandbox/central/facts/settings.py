"""What the seller chooses for the account, and looks at (chapters 2 and 12)."""

from sandbox.central.facts.base import Fact


class SettingChosen(Fact, frozen=True):
    """What all settings have in common: the last fact of a kind is how that setting stands (chapters 2 and 12)."""


class AccountInfoSet(SettingChosen, frozen=True):
    """The seller told who owns the shop and whom to reach."""

    legal_name: str
    contact_name: str
    contact_email: str
    contact_phone: str


class BankAccountChanged(SettingChosen, frozen=True):
    """The seller's money goes to another bank account from now on. Its number is kept nowhere."""

    holder: str
    bank_code: str
    last_digits: str
    mark: str
    """Tells another number from the same one."""


class LogoSet(SettingChosen, frozen=True):
    """The seller chose the logo that buyers see, a file's name or a URL; or took it away."""

    logo: str


class ShippingRatesSet(SettingChosen, frozen=True):
    """The seller chose what buyers pay for shipping, by service."""

    charges_minor: dict[str, int]


class NotificationAddressesSet(SettingChosen, frozen=True):
    """The seller chose the addresses that notifications go to."""

    addresses: list[str]


class ReturnUrlSet(SettingChosen, frozen=True):
    """The seller chose where buyers come back to after a successful payment; without it nobody can check out."""

    url: str


class PoliciesSet(SettingChosen, frozen=True):
    """The seller told buyers how returns go and who the company is."""

    returns: str
    company: str


class AcceptanceAnnounced(SettingChosen, frozen=True):
    """The seller put up the banner and the footer logo that say how buyers can pay (chapter 2)."""

    banners: list[str]
    footer_logo: bool


class MetricsReviewed(Fact, frozen=True):
    """The seller looked at the rates."""
