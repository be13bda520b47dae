"""The fitted tail against closed forms, and exposure by it against ranks."""

import math

import numpy as np
import pytest

from stages.audit.exposure import exposure
from stages.audit.skew_normal import SkewNormal, extrapolated_exposure


@pytest.mark.parametrize("value", [-3.0, 0.0, 2.0, 5.0, 20.0])
@pytest.mark.parametrize("shape", [0.0, 1.0, -1.0])
def test_tail_against_closed_forms(value: float, shape: float) -> None:
    upper = math.erfc(value / math.sqrt(2)) / 2
    chance = {0.0: upper, 1.0: upper * (2 - upper), -1.0: upper**2}[shape]
    if chance > 0:
        assert SkewNormal(0.0, 1.0, shape).surprise(value) == pytest.approx(-math.log2(chance), abs=2e-4, rel=1e-4)
    assert SkewNormal(10.0, 3.0, shape).surprise(10 + 3 * value) == pytest.approx(
        SkewNormal(0.0, 1.0, shape).surprise(value)
    )


@pytest.mark.parametrize("delta", [-0.9, 0.0, 0.6, 0.95])
def test_fit_finds_the_law_that_was_drawn_from(delta: float) -> None:
    first, second = np.random.default_rng(1).standard_normal((2, 400_000))
    found = SkewNormal.fit(5 + 2 * (delta * np.abs(first) + math.sqrt(1 - delta**2) * second))
    assert found.shape / math.hypot(1, found.shape) == pytest.approx(delta, abs=0.25 if delta == 0 else 0.03)
    assert found.scale == pytest.approx(2, rel=0.05)


def test_extrapolation_agrees_with_the_rank_and_goes_beyond_its_ceiling() -> None:
    references = np.random.default_rng(2).standard_normal(4095)
    for secret in (-1.0, 0.0, 1.0, 2.0, 2.5):
        scores = np.concatenate([[secret], references])
        assert extrapolated_exposure(scores) == pytest.approx(exposure(scores), abs=0.4)
    assert extrapolated_exposure(np.concatenate([[8.0], references])) > 30
    assert extrapolated_exposure(np.full(5, 3.0)) == 1.0
