"""Shares of many runs, as bars with their intervals."""

from typing import Any

from sandbox.charts import look
from sandbox.charts.page import Figure

Share = dict[str, Any]
"""Out of how many runs: `estimate`, `low` and `high`, between 0 and 1."""

ROW = 34
"""Pixels of a bar or an interval with its name."""


def bars(shares: list[tuple[str, Share]], says: str) -> Figure:
    """A bar for each name. Wilson's intervals are whiskers: they stay between nothing and all."""
    names, values = [name for name, _ in shares], [100 * share["estimate"] for _, share in shares]
    above = [100 * (share["high"] - share["estimate"]) for _, share in shares]
    below = [100 * (share["estimate"] - share["low"]) for _, share in shares]
    whiskers = {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": look.INK}
    bar = {"type": "bar", "orientation": "h", "x": values, "y": names, "error_x": whiskers}
    bar |= {"marker": {"color": look.BLUE}, "hoverinfo": "skip"}
    axes = {
        "xaxis": look.axis(range=[0, 100], ticksuffix=" %", ticklabeloverflow="allow", title=look.titled(says)),
        "yaxis": look.axis(autorange="reversed"),
    }
    return look.chart([bar], 90 + ROW * len(names), margin=look.MARGIN | {"r": 24}, **axes)
