"""Where a notification may go: this machine, and what the operator allowed; looked up once, and checked."""

import socket
from typing import Any

import pytest

from sandbox.api.webhooks.targets import Targets
from sandbox.central.guide import Refused


def refusal(url: str, *allowed: str) -> Refused:
    """What is said of a URL before anybody is asked or connected to."""
    with pytest.raises(Refused) as refused:
        Targets(allowed).check(url)
    return refused.value


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The addresses of names, as another machine tells them; every other name is unknown."""
    known: dict[str, list[str]] = {}

    def told(host: str, port: int, **_: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", told)
    return known


# -- this machine


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("http://127.0.0.1:8080/hook?a=b", ["127.0.0.1"]),
        ("https://127.8.9.10", ["127.8.9.10"]),
        ("http://[::1]:9000/", ["::1"]),
        ("http://[::ffff:127.0.0.1]/", ["127.0.0.1"]),
        ("http://localhost:1/x", ["127.0.0.1", "::1"]),
        ("http://LOCALHOST/", ["127.0.0.1", "::1"]),
        ("http://shop.localhost/", ["127.0.0.1", "::1"]),
    ],
)
def test_this_machine_is_a_target_without_being_looked_up(
    names: dict[str, list[str]], url: str, addresses: list[str]
) -> None:
    _, found = Targets().addresses(url, 1)
    assert [str(address) for address in found] == addresses


def test_a_url_is_taken_apart() -> None:
    found = Targets().check("https://localhost:8443/a/b?c=d")
    assert (found.scheme, found.host, found.port, found.path) == ("https", "localhost", 8443, "/a/b?c=d")
    assert Targets().check("https://localhost").port == 443 and Targets().check("http://localhost").path == "/"


# -- what is no URL for it


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "localhost", "//localhost/", "http:/localhost", "http://", "http:///x", "ftp://localhost/"),
        *("file:///etc/passwd", "gopher://127.0.0.1/", "javascript:alert(1)", "HTTP //localhost"),
        *(
            "http://localhost:0/",
            "http://localhost:99999/",
            "http://localhost:x/",
            "http://[::1/",
            "http://[fe80::1%251]/",
        ),
        *("http://localhost/\n", "http://local host/", "http://localhost/\x00", "http://localhost\\@elsewhere/"),
        *("http://lócalhost/", "http://127。0。0。1/", "http://localhost/#part", "http://local%68ost/", "http://-a/"),
        *(
            "http://localhost/" + "x" * 2_000,
            "http://" + "a" * 300 + ".localhost/",
            "http://a..localhost/",
            "http://localhost./",
        ),
    ],
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    assert refusal(url).code == "InvalidUrl"


@pytest.mark.parametrize(
    "host",
    ["0x7f000001", "2130706433", "127.1", "0177.0.0.1", "127.0.0.01", "0x7f.1", "1.2.3.4.5", "a.0x1", "256.0.0.1"],
)
def test_an_address_in_disguise_is_refused_even_of_this_machine(host: str) -> None:
    said = refusal(f"http://{host}/")
    assert (said.code, "127.0.0.1" in said.sentence) == ("InvalidUrl", True)


@pytest.mark.parametrize("url", ["http://user@localhost/", "http://user:swordfish@localhost/", "http://:x@localhost/"])
def test_credentials_in_a_url_are_refused_and_not_repeated(url: str) -> None:
    said = refusal(url)
    assert said.code == "InvalidUrl" and "swordfish" not in said.sentence


# -- elsewhere


@pytest.mark.parametrize(
    "host",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "8.8.8.8", "198.18.0.1", "0.0.0.1"),
        *("[fc00::1]", "[fd12::1]", "[::ffff:10.0.0.1]", "[2001:4860:4860::8888]"),
        *("shop.example", "hooks", "127.0.0.1.nip.example", "localhost.example", "notlocalhost"),
    ],
)
def test_other_machines_are_refused_unless_allowed(names: dict[str, list[str]], host: str) -> None:
    said = refusal(f"http://{host}/")
    assert said.code == "ForbiddenTarget" and "--allow-host" in said.sentence


NEVER = [
    *("169.254.169.254", "169.254.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "100.100.100.200"),
    *("[fe80::1]", "[ff02::1]", "[::]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"),
    *("[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[::127.0.0.1]"),
]


@pytest.mark.parametrize("host", NEVER)
def test_some_addresses_are_no_targets_whatever_is_allowed(host: str) -> None:
    said = refusal(f"http://{host}/", "*.example")
    assert said.code == "ForbiddenTarget" and "can be no target" in said.sentence


# -- what the operator allows


@pytest.mark.parametrize("pattern", [host for host in NEVER if "::127" not in host])
def test_what_can_be_no_target_cannot_be_allowed(pattern: str) -> None:
    with pytest.raises(ValueError, match="can be no target"):
        Targets((pattern,))


@pytest.mark.parametrize(
    "pattern", ["", "*", "*.", "**.x", "a/b", "http://a", "a:80", "*.10.0.0.1", "0x7f000001", "a b"]
)
def test_a_pattern_that_is_no_host_is_told(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        Targets((pattern,))


@pytest.mark.parametrize("allowed", ["10.0.0.5", "[fd12::5]", "fd12::5", "8.8.8.8"])
def test_an_address_is_allowed_by_itself(allowed: str) -> None:
    host = f"[{allowed.strip('[]')}]" if ":" in allowed else allowed
    assert Targets((allowed,)).check(f"http://{host}/").literal
    assert refusal("http://10.0.0.6/", allowed).code == "ForbiddenTarget"


@pytest.mark.parametrize("address", ["10.0.0.5", "127.0.0.1", "8.8.8.8", "fd12::5"])
def test_a_name_is_allowed_wherever_it_leads(names: dict[str, list[str]], address: str) -> None:
    names["app"] = [address]
    _, found = Targets(("App",)).addresses("http://app:8080/", 1)
    assert [str(one) for one in found] == [address]


def test_names_below_a_suffix_may_lead_to_public_addresses(names: dict[str, list[str]]) -> None:
    names["a.hooks.example"] = ["8.8.8.8"]
    _, found = Targets(("*.hooks.example",)).addresses("https://a.hooks.example/", 1)
    assert [str(one) for one in found] == ["8.8.8.8"]
    for host in ("hooks.example", "xhooks.example", "a.hooks.example.evil.example"):
        assert refusal(f"http://{host}/", "*.hooks.example").code == "ForbiddenTarget"


@pytest.mark.parametrize("address", ["10.0.0.5", "192.168.1.1", "fd12::5", "100.64.0.1"])
def test_names_below_a_suffix_may_not_lead_into_a_private_network(names: dict[str, list[str]], address: str) -> None:
    names["a.hooks.example"] = ["8.8.8.8", address]
    with pytest.raises(Refused, match=r"a\.hooks\.example, which is .* private network"):
        Targets(("*.hooks.example",)).addresses("https://a.hooks.example/", 1)


@pytest.mark.parametrize("address", [host.strip("[]") for host in NEVER])
def test_an_allowed_name_that_leads_to_metadata_and_the_like_is_refused(
    names: dict[str, list[str]], address: str
) -> None:
    names["app"] = ["8.8.8.8", address]
    with pytest.raises(Refused) as refused:
        Targets(("app",)).addresses("http://app/", 1)
    assert refused.value.code == "ForbiddenTarget"


def test_an_allowed_name_that_nobody_knows_is_told(names: dict[str, list[str]]) -> None:
    with pytest.raises(Refused) as refused:
        Targets(("app",)).addresses("http://app/", 1)
    assert refused.value.code == "UnknownHost"
