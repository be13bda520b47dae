"""A linear classifier over hashed features, in integers, so that what it decides does not depend on the processor."""

from typing import Any

import numpy as np

from pipelines.core.kernel import inner_kernel


@inner_kernel
def weight(feature: Any, weights: Any) -> Any:
    """Weight of a ``feature`` (uint64).

    ``weights`` (uint16, a power of two of rows of two) has a feature in the row of its low bits, its top byte above its
    weight, a signed byte: so a feature that was not trained counts for nothing, but for one in some hundred.
    """
    row = feature & np.uint64(len(weights) - 1)
    tag = np.int64(feature >> np.uint64(56))
    total = np.int64(0)
    for place in range(2):
        entry = np.int64(weights[row, place])
        signed = (entry & 0xFF ^ 0x80) - 0x80
        total += signed if entry >> 8 == tag else 0
    return total


@inner_kernel
def score(features: Any, start: Any, stop: Any, weights: Any) -> Any:
    """Sum of the weights of ``features[start:stop]``."""
    total = np.int64(0)
    for template in range(start, stop):
        total += weight(np.uint64(features[template]), weights)
    return total
