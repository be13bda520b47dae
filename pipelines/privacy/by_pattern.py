"""What the patterns of the kinds find in Arrow string arrays: the gate's windows, one by one, with their places."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.kernel import kernel
from pipelines.privacy.automaton import WORDS, in_words
from pipelines.privacy.beginnings import Places, beginnings, beginnings_in
from pipelines.privacy.fold import Folded, fold, has_placeholder
from pipelines.privacy.gate import (
    CORE_DIGITS,
    CORE_END,
    CORE_SEEN,
    CORE_START,
    END_BYTE,
    FIRST_CORE,
    ROW,
    START,
    START_BYTE,
    Gate,
)
from pipelines.privacy.kind import Kind
from pipelines.privacy.plain import written_otherwise
from pipelines.privacy.regions import Opened, opened, opens, trials
from pipelines.privacy.spans import KIND
from pipelines.privacy.spans import ROW as SPAN_ROW
from pipelines.privacy.spans import START as SPAN_START
from pipelines.privacy.spans import START_BYTE as SPAN_START_BYTE
from pipelines.privacy.vouchers import EVERY_KIND, vouched
from pipelines.privacy.window import Plan, Window, search


class _Hopeful(NamedTuple):
    """A window in which something may match, by its number: what is seen of it, where which patterns may begin, and
    the bits of the kinds for which a word in it may vouch."""

    number: int
    text: str
    folded: Folded
    begun: Places
    vouched: int


def pattern_spans(
    texts: pa.Array | pa.ChunkedArray, language: str, kinds: tuple[Kind, ...], *, searched: bool = False
) -> tuple[NDArray[np.int64], dict[int, str]]:
    """Spans of what the patterns of ``kinds`` find, and for each row that one could not finish what kept it from that.

    ``searched``: nothing is left to find but near what has become a placeholder since.
    """
    gate, plan = _gate(kinds)
    offsets, data = string_buffers(texts)
    windows, cores = gate.windows(offsets, data)
    limits = np.append(windows[:, FIRST_CORE], len(cores))
    cores[:, (CORE_START, CORE_END)] -= np.repeat(windows[:, START], np.diff(limits))[:, np.newaxis]
    finds: list[tuple[int, int, int, int]] = []
    failed: dict[int, str] = {}
    hopeful = _to_search(data, windows, cores, kinds, searched, failed)
    if not hopeful:
        return np.empty((0, 6), np.int64), failed
    regions = _opened(hopeful, plan, cores, limits)
    together = zip(hopeful, regions, strict=True)
    looked_at = (
        Window(each.text, each.folded, language, opened, each.begun, each.vouched) for each, opened in together
    )
    for each, found in zip(hopeful, search(looked_at, kinds, plan), strict=True):
        if isinstance(found, Exception):
            failed[int(windows[each.number, ROW])] = _fault(found, kinds)
        else:
            finds += [(each.number, *find) for find in found]
    spans = np.empty((len(finds), 6), np.int64)
    _place(data, windows, np.array(finds, np.int64).reshape(-1, 4), spans)
    return spans, failed


def _opened(
    hopeful: Sequence[_Hopeful], plan: Plan, cores: NDArray[np.int64], limits: NDArray[np.int64]
) -> list[Opened]:
    """Where in the folded text of each window its cores let the trials be tried."""
    cores = cores.copy()
    for each in hopeful:
        if each.folded.original is not None:
            own = slice(limits[each.number], limits[each.number + 1])
            for edge in (CORE_START, CORE_END):
                cores[own, edge] = np.searchsorted(each.folded.original, cores[own, edge])
    numbers = np.array([each.number for each in hopeful], np.int64)
    lengths = np.array([len(each.folded.text) for each in hopeful], np.int64)
    count_digits = np.array([not each.folded.rewritten for each in hopeful], bool)
    return opened(plan.trials, cores, limits, numbers, lengths, count_digits)


@kernel
def _place(data: Any, windows: Any, finds: Any, spans: Any) -> None:
    """Write as ``spans`` where ``finds`` (window, characters in it, kind), which are in order, stand in their rows."""
    window, position, character = -1, 0, 0
    for find in range(len(finds)):
        if finds[find, 0] != window:
            window, character = finds[find, 0], 0
            position = windows[window, START_BYTE]
        for edge in range(2):
            while character < finds[find, 1 + edge]:
                position += 1
                while position < len(data) and data[position] & 0xC0 == 0x80:
                    position += 1
                character += 1
            spans[find, SPAN_START + edge] = windows[window, START] + character
            spans[find, SPAN_START_BYTE + edge] = position
        spans[find, SPAN_ROW], spans[find, KIND] = windows[window, ROW], finds[find, 3]


def _fault(error: Exception, kinds: tuple[Kind, ...]) -> str:
    """The type of an error and the kinds at fault, which its notes name; its message may hold the value."""
    names = {kind.name for kind in kinds}
    at_fault = [note for note in getattr(error, "__notes__", ()) if note in names]
    return f"{type(error).__name__} in {', '.join(at_fault)}" if at_fault else type(error).__name__


def _to_search(
    data: NDArray[np.uint8],
    windows: NDArray[np.int64],
    cores: NDArray[np.int64],
    kinds: tuple[Kind, ...],
    searched: bool,
    failed: dict[int, str],
) -> list[_Hopeful]:
    """Windows in which something may match, in order.

    ``failed`` is given the rows of those that cannot be folded.
    """
    if not len(windows):
        return []
    starts, ends = windows[:, START_BYTE], windows[:, END_BYTE]
    otherwise = written_otherwise(data, starts, ends)
    plain = otherwise == 0
    # Where more is to be folded, the words may be written otherwise too.
    vouchers = np.where(plain, vouched(data, starts, ends, _gate(kinds)[1].vouchers), EVERY_KIND)
    wanted, unfollowed, looked_at = _wanted(windows, cores, plain, vouchers, kinds)
    begun, may_hold = beginnings(data, (starts, ends), looked_at, np.where(plain[:, np.newaxis], wanted, 0))
    known = plain & ~may_hold
    worth = np.array([*map(bool, begun)]) | unfollowed | ~known
    chosen = np.flatnonzero(worth & may_hold if searched else worth)
    seen: dict[int, tuple[str, Folded]] = {}
    for index, text in _decoded(data, starts[chosen], ends[chosen], chosen):
        if searched and not has_placeholder(text):
            continue
        try:
            seen[index] = text, fold(text, int(otherwise[index]))
        except Exception as error:  # whatever it is, the row must not pass
            failed[int(windows[index, ROW])] = _fault(error, kinds)
    unknown = [index for index in seen if not known[index]]
    in_folded = beginnings_in([seen[index][1].text for index in unknown], wanted[unknown])
    for index, places in zip(unknown, in_folded, strict=True):
        begun[index] = places
    return [
        _Hopeful(index, *seen[index], begun[index], int(vouchers[index]))
        for index in seen
        if begun[index] or unfollowed[index]
    ]


def _decoded(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], numbers: NDArray[np.int64]
) -> Iterator[tuple[int, str]]:
    view = memoryview(data.data)
    for number, start, end in zip(numbers.tolist(), starts.tolist(), ends.tolist(), strict=True):
        yield number, str(view[start:end], "utf-8")


def _wanted(
    windows: NDArray[np.int64],
    cores: NDArray[np.int64],
    plain: NDArray[np.bool_],
    vouchers: NDArray[np.int64],
    kinds: tuple[Kind, ...],
) -> tuple[NDArray[np.uint64], NDArray[np.bool_], tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """For each window the sequences of the kinds that it opens, as bits; whether it opens one of which not all is
    followed; from which character to before which one matches may begin. How many digits there are counts in those that
    are ``plain`` alone; ``vouchers`` are the bits of the kinds for which a word may vouch."""
    _, plan = _gate(kinds)
    reach = np.zeros(len(windows), np.int64)
    wanted = np.zeros((len(windows), WORDS), np.uint64)
    unfollowed = np.zeros(len(windows), bool)
    count_digits = np.repeat(plain, np.diff(np.append(windows[:, FIRST_CORE], len(cores))))
    for trial in plan.trials:
        opening = opens(trial, cores[:, CORE_SEEN], cores[:, CORE_DIGITS], count_digits)
        opened = np.logical_or.reduceat(opening, windows[:, FIRST_CORE])
        for kind in trial.kinds:
            with_voucher, without = plan.of(kind, EVERY_KIND), plan.of(kind, 0)
            may_vouch = opened & (vouchers >> kind & 1 != 0) if kind in plan.cued else opened
            wanted[may_vouch] |= in_words([with_voucher.sequences])[0]
            unfollowed |= may_vouch & with_voucher.anywhere
            if kind in plan.cued:
                wanted[opened] |= in_words([without.sequences])[0]
                unfollowed |= opened & without.anywhere
        reach[opened] = np.maximum(reach[opened], trial.reach)
    low = np.minimum.reduceat(cores[:, CORE_START], windows[:, FIRST_CORE]) - reach
    return wanted, unfollowed, (low, np.maximum.reduceat(cores[:, CORE_END], windows[:, FIRST_CORE]) + reach)


@cache
def _gate(kinds: tuple[Kind, ...]) -> tuple[Gate, Plan]:
    gate = Gate.of(kinds)
    return gate, Plan(kinds, trials(kinds, gate.masks))
