"""The account's standing: looked at every day, told when a rate crosses its limit, and what it stops (chapter 9)."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from sandbox.central import settings
from sandbox.central.days import DAY, LAST_MOMENT, after
from sandbox.central.facts import Fact, LimitCrossed, ReviewOpened, StandingChanged
from sandbox.central.guide import Due, rule
from sandbox.central.health import Rate, scored_rates
from sandbox.central.world import World

GOOD, AT_RISK, UNDER_REVIEW, SUSPENDED = "good", "at-risk", "under-review", "suspended"
STANDINGS = (GOOD, AT_RISK, UNDER_REVIEW, SUSPENDED)


class Stop(NamedTuple):
    """Something keeps money from leaving for the bank."""

    reason: str
    until: int | None
    """When it is over; None where nobody knows."""
    next_look_at: int
    """When it is looked at again whether it is over."""


class State(NamedTuple):
    """How the account stands."""

    standing: str
    since: int
    because: str
    """The last notice of a change, in words; empty while it never changed."""
    breaches: dict[str, int]
    """The limits that are crossed, and since when."""
    stop: Stop | None
    """What keeps money from leaving for the bank now."""


def standing(world: World) -> str:
    """The standing of the account, since its last review."""
    row = world.row("select name from notices where kind = 'standing' order by notice desc limit 1")
    return str(row[0]) if row else GOOD


def state(world: World) -> State:
    """The standing with its reasons, as of now."""
    assert world.account is not None
    row = world.row("select at, text from notices where kind = 'standing' order by notice desc limit 1")
    since, because = row or (world.account.opened_at, "")
    return State(standing(world), since, because, breaches(world), transfer_stop(world, world.now))


def first_review(world: World) -> Due:
    """The first of the daily reviews; each puts off the next one."""
    assert world.account is not None
    return Due(after(world.account.opened_at, DAY), "standing.review", "1", caused=False)


@rule(
    chapter=9,
    says="A rate over its limit puts the account at risk, a week of it under review;"
    " an order defect rate far over its own suspends.",
)
def review(world: World, at: int, day: int) -> Iterator[Fact | Due]:
    """The daily look at the scored rates: the seller is notified of each limit that was crossed, both ways."""
    looked_at = scored_rates(world, named=0)
    before, sent_to = breaches(world), settings.notification_addresses(world)
    for rate in looked_at:
        breached = counts_as_breached(world, rate)
        if breached != (label(rate) in before):
            says = f"{label(rate)} {_told(world, rate)}"
            yield LimitCrossed(at, label(rate), breached, rate.percent, rate.limit_percent, says, sent_to)
    now, because = _standing_by(world, at, looked_at, before)
    if now != (was := standing(world)):
        yield StandingChanged(at, was, now, because, sent_to)
    if at + DAY <= LAST_MOMENT:
        yield Due(at + DAY, "standing.review", str(day + 1), caused=False)


@rule(chapter=6, says="The platform may review an account at any time, and holds what is there until it is done.")
def open_review(world: World, at: int, until: int, because: str) -> Iterator[Fact]:
    """A closer look begins; it ends by itself."""
    yield ReviewOpened(at, until, because, settings.notification_addresses(world))


def review_until(world: World, at: int) -> int | None:
    """Until when a review lasts that is open at that moment; of several the longest."""
    (until,) = world.row("select max(cast(name as integer)) from notices where kind = 'review' and at <= ?", (at,))
    return until if until is not None and at < until else None


def _told(world: World, rate: Rate) -> str:
    """Where a rate stands to its limit, in words: a response rate is outside it when it is too low."""
    least = world.policy.standing_orders_at_least
    if rate.state == "breached" and rate.out_of < least:
        return f"is {percent_of(rate)}, of {rate.out_of} alone; it counts from {least} on."
    if rate.state == "no-data":
        return "has nothing left to count."
    where = "outside" if rate.state == "breached" else "back within"
    return f"is {where} its limit of {rate.limit_percent:g} %: it is {percent_of(rate)}."


_DIGITS, _DIGITS_AT_MOST = 2, 9


def percent_of(rate: Rate) -> str:
    """A rate in words, with as many digits as tell it from its limit: 0.9962 % is not 1.00 %."""
    percent = rate.percent or 0.0
    limit = Fraction(str(rate.limit_percent))
    at_limit = rate.counted * 100 == limit * rate.out_of
    shown = (f"{percent:.{digits}f}" for digits in range(_DIGITS, _DIGITS_AT_MOST + 1))
    found = next((text for text in shown if at_limit or Fraction(text) != limit), f"{percent:.{_DIGITS_AT_MOST}f}")
    return f"{found} %"


def label(rate: Rate) -> str:
    """A rate by its name and its window, for a policy may take one over two."""
    return f"{rate.name} ({rate.window_days} days)"


def counts_as_breached(world: World, rate: Rate) -> bool:
    """Whether a rate is over its limit, over orders or messages enough to say so."""
    return rate.state == "breached" and rate.out_of >= world.policy.standing_orders_at_least


def breaches(world: World, at: int | None = None) -> dict[str, int]:
    """The limits that were crossed and not mended, as the last review before `at` found, and since when."""
    sql = "select name, at, breached from notices where kind = 'limit' and at <= ? order by notice"
    found: dict[str, int] = {}
    for name, since, breached in world.rows(sql, (world.now if at is None else at,)):
        if breached:
            found[name] = since
        else:
            found.pop(name, None)
    return found


def _standing_by(world: World, at: int, looked_at: list[Rate], before: dict[str, int]) -> tuple[str, str]:
    policy = world.policy
    over = {label(rate): rate for rate in looked_at if counts_as_breached(world, rate)}
    for name, rate in over.items():
        if rate.name == "order-defect" and _is_times_its_limit(rate, policy.suspended_at_multiple):
            return SUSPENDED, f"{name} is {rate.percent:.2f} %."
    if review_until(world, at) is not None:
        return UNDER_REVIEW, "the platform takes a closer look."
    for name in over:
        if name in before and at - before[name] >= policy.review_after_days * DAY:
            return UNDER_REVIEW, f"{name} is outside its limit for {policy.review_after_days} days."
    if over:
        return AT_RISK, f"outside the limit: {', '.join(over)}."
    return GOOD, "no rate that counts is outside its limit."


def _is_times_its_limit(rate: Rate, times: float) -> bool:
    """To the last order: 3 times 4.4 % is no float."""
    return rate.counted * 100 >= Fraction(str(times)) * Fraction(str(rate.limit_percent)) * rate.out_of


def transfer_stop(world: World, at: int) -> Stop | None:
    """What keeps money from leaving now, if something does, and when to look again."""
    if at == LAST_MOMENT:  # then there is no later moment to try again
        return None
    if standing(world) == SUSPENDED:
        return Stop("AccountSuspended", None, after(at, DAY))
    changed_at = bank_changed_at(world, at)
    until = after(changed_at or 0, world.policy.bank_change_hold_days * DAY)
    return Stop("BankAccountChanged", until, until) if changed_at is not None and at < until else None


@rule(chapter=6, says="A new bank account gets nothing for 3 days.")
def bank_changed_at(world: World, at: int) -> int | None:
    """When the money was last sent another way until then; the account that the shop began with is no change."""
    assert world.account is not None
    sql = "select max(at) from bank_changes where at > ? and at <= ?"
    (changed_at,) = world.row(sql, (world.account.opened_at, at))
    return None if changed_at is None else int(changed_at)
