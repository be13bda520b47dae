"""The compiled planner against a slow one that follows its description sentence by sentence and token by token."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.text import pairs

MASK_64 = 2**64 - 1
SEED = 12345


def mix(value: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) & MASK_64
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK_64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK_64
    return value ^ (value >> 31)


@dataclass(frozen=True)
class Stream:
    state: int

    def draw(self, index: int) -> int:
        return mix((self.state + index) & MASK_64)

    def below(self, index: int, bound: int) -> int:
        return self.draw(index) % bound


@dataclass(frozen=True)
class Example:
    label: int
    document_a: int
    a: tuple[int, ...]
    document_b: int
    b: tuple[int, ...]
    order: int
    truncated: int = 0


Document = list[list[int]]  # sentences of tokens


def slow_plan(
    documents: list[Document], keys: list[int], objective: int, max_length: int, short: int, copy: int
) -> list[Example]:
    """Examples of all documents, each with the whole list as its pool; documents of one sentence are in no pool."""
    pool = [(d, s) for d, document in enumerate(documents) if len(document) > 1 for s in range(len(document))]
    owed: dict[int, int] = {}
    examples: list[Example] = []
    for index, document in enumerate(documents):
        state = mix(mix((mix(SEED) + copy) & MASK_64) ^ keys[index])
        elsewhere = [place for place in pool if place[0] != index]
        if len(document) > 1 and (objective == pairs.SOP or (objective == pairs.NSP and elsewhere)):
            examples += slow_pairs(documents, index, objective, max_length - 3, short, state, elsewhere, owed)
        else:
            examples += slow_pack(document, index, max_length - 2, short, state)
    return examples


def slow_target(stream: Stream, budget: int, short: int) -> int:
    return 2 + stream.below(2, budget - 1) if stream.draw(1) < short else budget


def slow_pack(document: Document, index: int, limit: int, short: int, state: int) -> list[Example]:
    examples: list[Example] = []
    rest = list(document)
    while rest:
        stream = Stream(mix(state ^ len(examples)))
        target = slow_target(stream, limit, short)
        tokens = rest.pop(0)
        while rest and len(tokens) + len(rest[0]) <= target:
            tokens = tokens + rest.pop(0)
        examples.append(Example(pairs.NO_PAIR, index, tuple(tokens), index, (), stream.draw(0)))
    return examples


def joined(sentences: Document) -> tuple[int, ...]:
    return tuple(token for sentence in sentences for token in sentence)


def slow_pairs(
    documents: list[Document],
    index: int,
    objective: int,
    budget: int,
    short: int,
    state: int,
    elsewhere: list[tuple[int, int]],
    owed: dict[int, int],
) -> list[Example]:
    document, examples, position = documents[index], list[Example](), 0
    while position < len(document):
        stream = Stream(mix(state ^ len(examples)))
        target = slow_target(stream, budget, short)
        alone = position == len(document) - 1
        begin = position - 1 if alone else position
        end = begin
        while end < len(document) and (len(joined(document[begin:end])) < target or end - begin < 2):
            end += 1
        middle = begin + 1 + stream.below(3, end - begin - 1)
        slot = len(examples) % 64
        label = owed.get(slot, stream.below(4, 2))
        a, b = joined(document[begin:middle]), joined(document[middle:end])
        example = Example(label, index, a, index, b, stream.draw(0))
        position = end
        if label == pairs.OTHER and objective == pairs.SOP:
            example = replace(example, a=b, b=a)
        elif label == pairs.OTHER:
            wanted = len(a) if alone else min(target, len(a) + len(b)) - len(a)
            nearest = alone or len(a) + len(b) < target
            found = slow_elsewhere(
                documents, elsewhere, document[begin if alone else middle], alone, wanted, nearest, stream
            )
            if found is None:
                example = replace(example, label=pairs.NO_PAIR, b=())
            elif alone:
                example = replace(example, document_a=found[0], a=found[1])
            else:
                example = replace(example, document_b=found[0], b=found[1])
            position = end if alone else middle
        if example.label != pairs.NO_PAIR:
            if slot in owed:
                del owed[slot]
            else:
                owed[slot] = 1 - example.label
        examples.append(slow_truncate(example, budget, stream))
    return examples


def slow_elsewhere(
    documents: list[Document],
    elsewhere: list[tuple[int, int]],
    true_text: list[int],
    at_end: bool,
    wanted: int,
    nearest: bool,
    stream: Stream,
) -> tuple[int, tuple[int, ...]] | None:
    for attempt in range(8):
        other, begin = elsewhere[stream.below((1 << 22) + attempt, len(elsewhere))]
        document, end = documents[other], begin + 1
        share = 0.5 if nearest else 0
        while end < len(document) and len(joined(document[begin:end])) + int(len(document[end]) * share) < wanted:
            end += 1
        while begin > 0 and len(joined(document[begin:end])) + int(len(document[begin - 1]) * share) < wanted:
            begin -= 1
        if document[end - 1 if at_end else begin] != true_text:
            return other, joined(document[begin:end])
    return None


def slow_truncate(example: Example, budget: int, stream: Stream) -> Example:
    sides = {"a": list(example.a), "b": list(example.b)}
    coins = {"a": coin_stream(stream, 1 << 20), "b": coin_stream(stream, 1 << 21)}
    truncated = 0
    while len(sides["a"]) + len(sides["b"]) > budget:
        side = "a" if len(sides["a"]) > len(sides["b"]) else "b"
        sides[side].pop(0 if next(coins[side]) else -1)
        truncated += 1
    return replace(example, a=tuple(sides["a"]), b=tuple(sides["b"]), truncated=truncated)


def coin_stream(stream: Stream, index: int) -> Any:
    while True:
        bits = stream.draw(index)
        yield from ((bits >> coin) & 1 for coin in range(64))
        index += 1


def compiled_plan(
    documents: list[Document], keys: list[int], objective: int, max_length: int, short: int, copy: int
) -> list[Example]:
    tokens = np.array([token for document in documents for token in joined(document)], np.uint32)
    lengths = np.array([len(sentence) for document in documents for sentence in document], np.int32)
    offsets = np.cumsum([0, *map(len, documents)])
    starts = np.cumsum([0, *lengths])[:-1]
    paired = np.array([len(document) > 1 for document in documents])
    assert not (np.diff(paired.astype(int)) > 0).any(), "documents of one sentence come last"
    stops = np.where(paired, offsets[paired.sum()], 0)
    pieces = pairs.Pieces(
        tokens, np.array(keys, np.uint64), offsets, starts, lengths, np.zeros(len(documents), np.int64), stops
    )
    plan = np.zeros(len(lengths), pairs.PLAN)
    choices = pairs.Choices(objective, max_length, np.uint64(short), np.uint64(SEED), copy)
    count = pairs.plan_examples(pieces, choices, plan)
    return [
        Example(
            int(row["label"]),
            int(row["document_a"]),
            tuple(tokens[row["start_a"] :][: row["length_a"]].tolist()),
            int(row["document_b"]),
            tuple(tokens[row["start_b"] :][: row["length_b"]].tolist()),
            int(row["order"]),
            int(row["truncated"]),
        )
        for row in plan[:count]
    ]


@st.composite
def corpora(draw: st.DrawFn) -> list[Document]:
    """Documents of sentences from a tiny vocabulary, so that sentences recur; documents of one sentence last."""
    sentence = st.lists(st.integers(5, 8), min_size=1, max_size=draw(st.sampled_from([2, 30, 200])))
    documents = draw(st.lists(st.lists(sentence, min_size=1, max_size=9), min_size=1, max_size=6))
    return sorted(documents, key=lambda document: len(document) < 2)


@settings(max_examples=300, deadline=None)
@given(
    documents=corpora(),
    objective=st.sampled_from([pairs.PLAIN, pairs.NSP, pairs.SOP]),
    max_length=st.integers(8, 64),
    short=st.sampled_from([0, 2**63, MASK_64]),
    copy=st.integers(0, 3),
    keys=st.lists(st.integers(0, MASK_64), min_size=6, max_size=6, unique=True),
)
def test_compiled_plan_is_the_slow_plan(
    documents: list[Document], objective: int, max_length: int, short: int, copy: int, keys: list[int]
) -> None:
    keys = keys[: len(documents)]
    expected = slow_plan(documents, keys, objective, max_length, short, copy)
    assert compiled_plan(documents, keys, objective, max_length, short, copy) == expected


def test_truncation_drops_more_tokens_than_one_draw_has_coins() -> None:
    documents = [[list(range(5, 500)), list(range(500, 900))], [list(range(1000, 1600)), [7]]]
    for objective in (pairs.NSP, pairs.SOP):
        expected = slow_plan(documents, [1, 2], objective, 64, 0, 0)
        assert compiled_plan(documents, [1, 2], objective, 64, 0, 0) == expected
        assert any(example.truncated > 64 for example in expected)


def test_a_sentence_that_two_documents_share_is_never_the_random_side_of_itself() -> None:
    documents = [[[5, 6], [7, 8]] for _ in range(20)]
    examples = compiled_plan(documents, list(range(20)), pairs.NSP, 8, 0, 0)
    assert {example.label for example in examples} == {pairs.IN_ORDER, pairs.OTHER}
    for example in examples:
        follows = example.a == (5, 6) and example.b == (7, 8)
        assert follows == (example.label == pairs.IN_ORDER)


def test_where_only_the_true_text_is_to_be_found_there_is_no_pair() -> None:
    examples = compiled_plan([[[5], [5]], [[5], [5]]], [1, 2], pairs.NSP, 8, 0, 0)
    assert pairs.OTHER not in {example.label for example in examples}
    assert all(example.b == () for example in examples if example.label == pairs.NO_PAIR)


@pytest.mark.parametrize("limit", [4, 7, 10, 30])
def test_pieces_cover_their_sentences(limit: int) -> None:
    lengths = np.array([3, 10, 1, 29, 30, 31], np.int32)
    sentence_offsets, token_offsets = np.array([0, 2, 2, 6]), np.array([0, 13, 13, 104])
    size = (limit + 1) // 2
    counts = np.empty(3, np.int64)
    pairs.count_pieces(sentence_offsets, lengths, limit, size, counts)
    starts, pieces = np.empty(counts.sum(), np.int64), np.empty(counts.sum(), np.int32)
    rows = np.array([2, 1, 0])
    pairs.cut_pieces(rows, token_offsets, sentence_offsets, lengths, limit, size, starts, pieces)

    expected = []
    for sentences in ([(13, 1), (14, 29), (43, 30), (73, 31)], [], [(0, 3), (3, 10)]):
        for start, length in sentences:
            step = length if length <= limit else size
            expected += [(begin, min(step, start + length - begin)) for begin in range(start, start + length, step)]
    assert list(zip(starts.tolist(), pieces.tolist(), strict=True)) == expected
