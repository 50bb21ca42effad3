"""What the columns of the tables are called, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORDS = {
    "item": ("What", "项目"),
    "count": ("Count", "数量"),
    "severity": ("Severity", "级别"),
    "group": ("Group", "类别"),
    "protocol": ("Protocol", "协议"),
    "summary": ("Summary", "摘要"),
    "path": ("Path", "路径"),
    "packets": ("Packets", "包数"),
    "bytes": ("Bytes", "字节"),
    "packets_share": ("of all", "占比"),
    "bytes_share": ("of all", "占比"),
    "range": ("Length", "长度"),
    "average": ("Average", "平均"),
    "shortest": ("Shortest", "最短"),
    "longest": ("Longest", "最长"),
    "rate": ("per ms", "每毫秒"),
    "share": ("of all", "占比"),
    "burst_rate": ("Burst per ms", "突发每毫秒"),
    "burst_start": ("Burst at", "突发时刻"),
    "start": ("Start", "开始"),
    "end": ("End", "结束"),
    "duration": ("Duration", "持续"),
    "number": ("#", "#"),
    "address": ("Address", "地址"),
    "port": ("Port", "端口"),
    "a_address": ("Address A", "地址 A"),
    "a_port": ("Port A", "端口 A"),
    "b_address": ("Address B", "地址 B"),
    "b_port": ("Port B", "端口 B"),
    "packets_a_to_b": ("Packets A→B", "包 A→B"),
    "bytes_a_to_b": ("Bytes A→B", "字节 A→B"),
    "packets_b_to_a": ("Packets B→A", "包 B→A"),
    "bytes_b_to_a": ("Bytes B→A", "字节 B→A"),
    "bits_per_second_a_to_b": ("bit/s A→B", "bit/s A→B"),
    "bits_per_second_b_to_a": ("bit/s B→A", "bit/s B→A"),
    "packets_sent": ("Packets sent", "发出包数"),
    "bytes_sent": ("Bytes sent", "发出字节"),
    "packets_received": ("Packets received", "收到包数"),
    "bytes_received": ("Bytes received", "收到字节"),
}

HEADINGS: Mapping[Literal["en", "zh"], Mapping[str, str]] = {
    "en": {name: words[0] for name, words in _WORDS.items()},
    "zh": {name: words[1] for name, words in _WORDS.items()},
}
"""By language, the heading of each column."""
