"""Metrics against values worked out by hand and against slow references."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.evaluate.metrics import (
    accuracy,
    entities,
    entity_f1,
    f1_binary,
    f1_macro,
    matthews,
    mean_ranks,
    pearson,
    spearman,
)

GOLD = np.array([1, 1, 1, 0, 0, 2, 2, 2, 2, 0])
FOUND = np.array([1, 0, 1, 0, 1, 2, 2, 0, 2, 0])
labels = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


def test_accuracy() -> None:
    assert accuracy(GOLD, FOUND) == pytest.approx(0.7)


def test_f1_binary_is_that_of_class_one() -> None:
    # class 1: 2 right of 3 gold and 3 predicted
    assert f1_binary(GOLD, FOUND) == pytest.approx(2 * 2 / (3 + 3))
    assert f1_binary(np.array([0, 0, 1]), np.array([0, 0, 0])) == 0.0


def test_f1_macro() -> None:
    # class 0: 2 of 3 gold and 4 predicted; class 1: 2 of 3 and 3; class 2: 3 of 4 and 3
    assert f1_macro(GOLD, FOUND) == pytest.approx((4 / 7 + 4 / 6 + 6 / 7) / 3)


def test_f1_macro_counts_a_class_that_is_only_predicted() -> None:
    assert f1_macro(np.array([0, 0]), np.array([0, 1])) == pytest.approx((2 / 3 + 0) / 2)


def test_matthews_of_two_classes() -> None:
    gold, found = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0]), np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0])
    # 3 true positives, 5 true negatives, 1 false positive, 1 false negative
    assert matthews(gold, found) == pytest.approx((3 * 5 - 1 * 1) / math.sqrt(4 * 4 * 6 * 6))


def test_matthews_of_three_classes() -> None:
    # Gorodkin's R_K: right 7 of 10; gold counts 3, 3, 4; predicted counts 4, 3, 3
    covariance = 7 * 10 - (3 * 4 + 3 * 3 + 4 * 3)
    spread = math.sqrt((100 - (9 + 9 + 16)) * (100 - (16 + 9 + 9)))
    assert matthews(GOLD, FOUND) == pytest.approx(covariance / spread)


@pytest.mark.parametrize("metric", [matthews, pearson, spearman])
def test_a_constant_prediction_correlates_with_nothing(metric: object) -> None:
    assert callable(metric)
    assert metric(np.array([0, 1, 1, 0]), np.ones(4)) == 0.0


def test_pearson() -> None:
    # deviations (-1, 0, 1) and (-4/3, -1/3, 5/3): 3 / sqrt(2 * 42/9)
    assert pearson(np.array([1.0, 2, 3]), np.array([1.0, 2, 4])) == pytest.approx(3 / math.sqrt(2 * 42 / 9))


def test_spearman_uses_ranks_alone() -> None:
    assert spearman(np.array([1.0, 2, 3]), np.array([1.0, 20, 400])) == pytest.approx(1.0)
    # one swap of neighbours among four: 1 - 6 * 2 / (4 * 15)
    assert spearman(np.array([1, 2, 3, 4]), np.array([1, 3, 2, 4])) == pytest.approx(0.8)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30))
def test_mean_ranks_share_ties(values: list[int]) -> None:
    ordered = sorted(values)
    slow = [np.mean([place for place, other in enumerate(ordered, 1) if other == value]) for value in values]
    assert mean_ranks(np.array(values)).tolist() == pytest.approx(slow)


@given(labels)
def test_metrics_stay_in_range_and_reward_the_truth(pairs: list[tuple[int, int]]) -> None:
    gold, found = np.array(pairs).T
    assert accuracy(gold, gold) == 1.0
    assert f1_macro(gold, gold) == 1.0
    for metric, low in ((accuracy, 0), (f1_macro, 0), (f1_binary, 0), (matthews, -1), (pearson, -1), (spearman, -1)):
        assert low - 1e-9 <= metric(gold, found) <= 1 + 1e-9


@given(labels)
def test_matthews_of_two_classes_is_pearson(pairs: list[tuple[int, int]]) -> None:
    gold, found = np.array(pairs).T % 2
    assert matthews(gold, found) == pytest.approx(pearson(gold, found))


def test_entities_are_strict() -> None:
    tags = ["I-PER", "B-PER", "I-PER", "I-LOC", "O", "B-LOC", "B-LOC", "I-LOC"]
    assert entities(tags) == [(1, 3, "PER"), (5, 6, "LOC"), (6, 8, "LOC")]


def test_entity_at_the_end_and_of_a_hyphenated_type() -> None:
    assert entities(["O", "B-NORP-X", "I-NORP-X"]) == [(1, 3, "NORP-X")]


def test_entity_f1_wants_border_and_type() -> None:
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["B-ORG", "O", "O"]]
    found = [["B-PER", "I-PER", "O", "B-ORG"], ["B-ORG", "I-ORG", "O"]]
    # one of 3 gold and 3 predicted entities is right: a wrong type and a wrong border are misses
    assert entity_f1(gold, found) == pytest.approx(2 * 1 / 6)
    assert entity_f1(gold, gold) == 1.0
    assert entity_f1(gold, [["O"] * 4, ["O"] * 3]) == 0.0
