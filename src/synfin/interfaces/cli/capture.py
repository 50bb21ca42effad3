"""`synfin capture`: packets as they come, with the letters of tshark and dumpcap."""

from __future__ import annotations

import shutil
import signal
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from synfin.engine.memory import end_loading
from synfin.interfaces.cli.options import color_option, colored, lang_option
from synfin.interfaces.cli.read import TIME_FORMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synfin.capture.live.device import Request
    from synfin.capture.live.recording import Limits, Recording
    from synfin.capture.live.wire import Wire
    from synfin.explain.language import Lang

STOPS = {"duration": "seconds", "filesize": "kilobytes", "packets": "packets", "files": "files"}
"""What `-a` and `-b` take, and what the limits call it."""


class Wanted(NamedTuple):
    """The options of the command, under their own names."""

    target: str
    capture_format: str | None
    most: int
    until: tuple[str, ...]
    ring: tuple[str, ...]
    display_filter: str
    shows: bool
    explains: bool
    quiet: bool
    times: str
    lang: Lang
    color: str

    @property
    def lists(self) -> bool:
        """Whether the packet list is to be shown."""
        return self.shows or not (self.target or self.explains)


@click.command(
    name="capture", epilog="Example: synfin capture -i eth0 -f 'tcp port 443' -a duration:60 -w page.pcapng"
)
@click.option("-i", "devices", multiple=True, metavar="NAME", help="Interface; may be repeated.")
@click.option("-f", "capture_filter", default="", metavar="FILTER", help="Capture filter, as for tcpdump.")
@click.option(
    "-s",
    "snaplen",
    type=click.IntRange(min=1, max=262_144),
    default=262_144,
    metavar="N",
    help="Keep N bytes of each packet.",
)
@click.option("-p", "modest", is_flag=True, help="Not promiscuous: only what is meant for this machine.")
@click.option(
    "-B",
    "mebibytes",
    type=click.IntRange(min=1, max=1024),
    default=32,
    metavar="MIB",
    help="The kernel's buffer, for each interface [default: 32].",
)
@click.option("-c", "most", type=click.IntRange(min=1), metavar="N", help="Stop after N packets.")
@click.option(
    "-a", "until", multiple=True, metavar="WHAT:N", help="Stop: duration:S, filesize:KB, packets:N, files:N."
)
@click.option("-w", "target", default="", metavar="FILE", help="Write to a file; - for standard output.")
@click.option("-F", "capture_format", metavar="FORMAT", help="Format of -w: pcapng, pcap or nsecpcap.")
@click.option(
    "-b",
    "ring",
    multiple=True,
    metavar="WHAT:N",
    help="Next file after duration:S, filesize:KB, packets:N; files:N keeps the newest N.",
)
@click.option("-Y", "display_filter", default="", metavar="FILTER", help="List only packets that match.")
@click.option("-P", "shows", is_flag=True, help="List the packets although they are written (-w).")
@click.option(
    "--explain", "explains", is_flag=True, help="Explain each TCP connection as soon as it is over."
)
@click.option("-q", "quiet", is_flag=True, help="Say nothing but what goes wrong.")
@click.option("-t", "times", type=click.Choice(TIME_FORMS), default="r", help="What the Time column shows.")
@click.option("--source", type=click.Choice(["libpcap", "socket"]), hidden=True)
@lang_option
@color_option
def command(  # noqa: PLR0913 - one for each option that says how to capture
    devices: tuple[str, ...],
    capture_filter: str,
    snaplen: int,
    modest: bool,  # noqa: FBT001 - click's way
    mebibytes: int,
    most: int | None,
    source: str | None,
    **options: Any,  # noqa: ANN401 - what click gives
) -> int:
    """Capture packets: list them as they come, write them to a file (-w), or explain connections (--explain).

    Ctrl-C ends it, with everything that was captured by then. Filesizes are in units of 1000 bytes.
    """
    from synfin.capture.live.device import Request
    from synfin.live import preferred_interface

    wanted = Wanted(most=most or 0, **options)
    limits, ring = _limits(wanted)
    names = devices or (preferred_interface(),)
    requests = [
        Request(
            name, capture_filter, snaplen, promiscuous=not modest, buffer=mebibytes << 20, source=source or ""
        )
        for name in dict.fromkeys(names)
    ]
    return _capture(requests, wanted, limits, ring)


def _limits(wanted: Wanted) -> tuple[Limits, Limits | None]:
    """When to stop, and when to go on with the next file."""
    from synfin.capture.live.recording import Limits

    until, ring = _numbers("-a", wanted.until), _numbers("-b", wanted.ring)
    if wanted.ring and not wanted.target:
        raise click.UsageError('"-b" needs "-w FILE".')
    if wanted.ring and not ring.keys() - {"files"}:
        raise click.UsageError('"-b" needs to know when a file is full: duration:, filesize: or packets:.')
    if until.keys() & {"kilobytes", "files"} and not wanted.target:
        raise click.UsageError('"-a filesize:" and "-a files:" need "-w FILE".')
    if wanted.display_filter and not wanted.lists:
        raise click.UsageError(
            'Everything captured is written; "-Y" needs "-P" to list what matches. To write less, use "-f", '
            "or afterwards: synfin read FILE -Y FILTER -w OUT"
        )
    if wanted.explains and (wanted.shows or wanted.display_filter or wanted.ring or wanted.target == "-"):
        raise click.UsageError('"--explain" goes with none of "-P", "-Y", "-b" and "-w -".')
    if wanted.most:
        until["packets"] = min(wanted.most, until.get("packets", wanted.most))
    return Limits(**until), Limits(**ring) if ring else None  # type: ignore[arg-type]  # by name


def _numbers(letter: str, given: tuple[str, ...]) -> dict[str, float]:
    made: dict[str, float] = {}
    for text in given:
        name, _, number = text.partition(":")
        if (
            name not in STOPS
            or not number.replace(".", "", name == "duration").isdecimal()
            or not float(number)
        ):
            raise click.UsageError(
                f'"{letter} {text}": say one of {", ".join(f"{each}:N" for each in STOPS)}.'
            )
        made[STOPS[name]] = float(number) if name == "duration" else int(number)
    return made


def _capture(requests: list[Request], wanted: Wanted, limits: Limits, ring: Limits | None) -> int:
    from synfin import live

    with ExitStack() as stack:
        wire = stack.enter_context(live.open_wire(requests, flood=bool(wanted.target)))
        live.give_up_rights()
        stack.enter_context(_stopped_by_keyboard(wire))
        recording, target = None, wanted.target
        if wanted.explains and not target:
            target = str(Path(stack.enter_context(TemporaryDirectory()), "capture.pcapng"))
        if target:
            recording = live.recording(wire, target, wanted.capture_format, ring, limits)
        try:
            if recording is not None:
                stack.enter_context(recording)
            _run(wire, recording, wanted, limits)
        except BrokenPipeError:
            click.echo("synfin: nobody reads the list any more; the capture ends.", err=True)
            raise
        finally:
            if not wanted.quiet:
                _summary(wire, recording if wanted.target else None)
    for sentence in wire.ended:
        click.echo(f"synfin: {sentence}", err=True)
    return 4 if wire.ended else 0


def _run(wire: Wire, recording: Recording | None, wanted: Wanted, limits: Limits) -> None:
    from synfin import live, operations

    end_loading()
    if not wanted.quiet:
        names = ", ".join(interface.name for interface in wire.interfaces)
        click.echo(f"Capturing on {names} …", err=True)
    if wanted.explains:
        assert recording is not None
        _explain(wire, recording, wanted, limits)
        return
    if not wanted.lists:
        with _statistics(wire, shown=not wanted.quiet):
            live.record(wire, limits, recording)
        return
    session = live.live_session(wire, limits, recording)
    selection = operations.Selection(wanted.display_filter)
    with _statistics(wire, shown=not wanted.quiet and not sys.stdout.isatty()):
        _write(
            operations.packet_list(session, selection, wanted.times, colored=colored(wanted.color), live=True)
        )


def _explain(wire: Wire, recording: Recording, wanted: Wanted, limits: Limits) -> None:
    from synfin.interfaces.cli.style import print_lines
    from synfin.live import explained

    width = max(shutil.get_terminal_size((100, 24)).columns, 72)
    with _statistics(wire, shown=not wanted.quiet and not sys.stdout.isatty()):
        for story in explained(wire, limits, recording, lang=wanted.lang, width=width):
            print_lines(story.lines(), color=colored(wanted.color))
            click.echo()
            sys.stdout.flush()


def _write(lines: Iterable[bytes]) -> None:
    out = sys.stdout.buffer
    for line in lines:
        if line:
            out.write(line)
            out.flush()


@contextmanager
def _stopped_by_keyboard(wire: Wire) -> Iterator[None]:
    """Ctrl-C, or a polite request to end, ends the capture; a second one ends the program."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, frame: object) -> None:  # noqa: ARG001 - the system's signature
        wire.stop()
        for each, handler in before.items():
            signal.signal(each, handler)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _statistics(wire: Wire, *, shown: bool) -> Iterator[None]:
    """A line of counters on standard error, twice a second, and only if somebody watches."""
    from threading import Event, Thread

    if not (shown and sys.stderr.isatty()):
        yield
        return
    done = Event()

    def watch() -> None:
        before = 0
        while not done.wait(0.5):
            rate, before = 2 * (wire.packets - before), wire.packets
            click.echo(f"\r\x1b[K{_counted(wire)}, {rate}/s", err=True, nl=False)
        click.echo("\r\x1b[K", err=True, nl=False)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _counted(wire: Wire) -> str:
    return f"{wire.packets} packets, {wire.dropped} dropped"


def _summary(wire: Wire, recording: Recording | None) -> None:
    where = ""
    if recording is not None and recording.path != "-":
        where = f"; {recording.packets} written to {recording.path}"
        if recording.files > 1:
            where += f" and {recording.files - 1} files before it"
    click.echo(f"{_counted(wire)}{where}", err=True)
    if wire.dropped:
        click.echo(
            "Packets were dropped: what seems lost on the way may only be missing here. "
            "A larger buffer (-B), a narrower filter (-f), fewer bytes of each packet (-s) or -w instead "
            "of a list may help.",
            err=True,
        )
