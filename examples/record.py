"""Records the example captures: a real kernel's TCP between two hosts in network namespaces of our own.

    python examples/record.py                 all of them (about a minute)
    python examples/record.py page refused    only these

Linux only. It needs no rights: it makes itself root of a network of its own. It talks to nothing
outside. Files and PROVENANCE.md are written only when every recording shows what it should.
"""

from __future__ import annotations

import argparse
import datetime
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios import SCENARIOS

from synfin.demo.frames import Frame, open_frames, tagged
from synfin.demo.laboratory import Laboratory, Weather
from synfin.demo.recording import drained, kernel, pcapng
from synfin.demo.rights import enter

if TYPE_CHECKING:
    from scenarios.example import Scenario

HERE = Path(__file__).parent
ALL_WELL = (
    "_ws.malformed || _ws.expert.severity == error || ip.checksum.status == 0 || tcp.checksum.status == 0"
)


def record(scenario: Scenario) -> dict[str, bytes]:
    """Run a scenario; return the files it makes, by name.

    Raises:
        ValueError: the kernel did something else than the scenario says.
    """
    with Laboratory(Weather(scenario.delay), neighbours_known=scenario.neighbours_known) as laboratory:
        at_client = open_frames(laboratory.client, "eth0")
        at_server = open_frames(laboratory.server, "eth0")
        scenario.run(laboratory)
        laboratory.settle()
        frames = {"": drained(at_client)}
        if scenario.at_server:
            frames[".server"] = drained(at_server)
        if scenario.trunk:
            passed = sorted(laboratory.link.passed)
            frames[""] = [frame._replace(data=tagged(frame.data, scenario.trunk)) for frame in passed]
    scenario.check(frames[""])
    return {f"{scenario.name}{side}.pcapng": _file(scenario, side, seen) for side, seen in frames.items()}


def _file(scenario: Scenario, side: str, frames: list[Frame]) -> bytes:
    where = "on the link" if scenario.trunk else "at the server" if side else "at the client"
    comment = f"{scenario.title} Recorded {where} by examples/record.py, both ends {kernel()}."
    return pcapng(frames, comment=comment, where=where)


def _ask_tshark(name: str, content: bytes, filters: tuple[str, ...]) -> None:
    """Let an independent eye look at a recording: it must be sound, and each filter must match something."""
    options = [
        "-o",
        "tcp.check_checksum:TRUE",
        "-o",
        "ip.check_checksum:TRUE",
        "-T",
        "fields",
        "-e",
        "frame.number",
    ]
    with tempfile.NamedTemporaryFile(suffix=".pcapng") as file:
        file.write(content)
        file.flush()
        for filter_, wanted in ((ALL_WELL, False), *((each, True) for each in filters)):
            command = ["tshark", "-2", "-n", "-r", file.name, "-Y", filter_, *options]
            found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            if bool(found) != wanted:
                raise ValueError(f"{name}: tshark finds {found or 'nothing'} for {filter_}")


def provenance(files: dict[str, tuple[Scenario, bytes]]) -> str:
    """Say where the files come from and what each shows."""
    today = datetime.datetime.now(datetime.UTC).date()
    lines = [
        "# Where these captures come from",
        "",
        f"Recorded on {today} by `python examples/record.py`: real sockets on a real kernel ({kernel()}),",
        "two hosts in network namespaces, joined by a link that loses exactly the frames the scenario names.",
        "Addresses are those reserved for documentation (RFC 5737, RFC 3849); nobody else's traffic is here.",
        "Captured at the client; `.server` files at the server; `vlan` on the link, which put the tags in.",
        "Segmentation and checksum offload are off: what you see is what was on the wire.",
        "",
        "| file | bytes | what it shows |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{name}` | {len(content)} | {scenario.title} |" for name, (scenario, content) in files.items()
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="scenarios (default: all)")
    parser.add_argument("--output", type=Path, default=HERE, help="folder to write to (default: this one)")
    given = parser.parse_args()
    unknown = set(given.names) - {scenario.name for scenario in SCENARIOS}
    if unknown:
        parser.error(f"no scenario named {', '.join(sorted(unknown))}")
    enter()
    files: dict[str, tuple[Scenario, bytes]] = {}
    for scenario in SCENARIOS:
        if given.names and scenario.name not in given.names:
            continue
        print(f"{scenario.name}: {scenario.title}", flush=True)
        for name, content in record(scenario).items():
            if shutil.which("tshark"):
                _ask_tshark(name, content, () if name.endswith(".server.pcapng") else scenario.filters)
            files[name] = scenario, content
    for name, (_, content) in files.items():
        (given.output / name).write_bytes(content)
    if not given.names:
        (given.output / "PROVENANCE.md").write_text(provenance(files))


if __name__ == "__main__":
    main()
