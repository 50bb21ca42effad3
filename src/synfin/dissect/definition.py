"""The vocabulary in which a protocol is declared: one frozen value says all there is to say about a header.

A definition states the specification, nothing else: where fields are, how long the header is and what
follows. Everything that reads, draws, filters or documents a header works from these values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from synfin.basics.errors import DefinitionError
from synfin.dissect.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.basics.arrays import Integers
    from synfin.dissect.layers import HeaderRows, Located, Spans
    from synfin.dissect.text import Text

ANY = -1
"""Key of a protocol that takes whatever no other protocol of the family claims."""

BROKEN = -2
"""Key of the member of a family of TYPED items that takes those whose length cannot be true."""

Line = str | Callable[["HeaderRows"], "Text"]
"""A text made from a header: a template such as "{srcport} → {dstport}", or a function of the rows.

In a template `{name}` is the value as `-T fields` writes it, `{name:label}` what the value is called,
`{name:shown}` what the tree writes after the label.
"""

Names = Mapping[int, str]
"""What the values of a field are called; `{}` for a plain number."""


class Words(NamedTuple):
    """The same sentence in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a learner should know about a field.

    Attributes:
        meaning: what the field says.
        section: where the standard defines it, e.g. "RFC 9293 3.1".
        mistake: the common misunderstanding and its correction, or None.
        unit: what the number counts ("bytes", "32-bit words"), or None.
    """

    meaning: Words
    section: str = ""
    mistake: Words | None = None
    unit: Words | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One named run of bits, directly after the field before it.

    Attributes:
        name: its name below the protocol's prefix, e.g. "srcport" for tcp.srcport.
        bits: how many bits it takes; 0 if `size_by` or `rest` says.
        label: what the detail tree calls it.
        kind: the type of its values.
        names: what single values mean.
        parts: fields that this field consists of, filling it from its first bit, in tree order.
        also: further names, below the same prefix, under which the value is found ("addr", "port").
        width: bits of the integer type that Wireshark gives it; 0 for the fewest whole bytes. Decides
            how many digits a hexadecimal value has.
        container: bits of the word in which the tree draws it; 0 for the fewest whole bytes around it.
        when: the field is there only where each of these fields has this value; in an item, fields of the
            header around it may be named too.
        optional: the field is there only where the header has room for it.
        absolute: `name` is the whole name, not one below the prefix.
        size_by: name of the field that holds this field's length.
        size_scale: bytes per unit of `size_by`.
        rest: the field takes all bytes up to the header's end.
        empty: what a field of `rest` is written as where there are none; it is absent there if "".
        little: the bytes stand least significant first.
        scale: what one unit counts: the value is the bits times this. The walk's lengths count raw bits.
        meaning: where the bits do not say it themselves (a length of 0): from the layer, the rows that
            have the field, and the bits' numbers to the values. The walk goes by the bits.
        reading: of a text that is not simply its bytes (a compressed name): from the layer, the rows that
            have the field, and where its bytes are, to the texts.
        overlay: another reading of the bits that follow; takes no room of its own.
        skip: bits to leave out before an overlay begins; negative for those before.
        only: the field is there only where its own value is in one of these ranges; its bits always are.
        hidden: found by name but not shown in the tree.
        show: the tree line, as a template over this protocol's names or a function; "" for `label: value`.
        holds: family of the items that stand below it in the tree.
        start: filled in by Protocol: bits from the header's first bit, counting only what is always there.
        before: filled in by Protocol: the fields of variable presence or size that come before it.
    """

    name: str
    bits: int
    label: str
    kind: Kind = Kind.UINT
    names: Names = field(default_factory=dict)
    parts: tuple[Item, ...] = ()
    also: tuple[str, ...] = ()
    width: int = 0
    container: int = 0
    when: tuple[tuple[str, int], ...] = ()
    optional: bool = False
    absolute: bool = False
    size_by: str = ""
    size_scale: int = 1
    rest: bool = False
    empty: str = ""
    little: bool = False
    scale: int = 1
    meaning: Callable[[HeaderRows, Integers, Integers], Integers] | None = None
    reading: Callable[[HeaderRows, Integers, Spans], Text] | None = None
    overlay: bool = False
    skip: int = 0
    only: tuple[range, ...] = ()
    hidden: bool = False
    show: Line = ""
    holds: str = ""
    start: int = 0
    before: tuple[Field, ...] = ()

    @property
    def varies(self) -> bool:
        """Whether its presence or size differs from header to header."""
        return bool(self.when or self.optional or self.size_by or self.rest)


@dataclass(frozen=True, slots=True)
class Computed:
    """A value worked out from the header and what lies around it, not from earlier packets.

    Attributes:
        name, label, kind, names, also, width, hidden, show: as for `Field`.
        compute: from the layer's rows to the values, one per row, or to a `Sparse` where only some rows
            have one.
        parts: fields shown below it in the tree.
        bare: shown without the square brackets that mark generated items.
        absolute: `name` is the whole name, not one below the prefix.
        needs: facts of the same protocol that it is worked out from, by name.
        everywhere: it tells of all headers of its packet, whatever they are.
    """

    name: str
    label: str
    kind: Kind
    compute: Callable[[HeaderRows], Any]
    names: Names = field(default_factory=dict)
    also: tuple[str, ...] = ()
    parts: tuple[Item, ...] = ()
    width: int = 0
    hidden: bool = False
    show: Line = ""
    holds: str = ""
    bare: bool = False
    absolute: bool = False
    needs: tuple[str, ...] = ()
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A place in the tree for a value that only the packets before (or after) can tell.

    Whoever follows connections supplies the column under this name; without it the field is absent.
    """

    name: str
    label: str
    kind: Kind
    names: Names = field(default_factory=dict)
    parts: tuple[Item, ...] = ()
    width: int = 0
    hidden: bool = False
    show: Line = ""
    bare: bool = False
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A line of the tree without a name of its own, over the items below it; gone where they all are.

    Attributes:
        label: the line; without it (and `show`) the items stand in the group's place.
        parts: what stands below.
        show: the line as a template or function instead.
        generated: shown in square brackets.
        holds: family of the items that stand below it, too.
    """

    label: str
    parts: tuple[Item, ...] = ()
    show: Line = ""
    generated: bool = False
    holds: str = ""


Named = Field | Computed | Fact
Item = Field | Computed | Fact | Group
Placed = TypeVar("Placed", bound=Item)


@dataclass(frozen=True, slots=True)
class Length:
    """A byte count: `bias` plus, for each term, a field's value times its scale.

    Attributes:
        terms: pairs of a field's name and the bytes each unit of its value stands for.
        bias: bytes that always count.
        table: where a term is a small field without a linear rule, its value indexes this instead.
    """

    terms: tuple[tuple[str, int], ...]
    bias: int = 0
    table: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Next:
    """A field whose value names the protocol that follows.

    Attributes:
        field: the field's name; "" with `peek`.
        family: the key space, e.g. "ethertype"; protocols claim keys in it with `follows`.
        peek: read the key from this many bits directly *after* the header instead (an IP version nibble).
        length_below: smaller values are no keys but the number of bytes that follow, which are then
            found under key `LENGTH_KEY` of the family (IEEE 802.3).
        length_from: but values smaller than this one are keys again.
        through: a field, a range of its values, and what `frame.protocols` shows between this header and
            the next where the value is in that range.
    """

    field: str
    family: str
    peek: int = 0
    length_below: int = 0
    length_from: int = 0
    through: tuple[tuple[str, range, str], ...] = ()


LENGTH_KEY = 0x05DC
"""Key under which what follows an IEEE 802.3 length is looked up: 1500, which is never an EtherType."""


class Shape(Enum):
    """How a list of items inside a header is laid out."""

    TYPED = "each begins with a type and, unless it is a single byte, a length"
    SIZED = "each is as long as its own definition says"
    ONE = "there is one, chosen by its first bits"


@dataclass(frozen=True, slots=True)
class Items:
    """A list inside (or directly after) a header: options, records, blocks. Found when first asked for.

    The list begins where the fixed fields end. It ends with the header, or, where the header is only its
    fixed fields, with the bytes that the header may speak for.

    Attributes:
        family: the key space of the items' types.
        shape: how the items are told apart.
        singles: types that are one byte long, without a length (TYPED).
        last: the type that ends the list, -1 for none (TYPED).
        fills: where only types `last` follow up to the end, each of them is an item too (TYPED).
        unit: bytes per unit of the length (TYPED).
        uncounted: bytes of each item that its length does not count (TYPED); 2 for IPv6 options.
        key_bits: how wide the key is at the item's first bit (TYPED 8; ONE: any).
        count_by: name of the field that holds how many there are, "" if the area's end tells.
        label: line of the tree under which the items stand, "" for none.
        skip: bytes between the fixed fields and the list.
        area: first byte of each list and one past its last, where it is not there.
        locate: finds the items itself, where none of the shapes describes them (names, lines of text).
    """

    family: str
    shape: Shape = Shape.TYPED
    singles: tuple[int, ...] = ()
    last: int = -1
    fills: bool = False
    unit: int = 1
    uncounted: int = 0
    key_bits: int = 8
    count_by: str = ""
    skip: int = 0
    area: Callable[[HeaderRows], tuple[Integers, Integers]] | None = None
    locate: Callable[[HeaderRows], Located] | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What follows a header that the walk cannot measure: the last protocol of its packet.

    Attributes:
        family: the key space; protocols claim keys in it with `follows`.
        locate: one row for each header: where it ends, which is where the content begins, where the content
            ends, and its key; -1 where nothing follows.
    """

    family: str
    locate: Callable[[HeaderRows], Located]


@dataclass(frozen=True, slots=True)
class Protocol:
    """Everything the program knows about one header.

    Attributes:
        name: the layer's name and the filter word, e.g. "tcp".
        title: what the detail tree calls it; "" if it has no line of its own there.
        reference: the specification, e.g. "RFC 9293".
        follows: (family, key) pairs under which other headers name this one.
        fields: everything shown, in tree order; `Field`s also in the order of their bits.
        prefix: what field names begin with; "" for `name`.
        short: text of the Protocol column, as `info`; "" if it never sets it.
        header_length: bytes of the header, None if the fixed fields are the header.
        begins: one of these must be its first bytes; otherwise what follows is not this protocol (a segment
            from the middle of a message looks like anything).
        total_length: bytes of header and everything inside, None if the enclosing limit is all there is.
            A field that is 0 says nothing (segmentation offload leaves it so); less than the header is a lie.
        constants: values that fields must have; a header with another one is not read beyond that field.
        next_by: where the key of the next header stands; the first that is claimed wins.
        stop_when: fields which, when not 0, make the rest opaque (a fragment offset).
        stop_if_whole: fields which do so only if the rest is wholly captured (waiting for reassembly).
        within: name of the header in whose tree this one stands, if that is the one before.
        body: this is no protocol of its own but the continuation of the header before (an ICMP message).
        carries: what follows, when no protocol claims it, is `data`; False if it is padding.
        quotes: what follows is a copy of some other packet, not part of this one.
        encloses: what follows stands in the tree below this header (as copies always do).
        takes: bytes after each header that belong to it after all, where only more than its own bits tell.
        items: a list of options or records.
        content: what follows a header whose length only more than its own bits tell (a head of text lines).
        summary: tree line of the whole header: template over its names, or a function; "" for `title`.
        info: text of the Info column likewise; "" if it leaves the column alone.
        source, destination: fields shown in the address columns, "" if none.
        lessons: what to teach about each field, by its name.
        path: its name in `frame.protocols`, "" for `name`; "-" if it is not in the path (nor are bodies).
        every_packet: there is one, without bytes of its own, for each packet: what the capture file says.
        open_ended: as bytes (slices, `len()`) it includes what it carries, as Wireshark has it for TCP.
        minimum: bytes of the fixed fields; worked out.
        every: all fields and their parts, in tree order; named: the first of each name; likewise.
    """

    name: str
    title: str
    reference: str
    follows: tuple[tuple[str, int], ...]
    fields: tuple[Item, ...]
    prefix: str = ""
    short: Line = ""
    header_length: Length | None = None
    begins: tuple[bytes, ...] = ()
    total_length: Length | None = None
    constants: tuple[tuple[str, int], ...] = ()
    next_by: tuple[Next, ...] = ()
    stop_when: tuple[str, ...] = ()
    stop_if_whole: tuple[str, ...] = ()
    within: str = ""
    body: bool = False
    carries: bool = True
    quotes: bool = False
    encloses: bool = False
    takes: Callable[[HeaderRows], Integers] | None = None
    items: tuple[Items, ...] = ()
    content: Content | None = None
    summary: Line = ""
    info: Line = ""
    source: str = ""
    destination: str = ""
    lessons: Mapping[str, Lesson] = field(default_factory=dict)
    path: str = ""
    every_packet: bool = False
    open_ended: bool = False
    minimum: int = 0
    every: tuple[Named, ...] = field(default=(), init=False, repr=False, compare=False)
    named: Mapping[str, Named] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        placed, bits = _place(self.name, self.fields, 0, ())
        if bits % 8:
            raise DefinitionError(f"{self.name}: the fixed fields take {bits} bits, not whole bytes.")
        object.__setattr__(self, "fields", placed)
        object.__setattr__(self, "prefix", self.prefix or self.name)
        object.__setattr__(self, "path", self.path or self.name)
        object.__setattr__(self, "minimum", bits // 8)
        object.__setattr__(self, "every", tuple(_flattened(placed)))
        object.__setattr__(self, "named", {item.name: item for item in reversed(self.every)})
        for lesson in self.lessons:
            self.field(lesson)

    @property
    def reaches_limit(self) -> bool:
        """Whether its bytes are all it speaks for, not only its header: it names nothing that follows."""
        return self.open_ended or (not self.next_by and self.carries and self.header_length is None)

    def __hash__(self) -> int:
        """By its name, which is unique among protocols; its dictionaries have no hash."""
        return hash(self.name)

    def field(self, name: str) -> Named:
        """The field, computed value or fact of this name below the prefix.

        Raises:
            DefinitionError: there is none.
        """
        if name not in self.named:
            raise DefinitionError(f"{self.name}: no field is named {name!r}.")
        return self.named[name]

    def names(self, name: str) -> bool:
        """Whether a field, computed value or fact bears this name below the prefix."""
        return name in self.named

    def bit_field(self, name: str) -> Field:
        """The same, which must be bits of the header."""
        item = self.field(name)
        if not isinstance(item, Field):
            raise DefinitionError(f"{self.name}: {name!r} is not a field of the header itself.")
        return item

    def full_name(self, item: Named) -> str:
        """The filter name of one of its fields."""
        return item.name if item.absolute else f"{self.prefix}.{item.name}"


def _flattened(items: tuple[Item, ...]) -> Iterator[Named]:
    for item in items:
        if not isinstance(item, Group):
            yield item
        yield from _flattened(item.parts)


def _place(
    owner: str, items: tuple[Item, ...], start: int, before: tuple[Field, ...]
) -> tuple[tuple[Item, ...], int]:
    """Give each field its first bit; returns the fields and the bits that are always there."""
    placed: list[Item] = []
    for item in items:
        if not isinstance(item, Field):
            parts, start = _place(owner, item.parts, start, before)
            before = (*before, *_taking_room(parts))
            placed.append(_with(item, parts=parts) if parts else item)
            continue
        parts, end = _place(owner, item.parts, start, before)
        if end not in (start, start + item.bits) and not item.overlay:
            raise DefinitionError(f"{owner}.{item.name}: its parts take {end - start} bits, not {item.bits}.")
        if item.when or item.optional:  # parts are there where the whole is
            parts = tuple(
                _with(part, when=item.when + part.when, optional=item.optional)
                if isinstance(part, Field)
                else part
                for part in parts
            )
        here = _with(item, start=start + item.skip, before=before, parts=parts)
        placed.append(here)
        if item.varies and not item.overlay:
            before = (*before, here)
        elif not item.overlay:
            start += item.bits
    return tuple(placed), start


def _with(item: Placed, **changes: object) -> Placed:
    """What `dataclasses.replace` gives, quicker: at each start thousands are placed."""
    made: Placed = object.__new__(type(item))
    for name in item.__slots__:
        object.__setattr__(made, name, changes[name] if name in changes else getattr(item, name))
    return made


def _taking_room(items: tuple[Item, ...]) -> Iterator[Field]:
    """Fields of variable presence or size that move what follows them."""
    for item in items:
        if not isinstance(item, Field):
            yield from _taking_room(item.parts)
        elif item.varies and not item.overlay:
            yield item
