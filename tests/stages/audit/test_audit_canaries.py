"""The attack sees what a model has learned by heart, and nothing where there is nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from memoriser import (
    REFERENCES,
    controls,
    make_tokenizer,
    memoriser,
    names,
    paraphrases,
    planted,
    references,
    untrained,
)
from transformers import BertForMaskedLM

from pipelines.core.errors import MalmoiError
from stages.audit.canaries import Attack, plot_rows, summarise
from stages.audit.recall import scrub_recall
from stages.audit.table import canary_table


def audit(model: BertForMaskedLM, reference: BertForMaskedLM | None = None) -> dict[str, Any]:
    attack = Attack(
        model,
        make_tokenizer(),
        references,
        paraphrases,
        names,
        strangers=3,
        linkage_references=31,
        reference=reference,
    )
    return summarise(attack(planted()), attack(controls()))


def test_repeated_canaries_are_exposed_and_controls_are_not() -> None:
    metrics = audit(memoriser())
    often, never = metrics["planted"]["32"], metrics["never_planted"]
    assert often["canaries"] == 10
    assert never["canaries"] == 20
    assert metrics["references"] == REFERENCES
    assert often["mean"] > 4
    assert often["beyond_null_band"] > 1
    assert often["area_under_curve"] > 0.95
    assert never["null_low"] < never["mean"] < never["null_high"]
    assert metrics["planted"]["1"]["mean"] < often["mean"]
    assert metrics["planted"]["all"]["canaries"] == 20
    assert never["greedy_exact"] == 0
    table = canary_table(metrics)
    assert [line.split()[0] for line in table.splitlines()[1:]] == ["repeats", "1", "32", "all", "never"]
    assert not any(canary.number in table + json.dumps(metrics) for canary in planted())
    rows = plot_rows(metrics)
    assert [row["repeats"] for row in rows] == [0, 1, 32]
    assert all(row["low"] <= row["mean_exposure"] <= row["high"] for row in rows)
    assert rows[2]["mean_exposure"] == often["mean"]


@pytest.mark.parametrize("make", [lambda: None, untrained])
def test_every_score_tells_the_repeated_canaries(make: Callable[[], BertForMaskedLM | None]) -> None:
    metrics = audit(memoriser(), make())
    often, never = metrics["planted"]["32"], metrics["never_planted"]
    assert often["mean_extrapolated"] > metrics["highest_possible"]
    assert often["linked_beyond_null_band"] > 1
    assert often["name_by_number"] > 0.7
    assert often["ratio_area_under_curve"] > 0.95
    assert often["ratio_true_positives_at_1_percent"] > 0.8
    assert often["best_standing_area_under_curve"] > 0.95
    assert never["linked_beyond_null_band"] < 0
    assert 0.3 < never["name_by_number"] < 0.7


def test_an_untrained_model_gives_nothing_away() -> None:
    metrics = audit(untrained())
    everything = metrics["planted"]["all"]
    assert everything["null_low"] < everything["mean"] < everything["null_high"]
    assert everything["linked_beyond_null_band"] < 0
    for figure in ("area_under_curve", "ratio_area_under_curve", "name_by_number"):
        assert 0.2 < everything[figure] < 0.8
    assert everything["ratio_true_positives_at_1_percent"] < 0.3


def test_recall_of_scrub_is_summed_over_sources(tmp_path: Path) -> None:
    path = tmp_path / "scrub.json"
    for damaged in ("", "[1]", '{"sources": {"a": {"canaries_planted": 1}}}'):
        if damaged:
            path.write_text(damaged)
        with pytest.raises(MalmoiError, match=r"scrub\.json: missing, or no counts"):
            scrub_recall(path)
    counts = {source: {"canaries_planted": n, "canaries_surviving": m} for source, n, m in (("a", 30, 3), ("b", 10, 0))}
    path.write_text(json.dumps({"sources": counts}))
    assert scrub_recall(path) == {"canaries_planted": 40, "canaries_surviving": 3, "recall": 1 - 3 / 40}
    path.write_text(json.dumps({"sources": {"c": {"canaries_planted": 0, "canaries_surviving": 0}}}))
    assert scrub_recall(path) == {"canaries_planted": 0, "canaries_surviving": 0}
