"""Planning of training examples: which tokens of which documents make up each one.

The semantics are those of the published BERT and ALBERT builders (google-research/bert, create_pretraining_data.py;
google-research/albert), with these differences, each of which mends a defect of theirs:

* Every choice is a hash of (seed, document, copy, position in the document), never the state of a generator. Labels
  come in opposite twos, at like positions of different documents, so that they are even.
* The random side comes from another document always, and never reads as the sentence that truly stands there, in case
  two documents share it. It is drawn by sentence, so that long and short documents have their due share in it.
* The random side is as long as the true one would have been. (Filled up to the target, or cut off by the end of its
  document, it lets a classifier that sees nothing but the two lengths guess the label.)
* The last sentence of a document, where it stands alone, becomes the B of a pair with the sentence before it or with a
  random one, instead of always being a negative. A document of one sentence becomes an example without a pair, which
  trains the masked tokens only.
* A sentence longer than an example is cut into pieces that are treated as sentences, instead of losing what is over.
* Truncation takes one step instead of one per token, with the same distribution.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import hash_bytes, mix

PLAIN, NSP, SOP = 0, 1, 2
NO_PAIR, IN_ORDER, OTHER = -1, 0, 1  # OTHER: A and B are of different documents (NSP) or swapped (SOP)
SPECIAL_TOKENS = 3  # [CLS] A [SEP] B [SEP]

# One example: token ranges A and B (``length_b`` 0: none), their documents, tokens lost to truncation, and the hash by
# which examples are put into order.
PLAN = np.dtype(
    [
        ("order", np.uint64),
        ("start_a", np.int64),
        ("start_b", np.int64),
        ("length_a", np.int32),
        ("length_b", np.int32),
        ("document_a", np.int32),
        ("document_b", np.int32),
        ("truncated", np.int32),
        ("label", np.int8),
    ],
    align=True,
)

# What is decided, as the index of a draw from the example's own stream.
_ORDER, _SHORT, _TARGET, _SPLIT, _LABEL, _TRIM_A, _TRIM_B, _RANDOM = 0, 1, 2, 3, 4, 1 << 20, 1 << 21, 1 << 22
_ATTEMPTS = 8
_SLOTS = 64


class Pieces(NamedTuple):
    """Sentences, the overlong ones cut, of documents in order.

    ``keys`` are the hashes of the documents. Document ``i`` has the pieces ``offsets[i]`` to ``offsets[i + 1]``; piece
    ``p`` is ``tokens[starts[p]:][:lengths[p]]``, and the pieces of a document lie side by side. A random B for document
    ``i`` comes from the pieces ``pool_starts[i]`` to ``pool_stops[i]``, those of the document itself excepted.
    """

    tokens: NDArray[Any]
    keys: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int32]
    pool_starts: NDArray[np.int64]
    pool_stops: NDArray[np.int64]


class Choices(NamedTuple):
    """What examples to plan: ``max_length`` counts special tokens, ``short`` is a probability times 2**64."""

    objective: int
    max_length: int
    short: np.uint64
    seed: np.uint64
    copy: int


@inner_kernel
def draw_each(keys: Any, seed: Any, index: int, out: Any) -> None:
    """Draw ``index`` (uint64) of every document's own stream."""
    for row in range(len(keys)):
        out[row] = mix(mix(mix(seed) ^ keys[row]) + np.uint64(index))


@inner_kernel
def hash_documents(data: Any, byte_offsets: Any, lengths: Any, sentence_offsets: Any, out: Any) -> None:
    """Hash of the tokens of each document (their bytes, in ``data``) and of where its sentences end."""
    for row in range(len(out)):
        state = hash_bytes(data, byte_offsets[row], byte_offsets[row + 1], 0)
        for sentence in range(sentence_offsets[row], sentence_offsets[row + 1]):
            state = mix(state ^ np.uint64(lengths[sentence]))
        out[row] = state


@inner_kernel
def count_pieces(sentence_offsets: Any, lengths: Any, limit: int, size: int, out: Any) -> None:
    """Pieces of each document when sentences over ``limit`` tokens are cut into pieces of ``size``."""
    for row in range(len(out)):
        count = 0
        for sentence in range(sentence_offsets[row], sentence_offsets[row + 1]):
            length = lengths[sentence]
            count += 1 if length <= limit else (length + size - 1) // size
        out[row] = count


@inner_kernel
def cut_pieces(
    rows: Any, token_offsets: Any, sentence_offsets: Any, lengths: Any, limit: int, size: int, starts: Any, out: Any
) -> None:
    """Start and length of every piece of the documents ``rows``, in that order, cut as ``count_pieces`` counts."""
    piece = 0
    for row in rows:
        start = token_offsets[row]
        for sentence in range(sentence_offsets[row], sentence_offsets[row + 1]):
            rest = np.int64(lengths[sentence])
            step = rest if rest <= limit else np.int64(size)
            while rest > 0:
                starts[piece] = start
                out[piece] = min(step, rest)
                start += min(step, rest)
                rest -= step
                piece += 1


@kernel
def plan_examples(pieces: Any, choices: Any, plan: Any) -> int:
    """Fill ``plan`` (PLAN, as many rows as there are pieces) with the examples of one copy; returns how many."""
    count = 0
    owed = np.full(_SLOTS, NO_PAIR, np.int8)
    copy = mix(mix(choices.seed) + np.uint64(choices.copy))
    for document in range(len(pieces.keys)):
        own = pieces.offsets[document + 1] - pieces.offsets[document]
        others = pieces.pool_stops[document] - pieces.pool_starts[document] - own
        stream = mix(copy ^ pieces.keys[document])
        if own > 1 and (choices.objective == SOP or (choices.objective == NSP and others > 0)):
            count = _pair(document, pieces, choices, stream, plan, count, owed)
        else:
            count = _pack(document, pieces, choices, stream, plan, count)
    return count


@inner_kernel
def _below(stream: Any, index: int, bound: int) -> Any:
    """Draw ``index`` of ``stream``, uniform in 0 .. bound - 1."""
    return np.int64(mix(stream + np.uint64(index)) % np.uint64(bound))


@inner_kernel
def _target(stream: Any, budget: int, short: Any) -> Any:
    """How many tokens an example aims at: the budget, or with probability ``short`` uniform in 2 .. budget."""
    if mix(stream + np.uint64(_SHORT)) < short:
        return 2 + _below(stream, _TARGET, budget - 1)
    return np.int64(budget)


@inner_kernel
def _pack(document: int, pieces: Any, choices: Any, document_stream: Any, plan: Any, count: int) -> Any:
    """Examples without a pair: as many whole pieces as fit the target, one after the other."""
    piece, last = pieces.offsets[document], pieces.offsets[document + 1]
    position = 0
    while piece < last:
        stream = mix(document_stream ^ np.uint64(position))
        target = _target(stream, choices.max_length - SPECIAL_TOKENS + 1, choices.short)
        example = plan[count]
        example.order = mix(stream + np.uint64(_ORDER))
        example.label = NO_PAIR
        example.document_a = example.document_b = document
        example.start_a = example.start_b = pieces.starts[piece]
        total = np.int64(pieces.lengths[piece])
        piece += 1
        while piece < last and total + pieces.lengths[piece] <= target:
            total += pieces.lengths[piece]
            piece += 1
        example.length_a = total
        example.length_b = example.truncated = 0
        count += 1
        position += 1
    return count


@inner_kernel
def _pair(document: int, pieces: Any, choices: Any, document_stream: Any, plan: Any, count: int, owed: Any) -> Any:
    """Pairs of one document of two pieces or more; the pieces after A that a random B displaces come again.

    ``owed`` holds, for each position in a document, the label that the next example there has to take (NO_PAIR: it
    throws a coin and leaves the opposite behind). Labels so even out between documents. Within one they must not: where
    an example ends decides how long the next can be, and the length would then tell the label.
    """
    piece, last = pieces.offsets[document], pieces.offsets[document + 1]
    budget = choices.max_length - SPECIAL_TOKENS
    position = 0
    while piece < last:
        stream = mix(document_stream ^ np.uint64(position))
        target = _target(stream, budget, choices.short)
        borrowed = piece == last - 1
        begin = piece - 1 if borrowed else piece
        end = begin
        total: Any = np.int64(0)
        while end < last and (total < target or end - begin < 2):
            total += pieces.lengths[end]
            end += 1
        middle = begin + 1 + _below(stream, _SPLIT, end - begin - 1)
        length_a: Any = np.int64(0)
        for index in range(begin, middle):
            length_a += pieces.lengths[index]
        slot = position % _SLOTS
        label = owed[slot] if owed[slot] != NO_PAIR else _below(stream, _LABEL, 2)
        piece = end

        example = plan[count]
        example.order = mix(stream + np.uint64(_ORDER))
        example.document_a = example.document_b = document
        example.start_a, example.length_a = pieces.starts[begin], length_a
        example.start_b, example.length_b = pieces.starts[middle], total - length_a
        if label == OTHER and choices.objective == SOP:
            example.start_a, example.length_a, example.start_b, example.length_b = (
                example.start_b,
                example.length_b,
                example.start_a,
                example.length_a,
            )
        elif label == OTHER:
            replaced = begin if borrowed else middle
            wanted = length_a if borrowed else min(target, total) - length_a
            nearest = borrowed or total < target
            other, start, length = _elsewhere(document, pieces, replaced, borrowed, wanted, nearest, stream)
            if length == 0:
                label = NO_PAIR
                example.length_b = 0
            elif borrowed:
                example.document_a, example.start_a, example.length_a = other, start, length
            else:
                example.document_b, example.start_b, example.length_b = other, start, length
            piece = end if borrowed else middle
        example.label = label
        _truncate(example, budget, stream)
        if label != NO_PAIR:
            owed[slot] = NO_PAIR if owed[slot] != NO_PAIR else 1 - label
        count += 1
        position += 1
    return count


@inner_kernel
def _elsewhere(document: int, pieces: Any, replaced: int, ends: bool, wanted: int, nearest: bool, stream: Any) -> Any:
    """Document, start and length of a stretch elsewhere that does not begin (``ends``: end) like piece ``replaced``.

    It has ``wanted`` tokens at least, or with ``nearest`` as near to that as whole sentences come. Length 0: none.
    """
    first, last = pieces.offsets[document], pieces.offsets[document + 1]
    pool = pieces.pool_starts[document]
    others = pieces.pool_stops[document] - pool - (last - first)
    for attempt in range(_ATTEMPTS):
        begin = pool + _below(stream, _RANDOM + attempt, others)
        if begin >= first:
            begin += last - first
        other = np.searchsorted(pieces.offsets, begin, "right") - 1
        begin, end, length = _reach(pieces, other, begin, wanted, nearest)
        if not _same_text(pieces, end - 1 if ends else begin, replaced):
            return other, pieces.starts[begin], length
    return document, pieces.starts[first], np.int64(0)


@inner_kernel
def _reach(pieces: Any, document: int, begin: int, wanted: int, nearest: bool) -> Any:
    """First piece, last + 1 and tokens of a stretch from ``begin`` on, or from before it where the document ends."""
    end = begin + 1
    length = np.int64(pieces.lengths[begin])
    while end < pieces.offsets[document + 1] and length + (pieces.lengths[end] // 2 if nearest else 0) < wanted:
        length += pieces.lengths[end]
        end += 1
    while begin > pieces.offsets[document] and length + (pieces.lengths[begin - 1] // 2 if nearest else 0) < wanted:
        begin -= 1
        length += pieces.lengths[begin]
    return begin, end, length


@inner_kernel
def _same_text(pieces: Any, one: int, other: int) -> bool:
    if pieces.lengths[one] != pieces.lengths[other]:
        return False
    start, other_start = pieces.starts[one], pieces.starts[other]
    for token in range(pieces.lengths[one]):
        if pieces.tokens[start + token] != pieces.tokens[other_start + token]:
            return False
    return True


@inner_kernel
def _truncate(example: Any, budget: int, stream: Any) -> None:
    """Cut a pair to ``budget`` as if tokens went one by one off the longer side, B when even, at a random end."""
    length_a, length_b = example.length_a, example.length_b
    excess = max(length_a + length_b - budget, 0)
    drop_a = min(excess, max(length_a - length_b, 0))
    drop_b = min(excess, max(length_b - length_a, 0))
    rest = excess - drop_a - drop_b
    drop_a += rest // 2
    drop_b += rest - rest // 2
    example.start_a += _heads(stream, _TRIM_A, drop_a)
    example.start_b += _heads(stream, _TRIM_B, drop_b)
    example.length_a -= drop_a
    example.length_b -= drop_b
    example.truncated = excess


@inner_kernel
def _heads(stream: Any, index: int, coins: int) -> Any:
    """Heads in so many fair coins, 64 to a draw: how many of the dropped tokens go off the front."""
    heads = 0
    while coins > 0:
        bits = mix(stream + np.uint64(index))
        if coins < 64:
            bits &= (np.uint64(1) << np.uint64(coins)) - np.uint64(1)
        while bits:
            bits &= bits - np.uint64(1)
            heads += 1
        coins -= 64
        index += 1
    return heads


@inner_kernel
def example_lengths(plan: Any, out: Any) -> None:
    """Tokens of each example, special tokens included."""
    for row in range(len(plan)):
        length_b = plan[row].length_b
        out[row] = plan[row].length_a + (length_b + SPECIAL_TOKENS if length_b else SPECIAL_TOKENS - 1)


@inner_kernel
def write_examples(
    plan: Any, tokens: Any, classify: int, separate: int, offsets: Any, input_ids: Any, segment_b: Any
) -> None:
    """Write [CLS] A [SEP] B [SEP] of row ``i`` to ``input_ids[offsets[i]:offsets[i + 1]]``, and where its B starts."""
    for row in range(len(plan)):
        example = plan[row]
        position = offsets[row]
        input_ids[position] = classify
        position += 1
        for token in range(example.start_a, example.start_a + example.length_a):
            input_ids[position] = tokens[token]
            position += 1
        input_ids[position] = separate
        position += 1
        segment_b[row] = position - offsets[row]
        if example.length_b:
            for token in range(example.start_b, example.start_b + example.length_b):
                input_ids[position] = tokens[token]
                position += 1
            input_ids[position] = separate
