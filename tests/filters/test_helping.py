"""What helps people write filters: words, completion, search, references to the selected packet."""

from __future__ import annotations

import pytest

from synfin.filters.checking.operands import Selected
from synfin.filters.complete import complete
from synfin.filters.filter import compile_filter
from synfin.filters.references import referred_fields, selected
from synfin.filters.search import search_fields, type_label, value_examples
from synfin.filters.words import in_words
from tests.filters.zoo import Animal, table, understood, zoo

WORDS = [
    ("", "Every packet.", "所有分组。"),
    ("zoo", "Packets in which there is Animal (zoo).", "满足以下条件的分组:含有“Animal”(zoo)。"),
    (
        "zoo.kind == 1",
        "Packets in which Kind (zoo.kind) equals 1 (Cat).",
        "满足以下条件的分组:“Kind”(zoo.kind)等于 1 (Cat)。",
    ),
    (
        "zoo.paw == 80 and !(zoo.legs > 4)",
        "Packets in which some Left paw or Right paw (zoo.paw) equals 80 and it is not so that "
        "Legs (zoo.legs) is greater than 4.",
        "满足以下条件的分组:有“Left paw或Right paw”(zoo.paw)等于 80,并且并非“Legs”(zoo.legs)大于 4。",
    ),
    (
        "zoo.paw != 80",
        "Packets in which no Left paw or Right paw (zoo.paw) equals 80.",
        "满足以下条件的分组:没有“Left paw或Right paw”(zoo.paw)等于 80。",
    ),
    (
        "all zoo.legs in {2, 4 .. 6}",
        "Packets in which every Legs (zoo.legs) is, all alike, one of 2 or from 4 to 6.",
        "满足以下条件的分组:每个“Legs”(zoo.legs)都同样是 2或4 到 6 之间的值 之一。",
    ),
    (
        "len(zoo.call) > 3 or zoo.home#2 == ${zoo.den}",
        "Packets in which length of Call (zoo.call) is greater than 3 or "
        "Home (zoo.home) (layer 2 of its protocol) equals Den (zoo.den) of the selected packet.",
        "满足以下条件的分组:“Call”(zoo.call)的长度大于 3,或者“Home”(zoo.home)(其协议的第 2 层)"
        "等于 所选分组的“Den”(zoo.den)。",
    ),
]


@pytest.mark.parametrize(("text", "english", "chinese"), WORDS)
def test_in_plain_words(text: str, english: str, chinese: str) -> None:
    assert in_words(understood(text)) == english
    assert in_words(understood(text), "zh") == chinese


COMPLETIONS = [
    # text, some that are offered, some that are not
    ("", ["zoo", "gate", "not", "len("], ["zoo.legs", "=="]),
    ("zo", ["zoo", "zoo.legs"], ["gate"]),
    ("zoo.", ["zoo.legs", "zoo.habits.tame"], ["zoo"]),
    ("zoo.habits.", ["zoo.habits.tame"], ["zoo.legs"]),
    ("zoo.legs ", ["==", "!=", ">", "in", "and"], ["contains"]),
    ("zoo.call ", ["contains", "matches"], []),
    ("zoo.wild ", ["and", "or"], ["=="]),
    ("zoo.kind == ", ['"Cat"', "1"], ["zoo"]),
    ("zoo.kind in {1, ", ['"Dog"'], ["and"]),
    ("zoo.habits.tame == ", ['"Set"', "0"], []),
    ("zoo.home == ", ["192.0.2.1"], []),
    ("zoo.legs == 4 ", ["and", "or"], ["=="]),
    ("zoo.legs == 4 and zoo.", ["zoo.legs"], []),
    ("!", ["zoo"], ["=="]),
    ('zoo.call == "m', [], ["zoo"]),
]


@pytest.mark.parametrize(("text", "offered", "absent"), COMPLETIONS)
def test_completes(text: str, offered: list[str], absent: list[str]) -> None:
    found = {one.text: one for one in complete(text, len(text), zoo())}
    assert set(offered) <= found.keys()
    assert not set(absent) & found.keys()
    assert all(one.end == len(text) and one.begin <= one.end for one in found.values())


def test_a_completion_replaces_the_word_at_the_cursor() -> None:
    text = "zoo.ki == 1"
    (only,) = complete(text, 6, zoo())
    assert text[: only.begin] + only.text + text[only.end :] == "zoo.kind == 1"


def test_fields_are_found_by_name_label_and_values() -> None:
    assert [info.name for info in search_fields("zoo.legs", zoo())] == ["zoo.legs"]
    assert [info.name for info in search_fields("temperature", zoo())] == ["zoo.heat"]
    assert [info.name for info in search_fields(["noisy"], zoo())] == ["zoo.habits.loud"]
    assert [info.name for info in search_fields("ZOO paw", zoo())] == ["zoo.paw", "zoo.left", "zoo.right"]
    assert len(search_fields("", zoo())) == len(zoo().fields)
    kind = zoo().fields["zoo.kind"]
    assert type_label(kind) == "Unsigned integer (1 byte)"
    assert value_examples(kind, zoo()) == ("1 (Cat)", "2 (Dog)", "3 (Owl)")


def test_references_stand_for_the_selected_packet() -> None:
    packets = [
        (Animal(home="10.0.0.7", call="moo "), Animal(home="10.0.0.8")),
        (Animal(den="10.0.0.8", call="moo "),),
    ]
    dissected = table(packets)
    text = "zoo.den == ${zoo.home#2} and zoo.call == ${zoo.call} and zoo.far == ${zoo.far}"
    values = selected(dissected, 0, referred_fields(text, zoo()))
    assert values["zoo.home"] == (Selected(0x0A000007, 1, 2), Selected(0x0A000008, 2, 2))
    filter_ = compile_filter(text, zoo(), references=values)
    assert filter_.mask(dissected).tolist() == [False, True]
    assert compile_filter(text, zoo()).mask(dissected).tolist() == [False, False]
    assert compile_filter("${zoo.legs} > 3", zoo(), references=selected(dissected, 0, ["zoo.legs"])).mask(
        dissected
    ).tolist() == [True, True]


def test_a_filter_says_which_fields_it_needs() -> None:
    assert understood("zoo.legs + 1 == 2 and len(zoo.call) == 4 or zoo.home == ${zoo.den}").fields == {
        "zoo.legs",
        "zoo.call",
        "zoo.home",
    }
