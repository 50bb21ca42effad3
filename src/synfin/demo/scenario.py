"""A scenario says what two hosts and the link between them do, and what there is to learn from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synfin.basics.collect import collect
from synfin.demo.laboratory import Weather

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.demo.laboratory import Laboratory
    from synfin.dissect.definition import Words


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that can happen.

    Attributes:
        name: what it is asked for by.
        title: what happens, in one sentence.
        lesson: what to look for, and what to learn.
        run: makes it happen.
        weather: what the link does by itself, with its seed.
        at_server: it shows at the server; at the client otherwise. Both are captured.
        neighbours_known: no address resolution needed.
        resends: its lesson needs the timers of a usual sender; the others are told to be patient, see
            `Laboratory.be_patient`.
        connection: which connection tells it; None for the most interesting one.
    """

    name: str
    title: Words
    lesson: Words
    run: Callable[[Laboratory], None]
    weather: Weather = field(default_factory=Weather)
    at_server: bool = False
    neighbours_known: bool = True
    resends: bool = False
    connection: int | None = None


def scenarios() -> dict[str, Scenario]:
    """All scenarios, by name."""
    import synfin.demo.scenarios

    return {scenario.name: scenario for scenario in collect(synfin.demo.scenarios, Scenario)}
