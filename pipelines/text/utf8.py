"""What the bytes of a character tell before it is decoded."""

from typing import Any

import numpy as np

from pipelines.core.kernel import inner_kernel


@inner_kernel
def starts_syllable(data: Any, position: Any) -> Any:
    """Whether a Hangul syllable before U+D780, nearly any one, begins at ``position`` of valid UTF-8.

    One comparison of two bytes: which of four first bytes a syllable has is nothing that a processor could foresee.
    """
    first = np.int64(data[position])
    return first >= 0xEA and 0xEAB0 <= first << 8 | np.int64(data[position + 1]) < 0xED9E
