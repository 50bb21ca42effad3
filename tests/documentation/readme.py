"""The README's two commands: `python tests/documentation/readme.py main|tests` prints one of them."""

import re
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def commands(text: str) -> tuple[str, str]:
    """The two set-up commands of a README: the main job, and the tests.

    Raises:
        ValueError: there are not exactly two.
    """
    main, tests = re.findall(r"^```sh\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    return main, tests


if __name__ == "__main__":
    print(commands(README.read_text("utf-8"))[sys.argv[1] == "tests"])  # noqa: T201 - a command
