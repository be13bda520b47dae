"""What patterns are made of, as far as the way they begin can be followed character by character."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.tables import kept_table

_parser: Any = import_module("re._parser")  # no other module of Python tells

MOST_FOLLOWED = 12
"""Characters that are followed at the most."""
LAST_CODE = 0x10FFFF
_NEWLINE = 0x0A
_MANY_RANGES = 32
_CATEGORIES = {"SPACE": r"\s", "NOT_SPACE": r"\S", "DIGIT": r"\d", "NOT_DIGIT": r"\D", "WORD": r"\w", "NOT_WORD": r"\W"}
_ALSO_SMALL_LETTERS = "\u0130\u0131\u017f\u212a"
"""What a small letter of ASCII matches beside its capital where case is ignored."""

Ranges = tuple[tuple[int, int], ...]
EVERYTHING: Ranges = ((0, LAST_CODE),)
END = -1
"""Stands for the end of the text among code points."""


class OneOf(NamedTuple):
    """One character of these code points: first and last of each range."""

    ranges: Ranges


class Behind(NamedTuple):
    """What stands, or does not stand, before, character by character; the last is the nearest."""

    wanted: bool
    characters: tuple[Ranges, ...]


class Either(NamedTuple):
    """One of several parts."""

    parts: "tuple[tuple[Node, ...], ...]"


class Repeated(NamedTuple):
    """A part that stands at least ``fewest`` and at most ``most`` times."""

    fewest: int
    most: int
    part: "tuple[Node, ...]"


class Untold(NamedTuple):
    """Whatever follows is not followed."""


Node = OneOf | Behind | Either | Repeated | Untold


class Tree(NamedTuple):
    """What a match is made of, and what else has to stand from its beginning on."""

    match: tuple[Node, ...]
    ahead: tuple[tuple[Node, ...], ...]


def tree(pattern: re.Pattern[str]) -> Tree:
    """Nodes that let all through that ``pattern`` matches, and more: what it looks at around is mostly left out."""
    parsed = list(_parser.parse(pattern.pattern, pattern.flags))
    reading = _Reading(bool(pattern.flags & re.IGNORECASE), bool(pattern.flags & re.DOTALL), {})
    ahead = [
        (*reading.nodes(parsed[:place]), *reading.nodes(argument[1]))
        for place, (operator, argument) in enumerate(parsed)
        if operator.name == "ASSERT" and argument[0] > 0 and place + 1 < len(parsed)
    ]
    return Tree(reading.nodes(parsed), tuple(ahead))


class _Reading(NamedTuple):
    """``groups``: what each group of the pattern is made of, as far as it is read."""

    ignore_case: bool
    dot_is_all: bool
    groups: dict[int, tuple[Node, ...]]

    def nodes(self, parsed: Sequence[tuple[Any, Any]]) -> tuple[Node, ...]:
        found: list[Node] = []
        for operator, argument in parsed[:-1]:
            found += self._nodes(operator.name, argument)
        for operator, argument in parsed[-1:]:
            if operator.name == "ASSERT" and argument[0] > 0:
                found += (*self.nodes(argument[1]), Untold())
            else:
                found += self._nodes(operator.name, argument)
        return tuple(found)

    def _nodes(self, name: str, argument: Any) -> tuple[Node, ...]:
        if name in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            return (OneOf(self._ranges(name, argument, generous=True)),)
        if name == "BRANCH":
            return (Either(tuple(self.nodes(part) for part in argument[1])),)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            fewest, most, part = argument
            return (Repeated(min(fewest, MOST_FOLLOWED), min(most, MOST_FOLLOWED), self.nodes(part)),)
        if name == "SUBPATTERN" and not argument[1] and not argument[2]:
            nodes = self.nodes(argument[3])
            if argument[0] is not None:
                self.groups[argument[0]] = nodes
            return nodes
        if name == "GROUPREF" and len(again := self.groups.get(argument, ())) == 1 and isinstance(again[0], OneOf):
            return again
        if name in ("ASSERT", "ASSERT_NOT"):
            direction, part = argument
            return self._behind(name == "ASSERT", part) if direction < 0 else ()
        if name == "AT":
            return (OneOf(((END, END),)),) if argument.name == "AT_END_STRING" else ()
        return (Untold(),)

    def _behind(self, wanted: bool, part: Sequence[tuple[Any, Any]]) -> tuple[Node, ...]:
        ways = list(self._ways(list(part), wanted))
        if any(way is None for way in ways) or (len(ways) > 1 and not wanted):
            return ()
        return (Either(tuple((Behind(wanted, way),) for way in ways if way is not None)),)

    def _ways(self, part: list[tuple[Any, Any]], wanted: bool) -> Iterator[tuple[Ranges, ...] | None]:
        """Each way to go through ``part``, one set for each character; None where there is more to it."""
        if not part:
            yield ()
            return
        (operator, argument), rest = part[0], part[1:]
        if operator.name in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            first = self._ranges(operator.name, argument, generous=wanted)
            yield from (None if way is None else (first, *way) for way in self._ways(rest, wanted))
        elif operator.name == "BRANCH":
            for each in argument[1]:
                yield from self._ways([*each, *rest], wanted)
        elif operator.name == "SUBPATTERN" and not argument[1] and not argument[2]:
            yield from self._ways([*argument[3], *rest], wanted)
        else:
            yield None

    def _ranges(self, name: str, argument: Any, generous: bool) -> Ranges:
        """The code points of a set; where that is hard to tell too many if ``generous``, else too few."""
        if name == "ANY":
            return EVERYTHING if self.dot_is_all else _complement(((_NEWLINE, _NEWLINE),))
        if name != "IN":
            negated = name == "NOT_LITERAL"
            own = self._cased(((argument, argument),), generous != negated)
            return _complement(own) if negated else own
        negated = argument[0][0].name == "NEGATE"
        ranges: Ranges = ()
        for each, value in argument[negated:]:
            if each.name == "CATEGORY":
                ranges += _category(value.name.removeprefix("CATEGORY_"), generous != negated)
            else:
                one = ((value, value),) if each.name == "LITERAL" else (value,)
                ranges += self._cased(one, generous != negated)
        return _complement(ranges) if negated else ranges

    def _cased(self, ranges: Ranges, generous: bool) -> Ranges:
        """The same where case counts, else with the other case of letters."""
        if not self.ignore_case:
            return ranges
        widened = ranges
        for first, last in ranges:
            for code in range(first, min(last, 0x7F) + 1):
                other = ord(chr(code).swapcase())
                widened += ((other, other),)
            if last > 0x7F and not (first >= 0xAC00 and last < 0xD7A4):
                widened += EVERYTHING if generous else ()
        return widened + tuple((ord(letter), ord(letter)) for letter in _ALSO_SMALL_LETTERS if generous)


@kept_table
def _category_ranges() -> NDArray[np.int32]:
    """For each range of the categories the number of the category, the first and the last code point."""
    everything = "".join(map(chr, range(LAST_CODE + 1)))
    rows = [
        (number, found.start(), found.end() - 1)
        for number, category in enumerate(_CATEGORIES.values())
        for found in re.finditer(f"{category}+", everything)
    ]
    return np.array(rows, np.int32)


@cache
def _category(name: str, generous: bool) -> Ranges:
    """The code points of a category; of one with many ranges those of ASCII, and all others if ``generous``."""
    table = _category_ranges()
    own = table[table[:, 0] == list(_CATEGORIES).index(name), 1:].tolist()
    ranges = tuple((first, last) for first, last in own)
    if len(ranges) <= _MANY_RANGES:
        return ranges
    ascii_alone = tuple((first, min(last, 0x7F)) for first, last in ranges if first < 0x80)
    return (*ascii_alone, (0x80, LAST_CODE)) if generous else ascii_alone


def _complement(ranges: Ranges) -> Ranges:
    left, position = [], 0
    for first, last in sorted(ranges):
        if position < first:
            left.append((position, first - 1))
        position = max(position, last + 1)
    return tuple(left) + (((position, LAST_CODE),) if position <= LAST_CODE else ())
