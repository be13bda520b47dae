"""Finds names of persons in Arrow string buffers."""

import base64
import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import kernel
from pipelines.privacy.names.judging import FEATURES, Judge, at_work
from pipelines.privacy.names.korean import find_korean
from pipelines.privacy.names.lines import (
    LONGEST,
    empty_line,
    folded_codes,
    letter_groups,
    plain_letters,
    read_line,
    read_words,
)
from pipelines.privacy.names.vocabulary import vocabulary

WEIGHTS = Path(__file__).with_name("name_weights.json")


def find_names(offsets: NDArray[np.int64], data: NDArray[np.uint8], language: str) -> NDArray[np.int64]:
    """Row, first byte and end (n, 3) of the names in the rows ``data[offsets[i]:offsets[i + 1]]``, in order, disjoint.

    ``language`` is "ko", "en" or "other".
    """
    return find_judged(offsets, data, at_work(_weights()))


def find_judged(offsets: NDArray[np.int64], data: NDArray[np.uint8], judge: Judge) -> NDArray[np.int64]:
    """What ``judge`` takes for names; see ``find_names``."""
    tables = folded_codes(), letter_groups(), plain_letters()
    spans: NDArray[np.int64] = _find(offsets, data, tables, vocabulary(), empty_line(), judge)
    return spans


@cache
def _weights() -> NDArray[np.uint16]:
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return np.frombuffer(zlib.decompress(base64.b64decode(stored["korean"])), "<u2").reshape(-1, 2)


@kernel
def _find(offsets: Any, data: Any, tables: Any, listed: Any, line: Any, judge: Any) -> Any:
    folded, groups, plain = tables
    keys, flags = listed
    spans = np.empty((64, 3), np.int64)
    found = np.empty((LONGEST, 2), np.int64)
    features = np.zeros(FEATURES, np.int64)
    count = 0
    for row in range(len(offsets) - 1):
        position, stop = offsets[row], offsets[row + 1]
        while position < stop:
            characters, position = read_line(data, position, stop, folded, line)
            words = read_words(line, characters, groups, plain)
            names = find_korean(line, characters, words, keys, flags, judge, features, found)
            for name in range(names):
                if count == len(spans):
                    larger = np.empty((2 * count, 3), np.int64)
                    larger[:count] = spans
                    spans = larger
                spans[count, 0] = row
                spans[count, 1] = line.starts[found[name, 0]]
                spans[count, 2] = line.ends[found[name, 1] - 1]
                count += 1
    return spans[:count]
