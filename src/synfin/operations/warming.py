"""Kernels compiled before they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.exports import fields as field_lines
from synfin.operations.connections import connection_lines, connection_table
from synfin.operations.explanations import explain_connection
from synfin.operations.packets import packet_details, packet_fields, packet_list
from synfin.operations.selection import Selection
from synfin.operations.sharing import anonymized, save
from synfin.session import open_session

if TYPE_CHECKING:
    from collections.abc import Iterator


def warm_up() -> Iterator[str]:
    """Compile every kernel for this machine and keep it; yields what is being prepared, step by step."""
    from importlib.resources import as_file, files
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from synfin.basics.kernel import compile_always

    compile_always()
    with as_file(files("synfin.capture") / "sample.pcapng") as sample, TemporaryDirectory() as folder:
        session = open_session(sample)
        yield "packet lists"
        list(packet_list(session, Selection()))
        yield "fields"
        names = [name for name in session.catalogue.fields if name in session.catalogue.sources]
        list(packet_fields(session, names, field_lines.Layout(), Selection()))
        yield "display filters"
        wanted = "ip.addr == 192.0.2.80 and tcp.port in {80, 443} and frame contains 47:45:54"
        list(packet_list(session, Selection(wanted)))
        yield "detail trees"
        list(packet_details(session, Selection()))
        yield "connections"
        again = Path(folder, "again.pcap")
        save(session, str(again), Selection())
        twice = open_session(sample, again)  # the other format; and everything is sent again
        for main_only, form in ((True, "table"), (False, "csv")):
            list(connection_lines(connection_table(twice, main_only=main_only), form))
        explain_connection(session, lang="en", width=100)
        yield "sharing"
        list(anonymized(session, "").timed_chunks())
