"""XML for reports: leaves and nodes as text, escaped, with the notice on top.

A settlement has millions of leaves; a tree of elements for them takes five times as long as their text.
"""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from sandbox import BANNER


def leaf(tag: str, value: object, attributes: str = "") -> str:
    """An element with text in it. `attributes` are ours and need no escaping."""
    return f"<{tag}{attributes}>{escape(str(value))}</{tag}>"


def node(tag: str, *inside: str) -> str:
    """An element with elements in it."""
    return f"<{tag}>{''.join(inside)}</{tag}>"


def leaves(values: dict[str, object]) -> str:
    """Elements with text in them, one after the other."""
    return "".join([leaf(tag, value) for tag, value in values.items()])


def written(root: str, inside: Iterable[str]) -> bytes:
    """The whole file, a line for each part. It says that it is practice."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<!-- {BANNER} -->", f"<{root}>", *inside, f"</{root}>", ""]
    return "\n".join(lines).encode()
