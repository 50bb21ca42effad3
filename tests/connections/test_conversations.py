"""UDP conversations: their number, and the times of those datagrams that carry something."""

from __future__ import annotations

from synfin.connections.conversations import Datagrams
from tests.packets import ethernet, ipv4, table_of, udp


def test_a_datagram_without_payload_takes_no_time() -> None:
    payloads = (b"", b"a", b"", b"b")
    table = table_of([ethernet(ipv4(udp(payload), 17)) for payload in payloads])
    Datagrams().advance(table)
    found = {name: table.texts(f"udp.{name}") for name in ("stream", "time_relative", "time_delta")}
    assert found["stream"][1].to_list() == ["0"] * 4
    assert found["time_relative"][0].tolist() == found["time_delta"][0].tolist() == [1, 3]
    assert found["time_relative"][1].to_list() == ["0.001000000", "0.003000000"]
    assert found["time_delta"][1].to_list() == ["0.001000000", "0.002000000"]
