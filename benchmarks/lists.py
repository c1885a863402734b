"""What a large account answers: its rates, its searches and its money, over 100,000 orders of a month."""

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, told
from sandbox.api.serve import COLLECTED_AFTER
from sandbox.central import health, history, reserve, search, settlements
from sandbox.central.policy import with_changes
from sandbox.central.world import World
from sandbox.sim import scenario, worlds


def measure() -> list[Figure]:
    """Milliseconds of each question, the median of some rounds, with memory kept as a worker keeps it."""
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)
    with tempfile.TemporaryDirectory() as folder:
        chosen = scenario.load("first-week")
        demand = chosen.demand.model_copy(update={"orders_per_day": 100_000 / 30})
        world = worlds.make(Path(folder) / "large.world", chosen.model_copy(update={"demand": demand}))
        questions: dict[str, Callable[[World], object]] = {
            "all rates": health.rates,
            "the newest page": search.orders,
            "orders not shipped": lambda world: search.orders(world, statuses=("Unshipped", "PartiallyShipped")),
            "orders by a word of the title": lambda world: search.orders(world, words="kettle"),
            "orders by a buyer's name": lambda world: search.orders(world, words="sharma"),
            "an order's history": lambda world: history.history(world, world.ids.order_id(50_000)),
            "messages that wait": lambda world: search.messages(world, waiting=True),
            "the settlement period": settlements.open_period,
            "the check of the books": World.check,
        }
        questions |= {f"the reserve, {pack}": _reserved(pack) for pack in reserve.PACKS}
        return [
            told(Figure(f"{name}, 100,000 orders", _cost(world, ask), 100, "ms", False))
            for name, ask in questions.items()
        ]


def _reserved(pack: str) -> Callable[[World], object]:
    """The reserve, worked out by another pack."""
    changes = {"reserve_pack": pack, "tier_2_after_days": 0, "tier_2_after_orders": 0}

    def asked(world: World) -> object:
        world.policy = with_changes(world.policy, changes)
        return reserve.reserve(world)

    return asked


def _cost(world: World, ask: Callable[[World], object]) -> float:
    spans = []
    for _ in range(5):
        began = time.perf_counter()
        ask(world)
        spans.append((time.perf_counter() - began) * 1000)
    return median(spans)
