"""Digits in groups and digits written apart, and words that say that a number is another one; for many kinds."""

import re

from pipelines.privacy.kind import Found

ORDER_DENIALS = (
    *("주문번호", "송장", "운송장", "접수번호", "예약번호", "일련번호"),
    *("order number", "order no", "order id", "tracking", "invoice", "serial", "ISBN", "ISSN", "doi"),
)

_APART = r"[-. ]{1,3}"
"""What stands between digits that are written apart (9 0 0 1 0 1 - 1 2 3 4 5 6 7); the gate bridges no more."""
_NOTHING_BEFORE = r"(?<![0-9A-Za-z].)(?<![0-9][-. ].)(?<![0-9][-. ]{2}.)(?<![0-9][-. ]{3}.)"
_NOTHING_AFTER = rf"(?![0-9A-Za-z])(?!{_APART}[0-9])"
_MOST_GROUPS = 6
_DIGIT = re.compile("[0-9]")
_MOST_APART = 19
"""More digits stand apart in no number of a kind; nor does part of a longer row count."""
_ROW = re.compile(f"[0-9](?:{_APART}[0-9]){{{_MOST_GROUPS},}}")


def written_apart(*runs: str) -> str:
    """What follows the first digit of a number whose digits stand apart; ``runs`` say which digits, with their count.

    It goes behind the first digit of a pattern, as one of its alternatives, so that the engine looks at it where the
    next character is a separator and nowhere else.
    """
    digits = []
    for run in runs:
        digit, count = re.fullmatch(r"(\[[^]]+\])(\{[0-9,]+\})?", run).groups()  # type: ignore[union-attr]
        digits.append(f"(?:{_APART}{digit}){count or ''}")
    return rf"(?=[-. ]){_NOTHING_BEFORE}{''.join(digits)}{_NOTHING_AFTER}"


def stands_apart(text: str) -> bool:
    """Whether a row of digits in ``text`` could be a number that is written apart."""
    return any(len(_DIGIT.findall(row[0])) <= _MOST_APART for row in _ROW.finditer(text))


def is_apart(found: Found) -> bool:
    """Whether the digits are written apart; where nothing else groups them, they are also a row of small numbers."""
    return len(found.groups) > _MOST_GROUPS


def dashed_groups(found: Found) -> tuple[int, ...]:
    """How many digits stand between the dashes, whatever other separators there are."""
    return tuple(len(re.findall("[0-9]", part)) for part in found.value.split("-"))
