"""Texts of the page: escaped, in both languages, with packets as links and terms with their meaning."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from synfin.explain.glossary import GLOSSARY
from synfin.exports.pictures.svg import clean

if TYPE_CHECKING:
    from collections.abc import Container

FRAME = re.compile(r"#(\d+)")


def both(english: str, chinese: str) -> str:
    """A text in both languages, of which one is shown; once, if they are the same."""
    return marked(clean(english), clean(chinese))


def marked(english: str, chinese: str) -> str:
    """The same for pieces of HTML."""
    if english == chinese:
        return english
    return f'<span class="en" lang="en">{english}</span><span class="zh" lang="zh-Hans">{chinese}</span>'


def told(text: str, lang: str, packets: Container[int], met: set[str] | None = None) -> str:
    """A sentence as HTML: packets lead to themselves, the first use of each term to its meaning.

    Args:
        text: the sentence.
        lang: its language.
        packets: numbers of those that can be led to.
        met: keys of the terms that need no mark any more; those that get one now are added.
    """
    made = _terms(lang).sub(_Once(lang, set() if met is None else met), clean(text))
    return FRAME.sub(lambda found: _link(found, packets), made)


def _link(found: re.Match[str], packets: Container[int]) -> str:
    number = int(found[1])
    if number not in packets:
        return found[0]
    return f'<a class="frame" href="#p{number}" data-packet="{number}">#{number}</a>'


class _Once:
    """Marks a term the first time it is met."""

    def __init__(self, lang: str, met: set[str]) -> None:
        self.lang = lang
        self.met = met

    def __call__(self, found: re.Match[str]) -> str:
        key = _keys(self.lang)[found[0].lower()]
        if key in self.met:
            return found[0]
        self.met.add(key)
        return (
            f'<span class="term" role="button" tabindex="0" data-term="{identifier(key)}">{found[0]}</span>'
        )


def identifier(key: str) -> str:
    """The key of a term as an identifier in HTML."""
    return re.sub(r"[^a-z0-9]+", "-", key.lower())


@cache
def _keys(lang: str) -> dict[str, str]:
    at = ("en", "zh").index(lang)
    return {clean(term.name[at]).lower(): key for key, term in GLOSSARY.items()}


@cache
def _terms(lang: str) -> re.Pattern[str]:
    """Every term of the glossary, the longest first, whole words only where there are words."""
    names = sorted(_keys(lang), key=len, reverse=True)
    edge = r"\b" if lang == "en" else ""
    return re.compile(f"{edge}(?:{'|'.join(map(re.escape, names))}){edge}", re.IGNORECASE)
