"""The account's settings: its views, and what its owner fills in before the launch (chapters 2, 4 and 12)."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from msgspec.structs import astuple, replace

from sandbox.central import facts
from sandbox.central.facts import Fact, PolicyChanged, SettingChosen, decoded
from sandbox.central.guide import Refused, rule
from sandbox.central.orders import VIEWS
from sandbox.central.policy import policy as pack
from sandbox.central.policy import with_changes
from sandbox.central.world import World

ADDRESSES_AT_MOST, SERVICES_AT_MOST = 20, 20
NAME_MAX_CHARS, URL_MAX_CHARS, POLICY_MAX_CHARS = 100, 2_000, 10_000
CHARGE_AT_MOST_MINOR = 100_000_000
"""Assumed, like the limits above; no source names one."""
STANDARD = "Standard"
"""The service that buyers take."""

BANNERS = ("148x100", "296x200")
"""The two sizes of the banner that announces acceptance, in pixels."""

_ADDRESS = re.compile(r"[^@\s,;<>\"\x00-\x1f\x7f]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+", re.ASCII)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_URL = re.compile(rf"https?://{_LABEL}(?:\.{_LABEL})*(?::(\d{{1,5}}))?(?:[/?#][!-~]*)?", re.ASCII)
_FILE = re.compile(r"[\w-][\w .-]{0,99}\.(?:png|jpg|jpeg|gif|svg)", re.ASCII | re.IGNORECASE)
_PHONE = re.compile(r"\+?[0-9](?:[ -]?[0-9]){5,14}", re.ASCII)
_BANK_CODE = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}", re.ASCII)
_BANK_NUMBER = re.compile(r"\d{9,18}", re.ASCII)
_SHOWN_DIGITS = 4


class View(NamedTuple):
    """One of the account's two views."""

    view: str
    label: str
    marketplace_id: str
    orders: int


class Settings(NamedTuple):
    """The account as its owner set it up; what was never set is None."""

    shop: str
    currency: str
    policy: str
    views: list[View]
    account_info: facts.AccountInfoSet | None
    bank_account: facts.BankAccountChanged | None
    logo: facts.LogoSet | None
    shipping_rates: facts.ShippingRatesSet | None
    notification_addresses: facts.NotificationAddressesSet | None
    return_url: facts.ReturnUrlSet | None
    policies: facts.PoliciesSet | None


def change_policy(world: World, at: int, policy: str, changes: dict[str, object] | None = None) -> Iterator[Fact]:
    """The platform's numbers change. Refused with UnknownPolicy, UnknownPolicyField or InvalidPolicyField."""
    with_changes(pack(policy), changes or {})
    yield PolicyChanged(at, policy, changes or {})


def settings(world: World) -> Settings:
    """The account's settings as they are now."""
    account = world.account
    assert account is not None
    counts = dict(world.rows("select view, count(*) from orders group by view"))
    views = [View(view, label, marketplace, counts.get(view, 0)) for view, (label, marketplace) in VIEWS.items()]
    return Settings(
        account.shop,
        account.currency,
        account.policy,
        views,
        standing(world, facts.AccountInfoSet),
        standing(world, facts.BankAccountChanged),
        standing(world, facts.LogoSet),
        standing(world, facts.ShippingRatesSet),
        standing(world, facts.NotificationAddressesSet),
        standing(world, facts.ReturnUrlSet),
        standing(world, facts.PoliciesSet),
    )


_Chosen = TypeVar("_Chosen", bound=SettingChosen)


def standing(world: World, kind: type[_Chosen]) -> _Chosen | None:
    """How a setting stands: the last fact of its kind, or None where it was never set."""
    row = world.row("select body from settings where setting = ?", (kind.__name__,))
    found = decoded(kind.__name__, row[0]) if row else None
    assert found is None or isinstance(found, kind)
    return found


def is_filled(fact: SettingChosen | None) -> bool:
    """Whether a setting was set, and nothing of it is empty. Shipping rates need a charge for Standard, 0 or more."""
    if isinstance(fact, facts.ShippingRatesSet):
        return STANDARD in fact.charges_minor
    return fact is not None and all(astuple(fact)[1:])


def notification_addresses(world: World) -> list[str]:
    """Where notifications go."""
    found = standing(world, facts.NotificationAddressesSet)
    return found.addresses if found else []


def _if_new(world: World, fact: SettingChosen) -> Iterator[Fact]:
    """The fact, unless it only repeats how the setting stands."""
    earlier = standing(world, type(fact))
    repeats = replace(earlier, at=fact.at) == fact if earlier else not any(astuple(fact)[1:])
    if not repeats:
        yield fact


# -- account info


@rule(chapter=12, says="The account names its legal owner and somebody to reach.")
def set_account_info(
    world: World, at: int, legal_name: str, contact_name: str, contact_email: str, contact_phone: str
) -> Iterator[Fact]:
    """The seller fills in the account info, all of it."""
    check_account_info(legal_name, contact_name, contact_email, contact_phone)
    yield from _if_new(world, facts.AccountInfoSet(at, legal_name, contact_name, contact_email, contact_phone))


def check_account_info(legal_name: str, contact_name: str, contact_email: str, contact_phone: str) -> None:
    """Refused with SettingEmpty, SettingTooLong, SettingNotText, InvalidMailAddress or InvalidPhone."""
    _check_text("legal name", legal_name)
    _check_text("contact's name", contact_name)
    _check_address(contact_email)
    if not _PHONE.fullmatch(contact_phone):
        raise Refused("InvalidPhone", f"{contact_phone[:40]!r} is no phone number; write it like +91 80 5550 0100.")


@rule(chapter=12, says="The account has a bank account to pay out to, of which only the last digits are ever shown.")
def change_bank_account(world: World, at: int, holder: str, bank_code: str, number: str) -> Iterator[Fact]:
    """The seller's money goes to this account from now on. The whole number is kept nowhere, refusals included."""
    check_bank_account(holder, bank_code, number)
    assert world.account is not None
    mark = blake2b(f"{world.account.seed}/{number}".encode(), digest_size=2).hexdigest()
    yield from _if_new(world, facts.BankAccountChanged(at, holder, bank_code, number[-_SHOWN_DIGITS:], mark))


def check_bank_account(holder: str, bank_code: str, number: str) -> None:
    """Refused with SettingEmpty, SettingTooLong, SettingNotText, InvalidBankCode or InvalidBankNumber."""
    _check_text("account holder", holder)
    if not _BANK_CODE.fullmatch(bank_code):
        raise Refused(
            "InvalidBankCode",
            f"{bank_code[:4]!r}{'…' if len(bank_code) > 4 else ''} is no bank code. One looks like SAND0000402: four"
            " capital letters, a 0, six capitals or digits.",
        )
    if not _BANK_NUMBER.fullmatch(number):
        raise Refused(
            "InvalidBankNumber",
            f"An account number is 9 to 18 digits and nothing else; this one has {len(number)} characters.",
        )


@rule(chapter=12, says="The account has the company's logo.")
def set_logo(world: World, at: int, logo: str) -> Iterator[Fact]:
    """The seller chooses the logo, a picture's file name or its URL; an empty one takes it away."""
    check_logo(logo)
    yield from _if_new(world, facts.LogoSet(at, logo))


def check_logo(logo: str) -> None:
    """Refused with InvalidLogo."""
    if logo and not _FILE.fullmatch(logo) and not _is_url(logo):
        raise Refused(
            "InvalidLogo", f"{logo[:80]!r} is no picture: name a .png, .jpg, .gif or .svg file, or a URL with https."
        )


# -- shipping, notifications, checkout, policies


@rule(chapter=12, says="Each shipping service has its charge; buyers take Standard and pay its charge from then on.")
def set_shipping_rates(world: World, at: int, charges_minor: dict[str, int]) -> Iterator[Fact]:
    """The seller chooses what each service costs the buyer, all at once, in minor units."""
    check_shipping_rates(charges_minor)
    yield from _if_new(world, facts.ShippingRatesSet(at, charges_minor))


def check_shipping_rates(charges_minor: dict[str, int]) -> None:
    """Refused with TooManyServices, InvalidCharge, or as a text is that names no service."""
    if len(charges_minor) > SERVICES_AT_MOST:
        count = len(charges_minor)
        raise Refused("TooManyServices", f"{count} services are too many; there may be {SERVICES_AT_MOST}.")
    for service, charge in charges_minor.items():
        _check_text("service's name", service)
        if not 0 <= charge <= CHARGE_AT_MOST_MINOR:
            raise Refused(
                "InvalidCharge",
                f"{service} cannot cost {charge}: a charge is 0 to {CHARGE_AT_MOST_MINOR} in minor units.",
            )


@rule(chapter=12, says="Without a notification address no notification is sent.")
def set_notification_addresses(world: World, at: int, addresses: list[str]) -> Iterator[Fact]:
    """The seller chooses the addresses, all at once; an empty list turns notifications off."""
    check_notification_addresses(addresses)
    yield from _if_new(world, facts.NotificationAddressesSet(at, addresses))


def check_notification_addresses(addresses: list[str]) -> None:
    """Refused with TooManyAddresses or InvalidMailAddress."""
    if len(addresses) > ADDRESSES_AT_MOST:
        count = len(addresses)
        raise Refused("TooManyAddresses", f"{count} addresses are too many; there may be {ADDRESSES_AT_MOST}.")
    for address in addresses:
        _check_address(address)


@rule(chapter=12, says="After a successful payment the buyer comes back to the shop's return URL.")
def set_return_url(world: World, at: int, url: str) -> Iterator[Fact]:
    """The seller chooses that URL. An empty one takes it away, and nobody can check out until there is one again."""
    check_return_url(url)
    yield from _if_new(world, facts.ReturnUrlSet(at, url))


def check_return_url(url: str) -> None:
    """Refused with InvalidUrl."""
    if url and not _is_url(url):
        raise Refused("InvalidUrl", f"{url[:80]!r} is no URL; write it like https://shop.example.invalid/thanks.")


@rule(chapter=12, says="The shop tells its buyers how returns go and who the company is.")
def set_policies(world: World, at: int, returns: str, company: str) -> Iterator[Fact]:
    """The seller writes both texts."""
    check_policies(returns, company)
    yield from _if_new(world, facts.PoliciesSet(at, returns, company))


def check_policies(returns: str, company: str) -> None:
    """Refused with SettingEmpty, SettingTooLong or SettingNotText."""
    for what, text in (("returns policy", returns), ("company information", company)):
        _check_text(what, text, POLICY_MAX_CHARS, lines="\n\r\t")


# -- announced


@rule(chapter=2, says="The shop announces acceptance with a banner and with a logo in its footer.")
def announce_acceptance(world: World, at: int, banners: list[str], footer_logo: bool) -> Iterator[Fact]:
    """The seller tells what is up now: banners by their size, and whether the footer has the logo."""
    for banner in banners:
        if banner not in BANNERS:
            raise Refused("UnknownBanner", f"There is no banner {banner[:40]!r}. There are: {', '.join(BANNERS)}.")
    if not banners and not footer_logo:
        raise Refused(
            "NothingAnnounced", "No banner and no footer logo announce nothing. Put one of them up, then tell."
        )
    yield from _if_new(world, facts.AcceptanceAnnounced(at, sorted(set(banners)), footer_logo))


# -- checked


def _check_text(what: str, text: str, at_most: int = NAME_MAX_CHARS, lines: str = "") -> None:
    if not text.strip():
        raise Refused("SettingEmpty", f"The {what} is empty. Fill it in.")
    if len(text) > at_most:
        raise Refused("SettingTooLong", f"The {what} has {len(text)} characters; it may have {at_most}. Shorten it.")
    if not all(letter.isprintable() or letter in lines for letter in text):
        raise Refused("SettingNotText", f"The {what} has control characters in it. Write plain text.")


def _check_address(address: str) -> None:
    if not _ADDRESS.fullmatch(address) or len(address) > 254:
        raise Refused(
            "InvalidMailAddress", f"{address[:80]!r} is no mail address; write it like ops@shop.example.invalid."
        )


def _is_url(text: str) -> bool:
    found = _URL.fullmatch(text)
    return found is not None and len(text) <= URL_MAX_CHARS and 1 <= int(found[1] or 1) <= 65_535
