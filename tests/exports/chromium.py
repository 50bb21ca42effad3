"""A real browser without a window, told what to do over a pipe (the DevTools protocol)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 40.0
"""Longest wait for an answer; two cores may be busy with other tests."""

Message = dict[str, Any]


def path_of_chromium() -> str:
    """Where the browser is; skips the test if there is none, unless it must be there."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("SYNFIN_ORACLES") == "required":
            pytest.fail("Chromium is not installed, and SYNFIN_ORACLES=required")
        pytest.skip("Chromium is not installed")
    return found


class Browser:
    """One browser with one page, and everything it has reported."""

    def __init__(self) -> None:
        self.profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        options = (
            "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}",
        )  # fmt: skip

        def as_three_and_four() -> None:
            # whatever the pipes are called here, the browser expects 3 and 4
            one, other = os.dup(to_browser), os.dup(from_browser)
            os.dup2(one, 3)
            os.dup2(other, 4)

        self._process = subprocess.Popen(
            [path_of_chromium(), *options, "about:blank"],
            preexec_fn=as_three_and_four,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        os.set_blocking(self._in, False)
        self._number = 0
        self._buffer = b""
        self.events: list[Message] = []
        self._session = ""
        target = self.call("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in target if one["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self.profile.cleanup()

    def call(self, method: str, **parameters: object) -> Message:
        """Tell the browser something; returns its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            answer = self._next()
            if answer is None:
                time.sleep(0.005)
            elif answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                result: Message = answer["result"]
                return result
            else:
                self.events.append(answer)
        raise TimeoutError(method)

    def _next(self) -> Message | None:
        while b"\0" not in self._buffer:
            try:
                piece = os.read(self._in, 1 << 20)
            except BlockingIOError:
                return None
            if not piece:
                raise ConnectionError("the browser has gone")
            self._buffer += piece
        first, _, self._buffer = self._buffer.partition(b"\0")
        made: Message = json.loads(first)
        return made

    def size(self, width: int, height: int) -> None:
        """Make the window so large, in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def scheme(self, name: str) -> None:
        """Prefer "light" or "dark"."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        until = time.monotonic() + SECONDS
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            event = self._next()
            if event is not None and "method" in event:
                self.events.append(event)
            elif time.monotonic() > until:
                raise TimeoutError("load")
            else:
                time.sleep(0.005)

    def run(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key and let go of it."""
        codes = {
            "ArrowDown": 40,
            "ArrowUp": 38,
            "ArrowRight": 39,
            "ArrowLeft": 37,
            "Tab": 9,
            "Enter": 13,
            "End": 35,
        }
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key]
            )

    def picture(self, path: Path, *, clip: dict[str, float] | None = None) -> None:
        """Save what is to be seen, all of the page, as PNG."""
        more: dict[str, object] = {"clip": {**clip, "scale": 1}} if clip else {}
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, **more)
        path.write_bytes(b64decode(answer["data"]))

    def requests(self) -> list[str]:
        """Everything that was asked for since the page was opened, but itself."""
        sent = [
            one["params"]["request"]["url"]
            for one in self.events
            if one["method"] == "Network.requestWillBeSent"
        ]
        return sent[1:]

    def complaints(self) -> list[str]:
        """What the console shows, and every exception."""
        telling = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(event["params"]) for event in self.events if event["method"] in telling]
