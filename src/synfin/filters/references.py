"""What `${field}` stands for: the values of a field in the packet that is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.errors import FilterError
from synfin.filters.checking.checked import Read
from synfin.filters.checking.operands import Selected, type_of
from synfin.filters.evaluation.octets import Octets
from synfin.filters.evaluation.rows import Reader, layers_of, take
from synfin.filters.language.tokens import Lexeme, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synfin.dissect.catalogue import Catalogue
    from synfin.dissect.table import PacketTable


def referred_fields(text: str, catalogue: Catalogue) -> frozenset[str]:
    """Fields to which a filter refers; it needs their values in the selected packet.

    A text that is no filter refers to none.
    """
    try:
        found = tokens(text)
    except FilterError:
        return frozenset()
    names = {token.text.lstrip("@").split("#")[0] for token in found if token.kind is Lexeme.REFERENCE}
    return frozenset(names & catalogue.fields.keys())


def selected(table: PacketTable, packet: int, names: Iterable[str]) -> Mapping[str, tuple[Selected, ...]]:
    """The values of fields in one packet, for `compile_filter(..., references=...)`.

    Args:
        table: the chunk the packet is in.
        packet: its index in the chunk.
        names: fields, e.g. from `referred_fields`.
    """
    return {name: _values(table, packet, name) for name in names}


def _values(table: PacketTable, packet: int, name: str) -> tuple[Selected, ...]:
    found: list[Selected] = []
    read = Read(name, type_of(table.catalogue.fields[name]))
    for rows, (number, count) in zip(Reader(table).parts(read), layers_of(table, read), strict=True):
        here = np.flatnonzero(rows.packet == packet)
        values = take(rows, here).values
        plain = values.list() if isinstance(values, Octets) else _plain(values)
        layers = zip(plain, number[here].tolist(), count[here].tolist(), strict=True)
        found += [Selected(*one) for one in layers]
    return tuple(found)


def _plain(values: np.ndarray) -> list[int | float | bytes]:
    if values.ndim > 1:
        return [row.tobytes() for row in values]
    return list(values.tolist())
