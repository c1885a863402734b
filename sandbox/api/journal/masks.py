"""What the journal does not keep: whatever opens something, or leads to somebody's money."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

from msgspec import MsgspecError
from msgspec.json import decode, encode

MASK = "***"

_LETTERS = re.compile(r"[^a-z]+")
_SECRET = re.compile(
    r"(?:.*key(?:id)?|.*(?:token|secret|passw|pwd|signature|credential|authori[sz]ation|accountnumber|cardnumber|iban).*"
    r"|number|cvv|pin)"
)
"""The names of fields and parameters whose values are masked: small letters alone, so `AWSAccessKeyId`, `api_key`,
`MWSAuthToken`. `number` is a bank account's; a tracking number is none."""
_HINT = re.compile(
    r"key|token|secret|passw|pwd|signature|credential|authori|number|iban|cvv|pin|bearer|sk_|op_|\\u|%[4-7]"
)
"""Without any of these, in small letters, nothing is to be masked: most bodies are looked at no further."""
_OURS = re.compile(r"\b(?:sk_[a-z0-9-]{1,40}|op)_[0-9a-f]{32}\b|(?i:\bbearer\s+)[^\s\"',;]+")
"""Keys of worlds and operators, wherever they stand."""
_NAMED = re.compile(
    r'"(?P<field>(?:[^"\\]|\\.){1,200})"\s*:\s*|<(?P<element>[\w:.-]{1,200})(?:\s[^<>]*)?>|(?P<pair>[\w%.+-]{1,200})='
)
"""Names with values behind them: fields of JSON that is cut or broken, elements of XML, pairs of a form."""
_VALUES = {
    "field": re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{].*|[^\s,}\]]*', re.DOTALL),
    "element": re.compile(r"[^<]*"),
    "pair": re.compile(r"[^&\r\n]*"),
}
"""How far such a value goes; one that holds others goes to the end."""


def is_secret(name: str) -> bool:
    """Whether a field or parameter of that name may hold a secret."""
    return _SECRET.fullmatch(_LETTERS.sub("", name.lower())) is not None


def masked_text(text: str) -> str:
    """A text, such as a path, without the keys in it."""
    return _OURS.sub(MASK, text) if "_" in text or "bearer" in text.lower() else text


def masked_query(query: str) -> str:
    """A query or a form, its secret values masked and everything else as it was sent."""
    if not query or not _HINT.search(unquote_plus(query).lower()):
        return query
    return "&".join(_masked_pair(pair) for pair in query.split("&"))


def _masked_pair(pair: str) -> str:
    name, sign, value = pair.partition("=")
    if _OURS.search(unquote_plus(name)):
        return MASK
    is_hidden = sign and (is_secret(unquote_plus(name)) or _OURS.search(unquote_plus(value)))
    return f"{name}={MASK}" if is_hidden else pair


def masked_body(body: str) -> str:
    """A body, its secret values masked, whatever it is; as it was sent, where there are none."""
    return (_read_and_masked(body) or _looked_through(body)) if _HINT.search(body.lower()) else body


def _read_and_masked(body: str) -> str | None:
    """JSON with its secrets masked; None where it has none, or is none."""
    try:
        found = decode(body)
        masked = _masked_value(found)
        return None if masked == found else encode(masked).decode()
    except (MsgspecError, RecursionError, OverflowError):
        return None


def _looked_through(text: str) -> str:
    parts, place = [], 0
    while name := _NAMED.search(text, place):
        parts.append(text[place : name.end()])
        place = name.end()
        kind = name.lastgroup or ""
        if is_secret(unquote_plus(name[kind])) and (value := _VALUES[kind].match(text, place)):
            parts.append(f'"{MASK}"' if kind == "field" else MASK)
            place = value.end()
    return _OURS.sub(MASK, "".join(parts) + text[place:])


def masked_sentence(sentence: str, body: str) -> str:
    """A refusal's sentence without the secrets of the body that it speaks of."""
    sentence = masked_text(sentence)
    if _HINT.search(body.lower()):
        with suppress(MsgspecError, RecursionError):
            for secret in sorted(_secrets(decode(body)), key=len, reverse=True):
                sentence = sentence.replace(secret, MASK)
    return sentence


def _secrets(value: Any, inside: bool = False) -> Iterator[str]:
    """What is masked of a value, as a sentence would quote it."""
    if isinstance(value, dict):
        for name, held in value.items():
            yield from _secrets(held, inside or is_secret(name))
    elif isinstance(value, list):
        for held in value:
            yield from _secrets(held, inside)
    elif inside and len(str(value)) >= _QUOTED:
        yield str(value)


_QUOTED = 4
"""Characters of a secret that is looked for in a sentence: shorter ones are words."""


def _masked_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: MASK if is_secret(name) else _masked_value(inside) for name, inside in value.items()}
    if isinstance(value, list):
        return [_masked_value(inside) for inside in value]
    return _OURS.sub(MASK, value) if isinstance(value, str) else value
