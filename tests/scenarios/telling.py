"""Retells every scenario, so that it can be asked what is said of it, and what is not."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from synfin.connections.chronicle import account
from synfin.connections.follower import Follower
from synfin.explain.explanation import explain
from tests.scenarios.language import read

if TYPE_CHECKING:
    from synfin.connections.account import Account
    from synfin.explain.explanation import Explanation
    from synfin.explain.language import Lang

FOLDER = Path(__file__).parent


@cache
def accounts() -> dict[str, Account]:
    """Every connection of every scenario: "handshake/refused", or "reuse/new_number 1" for a second one."""
    told: dict[str, Account] = {}
    for path in sorted(FOLDER.glob("*/*.txt")):
        scenario, follower = read(path), Follower()
        table = scenario.table()
        follower.advance(table)
        for number in np.unique(np.asarray(table.column("tcp.stream"))).tolist():
            name = f"{path.parent.name}/{path.stem}" + (f" {number}" if number else "")
            told[name] = account(follower, number, [scenario.table()])
    return told


@cache
def explained(name: str, lang: Lang = "en") -> Explanation:
    """What is said of one of them."""
    return explain(accounts()[name], lang, 100)


@cache
def keys(name: str) -> frozenset[str]:
    """The keys of everything said of one of them."""
    return frozenset(sentence.key for section in explained(name).sections for sentence in section.sentences)
