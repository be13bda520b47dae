"""Unigram vocabularies from word counts (Kudo 2018, arXiv:1804.10959): many pieces of words, pruned to the useful ones.

Everything is computed by additions, multiplications and divisions of doubles in a fixed order, and expected counts are
summed as integers. No result of a mathematical library takes part, so the vocabulary is the same on every machine and
in every order of the words.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.errors import MalmoiError
from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8, mix
from pipelines.options import TokenizerOptions
from pipelines.text.characters import CODE_POINTS
from pipelines.text.cutting import WORD_MARK
from pipelines.text.trie import STATE_MASK, SYMBOL_BITS, edge_slot, hashed_trie
from pipelines.text.unicode import character_classes

LONGEST_PIECE = 16
"""Characters, as in SentencePiece."""
_LONGEST_CUT = 24
"""Characters; a longer word is cut for training, so that no probability of a cut word is too small for a double."""
_LEAST = 2.0**-40
"""Probability of a piece that is kept for its character alone. 24 of them multiplied are still a normal double."""
_SEEDS = 10  # pieces to begin with, for each token wanted
_KEPT = 0.75  # share of the pieces that a round of pruning keeps
_ROUNDS = 2  # of expectation and maximisation before each pruning
_FRACTION = 1 << 16  # expected counts are integers in units of 1 / 65,536
_PRINTABLE = range(0x21, 0x7F)


def check_room(needed: int, what: str, options: TokenizerOptions, room: int) -> None:
    """Raise MalmoiError where ``needed`` tokens of an alphabet do not fit ``room``."""
    if needed > room:
        reserved = options.vocabulary_size - room
        raise MalmoiError(
            f"the {needed:,} {what} do not fit a vocabulary of {options.vocabulary_size:,} "
            f"({reserved:,} of them reserved): set tokenizer.vocabulary_size to {reserved + needed:,} "
            "or more, or raise tokenizer.minimum_character_count"
        )


def train_unigram(
    words: pa.Array | pa.ChunkedArray, counts: NDArray[np.int64], options: TokenizerOptions, room: int
) -> tuple[list[str], list[float]]:
    """Up to ``room`` tokens, likeliest first, with their scores (natural logarithms, of six decimals).

    ``words`` have their ``▁``. All characters that occur often enough are tokens, and so are ``▁`` and printable ASCII.
    """
    codes, offsets = _codes(words)
    lengths = np.diff(offsets)
    totals = np.bincount(codes, np.repeat(counts, lengths), CODE_POINTS) if len(codes) else np.zeros(CODE_POINTS)
    kept = totals >= options.minimum_character_count
    kept[[WORD_MARK, *_PRINTABLE]] = True
    alphabet = np.flatnonzero(kept)
    check_room(len(alphabet), "characters of the corpus, with those of ASCII,", options, room)
    ids = np.full(CODE_POINTS, -1, np.int32)
    ids[alphabet] = np.arange(len(alphabet))
    symbols = ids[codes]
    symbols, offsets, counts = _cut_long(symbols, offsets, counts)
    classes = character_classes()[alphabet].astype(np.int32)
    classes[alphabet == WORD_MARK] = -1
    pieces, piece_offsets, frequencies = _seeds(
        symbols, offsets, counts, classes, max(2, options.minimum_frequency), _SEEDS * options.vocabulary_size
    )
    lexicon = _Lexicon(len(alphabet), pieces, piece_offsets, frequencies)
    while lexicon.size > room:
        for _ in range(_ROUNDS):
            lexicon.maximise(lexicon.expected(symbols, offsets, counts))
        lexicon.prune(symbols, offsets, counts, max(room, int(_KEPT * lexicon.size)))
    for _ in range(_ROUNDS):
        lexicon.maximise(lexicon.expected(symbols, offsets, counts))
    return lexicon.ranked(alphabet)


def _codes(words: pa.Array | pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    offsets, data = string_buffers(words)
    codes = np.empty(len(data), np.int64)
    stops = np.zeros(len(offsets), np.int64)
    used = _decode(data, offsets, codes, stops)
    return codes[:used], stops


@inner_kernel
def _decode(data: Any, offsets: Any, codes: Any, stops: Any) -> Any:
    used = 0
    for row in range(len(offsets) - 1):
        position = offsets[row]
        while position < offsets[row + 1]:
            codes[used], position = decode_utf8(data, position)
            used += 1
        stops[row + 1] = used
    return used


def _cut_long(
    symbols: NDArray[np.int32], offsets: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Words without characters that are no tokens, in parts of up to ``_LONGEST_CUT`` characters."""
    lengths = np.diff(offsets)
    row = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(symbols)) - np.repeat(offsets[:-1], lengths)
    unknown = symbols < 0
    begins = (place % _LONGEST_CUT == 0) | np.concatenate([[False], unknown[:-1]])
    part = np.cumsum(begins) - 1
    kept = ~unknown
    sizes = np.bincount(part[kept], minlength=int(part[-1]) + 1 if len(part) else 0)
    owner = row[begins]
    return symbols[kept], np.concatenate([[0], np.cumsum(sizes)]), counts[owner]


def _seeds(
    symbols: NDArray[np.int32],
    offsets: NDArray[np.int64],
    counts: NDArray[np.int64],
    classes: NDArray[np.int32],
    minimum: int,
    most: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Symbols, offsets and counts of the pieces of two and more characters that occur ``minimum`` times or more.

    Characters of a piece are of one kind, but for a ``▁`` in front. The ``most`` with the largest count times length.
    A piece is frequent only where both pieces of one character less are, so lengths are counted one after the other.
    """
    current = symbols.astype(np.int64)
    found = [np.zeros((0, 3), np.int64)]
    for length in range(2, LONGEST_PIECE + 1):
        number = np.full(len(current), -1, np.int64)
        first, totals = _pair_numbers(current, offsets, counts, classes, symbols, length, number)
        frequent = totals >= minimum
        renumbered = np.full(len(totals) + 1, -1, np.int64)
        renumbered[:-1][frequent] = np.arange(frequent.sum())
        current = renumbered[number]
        found.append(np.stack([first[frequent], np.full(frequent.sum(), length), totals[frequent]], axis=1))
    starts, sizes, totals = np.concatenate(found).T
    scores = totals * sizes
    if len(scores) > most:
        best = scores >= np.partition(scores, -most)[-most]
        starts, sizes, totals, scores = starts[best], sizes[best], totals[best], scores[best]
    places = np.arange(LONGEST_PIECE)
    within = places < sizes[:, None]
    texts = np.where(within, symbols[np.where(within, starts[:, None] + places, 0)], -1) if len(sizes) else within
    # Ties go by the characters of the piece, which no order of the words changes.
    order = np.lexsort((*texts.T[::-1], -scores))[:most]
    texts, sizes = texts[order], sizes[order]
    return texts[texts >= 0].astype(np.int64), np.concatenate([[0], np.cumsum(sizes)]), totals[order]


@kernel
def _pair_numbers(current: Any, offsets: Any, counts: Any, classes: Any, symbols: Any, length: Any, number: Any) -> Any:
    """Number each place's piece of ``length`` characters; returns where each number first stands and its count."""
    table = np.full(1 << 12, np.int64(-1))
    keys = np.empty(1 << 11, np.int64)
    first = np.empty(1 << 11, np.int64)
    totals = np.zeros(1 << 11, np.int64)
    pairs = 0
    for row in range(len(offsets) - 1):
        for place in range(offsets[row], offsets[row + 1] - length + 1):
            left, right = current[place], current[place + 1]
            if left < 0 or right < 0:
                continue
            if length == 2:
                before, after = classes[symbols[place]], classes[symbols[place + 1]]
                if after < 0 or (before != after and before >= 0):
                    continue
            if 2 * pairs >= len(table) - 2:
                keys = np.append(keys, np.empty_like(keys))
                first = np.append(first, np.empty_like(first))
                totals = np.append(totals, np.zeros_like(totals))
                table = np.full(2 * len(table), np.int64(-1))
                for pair in range(pairs):
                    slot = np.int64(mix(keys[pair])) & (len(table) - 1)
                    while table[slot] >= 0:
                        slot = (slot + 1) & (len(table) - 1)
                    table[slot] = pair
            key = (left << 32) | right
            slot = np.int64(mix(key)) & (len(table) - 1)
            while table[slot] >= 0 and keys[table[slot]] != key:
                slot = (slot + 1) & (len(table) - 1)
            if table[slot] < 0:
                table[slot] = pairs
                keys[pairs] = key
                first[pairs] = place
                pairs += 1
            number[place] = table[slot]
            totals[table[slot]] += counts[row]
    return first[:pairs], totals[:pairs]


class _Lexicon:
    """Pieces with their probabilities; the first ``alphabet`` of them are the single characters, which stay."""

    def __init__(
        self, alphabet: int, pieces: NDArray[np.int64], offsets: NDArray[np.int64], frequencies: NDArray[np.int64]
    ) -> None:
        self._alphabet = alphabet
        self._pieces = np.concatenate([np.arange(alphabet), pieces])
        self._lengths = np.concatenate([np.ones(alphabet, np.int64), np.diff(offsets)])
        start = np.concatenate([np.ones(alphabet, np.int64), frequencies])
        self._probabilities = np.maximum(start / start.sum(), _LEAST)
        self._build()

    @property
    def size(self) -> int:
        return len(self._lengths)

    def _build(self) -> None:
        offsets = np.concatenate([[0], np.cumsum(self._lengths)])
        self._offsets = offsets
        first = np.zeros((1, self._alphabet), np.int64)
        roots, ids = np.zeros(self.size, np.int64), np.arange(self.size)
        self._edges = hashed_trie(self._pieces, offsets, roots, ids, first)
        self._first = first[0]

    def expected(
        self, symbols: NDArray[np.int32], offsets: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """How often each piece is expected over all ways to cut the words, in units of 1 / 65,536."""
        totals = np.zeros(self.size, np.int64)
        _expect(symbols, offsets, counts, self._edges, self._first, self._probabilities, totals)
        return totals

    def maximise(self, expected: NDArray[np.int64]) -> None:
        """New probabilities; pieces that are expected less than half a time go, but for single characters.

        The weight of a count is what the mean-field update of a Dirichlet prior gives, exp(digamma(count)), to which
        count - 1/2 + 1/(24 count) is close from a half on (as in SentencePiece).
        """
        values = expected / _FRACTION
        kept = values >= 0.5
        kept[: self._alphabet] = True
        safe = np.maximum(values, 0.5)
        weights = np.where(values >= 0.5, safe - 0.5 + 1.0 / (24.0 * safe), 0.0)
        self._probabilities = weights
        self._keep(kept)
        self._probabilities = np.maximum(self._probabilities / _ordered_sum(self._probabilities), _LEAST)

    def prune(
        self, symbols: NDArray[np.int32], offsets: NDArray[np.int64], counts: NDArray[np.int64], size: int
    ) -> None:
        """Keep the pieces without which the likelihood of the words would fall most."""
        if self.size <= size:
            return
        used = np.zeros(self.size, np.int64)
        _count_best(symbols, offsets, counts, self._edges, self._first, self._probabilities, used)
        alternatives = np.ones(self.size)
        _best_without(self._pieces, self._offsets, self._edges, self._first, self._probabilities, alternatives)
        losses = used * (logarithm(self._probabilities) - logarithm(alternatives))
        losses[: self._alphabet] = np.inf
        # Equal losses: the piece with the lower number, which is one of more occurrences.
        order = np.lexsort((np.arange(self.size), -losses))
        kept = np.zeros(self.size, np.bool_)
        kept[order[:size]] = True
        self._keep(kept)

    def _keep(self, kept: NDArray[np.bool_]) -> None:
        if not kept.all():
            self._pieces = self._pieces[np.repeat(kept, self._lengths)]
            self._lengths = self._lengths[kept]
            self._probabilities = self._probabilities[kept]
            self._build()

    def ranked(self, alphabet: NDArray[np.int64]) -> tuple[list[str], list[float]]:
        """Tokens and scores, likeliest first."""
        codes = alphabet[self._pieces].astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
        texts = [codes[start:stop] for start, stop in zip(self._offsets, self._offsets[1:], strict=False)]
        scores = np.round(logarithm(self._probabilities), 6).tolist()
        order = sorted(range(self.size), key=lambda index: (-scores[index], texts[index]))
        return [texts[index] for index in order], [scores[index] for index in order]


def _ordered_sum(values: NDArray[np.float64]) -> float:
    """Sum from first to last; the order in which numpy adds depends on the processor."""
    return float(np.cumsum(values)[-1])


def logarithm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithm of positive numbers, to about 1e-15, by operations that every processor rounds alike."""
    mantissas, exponents = np.frexp(values)
    low = mantissas < 0.5**0.5
    mantissas, exponents = np.where(low, 2.0 * mantissas, mantissas), exponents - low
    ratio = (mantissas - 1.0) / (mantissas + 1.0)
    square = ratio * ratio
    series = np.zeros_like(ratio)
    for term in range(23, 0, -2):  # the series of the inverse hyperbolic tangent; |ratio| is .172 at most
        series = series * square + 1.0 / term
    result: NDArray[np.float64] = exponents * 0.6931471805599453 + 2.0 * ratio * series
    return result


@inner_kernel
def _arcs(word: Any, edges: Any, first: Any, begins: Any, stops: Any, pieces: Any) -> Any:
    """All pieces that stand in ``word``, by where they begin; returns their number."""
    used = 0
    for begin in range(len(word)):
        state = first[word[begin]]
        end = begin + 1
        while state:
            if state & STATE_MASK:
                begins[used] = begin
                stops[used] = end
                pieces[used] = (state & STATE_MASK) - 1
                used += 1
            if end >= len(word):
                break
            place = edge_slot(edges, ((state >> 32) << SYMBOL_BITS) | word[end])
            state = edges[place + 1] if edges[place] != -1 else np.int64(0)
            end += 1
    return used


@kernel
def _expect(symbols: Any, offsets: Any, counts: Any, edges: Any, first: Any, probabilities: Any, totals: Any) -> None:
    begins = np.empty(_LONGEST_CUT * LONGEST_PIECE, np.int64)
    stops = np.empty(_LONGEST_CUT * LONGEST_PIECE, np.int64)
    pieces = np.empty(_LONGEST_CUT * LONGEST_PIECE, np.int64)
    forward = np.empty(_LONGEST_CUT + 1, np.float64)
    backward = np.empty(_LONGEST_CUT + 1, np.float64)
    for row in range(len(offsets) - 1):
        word = symbols[offsets[row] : offsets[row + 1]]
        length = len(word)
        arcs = _arcs(word, edges, first, begins, stops, pieces)
        forward[: length + 1] = 0.0
        backward[: length + 1] = 0.0
        forward[0] = 1.0
        backward[length] = 1.0
        for arc in range(arcs):
            forward[stops[arc]] += forward[begins[arc]] * probabilities[pieces[arc]]
        for arc in range(arcs - 1, -1, -1):
            backward[begins[arc]] += backward[stops[arc]] * probabilities[pieces[arc]]
        weight = np.float64(counts[row] * _FRACTION)
        for arc in range(arcs):
            share = forward[begins[arc]] * probabilities[pieces[arc]] / forward[length] * backward[stops[arc]]
            totals[pieces[arc]] += np.int64(share * weight + 0.5)


@inner_kernel
def _best_cut(
    length: Any, arcs: Any, begins: Any, stops: Any, pieces: Any, without: Any, probabilities: Any, best: Any, back: Any
) -> None:
    """Probability of the likeliest cut up to each place, and the arc that it ends with; ``without`` one piece."""
    best[: length + 1] = 0.0
    best[0] = 1.0
    for arc in range(arcs):
        if pieces[arc] != without:
            value = best[begins[arc]] * probabilities[pieces[arc]]
            if value > best[stops[arc]]:
                best[stops[arc]] = value
                back[stops[arc]] = arc


@kernel
def _count_best(symbols: Any, offsets: Any, counts: Any, edges: Any, first: Any, probabilities: Any, used: Any) -> None:
    """Add up how often each piece stands in the likeliest cut of the words."""
    begins = np.empty(_LONGEST_CUT * LONGEST_PIECE, np.int64)
    stops = np.empty(_LONGEST_CUT * LONGEST_PIECE, np.int64)
    pieces = np.empty(_LONGEST_CUT * LONGEST_PIECE, np.int64)
    best = np.empty(_LONGEST_CUT + 1, np.float64)
    back = np.empty(_LONGEST_CUT + 1, np.int64)
    for row in range(len(offsets) - 1):
        word = symbols[offsets[row] : offsets[row + 1]]
        arcs = _arcs(word, edges, first, begins, stops, pieces)
        _best_cut(len(word), arcs, begins, stops, pieces, -1, probabilities, best, back)
        place = np.int64(len(word))
        while place > 0:
            arc = back[place]
            used[pieces[arc]] += counts[row]
            place = begins[arc]


@kernel
def _best_without(texts: Any, offsets: Any, edges: Any, first: Any, probabilities: Any, alternatives: Any) -> None:
    """Probability of the likeliest way to make each piece of two and more characters of other pieces."""
    begins = np.empty(_LONGEST_CUT * LONGEST_PIECE, np.int64)
    stops = np.empty(_LONGEST_CUT * LONGEST_PIECE, np.int64)
    pieces = np.empty(_LONGEST_CUT * LONGEST_PIECE, np.int64)
    best = np.empty(_LONGEST_CUT + 1, np.float64)
    back = np.empty(_LONGEST_CUT + 1, np.int64)
    for piece in range(len(offsets) - 1):
        word = texts[offsets[piece] : offsets[piece + 1]]
        if len(word) > 1:
            arcs = _arcs(word, edges, first, begins, stops, pieces)
            _best_cut(len(word), arcs, begins, stops, pieces, piece, probabilities, best, back)
            alternatives[piece] = best[len(word)]
