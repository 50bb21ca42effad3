"""Every field there is, by name, and the walk compiled from the same definitions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from synfin.basics.errors import DefinitionError
from synfin.dissect.definition import ANY, Computed, Named, Protocol
from synfin.dissect.items import Plan, plan_of
from synfin.dissect.kinds import Kind
from synfin.dissect.program import Program, compile_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


LINKTYPE = "linktype"
"""The key space of what a capture file says its packets begin with."""


class Source(NamedTuple):
    """One place where a field of some name is declared."""

    protocol: Protocol
    item: Named


class FieldInfo(NamedTuple):
    """What is known of a field without looking at any packet.

    Attributes:
        name: its filter name.
        kind: the type of its values.
        label: what the tree calls it.
        names: what single values are called.
        width: bits of the integer type, 0 for other kinds.
        protocol: name of the protocol that declares it.
    """

    name: str
    kind: Kind
    label: str
    names: Mapping[int, str]
    width: int
    protocol: str


@dataclass(frozen=True)
class Catalogue:
    """All protocols, and all fields by name."""

    protocols: tuple[Protocol, ...]
    extra: tuple[tuple[str, int, str], ...] = ()

    @classmethod
    def of(cls, protocols: Iterable[Protocol], extra: Iterable[tuple[str, int, str]] = ()) -> Catalogue:
        """A catalogue of these protocols; `extra` are decode-as rules (family, key, protocol name).

        Raises:
            DefinitionError: two protocols share a name or claim one key, or one needs what is missing.
        """
        made = cls(tuple(protocols), tuple(extra))
        _ = made.program
        return made

    @cached_property
    def by_name(self) -> Mapping[str, Protocol]:
        """The protocols by their names."""
        return {protocol.name: protocol for protocol in self.protocols}

    @cached_property
    def program(self) -> Program:
        """The tables for the walk."""
        return compile_program(self.walked, self.extra)

    @cached_property
    def walked(self) -> tuple[Protocol, ...]:
        """The protocols whose headers the walk finds; the others are items inside them."""
        families = self.item_families
        return tuple(
            p for p in self.protocols if not p.follows or any(f not in families for f, _ in p.follows)
        )

    @cached_property
    def roots(self) -> Mapping[int, str]:
        """Which protocol each LINKTYPE begins with: those that follow the family "linktype"."""
        return {key: p.name for p in self.protocols for family, key in p.follows if family == LINKTYPE}

    @cached_property
    def holders(self) -> tuple[Protocol, ...]:
        """The protocols whose headers measure themselves, see `Content`."""
        return tuple(protocol for protocol in self.protocols if protocol.content is not None)

    def leading_to(self, names: frozenset[str]) -> Catalogue:
        """Only these protocols, what can stand around them, and the items inside them.

        All else is passed over: the same answers with less work, for whoever asks about no other header.
        """
        if names not in self._parts:
            carriers: dict[str, set[str]] = {}
            for one in self.protocols:
                for family in _opened(one):
                    carriers.setdefault(family, set()).add(one.name)
            around = {
                one.name: {name for family, _ in one.follows for name in carriers.get(family, ())}
                for one in self.protocols
            }
            kept, waiting = set(names), list(names - {"data"})  # anything may stand around data
            while waiting:
                more = around.get(waiting.pop(), set()) - kept
                kept |= more
                waiting += more
            kept |= {one.name for one in self.protocols if one.every_packet}
            for one in self.protocols:
                kept |= {one.name} if self._outermost(one) in kept else set()
            ordered = tuple(one for one in self.protocols if one.name in kept)
            rules = tuple(rule for rule in self.extra if rule[2] in kept)
            self._parts[names] = Catalogue(ordered, rules)
        return self._parts[names]

    def enough_for(self, names: Iterable[str]) -> Catalogue:
        """Itself without the messages of applications, if none of these fields and protocols is about them.

        Only what tells of all headers, or of what nobody claims, depends on protocols that it does not name.
        """
        wanted: set[str] = set()
        for name in names:
            sources = self.sources.get(name, ())
            wanted |= {source.protocol.name for source in sources} or {name}
            if any(getattr(source.item, "everywhere", False) for source in sources):
                return self
        if not wanted <= self.by_name.keys() or wanted & {"data", *self._of_applications}:
            return self
        return self.leading_to(frozenset(self.by_name.keys() - self._of_applications))

    @cached_property
    def _of_applications(self) -> frozenset[str]:
        """The protocols that measure themselves, what only they carry, and what carries only them."""
        found = {one for one in self.protocols if one.content is not None}
        size = 0
        while size < len(found):
            size = len(found)
            opened = {family for one in found for family in _opened(one)}
            found |= {one for one in self.protocols if {family for family, _ in one.follows} <= opened}
            others = {family for one in self.protocols if one not in found for family, _ in one.follows}
            found |= {one for one in self.protocols if one.next_by and not _opened(one) & others}
        return frozenset(one.name for one in found if one.follows)

    def _outermost(self, protocol: Protocol) -> str:
        """The protocol in whose items, or items of items, this one is; itself if it is none."""
        name = protocol.name
        while name in self.home:
            name = self.home[name][0].name
        return name

    @cached_property
    def _parts(self) -> dict[frozenset[str], Catalogue]:
        return {}

    def claims(self, family: str) -> Mapping[int, str]:
        """Which protocol claims each key of a family."""
        return {key: p.name for p in self.protocols for one, key in p.follows if one == family}

    @cached_property
    def item_families(self) -> Mapping[str, Protocol]:
        """The key spaces of lists inside headers, and the protocol whose list it is."""
        found: dict[str, Protocol] = {}
        for protocol in self.protocols:
            for items in protocol.items:
                if items.family in found:
                    raise DefinitionError(
                        f"{protocol.name} and {found[items.family].name} share {items.family}."
                    )
                found[items.family] = protocol
        return found

    @cached_property
    def plans(self) -> Mapping[str, Plan]:
        """How the items of each family are found."""
        return {
            family: plan_of(next(one for one in protocol.items if one.family == family), self.members[family])
            for family, protocol in self.item_families.items()
        }

    @cached_property
    def members(self) -> Mapping[str, Mapping[int, Protocol]]:
        """For each family of items, which protocol each key names."""
        found: dict[str, dict[int, Protocol]] = {family: {} for family in self.item_families}
        for protocol in self.protocols:
            for family, key in protocol.follows:
                if family in found:
                    if key in found[family]:
                        raise DefinitionError(
                            f"{found[family][key].name} and {protocol.name} both follow {family} {key}."
                        )
                    found[family][key] = protocol
        return found

    @cached_property
    def home(self) -> Mapping[str, tuple[Protocol, str]]:
        """For each protocol that is an item: the protocol around it, and the family."""
        return {
            member.name: (self.item_families[family], family)
            for family, members in self.members.items()
            for member in members.values()
        }

    @cached_property
    def sources(self) -> Mapping[str, tuple[Source, ...]]:
        """Where each field name is declared; protocols' own names are not among them."""
        found: dict[str, list[Source]] = {}
        for protocol in self.protocols:
            for item in protocol.every:
                names = [protocol.full_name(item)]
                names += [f"{protocol.prefix}.{also}" for also in getattr(item, "also", ())]
                for name in names:
                    found.setdefault(name, []).append(Source(protocol, item))
        return {name: tuple(sources) for name, sources in found.items()}

    @cached_property
    def fields(self) -> Mapping[str, FieldInfo]:
        """Every name that can be asked for: fields and protocols."""
        infos = {
            protocol.name: FieldInfo(protocol.name, Kind.PROTOCOL, protocol.title, {}, 0, protocol.name)
            for protocol in self.protocols
            if not protocol.body
        }
        for name, sources in self.sources.items():
            protocol, item = sources[0]
            infos[name] = FieldInfo(name, item.kind, item.label, item.names, width_of(item), protocol.name)
        return infos


def _opened(protocol: Protocol) -> set[str]:
    """The key spaces in which a protocol looks up what is inside it."""
    opened = {following.family for following in protocol.next_by} | {one.family for one in protocol.items}
    return opened | ({protocol.content.family} if protocol.content is not None else set())


def width_of(item: Named) -> int:
    """Bits of the integer type that holds the item's values: what it says, or the fewest whole bytes."""
    if item.width:
        return item.width
    bits = getattr(item, "bits", 0) or 32
    return next(width for width in (8, 16, 24, 32, 40, 48, 56, 64, 1 << 30) if bits <= width)


__all__ = ["ANY", "Catalogue", "Computed", "FieldInfo", "Source", "width_of"]
