"""One program, run and watched from outside: how long it took, how much memory it needed."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Measurement:
    """The best of several runs.

    Attributes:
        seconds: wall-clock time, of the whole process or of what the program timed itself.
        peak_bytes: largest resident memory of the process.
        packets: how many packets the program says it read; 0 when it does not say.
        failure: what went wrong, or "".
    """

    seconds: float
    peak_bytes: int
    packets: int = 0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """How to run programs.

    Attributes:
        folder: where their output goes, as to any file.
        runs: how many times; the fastest counts.
    """

    folder: Path
    runs: int

    def best(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        one_core: bool = False,
        own_clock: bool = False,
    ) -> Measurement:
        """Run a command several times, after one run more to warm the page cache and kernel cache.

        Args:
            command: program and arguments.
            environment: variables to set beside the present ones.
            one_core: confine it to one core.
            own_clock: its last line is JSON with "packets" and "seconds", which count.
        """
        warm_up = self.once(command, environment, one_core=one_core, own_clock=own_clock)
        if warm_up.failure:
            return warm_up
        measured = [
            self.once(command, environment, one_core=one_core, own_clock=own_clock) for _ in range(self.runs)
        ]
        return min(measured, key=lambda one: one.seconds)

    def once(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        one_core: bool = False,
        own_clock: bool = False,
    ) -> Measurement:
        """Run a command once; see `best`."""
        cores = os.sched_getaffinity(0)
        with (
            tempfile.TemporaryFile(dir=self.folder) as output,
            tempfile.TemporaryFile(dir=self.folder) as complaints,
        ):
            if one_core:
                os.sched_setaffinity(0, {min(cores)})  # the child inherits it
            started = time.perf_counter()
            process = subprocess.Popen(
                command, stdout=output, stderr=complaints, env={**os.environ, **(environment or {})}
            )
            os.sched_setaffinity(0, cores)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                complaints.seek(0)
                last = complaints.read().decode(errors="replace").strip().rpartition("\n")[2]
                return Measurement(0, 0, failure=f"exit code {process.returncode}: {last}"[:100])
            packets = 0
            if own_clock:
                output.seek(0)
                said = json.loads(output.read().splitlines()[-1])
                packets, seconds = said["packets"], said["seconds"]
        return Measurement(seconds, usage.ru_maxrss * 1024, packets)
