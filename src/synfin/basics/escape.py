"""All captured text is hostile until it has been through here."""

from __future__ import annotations

import unicodedata


def for_terminal(text: str) -> str:
    r"""Text that moves no cursor, changes no colour and reverses no direction on a terminal.

    Control, format, surrogate and private characters are written \\n, \\t and the like, \\xNN or
    \\u{NNNN}; all else stays.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or unicodedata.category(character) == "Zs"
        else _escaped(ord(character))
        for character in text
    )


LETTERS = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r"}
"""Control characters that C has letters for."""


def _escaped(code: int) -> str:
    if code in LETTERS:
        return f"\\{LETTERS[code]}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"
