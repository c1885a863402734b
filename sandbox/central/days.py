"""Moments and days: integer milliseconds UTC inside, RFC 3339 at the edges, the shop's calendar day in between."""

import re
from datetime import UTC, datetime
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

SHOP_OFFSET = 5 * HOUR + 30 * MINUTE
"""Asia/Kolkata is five and a half hours ahead of UTC, the same all year."""

FIRST_MOMENT = 0
LAST_MOMENT = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z, the last moment that RFC 3339 can write."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_SPAN = re.compile(r"(?:\d{1,15}(?:ms|[smhdw]))+", re.ASCII)
_SPAN_PART = re.compile(r"(\d+)(ms|[smhdw])", re.ASCII)
_ISO_SPAN = re.compile(r"P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12})S)?)?", re.ASCII)


def start_of_day(at: int) -> int:
    """The first millisecond of the shop's day that holds `at`."""
    return (at + SHOP_OFFSET) // DAY * DAY - SHOP_OFFSET


def end_of_day(at: int) -> int:
    """The last millisecond of the shop's day that holds `at`."""
    return start_of_day(at) + DAY - 1


def ends_of_days(since: int, until: int, at_most: int) -> list[int]:
    """The ends of the shop's days from the one that holds `since` on, the last of them `until` itself.

    Of a span of more days than `at_most` every so-manieth, counted back from the end.
    """
    last = start_of_day(until) - 1
    days = max(0, (last - start_of_day(since) + 1) // DAY)
    step = -(-days // at_most) or 1
    return [*reversed([last - back * DAY for back in range(0, days, step)]), until]


def after(at: int, span: int) -> int:
    """The moment that long after `at`, or the last moment there is."""
    return min(at + span, LAST_MOMENT)


def weekday(at: int) -> int:
    """0 for a Monday to 6 for a Sunday, in the shop's calendar."""
    return ((at + SHOP_OFFSET) // DAY + 3) % 7


def hour_of_day(at: int) -> int:
    """The hour, 0 to 23, on the shop's wall clock."""
    return (at + SHOP_OFFSET) // HOUR % 24


def next_working_day(at: int, working_days: frozenset[int], count: int = 1) -> int:
    """The start of the `count`-th working day after the day that holds `at`."""
    day = start_of_day(at)
    while count:
        day += DAY
        count -= weekday(day) in working_days
    return day


@lru_cache(maxsize=4096)
def rfc3339(at: int) -> str:
    """`at` as text in UTC, to the millisecond."""
    seconds, milliseconds = divmod(at, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{milliseconds:03d}Z"


def parse_moment(text: str) -> int:
    """Milliseconds of an RFC 3339 moment or date; without an offset it is the shop's own time.

    Raises ValueError with a sentence for people when the text is no moment from 1970 to 9999.
    """
    found = _MOMENT.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        date, clock, offset = found.groups()
        zone = "+05:30" if offset is None else offset.upper().replace("Z", "+00:00")
        moment = datetime.fromisoformat(f"{date}T{clock or '00:00'}{zone}")
    except ValueError:
        raise ValueError(f"{text[:60]!r} is not a moment; write it like 2026-03-02T10:00:00+05:30.") from None
    at = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND
    if not FIRST_MOMENT <= at <= LAST_MOMENT:
        raise ValueError(f"{text[:60]!r} is outside the years 1970 to 9999.")
    return at


_MILLISECOND = datetime(1970, 1, 1, 0, 0, 0, 1000) - datetime(1970, 1, 1)


def parse_span(text: str) -> int:
    """Milliseconds of a span such as `90m`, `36h`, `1d12h`, `2w` or ISO 8601 `P1DT12H`.

    Raises ValueError with a sentence for people when the text is no span.
    """
    word = text.strip()
    if _SPAN.fullmatch(word):
        return sum(int(count) * _UNITS[unit] for count, unit in _SPAN_PART.findall(word))
    found = _ISO_SPAN.fullmatch(word)
    if found and any(found.groups()) and not word.endswith("T"):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return (7 * weeks + days) * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND
    raise ValueError(f"{text[:60]!r} is not a span; write it like 90m, 36h, 7d or P1DT12H.")


_CYCLE_DAYS, _CYCLE_YEARS = 146_097, 400  # the calendar repeats itself, weekdays and all


def wall_clock(at: int) -> str:
    """`at` as the shop reads it, such as `Tue 3 Nov 2015 17:42 IST`. On the last evening it shows the year 10000."""
    late = at > LAST_MOMENT - SHOP_OFFSET
    local = datetime.fromtimestamp((at + SHOP_OFFSET - late * _CYCLE_DAYS * DAY) // SECOND, UTC)
    return f"{local:%a} {local.day} {local:%b} {local.year + late * _CYCLE_YEARS} {local:%H:%M} IST"
