"""Arithmetic of the forecast: fixed costs are not multiplied, what grows is, and the spread holds the estimate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.preview.estimate import Point, Range, constant, divided, grown, heaps, scaled, total

_SIZE = st.floats(1.0, 1e9)


def test_a_start_is_not_multiplied() -> None:
    tiny = Point(10, 0, 3.0 + 10 * 0.02)
    points = [Point(size, 100_000, 3.0 + size * 0.02) for size in (1000, 1100, 900)]
    assert grown(points, tiny) == pytest.approx(Range(2003.0, 2003.0, 2003.0))


def test_what_was_measured_whole_is_what_it_is() -> None:
    points = [Point(100, 100, value) for value in (5.0, 6.0, 7.0)]
    assert grown(points, Point(90, 0, 4.9)) == Range(6.0, 5.0, 7.0)


def test_noise_makes_nothing_cheaper_than_its_smallest_part() -> None:
    assert grown([Point(1000, 1e6, 0.9)], Point(10, 0, 1.0)).value >= 1.0


@given(st.lists(st.tuples(_SIZE, st.floats(0.0, 1e9)), min_size=1, max_size=5), _SIZE)
def test_the_estimate_lies_within_its_spread(parts: list[tuple[float, float]], full: float) -> None:
    points = [Point(size, full, value) for size, value in parts]
    for low, high, value in ((r.low, r.high, r.value) for r in (scaled(points), grown(points, Point(1.0, 0.0, 0.0)))):
        assert low <= value <= high


def test_a_sum_adds_the_bounds() -> None:
    assert total([Range(2, 1, 4), constant(1.0)]) == Range(3, 2, 5)
    assert total([]) == Range(0, 0, 0)


def test_words_grow_by_the_power_that_two_sizes_show() -> None:
    words = heaps(100, 40.0, 400, 80.0)
    assert words(400) == 80.0 and words(1600) == pytest.approx(160.0)
    assert heaps(100, 40.0, 300, 130.0)(600) <= 260.0  # never faster than the text
    assert heaps(100, 40.0, 100, 40.0)(100) == 40.0


def test_only_what_workers_do_is_divided() -> None:
    assert divided(constant(10.0), constant(4.0), 3) == constant(6.0)
    assert divided(constant(1.0), constant(4.0), 3) == constant(1.0)
