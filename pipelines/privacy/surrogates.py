"""What the surrogates of all kinds are made of: draws that follow from a key and a value, and how they are written.

A surrogate has the shape of the value that it stands in for, and comes from a range that is provably nobody's; each
kind says which (``Kind.surrogate``). Its last character is read in Korean with the same kind of ending, so that the
particle behind it (은/는, 이/가, 을/를, 과/와, 으로/로) still agrees.
"""

import hmac
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from struct import unpack
from typing import TypeVar

Choice = TypeVar("Choice")

_READINGS = ("2459abcdefghijkopqstuvwxyz", "178lr", "036mn")
"""Digits and letters whose Korean reading ends in a vowel, in ㄹ, in another consonant: what particles depend on."""


class Draws:
    """Numbers without end that follow from a seed of 32 bytes (HMAC-SHA256 in counter mode, NIST SP 800-108)."""

    def __init__(self, seed: bytes) -> None:
        self._words = _words(seed)

    def below(self, bound: int) -> int:
        """A number from 0 to ``bound`` - 1; those under a million are alike in frequency to one part in 10¹³."""
        return next(self._words) % bound

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        return choices[self.below(len(choices))]

    def digits(self, number: int) -> str:
        """So many digits."""
        return "".join(str(self.below(10)) for _ in range(number))

    def digits_like(self, digits: str) -> str:
        """As many digits as there are in ``digits``, with an ending that reads like theirs."""
        return self.digits(len(digits) - 1) + self.ending(digits[-1])

    def ending(self, last: str, choices: str = "0123456789") -> str:
        """One of ``choices`` that reads like ``last``; any of them where none does."""
        return self.one_of(agreeing(last, choices) or choices)


NEITHER = (*range(54, 71), *range(72, 81), *range(87, 100))
"""Fifth and sixth digits of registration numbers that are neither a day of birth nor a type of corporation."""

Derive = Callable[[str], Draws]
"""The draws of a normalised value: the same for the same key, kind and value, and for no other."""

Surrogate = Callable[[str, Derive], str | None]
"""The surrogate of a folded value: itself where it is in the range already, None where its form has no such range."""


def agreeing(last: str, choices: str) -> str:
    """Those of ``choices``, digits and Latin letters, that take the same particles as ``last``."""
    alike = next((reading for reading in _READINGS if last.lower() in reading), "")
    return "".join(choice for choice in choices if choice.lower() in alike)


def digits_of(value: str) -> str:
    return re.sub("[^0-9]", "", value)


def written_like(value: str, characters: str, replaceable: str = "[0-9]") -> str:
    """``value`` with ``characters`` in the places of the ``replaceable`` ones: its separators stay, and small letters.

    Raises ValueError where their numbers differ.
    """
    places = [place.start() for place in re.finditer(replaceable, value)]
    written = list(value)
    for place, character in zip(places, characters, strict=True):
        written[place] = character.lower() if value[place].islower() else character
    return "".join(written)


def with_wrong_check(opening: str, digits: str, draws: Draws, valid: Callable[[str], bool]) -> str:
    """``opening`` and drawn digits, as many as ``digits``, with a last one that is not the check digit."""
    body = opening + draws.digits(len(digits) - len(opening) - 1)
    return body + draws.one_of([last for last in agreeing(digits[-1], "0123456789") if not valid(body + last)])


def unborn(value: str, derive: Derive) -> str:
    """The surrogate of a resident's or foreigner's number: somebody born on a day from 54 on.

    With a day from 32 on it could be the number of a corporation, which has its type there. Of a number whose last
    digits are hidden, those that are shown are replaced.
    """
    digits = digits_of(value)
    if int(digits[4:6]) in NEITHER:
        return value
    draws = derive(digits)
    born = f"{draws.digits(2)}{1 + draws.below(12):02}{draws.one_of(NEITHER)}"
    sexes = "5678" if digits[6] in "5678" else "1234"
    return written_like(value, born + draws.one_of(sexes) + (draws.digits_like(digits[7:]) if digits[7:] else ""))


def _words(seed: bytes) -> Iterator[int]:
    for block in count():
        yield from unpack(">4Q", hmac.digest(seed, block.to_bytes(8, "big"), "sha256"))
