"""A bar on standard error for what takes longer than a second, and only if somebody watches."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.session import Session

PATIENCE = 1.0
"""Seconds before the bar appears."""

INTERVAL = 0.1
"""Seconds between two looks at how far the pass is."""


@contextmanager
def progress(session: Session) -> Iterator[None]:
    """Show how much of the capture has been read, while the block runs.

    The pass itself does nothing for it: a thread looks at it from time to time.
    """
    if not sys.stderr.isatty():
        yield
        return
    done = Event()
    watcher = Thread(target=_watch, args=(session, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _watch(session: Session, done: Event) -> None:
    if done.wait(PATIENCE):
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=console, transient=True
    ) as bar:
        size = session.capture.size
        task = bar.add_task("", total=size if size > 0 else None)
        while not done.wait(INTERVAL):
            bar.update(task, completed=session.capture.position)
