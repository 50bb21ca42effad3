"""Recognises a capture filter (pcap-filter(7)) typed where a display filter belongs, and translates it."""

from __future__ import annotations

import re
from ipaddress import ip_network

PROTOCOLS = {
    "tcp": "tcp",
    "udp": "udp",
    "sctp": "sctp",
    "icmp": "icmp",
    "icmp6": "icmpv6",
    "igmp": "igmp",
    "ip": "ip",
    "ip6": "ipv6",
    "arp": "arp",
    "rarp": "arp",
}
"""Protocol words of BPF and the display filter for each."""

DIRECTIONS = {"": "addr", "src": "src", "dst": "dst"}
PORTS = {"": "port", "src": "srcport", "dst": "dstport"}
OPENING = frozenset(
    {"host", "net", "port", "portrange", "src", "dst", "ether", "vlan", "greater", "less", "proto"}
)
"""Words that no display filter begins with."""

_TOKEN = re.compile(r"&&|\|\||[()!]|[^\s()!&|]+")
_PORT = re.compile(r"[0-9]{1,5}\Z")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}\Z")
MAX_TOKENS = 400


def translated(text: str) -> str:
    """The display filter for a capture filter, "" if the text is none or says what has no translation."""
    tokens = _TOKEN.findall(text[: 20 * MAX_TOKENS])
    if not 1 < len(tokens) <= MAX_TOKENS or not OPENING.intersection(tokens):
        return ""
    try:
        return _Translation(tokens).whole()
    except _NoCaptureFilter:
        return ""


class _NoCaptureFilter(Exception):  # noqa: N818 - a signal within this file, never seen outside
    """The text is no capture filter that could be translated."""


class _Translation:
    """Reads a capture filter from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = [*tokens, ""]
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> str:
        return self._tokens[self._at]

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def whole(self) -> str:
        """All of it."""
        text = self._joined()
        if self._next:
            raise _NoCaptureFilter
        return text

    def _joined(self) -> str:
        """`and` and `or` bind equally in BPF, from left to right: brackets say so."""
        text, last = self._negated(), ""
        while self._next in ("and", "or", "&&", "||"):
            operator = {"and": "&&", "or": "||"}.get(self._next, self._next)
            self._at += 1
            text = f"({text})" if last and last != operator else text
            text, last = f"{text} {operator} {self._negated()}", operator
        return text

    def _negated(self) -> str:
        if self._next in ("not", "!"):
            self._take()
            inner = self._negated()
            return f"!{inner}" if inner.startswith("(") else f"!({inner})"
        if self._next == "(":
            self._take()
            self._depth += 1
            if self._depth > 50:
                raise _NoCaptureFilter
            inner = self._joined()
            if self._take() != ")":
                raise _NoCaptureFilter
            self._depth -= 1
            return f"({inner})"
        return self._primitive()

    def _primitive(self) -> str:
        """One test: `[protocol] [direction] [type] value`."""
        protocol = self._take() if self._next in (*PROTOCOLS, "ether") else ""
        direction = self._take() if self._next in ("src", "dst") else ""
        if direction and self._next in ("or", "and") and self._tokens[self._at + 1] in ("src", "dst"):
            both = self._take() == "and"
            self._take()
            if both:
                raise _NoCaptureFilter
            direction = ""
        if self._next in ("host", "net", "port", "portrange"):
            kind = self._take()
            value = self._take()
            if kind in ("host", "net"):
                return self._address(protocol, direction, value, whole=kind == "host")
            return self._ports(protocol, direction, _ports_test(value, is_range=kind == "portrange"))
        if self._next in ("vlan", "greater", "less") and not protocol and not direction:
            return self._other(self._take())
        if direction:
            return self._address(protocol, direction, self._take(), whole=True)
        if protocol and protocol != "ether":
            return PROTOCOLS[protocol]
        raise _NoCaptureFilter

    def _other(self, word: str) -> str:
        value = self._take() if _PORT.match(self._next) else ""
        if word == "vlan":
            return f"vlan.id == {value}" if value else "vlan"
        if not value:
            raise _NoCaptureFilter
        return f"frame.len {'>=' if word == 'greater' else '<='} {value}"

    def _address(self, protocol: str, direction: str, value: str, *, whole: bool) -> str:
        end = DIRECTIONS[direction]
        if whole and _MAC.match(value):
            return f"eth.{end} == {value}"
        network = _network(value, whole=whole)
        test = f"{'ipv6' if ':' in network else 'ip'}.{end} == {network}"
        if protocol in ("", "ether", "ip", "ip6"):
            return test
        if protocol in ("arp", "rarp"):
            raise _NoCaptureFilter
        return f"({PROTOCOLS[protocol]} && {test})"

    def _ports(self, protocol: str, direction: str, test: str) -> str:
        end = PORTS[direction]
        if protocol in ("tcp", "udp", "sctp"):
            return f"{protocol}.{end} {test}"
        if protocol:
            raise _NoCaptureFilter
        return f"(tcp.{end} {test} || udp.{end} {test})"


def _ports_test(value: str, *, is_range: bool) -> str:
    low, hyphen, high = value.partition("-")
    if is_range != bool(hyphen) or not _PORT.match(low) or (is_range and not _PORT.match(high)):
        raise _NoCaptureFilter
    return f"in {{{low} .. {high}}}" if is_range else f"== {low}"


def _network(text: str, *, whole: bool) -> str:
    """An address or network as display filters write it; `10.1` is 10.1.0.0/16."""
    address, slash, prefix = text.partition("/")
    parts = address.split(".")
    if ":" not in address and not whole and len(parts) < 4:
        prefix = prefix if slash else str(8 * len(parts))
        address, slash = ".".join(parts + ["0"] * (4 - len(parts))), "/"
    try:
        ip_network(address + slash + prefix, strict=False)
    except ValueError:
        raise _NoCaptureFilter from None
    return address + slash + prefix
