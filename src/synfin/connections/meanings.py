"""What each column of the table of connections means; a column without a meaning does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_CONNECTIONS: Mapping[str, str] = {
    "number": "number of the connection, from 0, as `tcp.stream`",
    "client_address": "address of the side that opened the connection",
    "client_port": "its port",
    "server_address": "address of the other side",
    "server_port": "its port",
    "role_confidence": "whether a SYN told who is the client (`seen`), or the ports (`guessed`)",
    "start": "time of the first packet, ns since the epoch",
    "duration": "from the first packet to the last, ns",
    "handshake": "how it opened",
    "teardown": "how it closed",
    "closed_first": "who sent the first FIN or RST",
    "handshake_rtt_ns": "round trip of the handshake, ns: the sum of the next two",
    "handshake_client_ns": "its part between the place of capture and the client: from SYN-ACK to ACK",
    "handshake_server_ns": "its part between the place of capture and the server: from SYN to SYN-ACK",
    "completeness": "as `tcp.completeness`",
    "conn_state": "Zeek's word for opening and closing",
    "history": "Zeek's letters for what happened",
    "vantage": "where the capture was taken: client, server, between, same host",
    "vantage_confidence": "`proven`, `likely`, or `possible`: a machine near may have answered instead",
    "quality": "what the capture lacks of this connection",
    "headline": "what is most remarkable: how it failed to open, how it was aborted, or what held it up",
}
"""Columns that a connection has once."""

OF_SIDES: Mapping[str, str] = {
    "packets": "packets",
    "bytes": "bytes on the wire",
    "payload_bytes": "bytes of payload, resent ones counted again",
    "retransmissions": "segments resent, for whatever cause: the sum of the next five",
    "retransmissions_fast": "because acknowledgments told that they are missing (RFC 5681 3.2, RFC 8985)",
    "retransmissions_timeout": "because the retransmission timer ran out (RFC 6298 5.4)",
    "retransmissions_after_timeout": "what else was missing when it had run out (RFC 5681 4.2)",
    "retransmissions_tail_loss_probe": "to provoke an acknowledgment (RFC 8985 7)",
    "retransmissions_unclassified": "for a reason that no rule explains",
    "retransmissions_spurious": "of all these, those that were needless: acknowledged already, or "
    "a DSACK (RFC 2883) or an echoed time (RFC 3522) says so",
    "retransmissions_syn": "of all these, SYNs",
    "retransmissions_fin": "of all these, FINs without data",
    "lost_before": "earlier sendings that the capture does not show: lost before they reached its place",
    "lost_after": "earlier sendings that the capture shows: they, or the answers, were lost behind it",
    "reordered": "segments that the network delivered late",
    "duplicates": "copies that the network, or the capture, made",
    "keep_alives": "keep-alive probes (RFC 9293 3.8.4)",
    "window_probes": "zero-window probes (RFC 9293 3.8.6.1)",
    "duplicate_acks": "duplicate acknowledgments (RFC 5681 2), copies left out",
    "zero_window_ns": "how long it took no data, ns",
    "rtt_min_ns": "shortest round trip from the place of capture to the other side and back, ns; of numbers "
    "sent once (RFC 6298 3), or named by timestamps (RFC 7323 4)",
    "rtt_median_ns": "its median, within an eighth; acknowledgments that were held back are left out",
    "rtt_p95_ns": "what 95 % of them do not exceed; likewise",
    "limited_by_application_ns": "how long it could have sent and had nothing to send, ns",
    "limited_by_receive_window_ns": "how long the other side's window held it up, ns",
    "limited_by_congestion_window_ns": "how long it waited for acknowledgments with room in the window, ns",
    "limited_by_loss_ns": "how long it repaired losses, ns",
    "mss": "maximum segment size that its SYN announced, bytes",
    "window_scale": "window scale of its SYN",
    "sack": "whether its SYN permits SACK",
    "timestamps": "whether its SYN has timestamps",
    "final_state": "state (RFC 9293 3.3.2) after the last packet",
}
"""Columns that there are for each side: `client_` and `server_`, of what that side sent."""


def meaning_of(column: str) -> str:
    """What a column means.

    Raises:
        KeyError: there is no such column.
    """
    return OF_CONNECTIONS[column] if column in OF_CONNECTIONS else OF_SIDES[column.partition("_")[2]]
