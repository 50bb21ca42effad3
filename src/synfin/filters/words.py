"""A filter in plain words: one sentence, in English or Chinese, of what it selects."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, assert_never

from synfin.dissect.kinds import Kind
from synfin.filters.language import syntax
from synfin.filters.language.printing import operand_text

if TYPE_CHECKING:
    from synfin.dissect.catalogue import Catalogue
    from synfin.filters.filter import Filter


class Phrases(NamedTuple):
    """The words of one language; `{}` are filled in."""

    everything: str
    packets: str
    sentence_end: str
    present: str
    protocol: str
    truth: str
    is_not: str
    relations: dict[tuple[str, bool], str]
    member: str
    no_member: str
    every_member: str
    between: str
    one_of: str
    either: str
    both: str
    grouped: str
    listed: str
    last: str
    some: str
    layer: str
    bytes_of: str
    raw: str
    selected: str
    functions: dict[str, str]
    field: str


ENGLISH = Phrases(
    everything="Every packet.",
    packets="Packets in which {}",
    sentence_end=".",
    present="{} occurs",
    protocol="there is {}",
    truth="{} is not zero",
    is_not="it is not so that {}",
    relations={
        ("==", False): "{} equals {}",
        ("==", True): "every {} equals {}",
        ("!=", False): "{} differs from {}",
        ("!=", True): "no {} equals {}",
        ("<", False): "{} is less than {}",
        ("<", True): "every {} is less than {}",
        ("<=", False): "{} is at most {}",
        ("<=", True): "every {} is at most {}",
        (">", False): "{} is greater than {}",
        (">", True): "every {} is greater than {}",
        (">=", False): "{} is at least {}",
        (">=", True): "every {} is at least {}",
        ("contains", False): "{} contains {}",
        ("contains", True): "every {} contains {}",
        ("matches", False): "{} matches the pattern {}",
        ("matches", True): "every {} matches the pattern {}",
    },
    member="{} is {}",
    no_member="no {} is {}",
    every_member="every {} is, all alike, {}",
    between="from {} to {}",
    one_of="one of {}",
    either=" or ",
    both=" and ",
    grouped="({})",
    listed=", ",
    last=" or ",
    some="some {}",
    layer="{} (layer {} of its protocol)",
    bytes_of="bytes {} of {}",
    raw="the raw bytes of {}",
    selected="{} of the selected packet",
    functions={
        "len": "length of {}",
        "count": "number of occurrences of {}",
        "string": "{} as text",
        "upper": "{} in upper case",
        "lower": "{} in lower case",
        "max": "largest of {}",
        "min": "smallest of {}",
        "abs": "{} without its sign",
    },
    field="{label} ({name})",
)

CHINESE = Phrases(
    everything="所有分组。",
    packets="满足以下条件的分组:{}",
    sentence_end="。",
    present="存在{}",
    protocol="含有{}",
    truth="{}不为零",
    is_not="并非{}",
    relations={
        ("==", False): "{}等于 {}",
        ("==", True): "每个{}都等于 {}",
        ("!=", False): "{}不等于 {}",
        ("!=", True): "没有{}等于 {}",
        ("<", False): "{}小于 {}",
        ("<", True): "每个{}都小于 {}",
        ("<=", False): "{}不大于 {}",
        ("<=", True): "每个{}都不大于 {}",
        (">", False): "{}大于 {}",
        (">", True): "每个{}都大于 {}",
        (">=", False): "{}不小于 {}",
        (">=", True): "每个{}都不小于 {}",
        ("contains", False): "{}包含 {}",
        ("contains", True): "每个{}都包含 {}",
        ("matches", False): "{}匹配模式 {}",
        ("matches", True): "每个{}都匹配模式 {}",
    },
    member="{}是{}",
    no_member="没有{}是{}",
    every_member="每个{}都同样是{}",
    between="{} 到 {} 之间的值",
    one_of=" {} 之一",
    either=",或者",
    both=",并且",
    grouped="({})",
    listed="、",
    last="或",
    some="有{}",
    layer="{}(其协议的第 {} 层)",
    bytes_of="{1}的第 {0} 字节",
    raw="{}的原始字节",
    selected="所选分组的{}",
    functions={
        "len": "{}的长度",
        "count": "{}出现的次数",
        "string": "{}的文本",
        "upper": "大写的{}",
        "lower": "小写的{}",
        "max": "{}中的最大值",
        "min": "{}中的最小值",
        "abs": "{}的绝对值",
    },
    field="“{label}”({name})",
)

LANGUAGES = {"en": ENGLISH, "zh": CHINESE}
DEFAULT_EVERY = {"!=": True, "===": True}
MEMBERS_SHOWN = 12
"""Members of a set that are said; of more, only how many."""


def in_words(given: Filter, lang: str = "en") -> str:
    """One sentence that says what a filter selects.

    Args:
        given: the filter.
        lang: "en" or "zh"; anything else is English.
    """
    return _Sentence(LANGUAGES.get(lang, ENGLISH), given.catalogue).whole(given.syntax)


class _Sentence:
    """Builds one sentence."""

    def __init__(self, phrases: Phrases, catalogue: Catalogue) -> None:
        self._say = phrases
        self._catalogue = catalogue

    def whole(self, test: syntax.Test) -> str:
        if isinstance(test, syntax.Always):
            return self._say.everything
        return self._say.packets.format(self._test(test)) + self._say.sentence_end

    def _test(self, test: syntax.Test) -> str:
        match test:
            case syntax.Always():
                return self._say.everything
            case syntax.Not(of=inner):
                return self._say.is_not.format(self._grouped(inner, (syntax.And, syntax.Or)))
            case syntax.And(of=parts):
                return self._say.both.join(self._grouped(part, (syntax.Or, syntax.And)) for part in parts)
            case syntax.Or(of=parts):
                return self._say.either.join(self._grouped(part, (syntax.Or, syntax.And)) for part in parts)
            case syntax.Exists(operand=operand):
                return self._exists(operand)
            case syntax.Comparison():
                return self._comparison(test)
            case syntax.Membership():
                return self._membership(test)
            case _:
                assert_never(test)

    def _grouped(self, test: syntax.Test, kinds: tuple[type, ...]) -> str:
        text = self._test(test)
        return self._say.grouped.format(text) if isinstance(test, kinds) else text

    def _exists(self, operand: syntax.Operand) -> str:
        if isinstance(operand, syntax.Word):
            info = self._catalogue.fields.get(operand.text)
            if info is not None and info.kind is Kind.PROTOCOL:
                return self._say.protocol.format(self._operand(operand).strip())
        is_field = isinstance(operand, syntax.Word | syntax.Layered | syntax.Raw)
        return (self._say.present if is_field else self._say.truth).format(self._operand(operand))

    def _comparison(self, test: syntax.Comparison) -> str:
        every = test.quantifier == "all" if test.quantifier else test.operator in DEFAULT_EVERY
        operator = {"===": "==", "!==": "!="}.get(test.operator, test.operator)
        left = self._operand(test.left) if every else self._some(test.left)
        return self._say.relations[operator, every].format(left, self._value(test.right, test.left))

    def _some(self, node: syntax.Operand) -> str:
        """A left side of which one value is enough; says so where several places have the field."""
        text = self._operand(node)
        is_several = isinstance(node, syntax.Word) and len(self._catalogue.sources.get(node.text, ())) > 1
        return self._say.some.format(text) if is_several else text

    def _membership(self, test: syntax.Membership) -> str:
        shown = [self._member(element, test.left) for element in test.elements[:MEMBERS_SHOWN]]
        hidden = len(test.elements) - len(shown)
        if hidden:
            shown.append(f"… (+{hidden})")
        if len(shown) == 1:
            members = shown[0]
        else:
            members = self._say.one_of.format(self._say.listed.join(shown[:-1]) + self._say.last + shown[-1])
        form = self._say.no_member if test.negated else self._say.member
        if test.quantifier == "all" and not test.negated:
            form = self._say.every_member
        left = self._some(test.left) if form == self._say.member else self._operand(test.left)
        return form.format(left, members)

    def _member(self, element: syntax.Element, beside: syntax.Operand) -> str:
        low = self._value(element.low, beside)
        return (
            low if element.high is None else self._say.between.format(low, self._value(element.high, beside))
        )

    def _value(self, node: syntax.Operand, beside: syntax.Operand) -> str:
        """A right side: a number together with its name, if the field has names."""
        text = self._operand(node).strip()
        if not isinstance(node, syntax.Word) or not isinstance(beside, syntax.Word):
            return text
        info = self._catalogue.fields.get(beside.text)
        if info is None or node.text in self._catalogue.fields or not node.text.isdigit():
            return text
        name = info.names.get(int(node.text), "")
        return f"{text} ({name})" if name else text

    def _operand(self, node: syntax.Operand) -> str:
        match node:
            case syntax.Word():
                return self._word(node)
            case syntax.Layered(of=of, ranges=ranges):
                numbers = operand_text(syntax.Layered(syntax.Word(""), ranges))[2:-1]
                return self._say.layer.format(self._operand(of), numbers)
            case syntax.Sliced(of=of, ranges=ranges):
                numbers = operand_text(syntax.Sliced(syntax.Word(""), ranges))
                return self._say.bytes_of.format(numbers, self._operand(of))
            case syntax.Raw(of=of):
                return self._say.raw.format(self._operand(of))
            case syntax.Reference(of=of):
                return self._say.selected.format(self._operand(of))
            case syntax.Call(function=function, arguments=arguments):
                inside = self._say.listed.join(self._operand(argument) for argument in arguments)
                return self._say.functions[function].format(inside)
            case syntax.Negative(of=of):
                return f"-{self._operand(of).strip()}"
            case syntax.Arithmetic(operator=operator, left=left, right=right):
                return f"{self._factor(left)} {operator} {self._factor(right)}"
            case _:
                return operand_text(node)

    def _word(self, node: syntax.Word) -> str:
        """A field with its label, or with the labels of all places that have it; a literal as it is."""
        info = self._catalogue.fields.get(node.text)
        if info is None or node.role is syntax.Role.LITERAL:
            return node.text
        labels = list(dict.fromkeys(one.item.label for one in self._catalogue.sources.get(info.name, ())))
        label = self._say.last.join(labels[:2]) if labels else info.label
        return self._say.field.format(label=label, name=info.name)

    def _factor(self, node: syntax.Operand) -> str:
        text = self._operand(node).strip()
        return f"{{{text}}}" if isinstance(node, syntax.Arithmetic) else text
