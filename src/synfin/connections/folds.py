"""Every fold there is, freshly made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.connections.follower import Follower

if TYPE_CHECKING:
    from synfin.dissect.fold import Fold


def make_folds() -> tuple[Fold, ...]:
    """One new fold of each kind, at the beginning of a capture."""
    return (Follower(),)
