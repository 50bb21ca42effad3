"""The server throws the connection away."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

from synfin.demo.laboratory import read
from synfin.demo.scenario import Scenario
from synfin.demo.web import request
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Let the server close with a lingering time of none."""
    ours, theirs = laboratory.connection()
    ours.sendall(request())
    read(theirs, len(request()))
    laboratory.settle()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()


SCENARIO = Scenario(
    name="server-reset",
    title=Words(
        "The server aborts: RST instead of FIN.",
        "服务器中止连接：用 RST 代替 FIN。",
    ),
    lesson=Words(
        "After a RST nothing is acknowledged and nothing is waited for; what was under way is thrown away.",
        "RST 之后不再确认，也不再等待；路上的数据全部作废。",
    ),
    run=run,
)
