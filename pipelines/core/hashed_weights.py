"""A linear classifier over hashed features, in integers, so that what it decides does not depend on the processor."""

from typing import Any

import numpy as np

from pipelines.core.kernel import leaf


@leaf
def score(features: Any, start: Any, stop: Any, weights: Any) -> Any:
    """Sum of the weights of ``features[start:stop]``.

    ``weights`` (uint16, a power of two of rows of two) has a feature in the row of its low bits, its top byte above its
    weight, a signed byte: so a feature that was not trained counts for nothing, but for one in some hundred.
    """
    total = np.int64(0)
    mask = np.uint64(len(weights) - 1)
    for template in range(start, stop):
        feature = np.uint64(features[template])
        row = feature & mask
        tag = np.int64(feature >> np.uint64(56))
        for place in range(2):
            entry = np.int64(weights[row, place])
            weight = (entry & 0xFF ^ 0x80) - 0x80
            total += weight if entry >> 8 == tag else 0
    return total
