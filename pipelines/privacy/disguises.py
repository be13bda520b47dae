"""How people hide or mangle personal data, and invented sentences that hold it so, for tests of what is found.

Each kind draws its own values (``Kind.draw``); a disguise changes the value or what touches it, never the word that
says what the value is.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random
from types import MappingProxyType

import pyarrow as pa

from pipelines.core.errors import MalmoiError
from pipelines.privacy.detect import find
from pipelines.privacy.kind import Kind, Shape
from pipelines.privacy.window import search_everywhere

DASHES = "‐‑‒–—―⁃−─━﹘﹣－ーㅡ¯˗"
STROKES = "ᅳￚ~～〜一_"
"""What else stands for a dash: the vowel in other forms (NFKC makes one of them of ㅡ), waves, a low line, a Hanja."""
ZERO_WIDTH = "\u200b\u200c\u200d\u200e\u2060\u2063\u00ad\u034f\u061c\ufe0f\ufeff"
FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Blank characters that count as letters or symbols, so no property of theirs says that they are blank."""
COMBINING = "\u0301\u0304\u0332\u0336\u0338\u0489\u20dd\u20e3"
PARTICLES = ("로", "으로", "에서", "입니다", "이고", "은", "는", "을", "를", "이", "와", "만", "까지", "예요")

_ZERO_TO_NINE = "0123456789"
_READ = ("공영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구")
_HANJA = ("〇一二三四五六七八九",)
_OTHER_DIGITS = ("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡", "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९")
_CIRCLED = ("⓪①②③④⑤⑥⑦⑧⑨", "⓿❶❷❸❹❺❻❼❽❾", "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉")
_SEPARATOR = re.compile(r"(?<=[0-9]) ?[-./) ] ?(?=[0-9])")
_DIGITS_AND_SEPARATORS = re.compile(r"(?!.*[.][0-9]{5})[+(]?[0-9][-./) 0-9]+")
_HANGUL = re.compile("[가-힣]")
_TRIES = 40

ValueChange = Callable[[str, Random], str]
ContextChange = Callable[[str, str, Random], tuple[str, str]]


def _same(value: str, random: Random) -> str:
    return value


def _same_context(before: str, after: str, random: Random) -> tuple[str, str]:
    return before, after


def _any_kind(kind: Kind) -> bool:
    return True


def _numbers(kind: Kind) -> bool:
    return Shape.DIGITS in kind.shapes


def _by_pattern(kind: Kind) -> bool:
    return bool(kind.patterns)


def _names(kind: Kind) -> bool:
    return not kind.patterns


def _mail(kind: Kind) -> bool:
    return "@" in kind.literals


@dataclass(frozen=True, kw_only=True)
class Disguise:
    """``value`` and ``context`` give what stands instead; ``suits`` tells kinds of data that are disguised so.

    Where neither changes anything, a value cannot be disguised so. ``korean``: only in Korean sentences.
    """

    value: ValueChange = _same
    context: ContextChange = _same_context
    suits: Callable[[Kind], bool] = _any_kind
    korean: bool = False


def _full_width(value: str, random: Random) -> str:
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in value)


def _dashed(dashes: str, value: str, random: Random) -> str:
    return re.sub("(?<=[0-9])-", random.choice(dashes), value)


def _separated(separators: tuple[str, ...], value: str, random: Random) -> str:
    return _SEPARATOR.sub(random.choice(separators), value.removeprefix("("))


def _broken(value: str, random: Random) -> str:
    places = list(_SEPARATOR.finditer(value))
    if not places:
        return value
    place = random.choice(places)
    return value[: place.start()] + random.choice(("\n", f"{place[0].strip()}\n")) + value[place.end() :]


def _inserted(characters: str, value: str, random: Random) -> str:
    """``value`` with one to three of ``characters`` inside."""
    if len(value) < 2:
        return value
    for _ in range(random.randrange(1, 4)):
        place = random.randrange(1, len(value))
        value = value[:place] + random.choice(characters) + value[place:]
    return value


def _spread(value: str, random: Random) -> str:
    return " ".join(value) if value[0].isdigit() and " " not in value else value


def _replaced(digits: tuple[str, ...], value: str, random: Random) -> str:
    return value.translate(str.maketrans(_ZERO_TO_NINE, random.choice(digits)))


def _read(value: str, random: Random) -> str:
    """Digits as they are read out; a dash is read 다시 or 에, or not at all."""
    if value[0] in "+(":
        return value
    zero, dash = random.choice(_READ[0]), random.choice(("다시", " 다시 ", "에", " ", "-", ""))
    spelled = re.sub("[0-9]", lambda digit: zero if digit[0] == "0" else _READ[int(digit[0])], value)
    return re.sub("[-./) ]+", dash, spelled)


def _partly_read(value: str, random: Random) -> str:
    """The first group of digits read out."""
    groups = _SEPARATOR.split(value, maxsplit=1)
    if len(groups) < 2 or not groups[0].isdigit() or len(groups[0]) < 3:
        return value
    return _read(f"{groups[0]} ", random).rstrip(" -다시에") + value[len(groups[0]) :]


def _lookalikes(value: str, random: Random) -> str:
    """Letters for all zeros and ones, or for some."""
    zero, one, share = random.choice("OoㅇO"), random.choice("lI"), random.choice((0.4, 1.0))
    letters = {"0": zero, "1": one}
    return "".join(letters.get(digit, digit) if random.random() < share else digit for digit in value)


def _spelled_at(value: str, random: Random) -> str:
    local, _, domain = value.partition("@")
    if not local or "." not in domain:
        return value
    at, dot = random.choice(((" at ", " dot "), ("(at)", "."), ("[at]", "."), (" [at] ", " [dot] "), ("골뱅이", ".")))
    return f"{local}{at}{domain.replace('.', dot)}"


def _decomposed_value(value: str, random: Random) -> str:
    return unicodedata.normalize("NFD", value)


def _decomposed(before: str, after: str, random: Random) -> tuple[str, str]:
    return unicodedata.normalize("NFD", before), unicodedata.normalize("NFD", after)


def _with_particle(before: str, after: str, random: Random) -> tuple[str, str]:
    inside = after.startswith("@") or _HANGUL.match(after)
    return before, after if inside else random.choice(PARTICLES) + after


def _glued(before: str, after: str, random: Random) -> tuple[str, str]:
    stripped = before.rstrip(" ")
    last = stripped[-1:]
    if last and last in ":/@=":
        return before, after
    if _HANGUL.match(last):
        return stripped, after
    return stripped + ("는" if last.isalnum() else random.choice(("저는", "그는", "것은"))), after


def _numbered(before: str, after: str, random: Random) -> tuple[str, str]:
    """A number of a list directly before the value, or of a footnote directly after it."""
    if before.endswith(("://", "/")) or after.startswith("@"):
        return before, after
    return (before + random.choice("①②③❶"), after) if random.random() < 0.5 else (before, random.choice("¹²³") + after)


def _number(change: ValueChange, korean: bool = False) -> Disguise:
    """For values of digits and separators alone."""

    def value(plain: str, random: Random) -> str:
        return change(plain, random) if _DIGITS_AND_SEPARATORS.fullmatch(plain) else plain

    return Disguise(value=value, suits=_numbers, korean=korean)


DISGUISES: Mapping[str, Disguise] = MappingProxyType(
    {
        "plain": Disguise(),
        "full_width": Disguise(value=_full_width),
        "zero_width": Disguise(value=partial(_inserted, ZERO_WIDTH)),
        "fillers": Disguise(value=partial(_inserted, FILLERS)),
        "combining": Disguise(value=partial(_inserted, COMBINING)),
        "dashes": _number(partial(_dashed, DASHES)),
        "strokes": _number(partial(_dashed, STROKES)),
        "spaces": _number(partial(_separated, (" ", " - ", "\u00a0", "\u3000"))),
        "spread": _number(_spread),
        "line_break": _number(_broken),
        "dots": _number(partial(_separated, (".", "·", "・", " . "))),
        "slashes": _number(partial(_separated, ("/", " / "))),
        "no_separator": _number(partial(_separated, ("",))),
        "other_digits": _number(partial(_replaced, _OTHER_DIGITS)),
        "circled": _number(partial(_replaced, _CIRCLED)),
        "hanja": _number(partial(_replaced, _HANJA), korean=True),
        "read_out": _number(_read, korean=True),
        "partly_read_out": _number(_partly_read, korean=True),
        "lookalikes": _number(_lookalikes),
        "spelled_at": Disguise(value=_spelled_at, suits=_mail),
        "decomposed": Disguise(context=_decomposed, korean=True),
        "decomposed_value": Disguise(value=_decomposed_value, suits=_names),
        "particle": Disguise(context=_with_particle, suits=_by_pattern, korean=True),
        "numbered": Disguise(context=_numbered),
        "hangul_glued": Disguise(context=_glued, suits=_by_pattern, korean=True),
    }
)

# No word of these names a kind of data, or denies one.
CARRIERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ko": (
            "{}",
            "아래를 확인해 주세요: {}",
            "김 대리의 글에 {} 이렇게 남아 있었다.",
            "[확인] {} / 오전 중 처리 바랍니다.",
            "이름 홍○동, {}, 오후에 방문",
            "제 것은 {} 하나뿐입니다.",
            "첫째 줄입니다.\n{}\n마지막 줄입니다.",
            "- {}\n- 확인함",
            "ㅎㅎ {} 여기요",
            "지난주 글에서 {} 부분을 지워 주세요.",
            "그는 “{}”라고 답했다.",
            "<td>{}</td>",
        ),
        "en": (
            "{}",
            "My details: {}.",
            "He wrote {} on the form and left.",
            "Please keep {} private.",
            "> {}\nThanks, got it.",
            "Name: G. H.; {}; joined in May",
            'We found "{}" in the old log.',
            "See below.\n{}\nBest wishes",
            "As for {}, nobody knew.",
        ),
    }
)
_JOINTS = {"ko": (" ", ": ", "는 "), "en": (" ", ": ", " is ")}


@dataclass(frozen=True)
class Planted:
    """A sentence with one disguised value, its place in code points, and whether a word beside it names its kind."""

    text: str
    start: int
    end: int
    kind: str
    disguise: str
    language: str
    named: bool


def plant(seed: int, kinds: Iterable[Kind], disguises: Iterable[str], count: int) -> Iterator[Planted]:
    """``count`` sentences for each of ``kinds`` and each of ``disguises`` that suits it, the same for the same seed."""
    for kind in kinds:
        for name in disguises:
            if not DISGUISES[name].suits(kind):
                continue
            random = Random(f"{seed} {kind.name} {name}")
            for _ in range(count):
                planted = _plant(kind, name, random)
                if planted is None:
                    break
                yield planted


def _plant(kind: Kind, name: str, random: Random) -> Planted | None:
    """One sentence; None where no value of the kind can be disguised so."""
    disguise = DISGUISES[name]
    for _ in range(_TRIES):
        prefix, value, suffix, language = _drawn(kind, disguise.korean, random)
        before, after = random.choice(CARRIERS[language]).split("{}")
        plain = (before + prefix, value, suffix + after)
        changed = disguise.value(value, random)
        before, after = disguise.context(plain[0], plain[2], random)
        if name == "plain" or (before, changed, after) != plain:
            start = len(before)
            named = any(word.lower() in prefix.lower() for word in kind.cues)
            return Planted(before + changed + after, start, start + len(changed), kind.name, name, language, named)
    return None


def _drawn(kind: Kind, korean: bool, random: Random) -> tuple[str, str, str, str]:
    """What stands before a value, the value, what stands after it, and the language of all that.

    Half of the values that need no word beside them are given one.
    """
    drawn, start, end = _own_draw(kind, random)
    prefix = drawn[:start]
    language = "ko" if korean or _HANGUL.search(drawn) or (not prefix and random.random() < 0.6) else "en"
    words = [word for word in kind.cues if bool(_HANGUL.search(word)) == (language == "ko")][:2]
    if not prefix and words and random.random() < 0.5:
        prefix = random.choice(words) + random.choice(_JOINTS[language])
    return prefix, drawn[start:end], drawn[end:], language


def _own_draw(kind: Kind, random: Random) -> tuple[str, int, int]:
    """A drawn value with what has to stand beside it, and its place there."""
    for _ in range(_TRIES):
        drawn = kind.draw(random)
        found = [(start, end) for start, end, _ in search_everywhere(drawn, "ko", (kind,))]
        if not kind.patterns:
            found = [(row["start"], row["end"]) for row in find(pa.array([drawn]), "ko", (kind.name,)).to_pylist()]
        if len(found) == 1:
            return drawn, *found[0]
    raise MalmoiError(f"{kind.name}: it does not find the values that it draws")
