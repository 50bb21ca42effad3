"""How packets are to be dissected, in Wireshark's words: decode-as rules and preferences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.errors import FilterError
from synfin.dissect.table import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

DECODE_TABLES = ("tcp.port", "udp.port", "ethertype", "ip.proto")
"""Key spaces that `decode_rules` may change."""


def decode_rules(rules: Sequence[str]) -> tuple[tuple[str, int, str], ...]:
    """Decode-as rules such as "udp.port==8472,vxlan" as (family, key, protocol).

    Raises:
        FilterError: a rule names an unknown table or protocol, or no number.
    """
    from difflib import get_close_matches

    from synfin.session import catalogue

    names = [protocol.name for protocol in catalogue().walked if not protocol.body] if rules else []
    made = []
    for rule in rules:
        table, _, rest = rule.partition("==")
        key, _, name = rest.partition(",")
        if table not in DECODE_TABLES:
            raise FilterError(
                f'-d {rule}: no table "{table}".', hint=f"There are {', '.join(DECODE_TABLES)}."
            )
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(names)}."
            raise FilterError(f'-d {rule}: no protocol "{name}".', hint=hint)
        if not key.isdecimal():
            raise FilterError(f'-d {rule}: "{key}" is no number.', hint="Say e.g. udp.port==8472,vxlan")
        made.append((table, int(key), name))
    return tuple(made)


PREFERENCES = {
    "ip.check_checksum": "check_ip",
    "tcp.check_checksum": "check_tcp",
    "udp.check_checksum": "check_udp",
    "tcp.relative_sequence_numbers": "relative",
}
"""Wireshark's names of the settings there are."""


def settings_of(preferences: Sequence[str]) -> Settings:
    """Settings from Wireshark preferences such as "ip.check_checksum:TRUE".

    Raises:
        FilterError: no such preference, or a value that is neither TRUE nor FALSE.
    """
    chosen = {}
    for preference in preferences:
        name, _, value = preference.partition(":")
        if name not in PREFERENCES or value.upper() not in ("TRUE", "FALSE"):
            known = ", ".join(PREFERENCES)
            raise FilterError(
                f"-o {preference}: not a setting of synfin.", hint=f"NAME:TRUE or :FALSE, of {known}"
            )
        chosen[PREFERENCES[name]] = value.upper() == "TRUE"
    return Settings(**chosen)
