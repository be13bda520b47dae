"""True positives at 1 % false ones, on scores worked out by hand."""

from stages.audit.membership import membership, true_positive_rate


def test_the_threshold_lets_one_in_a_hundred_pass() -> None:
    others = [float(value) for value in range(200)]
    assert true_positive_rate([197.0, 197.5, 198.0, 500.0], others) == 0.75
    assert true_positive_rate([1.0, 9.0, 10.0, 11.0], [float(value) for value in range(11)]) == 0.25


def test_figures_are_named_by_score() -> None:
    figures = membership({"ratio": [3.0, 1.0]}, {"ratio": [1.0, 2.0]})
    assert figures == {"ratio_area_under_curve": 0.625, "ratio_true_positives_at_1_percent": 0.5}
