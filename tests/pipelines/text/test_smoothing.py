import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text.smoothing import smooth_counts

COUNTS = st.lists(st.tuples(st.integers(1, 10**12), st.integers(0, 3)), min_size=1, max_size=30)


@given(counted=COUNTS)
def test_an_exponent_of_one_changes_nothing(counted: list[tuple[int, int]]) -> None:
    counts, languages = np.array(counted, np.int64).T
    assert smooth_counts(counts, languages, 1.0).tolist() == counts.tolist()


@pytest.mark.parametrize("exponent", [0.0, 0.3, 0.7])
def test_shares_follow_the_power_of_the_totals(exponent: float) -> None:
    counts = np.array([900_000, 100_000, 9_000, 1_000], np.int64)
    languages = np.array([1, 1, 0, 0])
    got = smooth_counts(counts, languages, exponent)
    assert got[:2].tolist() == [900_000, 100_000]
    assert got[2:].sum() / 1_000_000 == pytest.approx(0.01**exponent, rel=2e-3)
    assert got[2] == pytest.approx(9 * got[3], abs=9)


def test_no_counts_give_none() -> None:
    assert smooth_counts(np.zeros(0, np.int64), np.zeros(0, np.int64), 0.5).tolist() == []
