"""Puts the page together: facts as HTML and as plain values, style and script hashed into its policy."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from synfin.connections.course import course
from synfin.explain.encapsulation import frame_notes
from synfin.explain.explanation import explain
from synfin.explain.glossary import GLOSSARY
from synfin.explain.language import language
from synfin.explain.stack import stack
from synfin.exports.page.facts import Facts, plots
from synfin.exports.page.ladder import LadderRows
from synfin.exports.page.words import both, identifier, marked, told
from synfin.exports.pictures.machine import HEIGHT, WIDTH, draw_machine
from synfin.exports.pictures.svg import clean, style_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from synfin.connections.account import Account
    from synfin.dissect.definition import Protocol
    from synfin.dissect.table import PacketTable
    from synfin.explain.language import Lang
    from synfin.explain.narrator import Sentence
    from synfin.explain.stack import Stack
    from synfin.explain.story import Section

OTHER: Mapping[Lang, str] = {"en": "中文", "zh": "English"}
"""What leads to the other language, in that language."""

PLACE = re.compile(r"@([a-z-]+)@")
PARTS = ("summary", "ladder", "story", "packets", "plots", "states", "layers", "glossary")
SCRIPT_WORDS = (
    "page.sequence", "page.sequence.note", "page.rtt", "page.rtt.note", "page.window", "page.window.note",
    "page.axis.time", "page.axis.bytes", "page.axis.window", "page.axis.rtt", "page.cut", "page.mistake",
    "page.unit", "page.choose", "nest.unseen", "word.client", "word.server",
)  # fmt: skip
"""Texts that the script puts in."""

ENGLISH, CHINESE = language("en"), language("zh")


def made_page(
    account: Account,
    tables: Callable[[int], Iterable[PacketTable]],
    known: Mapping[str, Protocol],
    lang: Lang,
    *,
    is_anonymized: bool = False,
) -> str:
    """The page about one connection.

    Args:
        account: the facts of the connection.
        tables: gives the capture's tables with all their facts, as far as the packet of this number.
        known: every protocol by name.
        lang: the language that is shown first.
        is_anonymized: whether the page has to say that addresses and contents are not the real ones.
    """
    facts = Facts(account)
    facts.gather(tables(facts.last))
    maker = _Maker(account, facts, {name: known[name] for name in facts.counts if name in known})
    style, script = style_sheet() + _part("page.css"), _part("page.js")
    remark = f'<p class="lead">{_both("page.anonymized")}</p>' if is_anonymized else ""
    made = maker.values()
    values = {
        **made,
        "head": made["head"] + remark,
        "lang": "zh-Hans" if lang == "zh" else "en",
        "other-lang": "en" if lang == "zh" else "zh-Hans",
        "language": OTHER[lang],
        "title": clean((maker.english if lang == "en" else maker.chinese).title[0]),
        "style": style,
        "style-hash": _hash(style),
        "script": script,
        "script-hash": _hash(script),
    }
    return PLACE.sub(lambda found: values[found[1]], _part("page.html"))


def _part(name: str) -> str:
    return (files("synfin.exports.page") / name).read_text("utf-8")


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def in_script(values: object) -> str:
    """Plain values as JSON that can stand inside a script element, whatever they hold."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


class _Maker:
    """Makes the parts of one page."""

    def __init__(self, account: Account, facts: Facts, protocols: Mapping[str, Protocol]) -> None:
        self.facts = facts
        self.course = course(account)
        self.english = explain(account, "en")
        self.chinese = explain(account, "zh")
        self.protocols = protocols
        self.packets = facts.numbers

    def values(self) -> dict[str, str]:
        """What stands at each place of the page."""
        made = {
            f"h-{part}": _both(f"page.{part}")
            for part in (*PARTS, "nest", "tree", "meaning", "bytes", "boxes")
        }
        made |= {key: _both(f"page.{key}") for key in ("skip", "help", "choose", "made")}
        nav = "".join(f'<a href="#{part}">{_both(f"page.{part}")}</a>' for part in PARTS)
        return made | {
            "plot-help": _both("page.plot.help"),
            "nav": nav,
            "head": self._head(),
            "summary": self._summary(),
            "ladder": LadderRows((ENGLISH, CHINESE)).html(self.english.ladder, self.chinese.ladder),
            "story": "".join(self._story()),
            "list": self._list(),
            "states": self._states(),
            "layers": self._layers(),
            "glossary": _glossary(),
            "facts": in_script(self._facts()),
        }

    def _head(self) -> str:
        first, *rest = (
            marked(_pieces(one), _pieces(other))
            for one, other in zip(self.english.title, self.chinese.title, strict=True)
        )
        return f"<h1>{first}</h1>" + "".join(f'<p class="lead">{text}</p>' for text in rest)

    def _sentences(self, one: Section, other: Section) -> Iterator[tuple[Sentence, str]]:
        """Each sentence and how it is shown; a term is marked once."""
        met: tuple[set[str], set[str]] = (set(), set())
        for english, chinese in zip(one.sentences, other.sentences, strict=True):
            text = marked(
                told(english.text, "en", self.packets, met[0]), told(chinese.text, "zh", self.packets, met[1])
            )
            yield english, text

    def _summary(self) -> str:
        """What is worth a look, or that nothing is; where it was captured."""
        sections = list(zip(self.english.sections, self.chinese.sections, strict=True))
        notable = [
            text
            for one, other in sections
            for sentence, text in self._sentences(one, other)
            if sentence.sort == "notable"
        ]
        place = [
            text for one, other in sections if one.key == "place" for _, text in self._sentences(one, other)
        ]
        found = "".join(f'<li class="notable">{text}</li>' for text in notable)
        calm = f'<p class="calm">✔ {_both("page.findings.none")}</p>'
        findings = f'<h3>{_both("page.findings")}</h3><ul class="cards">{found}</ul>' if notable else calm
        return "".join(f"<p>{text}</p>" for text in place) + findings

    def _story(self) -> Iterator[str]:
        for one, other in zip(self.english.sections, self.chinese.sections, strict=True):
            yield f'<article class="chapter {one.key}"><h3>{both(one.title, other.title)}</h3><ol>'
            for sentence, text in self._sentences(one, other):
                yield f'<li class="{sentence.sort}">{self._lead(sentence)}{text}</li>'
            yield "</ol></article>"

    def _lead(self, sentence: Sentence) -> str:
        """The packet before a step."""
        if not sentence.step:
            return ""
        return (
            told(f"#{sentence.frames[0]}", "en", self.packets).replace('class="frame"', 'class="frame step"')
            + " "
        )

    def _list(self) -> str:
        head = "".join(
            f"<span>{_both(f'page.{key}')}</span>" for key in ("number", "time", "from", "length", "info")
        )
        names = {"client": both("client", "客户端"), "server": both("server", "服务器")}
        rows = "".join(
            f'<div class="row {packet["side"]}" role="option" id="p{packet["n"]}" '
            f'data-packet="{packet["n"]}" aria-selected="false">'
            f"<span>{packet['n']}</span><span>{packet['t']:.6f}</span>"
            f"<span>{names[str(packet['side'])]}</span><span>{packet['wire']}</span>"
            f"<span>{clean(str(packet['info']))}</span></div>"
            for packet in self.facts.packets
        )
        return f'<div class="row head" role="presentation">{head}</div>{rows}'

    def _states(self) -> str:
        figures = []
        for one, other in zip(self.english.machines, self.chinese.machines, strict=True):
            drawn = [draw_machine(machine).inline((WIDTH, HEIGHT), machine.title) for machine in (one, other)]
            figures.append(f'<figure class="machine" tabindex="0"><div>{marked(*drawn)}</div></figure>')
        legend = both(self.english.machines[0].legend, self.chinese.machines[0].legend)
        return f'<div class="machines">{"".join(figures)}</div><p class="legend">{legend}</p>'

    def _layers(self) -> str:
        one, other = (
            stack(self.protocols.values(), words, self.facts.counts) for words in (ENGLISH, CHINESE)
        )
        notes = "".join(
            f"<li>{both(*pair)}</li>" for pair in zip(frame_notes(ENGLISH), frame_notes(CHINESE), strict=True)
        )
        counted = f'<p class="legend">{_both("page.layers.note")}</p>'
        return f'{_floors(one, other)}{counted}<ul class="notes-list">{notes}</ul>'

    def _facts(self) -> dict[str, object]:
        return {
            "strings": self.facts.strings.texts,
            "lessons": self.facts.lessons,
            "packets": self.facts.packets,
            "plots": plots(self.course),
            "texts": {key: [_raw("en", key), _raw("zh", key)] for key in SCRIPT_WORDS},
            "terms": {identifier(key): [list(term.meaning), term.section] for key, term in GLOSSARY.items()},
        }


def _raw(lang: Lang, key: str) -> str:
    """A text whose values the script puts in."""
    names = {name: f"{{{name}}}" for name in ("who", "kept", "size", "unit")}
    return language(lang).say(key, **names)


def _both(key: str) -> str:
    return both(ENGLISH.say(key), CHINESE.say(key))


def _pieces(text: str) -> str:
    """The parts of a title, none of which is broken in two where there is room."""
    return " · ".join(f'<span class="piece">{clean(piece)}</span>' for piece in text.split(" · "))


def _floors(one: Stack, other: Stack) -> str:
    made = []
    for floor, same in zip(one.floors, other.floors, strict=True):
        residents = "".join(
            f"<li><b>{clean(resident.title)}</b> <code>{clean(resident.name)}</code> "
            f'<span class="count">×{resident.packets}</span> {both(resident.why, twin.why)}</li>'
            for resident, twin in zip(floor.residents, same.residents, strict=True)
        )
        made.append(
            f'<div class="floor level-{floor.level}"><div><h3>{both(floor.title, same.title)}</h3>'
            f"<p>{both(floor.duty, same.duty)}</p></div><ul>{residents}</ul></div>"
        )
    return f'<div class="floors">{"".join(made)}</div><p class="legend">{both(one.aside, other.aside)}</p>'


def _glossary() -> str:
    entries = "".join(
        f'<div id="term-{identifier(key)}"><dt>{both(term.name.en, term.name.zh)} '
        f'<span class="other">{both(term.name.zh, term.name.en)}</span></dt>'
        f"<dd>{both(term.meaning.en, term.meaning.zh)} "
        f'<span class="section">{clean(term.section)}</span></dd></div>'
        for key, term in GLOSSARY.items()
    )
    return f"<dl>{entries}</dl>"
