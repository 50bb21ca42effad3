"""Patterns of `matches`: written for PCRE, run by RE2, whose time is linear in the text whatever the pattern.

What RE2 can say otherwise is rewritten; what it cannot say (look-around, back references, recursion) is an
error. Text is matched as bytes; upper and lower case are the same unless `(?-i)` says otherwise.
"""

from __future__ import annotations

import re

from synfin.basics.errors import FilterError

WRITTEN_OTHERWISE = {
    "h": r"[\t\x20\xa0]",
    "H": r"[^\t\x20\xa0]",
    "v": r"[\n\x0b\f\r\x85]",
    "V": r"[^\n\x0b\f\r\x85]",
    "s": r"[\t\n\x0b\f\r\x20]",
    "S": r"[^\t\n\x0b\f\r\x20]",
    "R": r"(?:\r\n|[\n\x0b\f\r\x85])",
    "N": r"[^\n]",
    "e": r"\x1b",
    "Z": r"(?:\n?\z)",
}
"""Escapes of PCRE that RE2 lacks or understands otherwise, outside of character classes."""

IN_CLASS = {
    "h": r"\t\x20\xa0",
    "v": r"\n\x0b\f\r\x85",
    "s": r"\t\n\x0b\f\r\x20",
    "e": r"\x1b",
    "b": r"\x08",
}
"""The same inside character classes."""

_IMPOSSIBLE = (
    (re.compile(r"\(\?<?[=!]"), "look-around, (?=…) and the like"),
    (re.compile(r"\(\?>"), "atomic groups, (?>…)"),
    (re.compile(r"\(\?(?:R|[0-9]|[+-][0-9]|&|P>|\(|\||C)"), "recursion, conditions and branch resets"),
    (re.compile(r"\(\*"), "verbs, (*…)"),
    (re.compile(r"\\(?:[1-9]|g|k)|\(\?P="), "back references"),
    (re.compile(r"\\[GKXCpP]"), r"\G, \K, \X, \C, \p"),
    (re.compile(r"\((?:\?[a-zA-Z-]*x[a-zA-Z-]*[:)])"), "the x flag"),
)
_POSSESSIVE = re.compile(r"[*+?}]\+")
_NUMBER = re.compile(
    r"x\{([0-9A-Fa-f]{1,2})\}|x([0-9A-Fa-f]{0,2})|o\{([0-7]{1,3})\}|(0[0-7]{0,2}|[1-7][0-7]{1,2})|c(.)",
    re.DOTALL,
)
_NAMED_GROUP = re.compile(r"\(\?(?:<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')")
_COMMENT = re.compile(r"\(\?#[^)]*\)")
_POSIX_CLASS = re.compile(r"\[:\^?[a-z]+:\]")
LONGEST = 10_000
"""Bytes of a pattern."""

MOST_STATES = 300
"""Characters, classes and the like of a pattern, counted as often as `{n,m}` repeats them.

Time is linear in the text, but also in this: a megabyte against so many takes seconds at worst.
"""

_PART = re.compile(
    r"(?P<atom>\\x[0-9a-f]{2}|\\.|\[\^?(?:\\.|\[:\^?[a-z]+:\]|[^\]\\])*\])|(?P<open>\((?:\?[^:)>]*[:)>])?)|(?P<close>\))"
    r"|\{(?P<low>[0-9]+)(?P<comma>,(?P<high>[0-9]*))?\}|(?P<other>.)",
    re.DOTALL,
)


def for_re2(pattern: bytes) -> str:
    """The pattern as RE2 wants it, for text in Latin-1.

    Raises:
        FilterError: it cannot be said, or is no regular expression. The span is left to the caller.
    """
    if len(pattern) > LONGEST:
        raise FilterError(f"Regex compilation error: a pattern may have {LONGEST} bytes.")
    text = pattern.decode("latin-1")
    _refuse_impossible(text)
    pieces: list[str] = []
    at, in_class, multiline = 0, False, "(?m" in text or "(?im" in text
    while at < len(text):
        if in_class:
            piece, at, in_class = _in_class(text, at)
        elif text[at] == "[":
            piece, at = _class_opening(text, at)
            in_class = True
        else:
            piece, at = _outside(text, at, multiline=multiline)
        pieces.append(piece)
    translated = "(?i)" + "".join(pieces)
    if _size(translated) > MOST_STATES:
        raise FilterError(
            f"Regex compilation error: with its repetitions the pattern has more than {MOST_STATES} parts.",
            hint="Repeat with * or + instead of large numbers in braces.",
        )
    _compile(translated)
    return translated


def _size(pattern: str) -> int:
    """Parts of a pattern, those inside `{n,m}` counted as often as they may occur."""
    open_groups: list[int] = []
    total = last = 0  # of the group so far, and of what a repetition would repeat
    for part in _PART.finditer(pattern):
        if part["open"] is not None:
            if part["open"].endswith(")"):  # only sets flags
                continue
            open_groups.append(total)
            total = last = 0
        elif part["close"] is not None and open_groups:
            last, total = total, open_groups.pop() + total
        elif part["low"] is not None:
            times = int(part["high"] or part["low"])
            total += last * (max(times, 1) - 1)
            last = last * max(times, 1)
        elif part["other"] is None or part["other"] not in "*+?|^$":
            total += 1
            last = 1
    return total + sum(open_groups)


def _refuse_impossible(text: str) -> None:
    """Look for what RE2 has no words for, outside of classes and after an unescaped position."""
    at, in_class = 0, False
    while at < len(text):
        if not in_class:
            for pattern, words in _IMPOSSIBLE:
                if pattern.match(text, at):
                    raise _refusal(words)
            if at and text[at] == "+" and _POSSESSIVE.match(text, at - 1) and not _is_escaped(text, at - 1):
                raise _refusal("possessive quantifiers, such as a++")
        if text[at] == "[" and not in_class:
            in_class = True
            at += len(_class_opening(text, at)[0]) - 1
        elif text[at] == "]":
            in_class = False
        at += 2 if text[at : at + 1] == "\\" else 1


def _is_escaped(text: str, at: int) -> bool:
    backslashes = 0
    while at > backslashes and text[at - backslashes - 1] == "\\":
        backslashes += 1
    return backslashes % 2 == 1


def _refusal(words: str) -> FilterError:
    return FilterError(
        f"Regex compilation error: {words} cannot be used here.",
        hint="Matching takes time linear in the packet, which rules this out; combine several tests instead.",
    )


def _class_opening(text: str, at: int) -> tuple[str, int]:
    """`[`, `[^`, and a `]` that stands first and is therefore a member."""
    end = at + 1
    if text[end : end + 1] == "^":
        end += 1
    if text[end : end + 1] == "]":
        return text[at:end] + r"\]", end + 1
    return text[at:end], end


def _in_class(text: str, at: int) -> tuple[str, int, bool]:
    """The next piece of a character class, where it ends, and whether the class goes on."""
    posix = _POSIX_CLASS.match(text, at)
    if posix:
        return posix.group(), posix.end(), True
    if text[at] == "]":
        return "]", at + 1, False
    if text[at] == "[":
        return r"\[", at + 1, True
    if text[at] == "\\":
        piece, end = _escape(text, at, IN_CLASS)
        return piece, end, True
    return _byte(ord(text[at]), text[at]), at + 1, True


def _outside(text: str, at: int, *, multiline: bool) -> tuple[str, int]:
    """The next piece outside of character classes, and where it ends."""
    if text[at] == "\\":
        return _escape(text, at, WRITTEN_OTHERWISE)
    comment = _COMMENT.match(text, at)
    if comment:
        return "", comment.end()
    group = _NAMED_GROUP.match(text, at)
    if group:
        return f"(?P<{group.group(1) or group.group(2)}>", group.end()
    if text[at] == "$" and not multiline:
        return r"(?:\n?\z)", at + 1
    character = text[at]
    if ord(character) >= 0x80:  # case means ASCII only
        return f"(?-i:{_byte(ord(character), character)})", at + 1
    return _byte(ord(character), character), at + 1


def _escape(text: str, at: int, otherwise: dict[str, str]) -> tuple[str, int]:
    letter = text[at + 1 : at + 2]
    if not letter:
        raise FilterError(r"Regex compilation error: \ at end of pattern.")
    if letter in otherwise:
        return otherwise[letter], at + 2
    if letter == "Q":
        end = text.find(r"\E", at)
        return re.escape(text[at + 2 : end if end >= 0 else len(text)]), end + 2 if end >= 0 else len(text)
    number = _NUMBER.match(text, at + 1)
    if number:
        braced, hexadecimal, octal, bare_octal, control = number.groups()
        if control is not None:
            return f"\\x{ord(control.upper()) ^ 64 & 255:02x}", number.end()
        digits, base = (octal or bare_octal, 8) if octal or bare_octal else (braced or hexadecimal or "0", 16)
        return f"\\x{int(digits, base) & 255:02x}", number.end()
    if ord(letter) >= 0x80 or ord(letter) < 0x20:
        return _byte(ord(letter), letter), at + 2
    return text[at : at + 2], at + 2


def _byte(value: int, written: str) -> str:
    return f"\\x{value:02x}" if value >= 0x80 or value == 0 else written


def _compile(pattern: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([b""], pa.binary()), pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression: ")
        raise FilterError(f"Regex compilation error: {reason}.") from None
