"""Packets on the wire reach the file and the list, all of them, whatever happens meanwhile."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from synfin.capture.source import open_capture
from tests.capture.host import Capture, Host, wait_until_sent

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not (shutil.which("unshare") and shutil.which("nsenter")),
    reason="captures only on hosts of its own, which take Linux, unshare and nsenter",
)

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "live.py"
ENOUGH = 150_000
"""Packets a second that must be captured without loss."""

MOST_GROWTH = 64 << 10
"""Kilobytes that a capture may take beyond what it has at its start."""

UDP_PAYLOAD = 42
"""Where it begins: behind Ethernet, IPv4 and UDP headers."""


TALK = """
import socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
if sys.argv[1] == "refused":
    listener.close()
    socket.socket().connect_ex(("127.0.0.1", 81))
else:
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    client.sendall(b"hello")
    server.recv(9)
    if sys.argv[1] == "still open":
        print("talked", flush=True)
        time.sleep(600)
    else:
        client.close(), server.recv(9), server.close()
"""

KILLED = """
import os, random, signal, sys, time
from synfin import live
from synfin.capture.live.device import Request
from synfin.capture.live.recording import Limits

def begun(path, devices):
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        with live.open_wire([Request(device, filters[device]) for device in devices]) as wire:
            recording = live.recording(wire, path)
            os.write(theirs, b"on")
            live.record(wire, Limits(), recording)
    os.read(ours, 2)
    return child

filters = {"lo": "", "left": "udp"}  # setting a filter leaves a gap before the capture is on
folder, tries, at_once = sys.argv[1], int(sys.argv[2]), 5
chance = random.Random(1)
for first in range(0, tries, at_once):
    running = {}
    for number in range(first, first + at_once):
        path = os.path.join(folder, f"{number}.pcapng")
        running[path] = begun(path, ("lo", "left")[: 1 + number % 2])
    while min(os.path.getsize(path) for path in running) < 1000:
        time.sleep(0.001)
    for path, child in running.items():
        time.sleep(chance.random() * 0.2)
        os.kill(child, signal.SIGKILL)
        print(os.path.basename(path), time.time_ns(), flush=True)
        os.waitpid(child, 0)
"""
"""Captures to files in processes of their own, which are killed at random moments; again and again."""


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as made:
        yield made


def numbers(path: Path, *, was_killed: bool = False) -> list[int]:
    """The numbers of the datagrams in a capture file; a killed one may end in the middle of a block."""
    with open_capture(path) as capture:
        found = [
            int.from_bytes(chunk.packet(row)[UDP_PAYLOAD : UDP_PAYLOAD + 8], "big")
            for chunk in capture.chunks()
            for row in range(len(chunk))
        ]
        cut = [
            problem for problem in capture.problems if "cut short in the middle of a block" in str(problem)
        ]
        assert capture.problems == (cut[:1] if was_killed else [])
    return found


@pytest.mark.parametrize("source", ["libpcap", "socket"])
def test_every_packet_is_in_the_file_in_order(host: Host, tmp_path: Path, source: str) -> None:
    path = tmp_path / "page.pcapng"
    capture = host.capture("-i", "lo", "-w", path, "--source", source)
    host.send(3000)
    code, _, err = capture.stop()
    assert (code, err) == (0, f"3000 packets, 0 dropped; 3000 written to {path}\n")
    assert numbers(path) == list(range(3000))


def test_a_flood_of_five_seconds_is_captured_whole() -> None:
    command = [sys.executable, str(BENCHMARK), "160000", "5", "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if "not permitted" in done.stderr:
        pytest.skip(done.stderr)
    seen = json.loads(done.stdout)
    assert (seen["found"], seen["in_order"], seen["dropped"]) == (seen["sent"], True, 0)
    if seen["rate"] < ENOUGH:
        pytest.skip(
            f"all {seen['sent']} are there, but no more than {seen['rate']:.0f} a second could be sent"
        )
    assert seen["writing"] + seen["capturing"] < 0.5 * 5


def test_the_file_says_what_was_captured_where(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "page.pcapng"
    capture = host.capture("-i", "lo", "-f", "udp", "-s", "60", "-w", path)
    host.send(3)
    capture.stop()
    with open_capture(path) as opened:
        (chunk,) = opened.chunks()
        (interface,) = opened.interfaces
        (counted,) = opened.statistics
    assert (interface.name, interface.snaplen, interface.digits) == ("lo", 60, 9)
    assert (11, b"\0udp") in interface.options
    assert chunk.captured.tolist() == [60] * 3
    assert chunk.length.tolist() == [UDP_PAYLOAD + 32] * 3
    assert (counted.delivered, counted.system_dropped) == (3, 0)


def test_the_times_are_those_of_sending(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "page.pcapng"
    capture = host.capture("-i", "lo", "-w", path)
    host.send(5, rate=100)
    capture.stop()
    with open_capture(path) as opened:
        (chunk,) = opened.chunks()
        sent = [
            int.from_bytes(chunk.packet(row)[UDP_PAYLOAD + 8 : UDP_PAYLOAD + 16], "big") for row in range(5)
        ]
    late = chunk.time - np.array(sent)
    assert (late >= 0).all()
    assert (late < 100_000_000).all()


def test_packets_are_listed_as_they_come(host: Host) -> None:
    capture = host.capture("-i", "lo", "-Y", "udp.length > 30")
    assert capture.process.stdout is not None
    for number in (1, 2):
        host.send(1)
        line = capture.process.stdout.readline()  # were it held back, this would wait for ever
        assert line.split()[0] == str(number)
        assert "UDP 74" in line
    assert capture.stop()[0] == 0


def test_packets_from_a_pipe_are_listed_as_they_come(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "page.pcap"
    capture = host.capture("-i", "lo", "-w", path, "-c", "3")
    host.send(3)
    capture.end()
    whole = path.read_bytes()
    command = [sys.executable, "-m", "synfin", "read", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        size = (len(whole) - 24) // 3
        for number in range(3):
            begin = 24 + number * size if number else 0
            process.stdin.write(whole[begin : 24 + (number + 1) * size])
            process.stdin.flush()
            assert process.stdout.readline().split()[0] == str(number + 1).encode()
        process.stdin.close()


def test_a_connection_is_explained_as_soon_as_it_is_over(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "page.pcapng"
    capture = host.capture("-i", "lo", "-f", "tcp", "--explain", "-w", path, "--lang", "en")
    assert capture.process.stdout is not None
    for number, how in enumerate(("closed normally", "refused", "closed normally")):
        code, _, err = host.run(sys.executable, "-c", TALK, how)
        assert code == 0, err
        story = ""
        while not story.startswith(f"Connection {number} · "):
            story = (
                capture.process.stdout.readline()
            )  # were it told only at the end, this would wait for ever
        assert how in story + capture.process.stdout.readline()
    talking = host.start(sys.executable, "-c", TALK, "still open")
    assert talking.stdout is not None
    assert talking.stdout.readline() == "talked\n"
    code, out, err = capture.stop()
    assert (code, f"written to {path}" in err) == (0, True), err
    assert "Connection 3 · " in out
    assert "still open" in out


def test_what_needs_analysis_is_listed_as_it_comes(host: Host) -> None:
    capture = host.capture("-i", "lo", "-Y", "tcp.analysis.acks_frame && tcp.flags.syn == 1")
    assert capture.process.stdout is not None
    for _ in range(2):
        host.run(sys.executable, "-c", TALK, "closed normally")
        assert "[SYN, ACK]" in capture.process.stdout.readline()
    assert capture.stop()[0] == 0


def test_the_counters_are_shown_on_a_terminal(host: Host, tmp_path: Path) -> None:
    if not shutil.which("script"):
        pytest.skip("script is not installed")
    command = f"{sys.executable} -m synfin capture -i lo -c 40 -w {tmp_path}/page.pcapng"
    terminal = host.start("script", "-qfec", command, "/dev/null")
    assert terminal.stdout is not None
    assert "Capturing on lo" in terminal.stdout.readline()
    host.send(25)
    shown = ""
    while "25 packets, 0 dropped, " not in shown:
        more = terminal.stdout.read(1)
        assert more, shown
        shown += more
    host.send(15)
    rest = terminal.stdout.read()
    assert "40 packets, 0 dropped; 40 written to" in rest


def test_several_interfaces_are_one_capture(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "page.pcapng"
    host.run("ip", "link", "add", "left", "type", "veth", "peer", "name", "right")
    for name in ("left", "right"):
        host.run("ip", "link", "set", name, "up")
    capture = host.capture("-i", "lo", "-i", "left", "-f", "udp port 9999", "-w", path)
    host.send(4)
    capture.stop()
    with open_capture(path) as opened:
        assert sum(len(chunk) for chunk in opened.chunks()) == 4
        assert [interface.name for interface in opened.interfaces] == ["lo", "left"]
        assert [each.delivered for each in opened.statistics] == [4, 0]


def test_it_stops_after_so_many_packets(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "page.pcapng"
    capture = host.capture("-i", "lo", "-c", "7", "-w", path)
    host.send(20)
    assert capture.end()[0] == 0
    assert numbers(path) == list(range(7))


def test_it_stops_after_a_size(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "page.pcapng"
    capture = host.capture("-i", "lo", "-a", "filesize:10", "-w", path)
    sender = host.send_meanwhile(100_000, rate=500)
    assert capture.end()[0] == 0
    sender.kill()
    assert 10_000 <= path.stat().st_size < 1_000_000
    found = numbers(path)
    assert found == list(range(len(found)))


def test_it_stops_after_a_time(host: Host) -> None:
    begin = time.monotonic()
    assert host.capture("-i", "lo", "-a", "duration:0.5").end()[0] == 0
    assert time.monotonic() - begin < 20


def test_a_ring_keeps_the_newest_files(host: Host, tmp_path: Path) -> None:
    capture = host.capture("-i", "lo", "-w", tmp_path / "ring.pcapng", "-b", "packets:10", "-b", "files:3")
    host.send(55)
    capture.stop()
    files = sorted(tmp_path.iterdir())
    assert [file.name.split("_")[1] for file in files] == ["00004", "00005", "00006"]
    assert [numbers(file) for file in files] == [
        list(range(30, 40)),
        list(range(40, 50)),
        list(range(50, 55)),
    ]


def test_so_many_files_are_enough(host: Host, tmp_path: Path) -> None:
    capture = host.capture("-i", "lo", "-w", tmp_path / "ring.pcapng", "-b", "packets:10", "-a", "files:2")
    host.send(55)
    assert capture.end()[0] == 0
    assert [numbers(file) for file in sorted(tmp_path.iterdir())] == [list(range(10)), list(range(10, 20))]


def test_no_process_keeps_any_right(host: Host) -> None:
    capture = host.capture("-i", "lo")
    states = [
        dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{process}/status").read_text().splitlines()
            if ":\t" in line
        )
        for process in (capture.process.pid, capture.helper())
    ]
    for state in states:
        assert [state[f"Cap{kind}"] for kind in ("Prm", "Eff", "Inh", "Amb")] == ["0" * 16] * 4
        assert state["NoNewPrivs"] == "1"
    if os.geteuid() == 0:
        assert states[1]["Uid"].split() == ["65534"] * 4
    assert capture.stop()[0] == 0


def test_who_may_not_capture_is_told_what_to_do(host: Host) -> None:
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    bare = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
    code, out, err = host.run(*bare, sys.executable, "-m", "synfin", "capture", "-i", "lo")
    assert (code, out) == (5, "")
    for said in ("sudo ", "setcap cap_net_raw=ep ", "-g wireshark", "synfin demo"):
        assert said in err
    listed = host.run(*bare, sys.executable, "-m", "synfin", "interfaces")
    assert "lo    up  not permitted  Ethernet   127.0.0.1, ::1" in listed[1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("-i", "nowhere"), 3, "There is no interface nowhere"),
        (("-i", "quiet"), 3, "The interface quiet is down"),
        (("-i", "lo", "-f", "tcp prot 80"), 2, 'The capture filter "tcp prot 80" cannot be used'),
        (("-i", "lo", "-a", "forever:1"), 2, "say one of duration:N"),
        (("-i", "lo", "-w", "x", "-Y", "udp"), 2, '"-Y" needs "-P"'),
        (("-i", "lo", "-w", "-", "--explain"), 2, '"--explain" goes with none of'),
        (("-i", "lo", "-w", "/nowhere/x.pcapng"), 2, "/nowhere/x.pcapng cannot be written"),
        (("-i", "lo", "-w", "x.pcapng.gz"), 2, "would be compressed"),
    ],
)
def test_what_cannot_be_done_is_answered_with_a_sentence(
    host: Host, arguments: tuple[str, ...], code: int, said: str
) -> None:
    host.run("ip", "link", "add", "quiet", "type", "veth", "peer", "name", "other")
    answer = host.synfin("capture", *arguments)
    assert (answer[0], said in answer[2]) == (code, True), answer


def test_interfaces_lists_what_there_is(host: Host) -> None:
    code, out, _ = host.synfin("interfaces")
    assert code == 0
    assert out.splitlines()[0].split() == ["Name", "Up", "Capture", "Link", "type", "Addresses"]
    assert any(
        line.split() == ["lo", "up", "yes", "Ethernet", "127.0.0.1,", "::1"] for line in out.splitlines()
    )


def test_a_capture_killed_at_any_moment_leaves_all_but_its_last_second(host: Host, tmp_path: Path) -> None:
    host.run("ip", "link", "add", "left", "type", "veth", "peer", "name", "right")
    for name in ("left", "right"):
        host.run("ip", "link", "set", name, "up")
    sender = host.send_meanwhile(10_000_000, rate=2000)
    code, out, err = host.run(sys.executable, "-c", KILLED, tmp_path, "50")
    sender.kill()
    assert code == 0, err
    killed = {name: int(moment) for name, moment in (line.split() for line in out.splitlines())}
    assert len(killed) == 50
    for name, moment in killed.items():
        found = numbers(tmp_path / name, was_killed=True)
        assert found == list(range(found[0], found[0] + len(found)))
        assert moment - sent_at(tmp_path / name) < 1_000_000_000


def sent_at(path: Path) -> int:
    """When the last packet of a file was sent, nanoseconds."""
    with open_capture(path) as capture:
        *_, last = capture.chunks()
        return int.from_bytes(last.packet(len(last) - 1)[UDP_PAYLOAD + 8 : UDP_PAYLOAD + 16], "big")


def test_a_stalled_program_loses_packets_and_says_how_many(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "page.pcapng"
    capture = host.capture("-i", "lo", "-B", "1", "-w", path)
    before = memory(capture)
    capture.process.send_signal(signal.SIGSTOP)
    host.send(20_000, size=500)
    capture.process.send_signal(signal.SIGCONT)
    time.sleep(1)
    host.send(100)
    assert memory(capture) - before < MOST_GROWTH
    code, _, err = capture.stop()
    assert code == 0
    assert "Packets were dropped: " in err
    found = numbers(path)
    with open_capture(path) as opened:
        told = [
            int.from_bytes(option.value, "little")
            for chunk in opened.chunks()
            for options in chunk.options.values()
            for option in options
        ]
        counted = opened.statistics[-1]
    assert 0 < len(found) < 20_100
    assert counted.delivered == len(found)
    assert counted.system_dropped >= 20_100 - len(
        found
    )  # on loopback, each may be lost once in each direction
    assert sum(told) == counted.system_dropped


def test_a_list_that_nobody_reads_costs_packets_but_no_memory(host: Host) -> None:
    capture = host.capture("-i", "lo", "-B", "1")
    host.send(20_000, size=500)  # fills whatever is there to be filled
    before = memory(capture)
    for _ in range(2):
        host.send(20_000, size=500)
    assert memory(capture) - before < MOST_GROWTH
    code, out, err = capture.stop()
    assert code == 0
    assert "Packets were dropped: " in err
    captured, dropped = map(int, re.findall("[0-9]+", err.splitlines()[0]))
    assert len(out.splitlines()) == captured
    assert captured + dropped >= 60_000  # on loopback, each may be lost once in each direction
    assert dropped > 0


def memory(capture: Capture) -> int:
    """The most that both processes of a capture had in memory so far, kilobytes."""
    total = 0
    for process in (capture.process.pid, capture.helper()):
        state = Path(f"/proc/{process}/status").read_text()
        total += int(state.partition("VmHWM:")[2].split()[0])
    return total


@pytest.mark.parametrize("how", ["delete left", "set left down"])
def test_an_interface_that_goes_away_ends_the_capture(host: Host, tmp_path: Path, how: str) -> None:
    path = tmp_path / "page.pcapng"
    host.run("ip", "link", "add", "left", "type", "veth", "peer", "name", "right")
    for name in ("left", "right"):
        host.run("ip", "link", "set", name, "up")
    capture = host.capture("-i", "left", "-f", "udp", "-w", path)
    host.run("ip", "link", *how.split())
    code, _, err = capture.end()
    assert code == 4
    assert "synfin: left is captured no longer: " in err
    assert numbers(path) == []


def test_a_full_disk_ends_the_capture_with_whole_packets(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "page.pcapng"
    if not shutil.which("prlimit"):
        pytest.skip("prlimit is not installed")
    capture = host.capture("-i", "lo", "-w", path, before=("prlimit", "--fsize=20000"))
    host.send(1000)
    code, _, err = capture.end()
    assert code == 4
    assert f"synfin: {path} cannot be written: File too large." in err
    found = numbers(path)
    assert found == list(range(len(found)))


def test_a_full_file_system_ends_the_capture_with_whole_packets(host: Host, tmp_path: Path) -> None:
    full = 'mount -t tmpfs -o size=64k none "$0" && "$@"; code=$?; cp "$0"/* "$0".kept && exit $code'
    folder = tmp_path / "small"
    folder.mkdir()
    kept = tmp_path / "small.kept"
    before = ("unshare", "-m", "sh", "-c", full, str(folder))
    capture = host.capture("-i", "lo", "-w", folder / "page.pcapng", before=before)
    host.send(5000)
    code, _, err = capture.end()
    assert code == 4, err
    assert f"synfin: {folder}/page.pcapng cannot be written: No space left on device." in err
    found = numbers(kept)
    assert len(found) > 100
    assert found == list(range(len(found)))


def test_a_device_that_is_always_full_is_told_of(host: Host) -> None:
    code, _, err = host.synfin("capture", "-i", "lo", "-w", "/dev/full")
    assert code == 4
    assert "/dev/full cannot be written: No space left on device." in err


def test_a_program_that_reads_no_more_ends_the_capture(host: Host) -> None:
    capture = host.capture("-i", "lo", "-w", "-")
    assert capture.process.stdout is not None
    capture.process.stdout.close()
    host.send(10)
    assert capture.process.stderr is not None
    said = capture.process.stderr.read()
    assert "Broken pipe" in said
    assert "Traceback" not in said
    assert capture.process.wait(60) == 4


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("tcpdump", "tcpdump -i lo -U -c 9 -w - udp"),
        ("dumpcap", "dumpcap -q -i lo -c 9 -f udp -w -"),
        ("synfin", f"{sys.executable} -m synfin capture -i lo -c 9 -f udp -w -"),
    ],
)
def test_packets_of_another_program_are_listed_as_they_come(host: Host, program: str, command: str) -> None:
    if program != "synfin" and not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    process = host.start("sh", "-c", f"{command} | {sys.executable} -m synfin read -")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stderr.readline()  # each says that it has begun
    listed: list[list[str]] = []
    while len(listed) < 9:
        host.send(1)
        listed.append(process.stdout.readline().split())  # were it held back, this would wait for ever
    assert [line[0] for line in listed] == [str(number) for number in range(1, 10)]
    assert {line[5] for line in listed} == {"UDP"}
    assert process.communicate(timeout=60)[0] == ""


def test_a_reader_that_goes_away_ends_the_capture(host: Host) -> None:
    capture = host.capture("-i", "lo")
    assert capture.process.stdout is not None
    capture.process.stdout.close()
    host.send(10)
    assert capture.process.stderr is not None
    assert "nobody reads the list any more" in capture.process.stderr.read()
    assert capture.process.wait(60) == 0


def test_a_capturing_process_that_dies_is_told_of(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "page.pcapng"
    capture = host.capture("-i", "lo", "-w", path)
    host.send(10)
    wait_until_sent(path, 1200)
    os.kill(capture.helper(), signal.SIGKILL)
    code, _, err = capture.end()
    assert code == 4
    assert "lo is captured no longer: the process that captures has ended unexpectedly" in err
    assert numbers(path) == list(range(10))
