"""The arithmetic of exposure against values worked out by hand and against simulated chance."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.audit.exposure import area_under_curve, exposure, mean_interval, null_band, null_mean, standing


@pytest.mark.parametrize(
    ("scores", "bits"),
    [
        ([9.0, 1, 2, 3, 4, 5, 6, 7], 3.0),  # first of eight
        ([4.5, 1, 2, 3, 4, 5, 6, 7], 1.0),  # fourth of eight
        ([0.0, 1, 2, 3, 4, 5, 6, 7], 0.0),  # last of eight
        ([5.0, 5, 5, 5, 5], math.log2(5 / 3)),  # shares ranks 1 to 5
        ([5.0, 5, 5, 1, 9], math.log2(5 / 3)),  # shares ranks 2 to 4
    ],
)
def test_exposure(scores: list[float], bits: float) -> None:
    assert exposure(np.array(scores)) == pytest.approx(bits)


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=50))
def test_exposure_against_a_sorted_list(values: list[int]) -> None:
    ordered = sorted(values, reverse=True)
    places = [place for place, value in enumerate(ordered, 1) if value == values[0]]
    slow = math.log2(len(values)) - math.log2(sum(places) / len(places))
    assert exposure(np.array(values, np.float64)) == pytest.approx(slow)


def test_null_mean_is_one_over_ln_2_for_many_references() -> None:
    assert null_mean(3) == pytest.approx((2 + 1 + math.log2(4 / 3) + 0) / 4)
    assert null_mean(100_000) == pytest.approx(1 / math.log(2), abs=1e-3)


@pytest.mark.parametrize("count", [4, 16, 64])
def test_null_band_holds_the_mean_of_unseen_secrets_99_times_in_100(count: int) -> None:
    low, high = null_band(count, 255)
    ranks = np.random.default_rng(3).integers(1, 257, (40_000, count))
    means = (8 - np.log2(ranks)).mean(axis=1)
    assert np.mean(means > high) == pytest.approx(0.005, abs=0.002)
    assert np.mean(means < low) == pytest.approx(0.005, abs=0.002)


def test_null_band_ends_at_the_ceiling() -> None:
    assert null_band(1, 3)[1] == 2.0


def test_mean_interval() -> None:
    low, high = mean_interval([1.0, 3.0])
    assert (low, high) == pytest.approx((2 - 2.575829, 2 + 2.575829))


def test_standing_goes_beyond_the_ceiling_of_ranks() -> None:
    assert standing(np.array([5.0, 1, 3])) == pytest.approx(3.0)
    assert standing(np.array([500.0, 1, 3])) > 100
    assert standing(np.array([5.0, 5, 5])) == 0.0


def test_area_under_curve() -> None:
    # pairs won: 3 beats both, 1 beats none and ties one
    assert area_under_curve([3, 1], [1, 2]) == pytest.approx((2 + 0.5) / 4)
    assert area_under_curve([2], [1]) == 1.0
