"""Targets: where a notification may go. This machine alone, unless the operator allowed the host.

A name is looked up once for each attempt, every address it has is checked, and the one that was checked is connected
to: whoever answers for the name cannot change its mind in between.
"""

import re
import socket
import threading
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from sandbox.central.guide import Refused

Address = IPv4Address | IPv6Address

URL_CHARS_AT_MOST = 2_000
PORTS = {"http": 80, "https": 443}
LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))
"""What `localhost` and the names below it are (RFC 6761); nobody is asked."""

_METADATA = {ip_address(address) for address in ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")}
"""What clouds use beside the link-local 169.254.169.254."""
_TRANSLATED = ip_network("64:ff9b::/96")
_PLAIN = re.compile(r"[\x21-\x5b\x5d-\x7e]+", re.ASCII)
"""Visible ASCII, without the backslash, which some read as a slash."""
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_LOOKS_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
"""Such as 2130706433, 0x7f000001 or 127.1, which many a library takes for 127.0.0.1."""


class Target(NamedTuple):
    """A URL in its parts."""

    scheme: str
    host: str
    """A name in small letters, or an address without brackets."""
    port: int
    path: str
    """With its query."""
    literal: Address | None
    """The host, where it is an address."""


def forbidden(sentence: str) -> Refused:
    """The refusal for what no notification is sent to."""
    return Refused("ForbiddenTarget", sentence)


def target(url: str) -> Target:
    """A URL, read strictly. Refused with InvalidUrl."""
    if len(url) > URL_CHARS_AT_MOST or not _PLAIN.fullmatch(url):
        raise _invalid(url, f"1 to {URL_CHARS_AT_MOST} visible ASCII characters, and no backslash")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _invalid(url, "a host, and a port from 1 to 65535 if it has one") from None
    if parts.scheme not in PORTS or not host or port == 0:
        raise _invalid(url, "http:// or https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise Refused("InvalidUrl", "A webhook's URL has no user and no password in it: whoever lists it would see.")
    if parts.fragment:
        raise _invalid(url, "nothing behind a #, which is never sent")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or PORTS[parts.scheme], path, _literal(url, host))


def _invalid(url: str, wants: str) -> Refused:
    return Refused("InvalidUrl", f"{url[:100]!r} is no URL for a webhook: it has {wants}.")


def _literal(url: str, host: str) -> Address | None:
    """The address that a host is. Refused with InvalidUrl for one that is neither an address nor a name."""
    try:
        if "%" not in host:
            return ip_address(host)
    except ValueError:
        pass
    if _LOOKS_NUMERIC.fullmatch(host):
        raise _invalid(url, "its address written out, such as 127.0.0.1 or [::1]")
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise _invalid(url, "a host of letters, digits, dashes and dots, or an address such as 127.0.0.1 or [::1]")
    return None


class Targets:
    """What the operator allows beside this machine: hosts by name or address, and all names below `*.suffix`."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._hosts: set[str] = set()
        self._suffixes: list[str] = []
        for pattern in allowed:
            self._allow(pattern.lower())

    def _allow(self, pattern: str) -> None:
        """Raises ValueError, with a sentence, for what allows nothing."""
        host = pattern.removeprefix("*.").strip("[]")
        try:
            literal = _literal(pattern, host)
        except Refused:
            wants = "Write a name, an address, or *.example.com for all names below one."
            raise ValueError(f"{pattern[:60]!r} is no host. {wants}") from None
        if literal and host != pattern.strip("[]"):
            raise ValueError(f"{pattern[:60]!r} is no host: there are no names below an address.")
        if literal and (why := _never(literal)):
            raise ValueError(f"{pattern[:60]!r} can be no target: it is {why}.")
        if pattern.startswith("*."):
            self._suffixes.append(f".{host}")
        else:
            self._hosts.add(str(literal or host))

    def check(self, url: str) -> Target:
        """A URL whose host may be told something, as far as that is known without looking it up.

        Refused with InvalidUrl or ForbiddenTarget.
        """
        found = target(url)
        if found.literal:
            self._check_address(found, found.literal)
        elif not (_is_localhost(found.host) or self._names(found.host)):
            raise forbidden(
                f"{found.host[:60]} is not this machine, and the operator has not allowed it. Use localhost, or serve"
                f" with --allow-host {found.host[:60]}."
            )
        return found

    def addresses(self, url: str, seconds: float) -> tuple[Target, list[Address]]:
        """The target behind a URL, and where to connect to, now. Refused as by `check`, or with UnknownHost."""
        found = self.check(url)
        if found.literal:
            return found, [_unwrapped(found.literal)]
        addresses = LOOPBACK if _is_localhost(found.host) else looked_up(found.host, found.port, seconds)
        for address in addresses:
            self._check_address(found, address)
        return found, [_unwrapped(address) for address in addresses]

    def _check_address(self, found: Target, written: Address) -> None:
        address = _unwrapped(written)
        shown = found.host if found.literal else f"{found.host[:60]}, which is {address},"
        if why := _never(address):
            raise forbidden(f"{shown} can be no target: it is {why}. Use localhost, or a host of your own.")
        if address.is_loopback or found.host in self._hosts or (found.literal and str(address) in self._hosts):
            return
        if found.literal or not address.is_global:
            kind = "an address elsewhere" if address.is_global else "an address of a private network"
            raise forbidden(
                f"{shown} is {kind}, and the operator has not allowed it by that name. Use localhost, or serve with"
                f" --allow-host {found.host[:60]}."
            )

    def _names(self, host: str) -> bool:
        return host in self._hosts or any(host.endswith(suffix) for suffix in self._suffixes)


def _is_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address


def _never(written: Address) -> str | None:
    """Why nothing is ever sent to an address, whatever the operator says."""
    address = _unwrapped(written)
    if address.is_loopback:
        return None
    if address.is_link_local or address in _METADATA:
        return "where machines keep their metadata, or else link-local"
    if address.is_multicast:
        return "a multicast address"
    if address.is_unspecified:
        return "no address of any machine"
    if isinstance(address, IPv6Address) and (address.sixtofour or address.teredo or address in _TRANSLATED):
        return "an address that hides another one"
    if address.is_reserved:
        return "a reserved address"
    return None


def looked_up(host: str, port: int, seconds: float) -> list[Address]:
    """The addresses of a name. Refused with UnknownHost where it has none, or is not known in time."""
    found: list[Address] = []

    def ask() -> None:
        try:
            told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            return
        found.extend(dict.fromkeys(ip_address(str(where[0]).partition("%")[0]) for *_, where in told))

    asking = threading.Thread(target=ask, daemon=True)  # the system's own asking takes as long as it likes
    asking.start()
    asking.join(seconds)
    if not found:
        raise Refused("UnknownHost", f"{host[:60]} has no address here, or none that was found in {seconds:g} seconds.")
    return found
