"""The gate reads figures by name, and a figure that is missing is not a figure that is met."""

import json
from pathlib import Path

import pytest

from stages.gate.options import BarOptions
from stages.gate.verdict import judge, measure, table


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    (tmp_path / "evaluate").mkdir()
    (tmp_path / "evaluate/sentiment.json").write_text(json.dumps({"test": {"mean": 0.8, "name": "x"}}))
    return tmp_path


@pytest.mark.parametrize(
    ("minimum", "maximum", "met"),
    [(0.8, None, True), (0.81, None, False), (None, 0.8, True), (None, 0.79, False), (0.7, 0.9, True)],
)
def test_a_bar_is_met_on_its_edge(metrics: Path, minimum: float | None, maximum: float | None, met: bool) -> None:
    bar = BarOptions(metric="evaluate/sentiment:test.mean", minimum=minimum, maximum=maximum)
    (verdict,) = judge({"sentiment": bar}, metrics)
    assert verdict.met is met


@pytest.mark.parametrize(
    "metric", ["absent:test.mean", "evaluate/sentiment:test.median", "evaluate/sentiment:test.name"]
)
def test_a_missing_figure_falls_short(metrics: Path, metric: str) -> None:
    assert measure(metric, metrics) is None
    verdicts = judge({"bar": BarOptions(metric=metric, minimum=0.0)}, metrics)
    assert not verdicts[0].met
    assert "missing" in table(verdicts)


def test_the_table_shows_what_fell_short_first(metrics: Path) -> None:
    bars = {
        "good": BarOptions(metric="evaluate/sentiment:test.mean", minimum=0.1),
        "bad": BarOptions(metric="evaluate/sentiment:test.mean", minimum=0.9),
    }
    lines = table(judge(bars, metrics)).splitlines()
    assert lines[1].split() == ["SHORT", "bad", "0.8", ">=", "0.9"]
    assert lines[2].split() == ["ok", "good", "0.8", ">=", "0.1"]
