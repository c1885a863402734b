"""/v1/settings/…, /v1/checklist and /v1/metrics/review: what a seller does before the launch (1, 2, 12)."""

from typing import Annotated, Literal

from flask import Response
from flask_openapi3 import Tag
from pydantic import Field

from sandbox.api.asked import Body
from sandbox.api.auth import enter_by_key
from sandbox.api.desk import act, look
from sandbox.api.doors import Doors
from sandbox.api.native import answers, render, setting_answers
from sandbox.central import checklist, facts, health, settings
from sandbox.central.world import World

doors = Doors(
    "settings",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="settings", description="Settings and the launch checklist.")],
)
doors.before_request(enter_by_key)


class NewAccountInfo(Body):
    """Who owns the shop and whom to reach."""

    legal_name: str
    contact_name: str
    contact_email: str
    contact_phone: str


class NewBankAccount(Body):
    """Where the money goes from now on."""

    holder: str
    bank_code: str = Field(description="Four letters, a 0, six letters or digits.")
    number: str = Field(description="9 to 18 digits, of which the last four are kept.")


class NewLogo(Body):
    """The company's logo."""

    logo: str = Field(description="A picture's file name or URL; empty to take it away.")


class NewShippingRates(Body):
    """What buyers pay for each service."""

    charges_minor: dict[str, Annotated[int, Field(ge=-(2**62), le=2**62)]] = Field(
        description="By service; buyers take Standard."
    )


class NewReturnUrl(Body):
    """Where buyers come back to after a successful payment."""

    url: str = Field(description="With http or https; empty to take it away, and nobody can check out.")


class NewPolicies(Body):
    """What the shop tells its buyers."""

    returns: str
    company: str


class Announcement(Body):
    """What is up on the shop's pages now."""

    banners: list[Literal["148x100", "296x200"]] = Field(description="Sizes in pixels.")
    footer_logo: bool


# -- settings


def account_info(world: World) -> render.Json:
    """The account info as the API shows it."""
    return render.account_info(settings.standing(world, facts.AccountInfoSet))


@doors.get("/settings/account-info", summary="Read the account info", responses={200: setting_answers.AccountInfo})
def read_account_info() -> Response:
    """Who owns the shop and whom to reach. Carries an ETag."""
    return look(account_info, tagged=True)


@doors.put("/settings/account-info", summary="Set the account info", responses={200: setting_answers.AccountInfo})
def set_account_info(body: NewAccountInfo) -> Response:
    """All of it at once."""
    return act(settings.set_account_info, account_info, tagged=account_info, **body.model_dump())


def bank_account(world: World) -> render.Json:
    """The bank account as the API shows it."""
    return render.bank_account(settings.standing(world, facts.BankAccountChanged))


@doors.get("/settings/bank-account", summary="Read the bank account", responses={200: setting_answers.BankAccount})
def read_bank_account() -> Response:
    """Where the money goes, the number masked. Carries an ETag."""
    return look(bank_account, tagged=True)


@doors.put("/settings/bank-account", summary="Change the bank account", responses={200: setting_answers.BankAccount})
def change_bank_account(body: NewBankAccount) -> Response:
    """The money goes there from now on. The same account again is no change."""
    return act(settings.change_bank_account, bank_account, tagged=bank_account, **body.model_dump())


def logo(world: World) -> render.Json:
    """The logo as the API shows it."""
    return render.logo(settings.standing(world, facts.LogoSet))


@doors.get("/settings/logo", summary="Read the logo", responses={200: setting_answers.Logo})
def read_logo() -> Response:
    """The company's logo. Carries an ETag."""
    return look(logo, tagged=True)


@doors.put("/settings/logo", summary="Set the logo", responses={200: setting_answers.Logo})
def set_logo(body: NewLogo) -> Response:
    """A picture's file name or its URL."""
    return act(settings.set_logo, logo, tagged=logo, logo=body.logo)


def shipping_rates(world: World) -> render.Json:
    """The shipping rates as the API shows them."""
    return render.shipping_rates(settings.standing(world, facts.ShippingRatesSet), world.currency)


@doors.get(
    "/settings/shipping-rates", summary="Read the shipping rates", responses={200: setting_answers.ShippingRates}
)
def read_shipping_rates() -> Response:
    """What buyers pay for each service. Carries an ETag."""
    return look(shipping_rates, tagged=True)


@doors.put("/settings/shipping-rates", summary="Set the shipping rates", responses={200: setting_answers.ShippingRates})
def set_shipping_rates(body: NewShippingRates) -> Response:
    """All services at once. Buyers pay the charge of Standard from then on."""
    charges = body.charges_minor
    return act(settings.set_shipping_rates, shipping_rates, tagged=shipping_rates, charges_minor=charges)


def return_url(world: World) -> render.Json:
    """The return URL as the API shows it."""
    return render.return_url(settings.standing(world, facts.ReturnUrlSet))


@doors.get("/settings/return-url", summary="Read the return URL", responses={200: setting_answers.ReturnUrl})
def read_return_url() -> Response:
    """Where buyers come back to after a successful payment. Carries an ETag."""
    return look(return_url, tagged=True)


@doors.put("/settings/return-url", summary="Set the return URL", responses={200: setting_answers.ReturnUrl})
def set_return_url(body: NewReturnUrl) -> Response:
    """Without one every checkout is refused."""
    return act(settings.set_return_url, return_url, tagged=return_url, url=body.url)


def policies(world: World) -> render.Json:
    """The policies as the API shows them."""
    return render.policies(settings.standing(world, facts.PoliciesSet))


@doors.get("/settings/policies", summary="Read the policies", responses={200: setting_answers.Policies})
def read_policies() -> Response:
    """How returns go and who the company is. Carries an ETag."""
    return look(policies, tagged=True)


@doors.put("/settings/policies", summary="Set the policies", responses={200: setting_answers.Policies})
def set_policies(body: NewPolicies) -> Response:
    """Both texts at once."""
    return act(settings.set_policies, policies, tagged=policies, **body.model_dump())


# -- the launch checklist


def whole(world: World) -> render.Json:
    """The checklist as the API shows it."""
    return render.checklist(checklist.checklist(world))


@doors.get("/checklist", summary="Read the launch checklist", responses={200: setting_answers.Checklist})
def read_checklist() -> Response:
    """Each line open or done, with who did it, when, and the fact that shows it. Carries an ETag."""
    return look(whole, tagged=True)


@doors.post("/checklist/announcement", summary="Announce acceptance", responses={200: setting_answers.Checklist})
def announce_acceptance(body: Announcement) -> Response:
    """Tell what is up: banners and the footer logo. Answers with the checklist."""
    return act(settings.announce_acceptance, whole, tagged=whole, **body.model_dump())


@doors.post("/metrics/review", summary="Review the rates", responses={200: answers.Metrics})
def review_metrics() -> Response:
    """Tell that the rates were looked at, which the checklist asks for. Answers with the rates."""
    return act(checklist.review_metrics, lambda world: render.metrics(health.rates(world), world.now))
