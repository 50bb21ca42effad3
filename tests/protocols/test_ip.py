"""IPv4: every field of the header, its options, and headers that lie."""

from __future__ import annotations

import pytest

from synfin.dissect.table import Settings, dissect
from synfin.dissect.walk import Reason
from synfin.session import catalogue
from tests.packets import checksum, chunk_of, ethernet, ipv4, table_of, udp
from tests.protocols.reading import lines, read, row, value

PING = ethernet(ipv4(bytes.fromhex("0800 f7fd 0001 0002"), 1))


def header(
    options: str = "",
    *,
    first: int = 0,
    length: int = -1,
    fragment: int = 0,
    ttl: int = 64,
    to: str = "c0000250",
) -> bytes:
    """An IPv4 header with a good checksum around a small datagram; some values may be wrong on purpose."""
    extra = bytes.fromhex(options)
    extra += bytes(-len(extra) % 4)
    payload = udp(b"hello", ports=(50001, 50002))
    total = 20 + len(extra) + len(payload) if length < 0 else length
    start = bytes((first or 0x45 + len(extra) // 4, 0)) + total.to_bytes(2, "big") + b"\x12\x34"
    start += fragment.to_bytes(2, "big") + bytes((ttl, 17))
    rest = bytes.fromhex("c000020a" + to) + extra
    good = checksum(start + b"\0\0" + rest)
    return ethernet(start + good.to_bytes(2, "big") + rest + payload)


def test_lines_of_a_header() -> None:
    assert lines(read(header(fragment=0x4000)), "ip") == [
        "Internet Protocol Version 4, Src: 192.0.2.10, Dst: 192.0.2.80",
        "    0100 .... = Version: 4",
        "    .... 0101 = Header Length: 20 bytes (5)",
        "    Differentiated Services Field: 0x00 (DSCP: CS0, ECN: Not-ECT)",
        "        0000 00.. = Differentiated Services Codepoint: Default (0)",
        "        .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)",
        "    Total Length: 33",
        "    Identification: 0x1234 (4660)",
        "    010. .... = Flags: 0x2, Don't fragment",
        "        0... .... = Reserved bit: Not set",
        "        .1.. .... = Don't fragment: Set",
        "        ..0. .... = More fragments: Not set",
        "    ...0 0000 0000 0000 = Fragment Offset: 0",
        "    Time to Live: 64",
        "    Protocol: UDP (17)",
        "    Header Checksum: 0xa43d [validation disabled]",
        "    [Header checksum status: Unverified]",
        "    Source Address: 192.0.2.10",
        "    Destination Address: 192.0.2.80",
    ]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("ip.version", "4"),
        ("ip.hdr_len", "20"),
        ("ip.dsfield", "0x00"),
        ("ip.dsfield.dscp", "0"),
        ("ip.dsfield.ecn", "0"),
        ("ip.len", "28"),
        ("ip.id", "0x1234"),
        ("ip.flags", "0x02"),
        ("ip.flags.rb", "0"),
        ("ip.flags.df", "1"),
        ("ip.flags.mf", "0"),
        ("ip.frag_offset", "0"),
        ("ip.ttl", "64"),
        ("ip.proto", "1"),
        ("ip.checksum.status", "2"),
        ("ip.src", "192.0.2.10"),
        ("ip.dst", "192.0.2.80"),
        ("ip.addr", "192.0.2.10,192.0.2.80"),
        ("ip.host", "192.0.2.10,192.0.2.80"),
        ("ip.src_host", "192.0.2.10"),
        ("synfin.checksum.ip", "good"),
    ],
)
def test_fields(field: str, expected: str) -> None:
    assert value(read(PING), field) == expected


@pytest.mark.parametrize(
    ("octet", "line"),
    [
        (0xB8, "Differentiated Services Field: 0xb8 (DSCP: EF PHB, ECN: Not-ECT)"),
        (0x03, "Differentiated Services Field: 0x03 (DSCP: CS0, ECN: CE)"),
        (0x29, "Differentiated Services Field: 0x29 (DSCP: AF11, ECN: ECT(1))"),
        (0xFC, "Differentiated Services Field: 0xfc (DSCP: Unknown, ECN: Not-ECT)"),
    ],
)
def test_the_traffic_class_is_named(octet: int, line: str) -> None:
    packet = bytearray(PING)
    packet[15] = octet
    assert f"    {line}" in lines(read(bytes(packet)), "ip")


def test_a_fragment_is_recognised_and_not_read_further() -> None:
    table = read(header(fragment=0x20B9))
    assert value(table, "ip.frag_offset") == "185"
    assert "    ...0 0000 1011 1001 = Fragment Offset: 1480" in lines(table, "ip")
    assert row(table)[2:] == ("IPv4", "Fragmented IP protocol (proto=UDP 17, off=1480, ID=1234)")
    assert not len(table.layer("udp"))
    assert value(table, "data.len") == "13"


def test_an_unknown_protocol_is_named_in_the_list() -> None:
    assert row(read(ethernet(ipv4(bytes(30), 253))))[2:] == ("IPv4", "Unknown (253)")
    assert row(read(ethernet(ipv4(b"", 253))))[3] == ""


def test_offload_leaves_the_length_empty() -> None:
    table = read(header(length=0))
    assert value(table, "ip.len") == "33"
    assert (
        '    [Total Length: 33 bytes (reported as 0, presumed to be because of "TCP segmentation '
        'offload" (TSO))]' in lines(table, "ip")
    )
    assert value(table, "udp.length") == "13"


@pytest.mark.parametrize(
    ("packet", "mark", "info"),
    [
        (header(first=0x65), "ip.bogus_ip_version", "Bogus IPv4 version (6, must be 4)"),
        (header(first=0x44), "ip.bogus_header_length", "Bogus IP header length (16, must be at least 20)"),
        (header(length=10), "ip.bogus_ip_length", "Bogus IP length (10, less than header length 20)"),
    ],
)
def test_a_header_that_lies_is_read_up_to_its_lie(packet: bytes, mark: str, info: str) -> None:
    table = read(packet)
    assert value(table, mark) == "1"
    assert row(table)[3] == info
    assert table.stops[2].tolist() == [Reason.LIES]
    assert value(table, "ip.src") == value(table, "udp.srcport") == ""


def test_a_length_beyond_the_frame_is_remarked() -> None:
    table = read(header(length=2000))
    assert (
        "        [Expert Info (Error/Protocol): IPv4 total length exceeds packet length (33 bytes)]"
        in lines(table, "ip")
    )
    assert value(table, "udp.srcport") == "50001"


@pytest.mark.parametrize(
    ("ttl", "to", "mark"),
    [
        (4, "c0000250", "ip.ttl.too_small"),
        (5, "c0000250", ""),
        (1, "efffffff", ""),  # multicast may stay near
        (1, "e0000005", ""),
        (5, "e0000005", "ip.ttl.lncb"),
        (255, "e00000fb", ""),  # mDNS
        (1, "e00000fb", "ip.ttl.lncb"),
        (7, "e00000fc", ""),  # LLMNR
    ],
)
def test_a_time_to_live_that_is_strange(ttl: int, to: str, mark: str) -> None:
    table = read(header(ttl=ttl, to=to))
    for name in ("ip.ttl.too_small", "ip.ttl.lncb"):
        assert value(table, name) == ("1" if name == mark else "")


@pytest.mark.parametrize(
    ("damage", "status", "verdict", "words"),
    [
        (b"\xe4\x3d", "1", "good", "[correct]"),
        (b"\x12\x34", "0", "bad", 'incorrect, should be 0xe43d(may be caused by "IP checksum offload"?)'),
        (b"\0\0", "0", "offloaded", 'incorrect, should be 0xe43d(may be caused by "IP checksum offload"?)'),
    ],
)
def test_the_checksum_is_verified_when_asked(damage: bytes, status: str, verdict: str, words: str) -> None:
    packet = bytearray(header())
    packet[24:26] = damage
    table = dissect(chunk_of([bytes(packet)]), catalogue(), settings=Settings(check_ip=True))
    assert value(table, "ip.checksum.status") == status
    assert value(table, "ip.checksum_calculated") == "0xe43d"
    assert value(table, "synfin.checksum.ip") == verdict
    assert f"    Header Checksum: 0x{damage.hex()} {words}" in lines(table, "ip")


def test_a_header_that_is_cut_keeps_what_is_there() -> None:
    table = read(header()[: 14 + 16], length=47)
    assert value(table, "ip.src") == "192.0.2.10"
    assert value(table, "ip.dst") == ""
    assert lines(table, "ip")[0] == "Internet Protocol Version 4, Src: 192.0.2.10"


def test_headers_inside_headers() -> None:
    table = table_of([ethernet(ipv4(ipv4(udp(), 17, source="198.51.100.1"), 4))])
    assert value(table, "ip.src") == "192.0.2.10,198.51.100.1"
    assert row(table)[0] == "198.51.100.1"


class TestOptions:
    """What stands behind the fixed fields."""

    def test_record_route(self) -> None:
        table = read(header("070b08 01020304 05060708"))
        assert value(table, "ip.rec_rt") == value(table, "ip.rec_rt_host") == "1.2.3.4"
        assert value(table, "ip.empty_rt") == "5.6.7.8"
        shown = lines(table, "ip")
        assert shown[shown.index("    Options: (12 bytes), Record Route") :] == [
            "    Options: (12 bytes), Record Route",
            "        IP Option - Record Route (11 bytes)",
            "            Type: 7",
            "                0... .... = Copy on fragmentation: No",
            "                .00. .... = Class: Control (0)",
            "                ...0 0111 = Number: Record route (7)",
            "            Length: 11",
            "            Pointer: 8",
            "            Recorded Route: 1.2.3.4",
            "            Empty Route: 5.6.7.8 <- (next)",
            "        IP Option - End of Options List (EOL)",
            "            Type: 0",
            "                0... .... = Copy on fragmentation: No",
            "                .00. .... = Class: Control (0)",
            "                ...0 0000 = Number: End of Option List (EOL) (0)",
        ]

    @pytest.mark.parametrize(
        ("options", "field", "expected"),
        [
            ("01 830b04 01020304 05060708", "ip.src_rt", "1.2.3.4,5.6.7.8"),
            ("94040000", "ip.opt.ra", "0"),
            ("88041234", "ip.opt.sid", "4660"),
            ("440c0d00 00bc614e 00000000", "ip.opt.time_stamp", "12345678,0"),
            ("44140511 01020304 00000064 05060708 000000c8", "ip.opt.time_stamp_addr", "1.2.3.4,5.6.7.8"),
            ("44140511 01020304 00000064 05060708 000000c8", "ip.opt.time_stamp", "100,200"),
            ("44140511 01020304 00000064 05060708 000000c8", "ip.opt.overflow", "1"),
            ("820b6bc5123441424142 43", "ip.opt.sec_rfc791_sec", "0x6bc5"),
            ("820b6bc5123441424142 43", "ip.opt.sec_rfc791_tcc", "ABC"),
            ("82045a80", "ip.opt.sec_prot_auth_genser", "1"),
            ("850705 aabbccdd", "ip.opt.ext_sec_add_sec_info", "aabbccdd"),
            ("0b0405dc", "ip.opt.mtu", "1500"),
            ("520c1234 00050006 09080706", "ip.opt.originator", "9.8.7.6"),
            ("95 06 01020304", "ip.opt.addr", "1.2.3.4"),
            ("1908074011223344", "ip.opt.qs_nonce", "0x04488cd1"),
            ("1908074011223344", "ip.opt.qs_ttl_diff", "0"),
            ("8608 00000003 0104 0005", "ip.cipso.doi", "3"),
            ("860c 00000003 0106 0005 8001", "ip.cipso.categories", "0,15"),
            ("860e 00000003 0208 0005 0001 0009", "ip.cipso.categories", "1,9"),
            ("860e 00000003 0508 0005 0009 0003", "ip.cipso.categories", "9-3"),
        ],
    )
    def test_values(self, options: str, field: str, expected: str) -> None:
        assert value(read(header(options)), field) == expected

    def test_four_no_operations_in_a_row_are_remarked_once(self) -> None:
        assert value(read(header("01010100")), "ip.nop") == ""
        assert value(read(header("0101010101010000")), "ip.nop") == "1"

    @pytest.mark.parametrize(
        ("options", "line"),
        [
            ("990601020304", "Unknown (0x99) (6 bytes)"),
            ("07010400", "Record Route (with too-short option length = 1 byte)"),
            ("07200400", "Record Route (option length = 32 bytes says option goes past end of options)"),
            ("01010199", "Unknown (0x99) (length byte past end of options)"),
        ],
    )
    def test_what_cannot_be_read_is_said(self, options: str, line: str) -> None:
        assert f"        {line}" in lines(read(header(options)), "ip")

    @pytest.mark.parametrize(
        ("options", "mark"),
        [
            ("070b03 01020304 05060708", "ip.opt.ptr.before_address"),
            ("070b06 01020304 05060708", "ip.opt.ptr.middle_address"),
            ("070a04 01020304 010203", "ip.subopt_too_long"),
            ("9405000001", "ip.opt.len.invalid"),
        ],
    )
    def test_remarks(self, options: str, mark: str) -> None:
        assert value(read(header(options)), mark) == "1"


@pytest.mark.parametrize(
    ("kept", "wire", "info"),
    [
        (14 + 16, 47, "[Packet size limited during capture]"),
        (14 + 16, 30, "[Malformed Packet]"),
    ],
)
def test_the_list_says_why_a_header_could_not_be_read(kept: int, wire: int, info: str) -> None:
    table = read(header()[:kept], length=wire)
    assert row(table) == ("192.0.2.10", "02:00:00:00:00:02", "IPv4", info)
