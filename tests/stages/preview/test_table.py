"""The forecast as it is shown."""

from dataclasses import replace
from pathlib import Path

from pipelines.core.machine import Machine
from stages.params import load_params
from stages.preview.corpus import Corpus, Epoch
from stages.preview.estimate import Range, constant
from stages.preview.forecast import Forecast, Line
from stages.preview.table import as_json, as_text, training
from stages.preview.training import Speed

PARAMS = load_params(Path(__file__).parents[3] / "params.yaml")
CORPUS = Corpus(
    constant(1000.0), Range(900, 850, 950), constant(2e6), constant(1.5e6), constant(4e5), 0.02, {"too_short": 0.08}
)
LINES = tuple(
    Line("clean", source, Range(wall, wall, wall + 60), constant(5.0), constant(memory), constant(2e6), constant(1e6))
    for source, wall, memory in (("news", 30.0, 3e8), ("wiki", 7200.0, 1.4e9))
)
FORECAST = Forecast(
    LINES, {"news": CORPUS}, Epoch(constant(5000.0), constant(4e5)), constant(7231.0), constant(5e9), ("be careful",)
)
SPEED = Speed("CPU, 2 threads", 4.0, 0.5, 2000.0, 3.0, 0.1, 12_000_000, 6_000_000)


def test_sources_are_listed_below_their_sum() -> None:
    lines = as_text(PARAMS, FORECAST, None, Machine(), 10.0).splitlines()
    total = next(line for line in lines if line.startswith("clean, 2 sources"))
    assert "2.0 h" in total and "1.40 GB" in total and "4.0 MB" in total
    assert any(line.startswith("  news") and "30.0 s (30.0 s to 1.5 min)" in line for line in lines)
    assert any("900 (850 to 950)" in line and "unreadable 2.0%, too_short 8.0%" in line for line in lines)
    assert "note: be careful" in lines and not any(line.startswith("training") for line in lines)


def test_training_is_steps_validations_and_checkpoints() -> None:
    options = replace(PARAMS.train, steps=100, validate_every=40, checkpoint_every=50)
    whole = training(replace(PARAMS, train=options), FORECAST, SPEED)
    assert whole.seconds == 4.0 + 100 * 0.5 + (3 + 2) * 3.0 + 2 * 0.1
    assert whole.epochs == 100 * 2000 / 4e5
    assert "4,000 tokens/s" in as_text(PARAMS, FORECAST, SPEED, Machine(), 10.0)


def test_programs_get_seconds_and_bytes() -> None:
    told = as_json(PARAMS, FORECAST, SPEED)
    assert told["stages"][1]["wall"] == {"value": 7200.0, "low": 7200.0, "high": 7260.0}
    assert told["sources"]["news"]["kept"]["low"] == 850 and told["training"]["device"] == "CPU, 2 threads"
