"""Answers that say no: RFC 9457 problems with a code for machines and a sentence for people."""

import re
from difflib import get_close_matches
from typing import Any, NamedTuple, get_args

from flask import Response, request
from msgspec.json import encode
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from sandbox.api.answer import Answer, request_id
from sandbox.central.guide import Refused, Rule, rule_behind
from sandbox.central.troubles import Unusable

STATUS = {
    "AlreadyAnswered": 409,
    "AlreadyAppealed": 409,
    "AlreadyAsked": 409,
    "AlreadyRefunded": 409,
    "AlreadyReimbursed": 409,
    "AlreadyShipped": 409,
    "AnswerTooLate": 409,
    "AppealTooLate": 409,
    "BodyTooLarge": 413,
    "CaseClosed": 409,
    "CaseNotAnswered": 409,
    "DiskFailed": 507,
    "DiskFull": 507,
    "DeliveryUndone": 409,
    "DisputeClosed": 409,
    "FeedbackGone": 409,
    "InternalError": 500,
    "InvalidKey": 401,
    "JournalOff": 409,
    "KeyOfAnotherWorld": 403,
    "MethodNotAllowed": 405,
    "NeverCame": 409,
    "NoSuchOrder": 409,
    "NotUnderReview": 409,
    "NothingHappened": 409,
    "NothingToAsk": 409,
    "NoFeedback": 404,
    "NoKey": 401,
    "NoReturnUrl": 409,
    "NotJson": 400,
    "NotLoopback": 403,
    "NothingToAppeal": 409,
    "NotPaid": 409,
    "NothingToPack": 409,
    "OrderNotOpen": 409,
    "OutcomeImpossible": 409,
    "OrderPending": 409,
    "PreconditionFailed": 412,
    "RefundNotPending": 409,
    "ReportCancelled": 409,
    "ReportDeleted": 410,
    "ReportHasNoData": 409,
    "ReportNotPending": 409,
    "ReportNotReady": 409,
    "ServiceUnavailable": 503,
    "SnapshotExists": 409,
    "TooLateForBuyer": 409,
    "TooManyWaits": 503,
    "TooManyWebhooks": 409,
    "UnknownCase": 404,
    "UnknownChargeback": 404,
    "UnknownClaim": 404,
    "UnknownDelivery": 404,
    "UnknownFact": 404,
    "UnknownHold": 404,
    "UnknownMessage": 404,
    "UnknownOrder": 404,
    "UnknownPackage": 404,
    "UnknownPath": 404,
    "UnknownRate": 404,
    "UnknownRefund": 404,
    "UnknownSettlement": 404,
    "UnknownSnapshot": 404,
    "UnknownReport": 404,
    "UnknownSchedule": 404,
    "UnknownThread": 404,
    "UnknownWebhook": 404,
    "UnknownWorld": 404,
    "UnsupportedMediaType": 415,
    "WebhookBusy": 503,
    "WebhookPaused": 409,
    "WorldBusy": 503,
    "WorldDamaged": 500,
    "WorldExists": 409,
    "WorldReadOnly": 503,
    "WorldTooNew": 503,
    "WorldTooOld": 409,
    "WorldUnreadable": 503,
    "WrongView": 409,
}
"""HTTP status by code; a code that is not here is of a request that was understood and does not fit: 422."""

SENTENCE_AT_MOST = 500
"""Characters of a sentence that may hold what somebody sent; a list of errors stops at ten."""
RETRY_AFTER_SECONDS = {"TooManyWaits": 1, "WebhookBusy": 1, "WorldBusy": 1, "ServiceUnavailable": 1}
"""Seconds on the caller's own wall, as HTTP has it: world time goes at a rate of its own, or stands still."""


class Invalid(NamedTuple):
    """One field that does not fit."""

    field: str
    sentence: str


class Problem(Exception):
    """A request that the doors themselves turn down, before any rule sees it."""

    def __init__(self, code: str, sentence: str, errors: list[Invalid] | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.errors = errors or []


def turn_down(error: ValidationError, model: type[BaseModel]) -> Problem:
    """The problem of a request that does not fit its model, with each field that does not; unknown ones come first."""
    parts = sorted(error.errors(include_url=False), key=lambda part: part["type"] != "extra_forbidden")
    found = [Invalid(".".join(str(key)[:60] for key in part["loc"]), _sentence(part, model)) for part in parts[:10]]
    code = "UnknownField" if parts[0]["type"] == "extra_forbidden" else "InvalidField"
    return Problem(code, f"{found[0].field or 'The body'}: {found[0].sentence}", found)


def _sentence(part: Any, model: type[BaseModel]) -> str:
    if part["type"] == "extra_forbidden":
        near = get_close_matches(str(part["loc"][-1])[:60], _fields_at(model, part["loc"][:-1]), n=1)
        return f"There is no such field here. {f'Did you mean {near[0]}?' if near else '/docs tells which there are.'}"
    message = part["msg"].removeprefix("Value error, ").rstrip(".")
    shown = "" if part["type"] == "missing" else f" (it is {_shown(part['input'])})"
    return f"{message[:200]}{shown}."


def _fields_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The fields that a model takes at some place inside it."""
    models = [model]
    for name in place:
        fields = [field.annotation for one in models if (field := _fields_of(one).get(str(name)))]
        models = [inside for annotation in fields for inside in _models_in(annotation)] or models
    return [name for one in models for name in _fields_of(one)]


def _fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A model's fields by the names that requests give them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _shown(value: Any) -> str:
    """What somebody sent: what is short as it is, and of anything else what kind of JSON it is."""
    if isinstance(value, str | int | float):  # true and false among them
        return f"{value!r:.80}"
    return "null" if value is None else "an array" if isinstance(value, list) else "an object"


def problem_of(error: Refused | Unusable | Problem) -> Response:
    """The answer for any of the three ways to say no."""
    rule = rule_behind(error) if isinstance(error, Refused) else None
    return problem(error.code, error.sentence, rule, getattr(error, "errors", []))


def problem(code: str, sentence: str, rule: Rule | None = None, errors: list[Invalid] | None = None) -> Response:
    """One problem as application/problem+json."""
    status = STATUS.get(code, 422)
    sentence = sentence if len(sentence) <= SENTENCE_AT_MOST else f"{sentence[:SENTENCE_AT_MOST]}…"
    body: dict[str, Any] = {
        "type": f"urn:seller-sandbox:problem:{code}",
        "title": _title(code),
        "status": status,
        "detail": sentence,
        "code": code,
        "request_id": request_id(request.environ),
    }
    if rule:
        body |= {"chapter": rule.chapter, "rule": rule.name, "says": rule.says}
    if errors:
        body["errors"] = [error._asdict() for error in errors]
    response = Answer(encode(body), status, mimetype="application/problem+json")
    if code in RETRY_AFTER_SECONDS:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS[code])
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _title(code: str) -> str:
    """`OrderNotOpen` as `Order not open`."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", code).lower()
    return words[:1].upper() + words[1:]
