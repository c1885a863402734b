"""What the commands print for people: tables with words beside every colour."""

import inspect
from dataclasses import fields
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from sandbox import BANNER
from sandbox.central import health, reserve, settlements, standing
from sandbox.central.days import parse_moment, rfc3339, wall_clock
from sandbox.central.guide import CHAPTERS
from sandbox.central.history import Explained
from sandbox.central.payments import in_words
from sandbox.central.policy import Policy, sources
from sandbox.central.records import STATUSES
from sandbox.central.rooms import RULES
from sandbox.central.world import World

_STATES = {"good": "[green]good[/]", "breached": "[red]BREACHED[/]", "no-data": "no data"}


def summary(world: World) -> dict[str, Any]:
    """How the shop stands: its rates, its orders by status, what waits."""
    counts = dict(world.rows("select status, count(*) from orders where view = 'production' group by status"))
    (waiting,) = world.row("select count(*) from messages where state = 'waiting'")
    assert world.account is not None
    balance = settlements.balance(world)
    return {
        "world": world.path.stem,
        "shop": world.account.shop,
        "now": rfc3339(world.now),
        "file": str(world.path),
        "rates": [rate._asdict() for rate in health.rates(world)],
        "orders": {status: counts.get(status, 0) for status in STATUSES},
        "messages_waiting": waiting,
        "balance_minor": balance.total_minor,
        "reserve_minor": balance.reserve_minor,
        "in_transfer_minor": balance.in_transfer_minor,
        "reserve": [
            {"reason": hold.reason, "amount_minor": hold.amount_minor} for hold in reserve.reserve(world).holds
        ],
        "standing": standing.standing(world),
        "currency": world.currency,
        "facts": world.clock.facts,
    }


def print_summary(found: dict[str, Any]) -> None:
    """The same for people."""
    console, currency = Console(), found["currency"]
    now = wall_clock(parse_moment(found["now"]))
    console.print(f"[bold]{found['shop']}[/], world {found['world']}, {now}")
    table = Table("rate", "now", "limit", "state", "room left", box=SIMPLE)
    for rate in found["rates"]:
        table.add_row(*_rate_row(rate))
    console.print(table)
    counts = "   ".join(f"{status} {count}" for status, count in found["orders"].items())
    console.print(f"Orders: {counts}")
    console.print(f"Messages waiting for a reply: {found['messages_waiting']}")
    console.print(f"Standing: {found['standing']}")
    reasons = ", ".join(f"{hold['reason']} {in_words(hold['amount_minor'], currency)}" for hold in found["reserve"])
    balance, held, leaving = (
        in_words(found[f"{name}_minor"], currency) for name in ("balance", "reserve", "in_transfer")
    )
    console.print(f"Balance: {balance}, of it in reserve {held} and on its way to the bank {leaving}")
    console.print(f"To be held: {reasons or 'nothing'}")
    console.print(f"{found['facts']} facts in {found['file']}", soft_wrap=True)


def _rate_row(rate: dict[str, Any]) -> tuple[str, ...]:
    name = rate["name"] + (f" {rate['within_hours']} h" if rate["within_hours"] else "")
    if rate["reading"] and not rate["scored"]:
        name += f", {rate['reading']}"
    below = rate["name"] != "response-time"
    limit = f"{'below' if below else 'at least'} {rate['limit_percent']:g} %"
    percent = "-" if rate["percent"] is None else standing.percent_of(health.Rate(**rate))
    now = f"{percent} ({rate['counted']} of {rate['out_of']})"
    left = f"{rate['room']} more" if rate["state"] != "breached" else f"{rate['needed']} good to mend"
    return name, now, limit, _STATES[rate["state"]] + ("" if rate["scored"] else ", not scored"), left


def print_advanced(name: str, start: int, end: int, happened: dict[str, int], stopped: str = "") -> None:
    """What an advance came to."""
    console = Console()
    console.print(f"World {name}: {wall_clock(start)} to {wall_clock(end)}")
    for kind, count in happened.items():
        console.print(f"  {count:6} {kind}")
    if not happened:
        console.print("  nothing happened")
    if stopped:
        console.print(stopped, highlight=False, markup=False)


def print_history(name: str, order_id: str, found: list[Explained]) -> None:
    """An order's facts, each with its rule and the nearest of what led to it; that one tells what led to it in turn."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f"Order {order_id} in world {name}", style="bold")
    own = {one.told.fact for one in found}
    for one in found:
        told, rule = one.told, one.rule
        console.print(f"\n{told.fact}  {wall_clock(told.at)}  {told.sentence}", soft_wrap=True)
        console.print(f"    by {told.by}", soft_wrap=True)
        if rule:
            console.print(f"    chapter {rule.chapter} | {rule.name} | {rule.says}", style="dim", soft_wrap=True)
        for link, cause in one.because:
            console.print(f"    {link} {cause.fact}: {cause.sentence}", soft_wrap=True)
            if cause.fact in own:
                break


def print_worlds(folder: Path, found: list[dict[str, Any]]) -> None:
    """The worlds of a folder."""
    console = Console()
    if not found:
        console.print(f"No worlds in {folder}. Make one: sandbox run first-week", soft_wrap=True)
        return
    for world in found:
        if "trouble" in world:
            console.print(f"{world['name']}: {world['trouble']}: {world['detail']}", soft_wrap=True, markup=False)
            continue
        pace = f"runs at {world['rate']:g}x" if world["rate"] else "frozen"
        console.print(
            f"{world['name']}  {world['now']}  {pace}  {world['orders']} orders  {world['keys'][0]}", soft_wrap=True
        )


def print_webhooks(name: str, found: list[dict[str, Any]], log: list[dict[str, Any]] | None) -> None:
    """Whom a world tells what, and what it told them last."""
    lines = [line for one in found for line in _webhook_lines(one)] or [f"{name} tells nobody: it has no webhooks."]
    if log is not None:
        lines += ["", *(map(_delivery_line, log) if log else ["Nothing was told yet."])]
    Console(highlight=False, markup=False, emoji=False).print("\n".join(lines), soft_wrap=True)


def _webhook_lines(one: dict[str, Any]) -> tuple[str, str]:
    filters = "".join(f", {key} {one[key]}" for key in ("order_id", "by") if one[key])
    failing = f", failing since {one['failing_since']}" if one["failing_since"] else ""
    state = f"paused: {one['paused']}" if one["paused"] else f"sending{failing}"
    return (
        f"{one['webhook']}  {one['url']}  {', '.join(one['kinds'])}{filters}",
        f"    {one['delivered']} attempts taken, {one['failed']} failed; {state}",
    )


def _delivery_line(one: dict[str, Any]) -> str:
    due = f", due {one['due_at']}" if one["due_at"] else ""
    error = one["attempts"][-1]["error"] if one["attempts"] else None
    why = f": {error}" if error else ""
    return f"{one['delivery']}  {one['kind']}  {one['state']}{due}  attempts: {len(one['attempts'])}{why}"


def rule_rows() -> list[dict[str, Any]]:
    """Every rule: its chapter, its name, what it says, and where it stands."""
    top = Path(__file__).parents[2]
    rows = []
    for found in sorted(RULES.values(), key=lambda rule: rule.chapter):
        code = inspect.unwrap(found.function)
        file = Path(inspect.getsourcefile(code) or "").relative_to(top)
        line = inspect.getsourcelines(code)[1]
        rows.append({"chapter": found.chapter, "rule": found.name, "says": found.says, "place": f"{file}:{line}"})
    return rows


def print_rules(rows: list[dict[str, Any]]) -> None:
    """The guide, chapter by chapter."""
    console = Console()
    last = 0
    for row in rows:
        if row["chapter"] != last:
            last = row["chapter"]
            console.print(f"\n[bold]{last}. {CHAPTERS[last]}[/]", highlight=False)
        console.print(f"  {row['says']}", highlight=False, soft_wrap=True)
        console.print(f"      [dim]chapter {last} | {row['rule']} | {row['place']}[/]", highlight=False, soft_wrap=True)
    console.print(f"\n{BANNER}")


def policy_numbers(found: Policy) -> list[dict[str, Any]]:
    """Every number of a policy, with where it comes from and what it means."""
    origins = sources(found.name)
    return [
        {"name": f.name, "value": getattr(found, f.name), "source": origins[f.name], "says": f.metadata["says"]}
        for f in fields(found)
    ]


def print_policy(pack: str, numbers: list[dict[str, Any]]) -> None:
    """A policy for people."""
    table = Table("number", "value", "from", "says", title=f"Policy {pack}", title_justify="left", box=SIMPLE)
    for number in numbers:
        value = number["value"]
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        table.add_row(number["name"], shown, number["source"], number["says"])
    Console().print(table)


def print_scenarios(found: list[dict[str, str]]) -> None:
    """The scenarios, for people."""
    console = Console()
    for one in found:
        console.print(f"[bold]{one['name']}[/]: {one['title']}")
        console.print(f"  {one['lesson']}")


def print_requests(found: list[dict[str, Any]]) -> None:
    """What was asked, a line for each request; under one that was refused, why, or what it came near to."""
    console = Console(highlight=False, markup=False, emoji=False)
    for one in found:
        query = f"?{one['query']}" if one["query"] else ""
        again = "  replayed" if one["replayed"] else ""
        told = f"{one['request']:6}  {one['wall_at'][11:23]}  {one['status']}  {one['duration_ms']:9.1f} ms"
        asked = f"{one['method']:6} {one['path']}{query}{again}"
        console.print(f"{told}  {_harmless(asked)}", soft_wrap=True)
        if one["code"]:
            why = one["near_miss"] or one["sentence"] or ""
            console.print(f"        {one['code']}: {_harmless(why)}", style="dim", soft_wrap=True)
    if not found:
        console.print("Nothing was asked.")


def _harmless(text: str) -> str:
    """What somebody sent, without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
