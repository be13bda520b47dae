"""Whether a secret was in the training text: members told from secrets of the same making that were not."""

from collections.abc import Mapping, Sequence

import numpy as np

from stages.audit.exposure import area_under_curve

FALSE_POSITIVES = 0.01


def true_positive_rate(members: Sequence[float], others: Sequence[float]) -> float:
    """Share of members above the score that at most 1 % of the others are above (Carlini et al. 2022).

    With fewer than 100 others, above all of them.
    """
    ordered = np.sort(others)[::-1]
    return float(np.mean(np.asarray(members) > ordered[int(len(ordered) * FALSE_POSITIVES)]))


def membership(members: Mapping[str, Sequence[float]], others: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Area under the ROC curve and true positives at 1 % false ones, by name of the score."""
    figures = {}
    for score, values in members.items():
        figures[f"{score}_area_under_curve"] = area_under_curve(values, others[score])
        figures[f"{score}_true_positives_at_1_percent"] = true_positive_rate(values, others[score])
    return figures
