"""ICMP: echo, errors with the packet they are about, and the messages nobody sends any more."""

from __future__ import annotations

import pytest

from synfin.dissect.table import dissect
from synfin.session import catalogue
from tests.packets import checksum, chunk_of, ethernet, ipv4, udp
from tests.protocols.reading import lines, read, row, value

SECOND = 1_000_000_000
ORIGINAL = ipv4(udp(b"hello world!", ports=(40000, 33434)), 17, source="192.0.2.80", destination="192.0.2.10")


def message(octets: str | bytes, rest: bytes = b"") -> bytes:
    """An ICMP message with a good checksum, whatever is given at its place."""
    whole = (bytes.fromhex(octets) if isinstance(octets, str) else octets) + rest
    return whole[:2] + checksum(whole[:2] + b"\0\0" + whole[4:]).to_bytes(2, "big") + whole[4:]


def packet(octets: str | bytes, rest: bytes = b"") -> bytes:
    return ethernet(ipv4(message(octets, rest), 1))


def test_lines_of_an_echo_request() -> None:
    table = read(packet("0800 0000 1234 0001", b"abcdefgh"))
    assert lines(table, "icmp") == [
        "Internet Control Message Protocol",
        "    Type: 8 (Echo (ping) request)",
        "    Code: 0",
        "    Checksum: 0x5435 [correct]",
        "    [Checksum Status: Good]",
        "    Identifier (BE): 4660 (0x1234)",
        "    Identifier (LE): 13330 (0x3412)",
        "    Sequence Number (BE): 1 (0x0001)",
        "    Sequence Number (LE): 256 (0x0100)",
        "    Data (8 bytes)",
        "        Data: 6162636465666768",
        "        [Length: 8]",
    ]
    assert row(table)[2:] == ("ICMP", "Echo (ping) request  id=0x1234, seq=1/256, ttl=64")


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("icmp.type", "8"),
        ("icmp.code", "0"),
        ("icmp.checksum.status", "1"),
        ("icmp.ident", "4660"),
        ("icmp.ident_le", "13330"),
        ("icmp.seq", "1"),
        ("icmp.seq_le", "256"),
        ("data.len", "8"),
        ("synfin.checksum.icmp", "good"),
    ],
)
def test_fields_of_an_echo_request(field: str, expected: str) -> None:
    assert value(read(packet("0800 0000 1234 0001", b"abcdefgh")), field) == expected


@pytest.mark.parametrize(
    ("data", "relative", "left"),
    [
        ("0ae15365 40e20100", "-0.123456000", "4"),  # seconds and microseconds, as on x86
        ("6553e10a 0001e240", "-0.123456000", "4"),  # and as on the wire
        ("0ae15365 00000000", "0.000000000", "4"),
        ("0ae15365 40420f00", "", "12"),  # a million microseconds
        ("00000000 00000000", "", "12"),
    ],
)
def test_ping_notes_the_time_in_its_data(data: str, relative: str, left: str) -> None:
    sent = packet("0800 0000 1234 0001", bytes.fromhex(data) + b"rest")
    table = dissect(chunk_of([sent], times=[0x6553E10A * SECOND]), catalogue())
    assert value(table, "icmp.data_time_relative") == relative
    assert value(table, "data.len") == left


@pytest.mark.parametrize("damage", [b"\0\0", b"\xde\xad"])
def test_a_wrong_checksum_is_remarked(damage: bytes) -> None:
    sent = bytearray(packet("0800 0000 0001 0002"))
    sent[36:38] = damage
    table = read(bytes(sent))
    assert value(table, "icmp.checksum.status") == "0"
    assert value(table, "icmp.checksum_bad") == "1"
    assert value(table, "synfin.checksum.icmp") == "bad"
    assert f"    Checksum: 0x{damage.hex()} incorrect, should be 0xf7fc" in lines(table, "icmp")


def test_an_error_brings_back_the_packet_it_is_about() -> None:
    table = read(packet("0304 0000 0000 05dc", ORIGINAL))
    shown = lines(table, "icmp")
    assert shown[:8] == [
        "Internet Control Message Protocol",
        "    Type: 3 (Destination unreachable)",
        "    Code: 4 (Fragmentation needed)",
        f"    Checksum: {value(table, 'icmp.checksum')} [correct]",
        "    [Checksum Status: Good]",
        "    Unused: 0000",
        "    MTU of next hop: 1500",
        "    Internet Protocol Version 4, Src: 192.0.2.80, Dst: 192.0.2.10",
    ]
    assert value(table, "icmp.mtu") == "1500"
    assert value(table, "ip.src") == "192.0.2.10,192.0.2.80"
    assert value(table, "udp.dstport") == "33434"
    assert row(table) == (
        "192.0.2.10",
        "192.0.2.80",
        "ICMP",
        "Destination unreachable (Fragmentation needed)",
    )


def test_what_is_brought_back_may_end_anywhere() -> None:
    for size in range(len(ORIGINAL)):
        table = read(packet("0b00 0000 0000 0000", ORIGINAL[:size]))
        assert value(table, "icmp.unused") == "00000000"
        assert row(table)[3] == "Time-to-live exceeded (Time to live exceeded in transit)"


def test_a_copy_of_an_echo_is_not_verified() -> None:
    table = read(packet("0301 0000 0000 0000", ipv4(b"\x08\0\xde\xad\0\5\0\6", 1)))
    assert value(table, "icmp.checksum.status") == "1,2"
    assert "        Checksum: 0xdead [unverified] [in ICMP error packet]" in lines(table, "icmp")


@pytest.mark.parametrize(
    ("octets", "line", "info"),
    [
        ("0303 0000 0000 0000", "Code: 3 (Port unreachable)", "Destination unreachable (Port unreachable)"),
        ("0310 0000 0000 0000", "Code: 16 (Unknown code: 16)", "Destination unreachable (Unknown code: 16)"),
        ("0400 0000 0000 0000", "Type: 4 (Source quench (flow control))", "Source quench (flow control)"),
        ("0501 0000 c0000201", "Gateway Address: 192.0.2.1", "Redirect             (Redirect for host)"),
        ("0a00 0000 0000 0000", "Type: 10 (Router solicitation)", "Router solicitation "),
        ("0c00 0000 0500 0000", "Pointer: 5", "Parameter problem    (Pointer indicates the error)"),
        ("2800 0000 0000 0000", "Code: 0 (Bad SPI)", "Photuris             (Bad SPI)"),
        (
            "ff00 0000 0000 0000",
            "Type: 255 (Unknown ICMP (obsolete or malformed?))",
            "Unknown ICMP (obsolete or malformed?)",
        ),
    ],
)
def test_messages(octets: str, line: str, info: str) -> None:
    table = read(packet(octets))
    assert f"    {line}" in lines(table, "icmp")
    assert row(table)[3] == info


def test_a_router_advertises_itself() -> None:
    sent = packet("0900 0000 0202 0708", bytes.fromhex("c0000201 00000000 c0000202 fffffffb"))
    table = read(sent)
    assert value(table, "icmp.router_address") == "192.0.2.1,192.0.2.2"
    assert value(table, "icmp.pref_level") == "0,-5"
    assert "    Lifetime: 1800 (30 minutes)" in lines(table, "icmp")
    assert row(table)[3] == "Mobile IP Advertisement (Normal router advertisement)"


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("0036ee80", "3600000 (1 hour after midnight UTC)"),
        ("006ddd7b", "7200123 (2 hours, 0.123 seconds after midnight UTC)"),
        ("00000000", "0 (0 seconds after midnight UTC)"),
        ("80ee3600", "2163095040 (1 hour after midnight UTC)"),  # written the wrong way round
    ],
)
def test_times_of_day(time: str, words: str) -> None:
    table = read(packet("0d00 0000 0005 0006" + time * 3))
    assert f"    Originate Timestamp: {words}" in lines(table, "icmp")
    assert row(table)[3] == "Timestamp request    id=0x0005, seq=6/1536, ttl=64"


def test_address_mask() -> None:
    assert value(read(packet("1200 0000 0005 0006 ffffff00")), "icmp.address_mask") == "255.255.255.0"


class TestExtensions:
    """What routers add behind the original datagram (RFC 4884)."""

    PADDED = ORIGINAL.ljust(128, b"\0")

    def structure(self, objects: str, version: str = "2000") -> bytes:
        whole = bytes.fromhex(version + "0000" + objects)
        return whole[:2] + checksum(whole).to_bytes(2, "big") + whole[4:]

    @pytest.mark.parametrize("second", ["00200000", "00000000"])
    def test_a_label_stack(self, second: str) -> None:
        sent = packet("0b00 0000" + second, self.PADDED + self.structure("000c0101 000640fe 00010b01"))
        table = read(sent)
        assert value(table, "icmp.mpls.label") == "100,16"
        assert value(table, "icmp.mpls.exp") == "0,5"
        assert value(table, "icmp.ext.checksum.status") == "1"
        shown = lines(table, "icmp")
        assert shown[shown.index("        MPLS Stack Entry") :] == [
            "        MPLS Stack Entry",
            "            Length: 12",
            "            Class: MPLS Label Stack Class (1)",
            "            C-Type: 1",
            "            Label: 100, Exp: 0, S: 0, TTL: 254",
            "                0000 0000 0000 0110 0100 .... = Label: 100",
            "                .... .... .... .... .... 000. = Experimental: 0",
            "                .... .... .... .... .... ...0 = Stack bit: Not set",
            "                Time to live: 254",
            "            Label: 16, Exp: 5, S: 1, TTL: 1",
            "                0000 0000 0000 0001 0000 .... = Label: 16",
            "                .... .... .... .... .... 101. = Experimental: 5",
            "                .... .... .... .... .... ...1 = Stack bit: Set",
            "                Time to live: 1",
        ]

    def test_which_interface_it_was(self) -> None:
        objects = "0014020d 00000007 00010000 c0000209 000005dc"
        table = read(packet("0b00 0000 00200000", self.PADDED + self.structure(objects)))
        assert value(table, "icmp.length") == "32"
        assert value(table, "icmp.length.original_datagram") == "128"
        assert value(table, "icmp.int_info.index") == "7"
        assert value(table, "icmp.int_info.ipv4") == "192.0.2.9"
        assert value(table, "icmp.int_info.mtu") == "1500"
        assert (
            "            C-Type: 13, Interface Role: IP interface upon which datagram arrived, "
            "ifIndex, IP Address, MTU" in lines(table, "icmp")
        )

    def test_which_interface_is_meant(self) -> None:
        for objects, field, expected in (
            ("00080301 65746830", "name", "eth0"),
            ("00080302 00000003", "index", "3"),
            ("000c0303 00010400 c0000207", "ipv4", "192.0.2.7"),
        ):
            table = read(packet("2a00 0000 00010201", self.structure(objects)))
            assert value(table, f"icmp.int_ident.{field}") == expected
            assert value(table, "icmp.ext.echo.req.local") == "1"

    def test_a_structure_of_another_version_is_not_read(self) -> None:
        table = read(packet("0b00 0000 00200000", self.PADDED + self.structure("00080101 00064ffe", "5000")))
        assert "    ICMP Multi-Part Extensions (unsupported version)" in lines(table, "icmp")
        assert value(table, "icmp.ext.version") == "5"
        assert value(table, "icmp.mpls.label") == ""
