"""Words: money, days, spans and counts as the pages say them."""

import re
from datetime import UTC, datetime

from sandbox.central.days import DAY, HOUR, LAST_MOMENT, MINUTE, SECOND, SHOP_OFFSET
from sandbox.central.payments import in_words


def _local(at: int) -> datetime:
    """What the shop's wall shows; the last evening there is stands still."""
    return datetime.fromtimestamp((min(at, LAST_MOMENT - SHOP_OFFSET) + SHOP_OFFSET) // SECOND, UTC)


def on_axis(at: int) -> str:
    """A moment as an axis of time takes it, in the shop's own time."""
    return f"{_local(at):%Y-%m-%dT%H:%M:%S}"


def day_and_month(at: int) -> str:
    """The shop's day, such as `12 March`."""
    local = _local(at)
    return f"{local.day} {local:%B}"


def dated(at: int) -> str:
    """The shop's day with its year, such as `12 Mar 2026`."""
    local = _local(at)
    return f"{local.day} {local:%b %Y}"


def moment(at: int) -> str:
    """The day and the time, such as `Thu 12 Mar 2026, 10:00`."""
    local = _local(at)
    return f"{local:%a} {dated(at)}, {local:%H:%M}"


def counted(count: int, thing: str, things: str = "") -> str:
    """A count with its noun: `1 order`, `2,000 orders`."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def amount(minor: int) -> str:
    """Minor units as a plain number: `-1,234.50`."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def rounded(currency: str, minor: int) -> str:
    """An amount as titles say it: whole units, unless it is small."""
    return in_words(minor, currency) if abs(minor) < 100_00 else f"{currency} {round(minor / 100):,}"


def share(part: int, whole: int) -> str:
    """A share in percent, rounded down to a tenth, so that what misses a limit never looks as if it kept it."""
    if part == whole or not part:
        return "100 %" if part else "0 %"
    return f"{part * 1000 // whole / 10:.1f} %" if part * 1000 >= whole else "less than 0.1 %"


def percent(value: float | None) -> str:
    """A percentage as the rates are told; a dash where there is none."""
    return "-" if value is None else f"{value:.2f} %"


_LARGEST_FIRST = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"))


def span(length: int) -> str:
    """A span by its two largest units, such as `1 h 12 min`."""
    found: list[str] = []
    for unit, name in _LARGEST_FIRST:
        if length >= unit or found:
            found.append(f"{length // unit} {name}")
            length %= unit
    return " ".join(part for part in found[:2] if part[:2] != "0 ") or "less than 1 min"


def plain(name: str) -> str:
    """A name of the code as words: `IndividualPlan` is `individual plan`, `at-risk` is `at risk`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("-", " ").lower()


def opening(text: str) -> str:
    """A sentence's beginning, with a capital."""
    return text[:1].upper() + text[1:]
