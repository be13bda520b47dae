"""Everything that quality rules ask about a text, counted once in one pass over its bytes.

What a word is depends on the profile: what white space separates; or, for the published rules, words and marks of
English as spaCy cuts them, or something close to the morphemes of Korean. Texts over ``WINDOW_WORDS`` words (eight
times that for the published rules) are searched for repetition window by window, which bounds memory: what is repeated
in another window does not count.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.errors import MalmoiError
from pipelines.core.kernels import slot_of
from pipelines.text.measure_columns import KEPT_MEASURES, MEASURES, measure_flags
from pipelines.text.measuring import FIRST_SYLLABLE, SYLLABLES, count_measures, count_most_lines
from pipelines.text.word_parts import CUTS, Words, count_parts, cutter, hashed_words

WINDOW_WORDS = 1 << 14
LONGEST_FUNCTION_WORD = 8  # bytes: a word is looked up as one 64-bit number


def measure(
    texts: pa.StringArray | pa.ChunkedArray,
    function_words: Sequence[str] = (),
    function_endings: str = "",
    words: Words = "white_space",
    dropped: NDArray[np.bool_] | None = None,
) -> pa.RecordBatch:
    """One row of ``MEASURES`` (int64 counts) for each normalised text; ``words`` says what a word is.

    With ``dropped``, which says of each line that is not blank, of all texts in order, whether it is taken out, there
    are the columns ``KEPT_MEASURES`` as well.

    A function word is one whose letters, lower-cased, are in ``function_words`` (up to eight bytes each) or whose last
    letter is a syllable of ``function_endings``; where words are cut, one that is in ``function_words`` as it stands.
    Raises MalmoiError for a longer function word or another ending.
    """
    offsets, data = string_buffers(texts)
    keys = _packed(function_words) if words == "white_space" else hashed_words(function_words)
    endings = np.zeros(SYLLABLES, np.bool_)
    for syllable in function_endings:
        if not FIRST_SYLLABLE <= ord(syllable) < FIRST_SYLLABLE + SYLLABLES:
            raise MalmoiError(f"function_endings holds {syllable!r}: each has to be one Hangul syllable")
        endings[ord(syllable) - FIRST_SYLLABLE] = True
    names = MEASURES if dropped is None else (*MEASURES, *KEPT_MEASURES)
    columns = np.zeros((len(MEASURES) + len(KEPT_MEASURES), len(offsets) - 1), np.int64)
    most_lines = int(count_most_lines(offsets, data))
    lines = np.empty((3, most_lines), np.uint64), np.empty((3, most_lines), np.int64)
    window = WINDOW_WORDS if words == "white_space" else 8 * WINDOW_WORDS
    window = min(window, int(np.diff(offsets).max(initial=0)) + 1)
    buffers = (
        np.empty(window, np.uint64),
        np.empty(window, np.int32),
        np.empty(window, np.uint64),
        np.empty(window, np.int32),
        np.empty(window, np.int32),
    )
    slots = 1 << int(2 * max(most_lines, window, 8)).bit_length()
    table = np.zeros(slots, np.uint64), np.zeros(slots, np.int32)
    lines_dropped = np.zeros(0, np.bool_) if dropped is None else dropped
    count_measures(
        offsets,
        data,
        measure_flags(),
        keys,
        endings,
        lines,
        buffers,
        table,
        words == "white_space",
        lines_dropped,
        columns,
    )
    if words != "white_space":
        count_parts(offsets, data, measure_flags(), keys, CUTS[words], cutter(), buffers, table, lines_dropped, columns)
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns[: len(names)]], names=list(names))


def _packed(words: Sequence[str]) -> NDArray[np.uint64]:
    """Open addressing: words as little-endian numbers (0 = empty)."""
    for word in words:
        if not 0 < len(word.encode()) <= LONGEST_FUNCTION_WORD:
            raise MalmoiError(
                f"function_words holds {word!r}: each has to be 1 to {LONGEST_FUNCTION_WORD} bytes of UTF-8"
            )
    slots = 1 << (4 * len(words)).bit_length() if words else 0
    keys = np.zeros(slots, np.uint64)
    for word in set(words):
        packed = np.uint64(int.from_bytes(word.encode(), "little"))
        keys[int(slot_of(keys, packed))] = packed
    return keys
