"""Plays one scenario in a process of its own, which alone is in the namespaces: NAME FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from synfin.demo.rights import enter

UNFINISHED, REFUSED = 75, 5


def main(name: str, folder: str) -> int:
    """Play it; what keeps us from it goes to standard error."""
    try:
        enter()  # before anything that might start a thread
        from synfin.demo.recording import play, write
        from synfin.demo.scenario import scenarios

        scenario = scenarios()[name]
        write(scenario, play(scenario), Path(folder))
    except FileNotFoundError as error:
        sys.stderr.write(f"the program {error.filename} is missing\n")
        return REFUSED
    except TimeoutError:
        return UNFINISHED
    except OSError as error:
        sys.stderr.write(f"{error.strerror or error}\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
