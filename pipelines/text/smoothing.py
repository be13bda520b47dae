"""Counts of several languages brought nearer to one another, so that a small language is not left without tokens."""

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

_UNIT = 1 << 10


def smooth_counts(counts: NDArray[np.int64], languages: NDArray[np.int64], exponent: float) -> NDArray[np.int64]:
    """``counts`` times a factor for each language, rounded; ``languages`` are numbers from 0, one for each count.

    A language of ``total`` words gets a share in proportion to ``total ** exponent`` (Devlin 2018, multilingual BERT:
    .7): 1 leaves all counts as they are, 0 makes all languages equal. The largest language keeps its counts, the others
    grow. Factors are multiples of 1/1024 out of decimal arithmetic, which is the same on every machine.
    """
    totals = np.zeros(int(languages.max(initial=-1)) + 1, np.int64)
    np.add.at(totals, languages, counts)
    largest = Decimal(int(totals.max(initial=1)))
    power = 1 - Decimal(str(exponent))
    factors = [round((largest / max(int(total), 1)) ** power * _UNIT) for total in totals]
    scaled: NDArray[np.int64] = (counts * np.array(factors, np.int64)[languages] + _UNIT // 2) // _UNIT
    return scaled
