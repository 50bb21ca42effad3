"""The story of one connection, as lines, as pictures and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.operations.connections import connection_account
from synfin.operations.selection import DETAIL_CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.dissect.table import PacketTable
    from synfin.explain.explanation import Explanation
    from synfin.explain.language import Lang
    from synfin.session import Session


def explain_connection(
    session: Session, number: int | None = None, *, lang: Lang, width: int
) -> Explanation | None:
    """The story of one connection; None if the capture has no TCP connection.

    Args:
        session: the capture.
        number: which one, as `tcp.stream` counts; None for the one that shows most.
        lang: the reader's language.
        width: columns of its lines.

    Raises:
        FilterError: there is no connection of this number.
    """
    from synfin.explain.explanation import explain

    told = connection_account(session, number)
    return explain(told, lang, width) if told is not None else None


def explanation_page(session: Session, number: int | None = None, *, lang: Lang) -> str | None:
    """The story of one connection as a page of HTML that needs nothing else; None without a connection.

    Args:
        session: the capture.
        number: which connection, None for the one that shows most.
        lang: the language that is shown first; the page holds both.

    Raises:
        FilterError: there is no connection of this number.
    """
    from synfin.exports.page.page import made_page

    told = connection_account(session, number)
    if told is None:
        return None

    def tables(last: int) -> Iterator[PacketTable]:
        return session.first(last).tables_with(session.catalogue.by_name, size=DETAIL_CHUNK)

    return made_page(told, tables, session.catalogue.by_name, lang, is_anonymized=session.rewrite is not None)


def drawn_explanation(explained: Explanation, picture: str, form: str) -> str:
    """One picture of an explanation as a file.

    Args:
        explained: the explanation.
        picture: "ladder" or "states".
        form: "svg" or "mermaid".
    """
    from synfin.exports.pictures import ladder, machine, mermaid

    if form == "mermaid":
        if picture == "states":
            return mermaid.machines_mermaid(explained.machines)
        return mermaid.ladder_mermaid(explained.ladder, explained.title)
    if picture == "states":
        return machine.machines_svg(explained.machines)
    return ladder.ladder_svg(explained.ladder, explained.title)
