"""Everything that follows packets through a whole capture, in one tuple."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.connections.accurate_ecn import AccurateEcn
from synfin.connections.analysis.fold import Analysis
from synfin.connections.conversations import Datagrams
from synfin.connections.echoes import Echoes
from synfin.connections.facts import Counted, StateNames, Streams
from synfin.connections.fast_open import FastOpens
from synfin.connections.sacked import Sacked
from synfin.connections.truth import Truths

if TYPE_CHECKING:
    from synfin.dissect.fold import Fold


def make_folds() -> tuple[Fold, ...]:
    """Fresh folds, which have seen nothing yet."""
    return (
        Streams(),
        Counted(),
        StateNames(),
        Sacked(),
        Analysis(),
        FastOpens(),
        AccurateEcn(),
        Truths(),
        Datagrams(),
        Echoes(),
    )
