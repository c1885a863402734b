"""The run report: what happened in a world from its first day to now, on one page."""

from sandbox.central.world import World
from sandbox.charts.costs import costs
from sandbox.charts.money import went
from sandbox.charts.page import page
from sandbox.charts.rates import rates
from sandbox.charts.replies import replies
from sandbox.charts.reserve import reserve
from sandbox.charts.words import counted, moment

SECTIONS = (rates, reserve, replies, went, costs)
"""What the report tells, in this order; each looks at a world and finds its own words."""


def run_report(world: World) -> str:
    """The report as one HTML file, as of now."""
    assert world.account is not None
    with world.looking():
        return page(f"Run report: {world.account.shop}", _lead(world), [section(world) for section in SECTIONS])


def _lead(world: World) -> list[str]:
    assert world.account is not None
    (orders,) = world.row("select count(*) from orders where view = 'production'")
    span = f"from {moment(world.account.opened_at)} to {moment(world.now)} (the shop's time)"
    happened = f"{counted(orders, 'order')} and {counted(world.clock.facts, 'fact')}"
    return [
        f"World {world.path.stem}, {span}: {happened}, under the policy {world.policy.name}.",
        "Each title is a sentence made from the data; the table under each chart has its numbers.",
    ]
