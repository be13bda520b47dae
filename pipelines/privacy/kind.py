"""What a kind of personal data is made of; each module of ``pipelines.privacy.kinds`` defines one."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property
from random import Random

from pipelines.privacy.kinds import placeholder
from pipelines.privacy.surrogates import Surrogate

CUE_BEFORE, CUE_AFTER, DENIAL_BEFORE = 48, 14, 16
"""How many characters away from a value a word may stand that says what the value is, or what it is not."""
LONGEST_CUED = 128

_UNITS = "원|달러|불|엔|명|개|년|건|회|만|억|조|천|주|톤|배|세|평|표|%|㎡|km|kg|won|dollars|people"
_COUNTED = re.compile(rf" ?(?:{_UNITS})(?=\Z|[^가-힣]|[이가을를은는의에로으도과와씩정])")
_JOINED_BEFORE = ("/", "_", "=", "#", "&", ".", "-", "?")
_NEVER_IN_UNITS = 10  # digits that nobody counts in 만 (10,000): it is the particle "only"
_BESIDE = 8
_CLAUSE_END = re.compile(r"[,;.!?\n]")
_POINT_BEFORE, _POINT_AFTER = re.compile(r"[0-9][.,]\Z"), re.compile(r"[.,][0-9]")
_IRREGULAR = re.compile("[Σſ]")
_ASCII_WORD = re.compile(r"[a-z](?:.*[a-z])?")


class Shape(IntFlag):
    """What the gate sees in text at a glance: a kind is tried only where one of its shapes or literals was seen."""

    DIGITS = 1
    """Seven digits or more, with at most four separators or single letters between two of them."""
    DOTTED = 2
    """Four numbers with a dot between them."""
    COLONED = 4
    """Two colons with at most four hexadecimal digits between them."""
    PLATE = 8
    """A digit, one of the syllables of vehicle plates, at most one space, and four digits."""
    PLACE = 16
    """A syllable that ends the name of a road or a quarter (로, 길, 동, 리, 가, 읍, 면), at most one space, a digit."""
    SPELLED = 32
    """Seven digits or more of which some are spelled (공일공 일이삼사); whoever asks for DIGITS is given these too."""


NO_SHAPE = Shape(0)


@dataclass(frozen=True)
class Found:
    """A stretch of folded text that a pattern matched, and what stands around it."""

    value: str
    before: str
    after: str
    language: str
    cues: re.Pattern[str] | None
    denials: re.Pattern[str] | None

    @cached_property
    def cue(self) -> int | None:
        """Characters between the value and the nearest word that names the kind; None where there is none."""
        if self.cues is None:
            return None
        before, after = _comparable(self.before), _comparable(self.after)
        distances = [len(before) - match.end() for match in self.cues.finditer(before)]
        following = self.cues.search(_CLAUSE_END.split(after, maxsplit=1)[0])
        return min([*distances, following.start()] if following else distances, default=None)

    @cached_property
    def denied(self) -> bool:
        """A word just before the value says that it is something else."""
        return self.denials is not None and self.denials.search(_comparable(self.before[-DENIAL_BEFORE:])) is not None

    @cached_property
    def digits(self) -> str:
        return re.sub("[^0-9]", "", self.value)

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """Lengths of the runs of digits."""
        return tuple(len(run) for run in re.findall("[0-9]+", self.value))

    @property
    def counted(self) -> bool:
        """A unit follows digits without a separator, so they say how many."""
        if not self.value.isdigit() or self.value[0] == "0":
            return False
        particle = len(self.value) >= _NEVER_IN_UNITS and self.after.startswith("만")
        return not particle and _COUNTED.match(self.after) is not None

    @property
    def fraction(self) -> bool:
        """Digits without a separator that continue, or are continued by, others over a point."""
        return (
            self.value.isdigit() and (_POINT_BEFORE.search(self.before) or _POINT_AFTER.match(self.after)) is not None
        )

    @property
    def in_path(self) -> bool:
        """What stands before joins the value to an address or an identifier (/goods/1234, id=1234)."""
        return self.before.endswith(_JOINED_BEFORE)

    @property
    def named(self) -> bool:
        """The word that names the kind stands right beside the value, which vouches for it as a check digit does."""
        return self.cue is not None and self.cue <= _BESIDE

    def confidence(self, checked: bool) -> float:
        """Half for the shape, more when a checksum or a reserved prefix holds, more the nearer a cue stands."""
        return 0.5 + 0.3 * checked + (0.2 - 0.004 * self.cue if self.cue is not None else 0.0)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of personal data.

    ``check`` gives the confidence in (0, 1] that a match of one of ``patterns`` is of this kind, or 0 when it is not.
    Patterns match folded text (see ``fold``), have an upper bound on what they match and never repeat a repetition
    ambiguously, so that the time is linear; a kind without any is found otherwise (see ``detect``). In ``examples``
    the value stands between « and »; ``traps`` hold none.
    """

    name: str
    patterns: tuple[re.Pattern[str], ...]
    check: Callable[[Found], float]
    reach: int = 10
    """How many characters a match may stretch beyond the shape or literal that opened the gate."""
    shapes: Shape = NO_SHAPE
    digits: int = 0
    """So many digits a match has at least; a kind is not tried where the gate saw a run of fewer, and nothing else."""
    run: int = 0
    """So many digits in a row a match has at least, unless its digits are written apart (see ``digit_groups``)."""
    literals: tuple[str, ...] = ()
    """Strings that open the gate as a shape does, as many as wanted; each should be rare in ordinary text."""
    cues: tuple[str, ...] = ()
    cued_patterns: tuple[tuple[re.Pattern[str], re.Pattern[str] | None], ...] = ()
    """Those of ``patterns`` of which hardly a match counts but near one of ``cues`` or ``openers``, each with the
    pattern that is tried elsewhere in its stead: one that finds the same as far as it counts there, or none. They match
    at most ``LONGEST_CUED`` characters."""
    openers: tuple[str, ...] = ()
    """Words that are no cue, but by which a match of ``cued_patterns`` may count too."""
    denials: tuple[str, ...] = ()
    in_rows: bool = False
    """Values often follow each other, and what follows one, unless it is found, may speak against it."""
    examples: tuple[str, ...]
    traps: tuple[str, ...]
    draw: Callable[[Random], str]
    """A value as people have them, drawn at random, with the word that it needs beside it; for canaries."""
    surrogate: Surrogate | None = None
    """A value that is provably nobody's in the stead of one; None where no such range is known."""

    @cached_property
    def placeholder(self) -> str:
        return placeholder(self.name)

    @cached_property
    def _cues(self) -> re.Pattern[str] | None:
        return _words(self.cues)

    @cached_property
    def searches(self) -> tuple[tuple[re.Pattern[str], re.Pattern[str] | None, bool], ...]:
        """Each of ``patterns``, what is tried in its stead where no cue is near, and whether that is not itself."""
        cued = dict(self.cued_patterns)
        return tuple((pattern, cued.get(pattern, pattern), pattern in cued) for pattern in self.patterns)

    @cached_property
    def vouchers(self) -> frozenset[str]:
        """Words near one of which alone a match of ``cued_patterns`` may count, in small letters."""
        return frozenset(word.lower() for word in (*self.cues, *self.openers))

    @cached_property
    def _cues_and_openers(self) -> tuple[re.Pattern[str], int]:
        return any_of(self.vouchers), max(map(len, self.vouchers))

    def cued_stretches(self, comparable: str, low: int, high: int) -> list[tuple[int, int]]:
        """Where between ``low`` and ``high`` a match of ``cued_patterns`` may begin, and a little more, in order.

        ``comparable`` is the text as ``comparable_as_a_whole`` gives it.
        """
        words, longest = self._cues_and_openers
        stretches: list[tuple[int, int]] = []
        for word in words.finditer(comparable, max(0, low - CUE_BEFORE), high + CUE_AFTER):
            # Words that overlap the one that was seen are looked for no more.
            start = max(low, word.start() - longest - CUE_AFTER - LONGEST_CUED)
            end = min(high, word.end() + longest + CUE_BEFORE)
            if stretches and start <= stretches[-1][1]:
                start = stretches.pop()[0]
            stretches.append((start, end))
        return stretches

    @cached_property
    def _denials(self) -> re.Pattern[str] | None:
        return _words(self.denials)

    def judge(self, value: str, before: str, after: str, language: str) -> float:
        """Confidence that ``value``, which a pattern matched between ``before`` and ``after``, is of this kind."""
        return self.check(Found(value, before, after, language, self._cues, self._denials))


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words))))


def _comparable(context: str) -> str:
    return unicodedata.normalize("NFC", context).lower()


def comparable_as_a_whole(text: str) -> str | None:
    """``text`` as words are looked for in it, if that is so for each part of it alone, with the same places; else None.

    A small sigma depends on what follows it, and a long s is an s where patterns ignore case.
    """
    lowered = text.lower()
    regular = len(lowered) == len(text) and not _IRREGULAR.search(text) and unicodedata.is_normalized("NFC", text)
    return lowered if regular else None


def _words(words: tuple[str, ...]) -> re.Pattern[str] | None:
    if not words:
        return None
    parts = []
    for word in sorted(map(str.lower, words), key=len, reverse=True):
        escaped = re.escape(word)
        # The literal comes first, so that the engine skips to its first letter; boundaries are looked at afterwards.
        parts.append(rf"{escaped}(?<![a-z]{escaped})(?![a-z])" if _ASCII_WORD.fullmatch(word) else escaped)
    return re.compile("|".join(parts))
