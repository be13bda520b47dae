import random
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tokenizers import normalizers, pre_tokenizers

from pipelines.core.arrow import string_buffers
from pipelines.text.cutting import LONGEST_WORD
from pipelines.text.words import WordCounter, count_words, merge_counts

DATA = Path(__file__).parents[4] / "shared" / "data"
PLACEHOLDERS = ("[PHONE]", "[EMAIL]")


def reference(texts: list[str], lowercase: bool, split_digits: bool) -> Counter[str]:
    normalizer = normalizers.BertNormalizer(strip_accents=False, lowercase=lowercase)
    steps: list[pre_tokenizers.PreTokenizer] = [pre_tokenizers.BertPreTokenizer()]
    if split_digits:
        steps.append(pre_tokenizers.Digits(individual_digits=True))
    pre_tokenizer = pre_tokenizers.Sequence(steps)
    counts: Counter[str] = Counter()
    for text in texts:
        plain = text.replace(PLACEHOLDERS[0], "\n").replace(PLACEHOLDERS[1], "\n")
        counts.update(word for word, _ in pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(plain)))
    return Counter({word: count for word, count in counts.items() if len(word) <= LONGEST_WORD})


def counted(texts: list[str], lowercase: bool, split_digits: bool) -> Counter[str]:
    array = pa.array(texts, pa.string())
    words, counts = count_words(array, lowercase=lowercase, split_digits=split_digits, placeholders=PLACEHOLDERS)
    assert len(set(words.to_pylist())) == len(words) == len(counts)
    return Counter(dict(zip(words.to_pylist(), counts.tolist(), strict=True)))


LETTERS = st.sampled_from("가나 ab AB1２.\x00\u200bİ漢\n") | st.characters(codec="utf-8")
LONG = [*PLACEHOLDERS, "가" * 100, "가" * 101, "A" * 99 + "İ", "sixteen-byte-word", "열여섯바이트를넘는낱말"]
PIECES = st.lists(st.text(LETTERS, max_size=30) | st.sampled_from(LONG), max_size=12).map("".join)


@pytest.mark.parametrize("lowercase", [False, True])
@pytest.mark.parametrize("split_digits", [False, True])
@given(texts=st.lists(PIECES, max_size=5))
@settings(max_examples=100, deadline=None)
def test_counts_are_those_of_the_pre_tokeniser(texts: list[str], lowercase: bool, split_digits: bool) -> None:
    assert counted(texts, lowercase, split_digits) == reference(texts, lowercase, split_digits)


@given(texts=st.lists(PIECES, max_size=5))
@settings(max_examples=50, deadline=None)
def test_added_tokens_that_begin_within_words_change_nothing_where_they_are_not(texts: list[str]) -> None:
    assume("\ue000" not in "".join(texts))
    array = pa.array(texts, pa.string())
    runs, characters = (
        count_words(array, lowercase=True, split_digits=False, placeholders=(*PLACEHOLDERS, *added))
        for added in ((), ("가\ue000", "a\ue000"))
    )
    assert runs[0].equals(characters[0]) and runs[1].tolist() == characters[1].tolist()


def test_more_words_than_the_first_tables_hold() -> None:
    texts = [" ".join(f"{row}낱말{column}" * (1 + column % 9) for column in range(90)) for row in range(300)]
    assert counted(texts, False, False) == reference(texts, False, False)


def test_batches_add_up() -> None:
    counter = WordCounter(lowercase=False, split_digits=False)
    counter.add(*string_buffers(pa.array(["말 모이 말"])))
    counter.add(*string_buffers(pa.array(["x", "모이 말모이"]).slice(1)))
    words, counts = counter.result()
    assert dict(zip(words.to_pylist(), counts.tolist(), strict=True)) == {"말": 2, "모이": 2, "말모이": 1}
    counter.add(*string_buffers(pa.array(["말"])))
    assert counts.tolist() == [2, 2, 1]


ROWS = st.lists(st.tuples(st.text("가나ab", max_size=3), st.integers(0, 3), st.integers(1, 1 << 40)), max_size=30)


@pytest.mark.parametrize("collide", [False, True])
@given(rows=ROWS, seed=st.integers(0, 99))
def test_merged_counts_are_sums_by_word_and_group_in_one_order(
    rows: list[tuple[str, int, int]], seed: int, collide: bool
) -> None:
    def merged(rows: list[tuple[str, int, int]]) -> tuple[list[tuple[str, int, int]], int]:
        words, groups, counts = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
        chunks = pa.chunked_array([pa.array(words[:2], pa.string()), pa.array(words[2:], pa.string())])
        with pytest.MonkeyPatch.context() as patch:
            if collide:
                patch.setattr("pipelines.text.words.hash_array", lambda words, _: np.zeros(len(words), np.uint64))
            done = merge_counts(chunks, np.array(groups, np.int64), np.array(counts, np.int64))
        found = [(words[row], groups[row]) for row in done.rows]
        return [(*each, count) for each, count in zip(found, done.counts.tolist(), strict=True)], done.words

    sums: Counter[tuple[str, int]] = Counter()
    for word, group, count in rows:
        sums[word, group] += count
    found, distinct = merged(rows)
    assert len(found) == len(sums) and {(word, group): count for word, group, count in found} == sums
    assert distinct == len({word for word, _ in sums})
    assert merged(random.Random(seed).sample(rows, len(rows))) == (found, distinct)


def test_more_words_are_merged_than_the_table_begins_with() -> None:
    numbers = np.arange(40_000) * 7 % 9_001
    merged = merge_counts(pa.array(map(str, numbers)), numbers % 2, np.ones(len(numbers), np.int64))
    assert merged.words == len(merged.rows) == 9_001
    times = np.bincount(numbers)
    assert (merged.counts == times[numbers[merged.rows]]).all()


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_counts_on_real_text() -> None:
    texts = [
        path.read_text("utf-8", "replace") for path in sorted(DATA.glob("*/*.txt")) if path.stat().st_size < 300_000
    ]
    assert texts
    assert counted(texts, True, True) == reference(texts, True, True)
