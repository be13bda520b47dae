import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text.language_balance import language_factors, scaled

TOTALS = st.dictionaries(st.sampled_from(["ko", "en", "other"]), st.integers(1, 1 << 46), min_size=1)


@given(totals=TOTALS, hundredths=st.integers(0, 100))
def test_shares_follow_the_exponent_and_no_count_is_too_large(totals: dict[str, int], hundredths: int) -> None:
    exponent = hundredths / 100
    factors = language_factors(totals, exponent)
    largest = max(totals.values())
    for language, total in totals.items():
        wanted = (largest / total) ** (1 - exponent)
        assert factors[language] / 65536 == pytest.approx(wanted, rel=1e-4)
        assert total * factors[language] < 1 << 63
        (found,) = scaled(np.array([total]), factors[language])
        assert found == pytest.approx(total * wanted, rel=1e-4, abs=0.51)


def test_one_leaves_the_counts_and_zero_makes_languages_equal() -> None:
    totals = {"ko": 1_000_003, "en": 7, "other": 0}
    assert language_factors(totals, 1.0) == {"ko": 65536, "en": 65536}
    factors = language_factors(totals, 0.0)
    assert scaled(np.array([1_000_003, 5]), factors["ko"]).tolist() == [1_000_003, 5]
    assert scaled(np.array([7, 0]), factors["en"]).tolist() == [1_000_003, 0]
    assert language_factors({}, 0.5) == {}
