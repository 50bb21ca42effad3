"""Times are int64 nanoseconds since the epoch, UTC; here they become words."""

from __future__ import annotations

from datetime import UTC, datetime

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
MILLISECOND = 1_000_000
MICROSECOND = 1_000


def date_and_time(nanoseconds: int) -> str:
    """As tshark writes `frame.time`: "Dec 31, 2002 13:55:31.300000000 UTC", the day padded with a blank."""
    seconds, fraction = divmod(nanoseconds, SECOND)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%b} {moment.day:2d}, {moment:%Y %H:%M:%S}.{fraction:09d} UTC"
