"""What names are compared by: one key for "김철수", "김 철수" and the same in NFD, whatever particle follows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import kernel
from pipelines.privacy.names.lines import (
    empty_line,
    folded_codes,
    hash_codes,
    letter_groups,
    plain_letters,
    read_line,
)


def name_keys(data: NDArray[np.uint8], spans: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A 64-bit key for each row (row, start byte, end byte) of ``spans``, the same on all machines.

    Equal are names that differ in spaces, in capitals, in marks on Latin letters, in width or in composition alone.
    """
    keys = np.zeros(len(spans), np.uint64)
    _fill_keys(data, spans, (folded_codes(), letter_groups(), plain_letters()), empty_line(), keys)
    return keys


@kernel
def _fill_keys(data: Any, spans: Any, tables: Any, line: Any, keys: Any) -> None:
    for index in range(len(spans)):
        characters, _, _ = read_line(data, spans[index, 1], spans[index, 2], tables, line)
        keys[index] = hash_codes(line.codes, 0, characters, tables[2])
