"""A device that cannot be captured is answered with a sentence that says what to do about it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synfin.basics.errors import CaptureError, FilterError, SynfinError
from synfin.capture.live.device import Trouble
from synfin.capture.live.tap import helper_path

if TYPE_CHECKING:
    from synfin.capture.live.device import DeviceError, Request


def refused(request: Request, error: DeviceError) -> SynfinError:
    """The error to raise for a device that could not be opened."""
    device = request.device
    match error.trouble:
        case Trouble.FORBIDDEN:
            return CaptureError(permission_advice(device), path=device, permitted=False)
        case Trouble.FILTER:
            return FilterError(
                f'The capture filter "{request.filter}" cannot be used: {_clause(error)}.',
                hint="Capture filters (-f) are those of tcpdump, e.g. tcp port 80 and host 192.0.2.1; "
                "display filters go with -Y.",
            )
        case Trouble.MISSING:
            return CaptureError(
                f"There is no interface {device} to capture; `synfin interfaces` lists those there are.",
                path=device,
            )
        case Trouble.DOWN:
            return CaptureError(
                f"The interface {device} is down; switch it on first: sudo ip link set {device} up",
                path=device,
            )
        case _:
            return CaptureError(f"{device} cannot be captured: {_clause(error)}.", path=device)


def lost(device: str, error: DeviceError) -> str:
    """A sentence on an interface that ended while it was captured."""
    return f"{device} is captured no longer: {_clause(error)}."


def permission_advice(device: str) -> str:
    """What to do when capturing is not permitted."""
    program = shlex.join([*_program(), "capture", "-i", device])
    helper = shlex.quote(str(helper_path()))
    original = shlex.quote(str(Path(sys.executable).resolve()))
    return f"""Capturing {device} takes a right that you do not have here (CAP_NET_RAW). Any of these will do:
  this time only:
      sudo {program}
  from now on, for all in your group (-g wireshark or any other for all in that one):
      sudo install -o root -g {_group()} -m 750 {original} {helper}
      sudo setcap cap_net_raw=ep {helper}
  with what may capture already:
      sudo tcpdump -i {device} -U -w - | synfin read -
  with no rights at all, a connection between two hosts made for the purpose:
      synfin demo
Only a small process that opens the device ever has the right, and gives it up before the first packet."""


def _program() -> list[str]:
    """How this program was called, in full: sudo looks for programs in places of its own."""
    called = Path(sys.argv[0])
    if called.name == "synfin" and called.exists():
        return [str(called.absolute())]
    return [sys.executable, "-m", "synfin"]


def _group() -> str:
    try:
        import grp

        return grp.getgrgid(os.getgid()).gr_name
    except (ImportError, KeyError):
        return str(os.getgid())


def _clause(error: DeviceError) -> str:
    return str(error).rstrip(".") or "the system does not say why"
