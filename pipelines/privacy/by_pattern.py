"""What the patterns of the kinds find in Arrow string arrays: the gate's windows, one by one, with their places."""

from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.privacy.fold import has_placeholder
from pipelines.privacy.gate import CORE_END, CORE_START, END_BYTE, FIRST_CORE, ROW, START, START_BYTE, Gate
from pipelines.privacy.kind import Kind
from pipelines.privacy.plain import plain_windows
from pipelines.privacy.regions import Trial, trials
from pipelines.privacy.spans import as_spans
from pipelines.privacy.window import search


def pattern_spans(
    texts: pa.Array | pa.ChunkedArray, language: str, kinds: tuple[Kind, ...], *, searched: bool = False
) -> tuple[NDArray[np.int64], dict[int, str]]:
    """Spans of what the patterns of ``kinds`` find, and for each row that one could not finish what kept it from that.

    ``searched``: nothing is left to find but near what has become a placeholder since.
    """
    gate, tried = _gate(kinds)
    offsets, data = string_buffers(texts)
    windows, cores = gate.windows(offsets, data)
    core_limits = np.append(windows[:, FIRST_CORE], len(cores))
    cores[:, (CORE_START, CORE_END)] -= np.repeat(windows[:, START], np.diff(core_limits))[:, np.newaxis]
    places, limits, view = cores.tolist(), core_limits.tolist(), memoryview(data.data)
    plain = plain_windows(data, windows[:, START_BYTE], windows[:, END_BYTE]).tolist()
    finds: list[tuple[int, int, int, int, int, int]] = []
    failed: dict[int, str] = {}
    for index, window in enumerate(windows.tolist()):
        text = str(view[window[START_BYTE] : window[END_BYTE]], "utf-8")
        if searched and not has_placeholder(text):
            continue
        position, position_byte = 0, window[START_BYTE]
        try:
            found = search(text, language, kinds, tried, places[limits[index] : limits[index + 1]], plain[index])
        except Exception as error:  # whatever it is, the row must not pass
            failed[window[ROW]] = _fault(error, kinds)
            continue
        for start, end, kind in found:
            start_byte = position_byte + len(text[position:start].encode())
            position, position_byte = end, start_byte + len(text[start:end].encode())
            first = window[START]
            finds.append((window[ROW], first + start, first + end, start_byte, position_byte, kind))
    return as_spans(finds), failed


def _fault(error: Exception, kinds: tuple[Kind, ...]) -> str:
    """The type of an error and the kinds at fault, which its notes name; its message may hold the value."""
    names = {kind.name for kind in kinds}
    at_fault = [note for note in getattr(error, "__notes__", ()) if note in names]
    return f"{type(error).__name__} in {', '.join(at_fault)}" if at_fault else type(error).__name__


@cache
def _gate(kinds: tuple[Kind, ...]) -> tuple[Gate, tuple[Trial, ...]]:
    gate = Gate.of(kinds)
    return gate, trials(kinds, gate.masks)
