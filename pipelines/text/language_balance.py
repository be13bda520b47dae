"""Word counts of several languages brought nearer to each other, so that a small language gets tokens of its own."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

_FRACTION_BITS = 16
_FINEST = 100  # exponents count in hundredths


def language_factors(totals: Mapping[str, int], exponent: float) -> dict[str, int]:
    """By how much the word counts of each language are multiplied, times 2^16; exact, so the same on every machine.

    Shares of the languages become proportional to their words to the power of ``exponent`` (Devlin et al., multilingual
    BERT, 2018: 0.7; 1 leaves them, 0 makes them equal), by raising all but the largest. Counts of a language times its
    factor stay below 2^63 where no language has over 2^46 words.
    """
    largest = max(totals.values(), default=0)
    power = 1 - Fraction(exponent).limit_denominator(_FINEST)
    return {
        language: _root(
            (largest**power.numerator << _FRACTION_BITS * power.denominator) // total**power.numerator,
            power.denominator,
        )
        for language, total in totals.items()
        if total
    }


def _root(value: int, degree: int) -> int:
    """The integer part of the ``degree``-th root, by Newton's method from above."""
    root = 1 << -(-value.bit_length() // degree)
    while True:
        smaller = ((degree - 1) * root + value // root ** (degree - 1)) // degree
        if smaller >= root:
            return root
        root = smaller


def scaled(counts: NDArray[np.int64], factor: int) -> NDArray[np.int64]:
    """Counts of one language times its factor of ``language_factors``, rounded."""
    products: NDArray[np.int64] = (counts * factor + (1 << _FRACTION_BITS - 1)) >> _FRACTION_BITS
    return products
