"""A figure, what it has to reach, and how it is printed."""

from typing import NamedTuple


class Figure(NamedTuple):
    """One measured figure beside its bound."""

    name: str
    measured: float
    bound: float
    unit: str
    at_least: bool = True

    @property
    def reached(self) -> bool:
        """Whether the figure is on the right side of its bound."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


def told(figure: Figure) -> Figure:
    """Print a figure as a ratio to its bound, and hand it on."""
    word = "at least" if figure.at_least else "at most"
    ratio = figure.measured / figure.bound
    shown = f"{figure.measured:,.2f} {figure.unit} ({word} {figure.bound:,.2f}): {ratio:.2f} of the bound"
    print(f"{figure.name:52} {shown}", flush=True)
    return figure
