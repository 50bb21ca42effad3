"""Scenarios of the demo, played on this machine and explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from synfin.basics.errors import CaptureError
from synfin.operations.explanations import explain_connection
from synfin.session import open_session

if TYPE_CHECKING:
    from pathlib import Path

    from synfin.demo.scenario import Scenario
    from synfin.explain.explanation import Explanation
    from synfin.explain.language import Lang
    from synfin.session import Session


class Demonstration(NamedTuple):
    """A scenario that was played, or that this machine does not let us play.

    Attributes:
        scenario: what it is and what to learn from it.
        session: the capture that shows it.
        explanation: of its connection; None if there is no TCP in it.
        path: the capture's file.
        truth: what the link did and what the kernels counted; None if `refusal`.
        refusal: why a shipped capture is shown instead, "" if it was played.
    """

    scenario: Scenario
    session: Session
    explanation: Explanation | None
    path: Path
    truth: dict[str, object] | None
    refusal: str


def demonstrate(name: str, folder: Path, side: str = "", *, lang: Lang, width: int) -> Demonstration:
    """Play a scenario on hosts of its own and explain what was captured.

    Args:
        name: which one.
        folder: where the captures of both ends and the truth are written.
        side: "client" or "server"; "" for the side that shows it.
        lang: the reader's language.
        width: columns of its lines.

    Raises:
        CaptureError: there is no such scenario, or it did not end.
    """
    from importlib.resources import files

    from synfin.demo.stage import scenario_named, stage

    scenario = scenario_named(name)
    truth, refusal, number = None, "", scenario.connection
    path = folder / f"{side or ('server' if scenario.at_server else 'client')}.pcapng"
    try:
        truth = stage(scenario, folder)
    except CaptureError as error:
        if error.permitted:
            raise
        refusal, path, number = str(error), folder / "shipped.pcapng", None
        path.write_bytes((files("synfin.capture") / "sample.pcapng").read_bytes())
    session = open_session(str(path))
    return Demonstration(
        scenario, session, explain_connection(session, number, lang=lang, width=width), path, truth, refusal
    )


def demonstrations(lang: Lang) -> list[tuple[str, str]]:
    """The scenarios: names and titles."""
    from synfin.demo.scenario import scenarios

    return [(name, getattr(scenario.title, lang)) for name, scenario in scenarios().items()]
