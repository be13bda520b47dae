"""The table of a sweep, and how far what is scrubbed lies outside the band of chance."""

from typing import Any

import pytest

from stages.sweep.figures import beyond_null_band, rows, sweep_table


def group(mean: float) -> dict[str, Any]:
    bounds = {"null_low": 0.5, "null_high": 2.5, "area_under_curve": 0.75}
    return {"mean": mean, "mean_extrapolated": mean + 1, "maximum": mean + 2, **bounds}


def arm(share: float, **means: float) -> dict[str, Any]:
    planted = {name.strip("_"): group(mean) for name, mean in means.items()}
    canaries = {"planted": {**planted, "all": group(9.0)}, "never_planted": group(1.4)}
    apart = {"mean_missed": {"16": 7.5} if share else {}, "mean_found": {} if share else {"16": 1.0}}
    return {"share": share, "canaries": canaries, **apart}


FOUND = rows({"raw": arm(1.0, _4=3.0, _16=7.5), "scrubbed": arm(0.0, _16=1.0, _4=2.0)})


def test_a_row_for_each_share_and_number_of_repeats_in_order() -> None:
    places = [(row.share, row.repeats) for row in FOUND]
    assert places == [(0.0, 0), (0.0, 4), (0.0, 16), (1.0, 0), (1.0, 4), (1.0, 16)]
    assert FOUND[-1].mean_exposure == 7.5 and FOUND[-1].maximum == 9.5
    assert [(row.mean_missed, row.mean_found) for row in FOUND if row.repeats == 16] == [(None, 1.0), (7.5, None)]


def test_the_worst_number_of_repeats_tells_whether_all_are_within_the_band() -> None:
    assert beyond_null_band(FOUND, 1.0) == pytest.approx(5.0)
    assert beyond_null_band(FOUND, 0.0) == pytest.approx(-0.5)
    low = rows({"scrubbed": arm(0.0, _4=0.2, _16=1.0)})
    assert beyond_null_band(low, 0.0) == pytest.approx(0.3)


def test_the_table_marks_what_leaks() -> None:
    lines = sweep_table(FOUND, 1.42, 8.0).splitlines()
    none, every = next(line for line in lines if " 0% " in line), next(line for line in lines if "100%" in line)
    assert "*" not in none and every.count("*") == 2
    assert "7.50* (7.50, -;" in every and "1.00  (-, 1.00;" in none and "0.50 to 2.50" in lines[-1]
