"""Signatures estimate the Jaccard similarity of shingle sets, blind to spaces, punctuation and case."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.text.minhash import bands, may_repeat, signatures, similarity


def sign(texts: list[str], shingle: int = 5, hashes: int = 512) -> np.ndarray:
    return signatures(pa.array(texts, pa.string()), np.full(len(texts), shingle, np.int64), hashes, 7)


def shingles(text: str, size: int) -> set[str]:
    letters = [c.lower() if len(c.lower()) == 1 else c for c in text if c.isalnum()]
    return {"".join(letters[i : i + size]) for i in range(max(1, len(letters) - size + 1))}


@settings(max_examples=60, deadline=None)
@given(st.text("가나다라마abAB1 ,.", min_size=30, max_size=80), st.text("가나다라마abAB1 ,.", min_size=0, max_size=60))
def test_the_estimate_is_near_the_true_similarity(common: str, more: str) -> None:
    left, right = common, common + more
    a, b = shingles(left, 3), shingles(right, 3)
    true = len(a & b) / len(a | b)
    signed = sign([left, right], 3)
    assert abs(similarity(signed[:1], signed[1:])[0] - true) < 5 * np.sqrt(0.25 / 512)


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=0, max_size=60))
def test_spaces_punctuation_and_order_in_the_batch_do_not_count(text: str) -> None:
    spaced = " , ".join(text)
    alone, batch = sign([text]), sign(["앞의 글", spaced, "뒤의 글"])
    assert np.array_equal(alone[0], batch[1])


def test_bands_agree_where_their_hashes_agree() -> None:
    signed = sign(["가나다라마바사아자차카타파하", "가나다라마바사아자차카타파히"], hashes=64)
    keys = bands(signed, 16)
    expected = [(signed[0, 4 * b : 4 * b + 4] == signed[1, 4 * b : 4 * b + 4]).all() for b in range(16)]
    assert (keys[0] == keys[1]).tolist() == expected
    assert len(set(keys[0].tolist())) == 16


@given(st.lists(st.integers(0, 60), max_size=80))
def test_no_value_that_repeats_is_missed(numbers: list[int]) -> None:
    # Hashes as they come: well mixed, with what repeats far apart.
    values = np.array([number * 0x9E3779B97F4A7C15 % 2**64 for number in numbers], np.uint64)
    found = may_repeat(values)
    assert all(found[at] for at, number in enumerate(numbers) if numbers.count(number) > 1)


def test_most_values_that_occur_once_are_told() -> None:
    values = np.random.default_rng(1).integers(0, 2**64, 100_000, dtype=np.uint64)
    assert may_repeat(values).mean() < 0.15
