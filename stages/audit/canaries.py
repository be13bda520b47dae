"""The attack on planted canaries, per number of repeats, beside canaries that were never planted."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from tqdm import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from stages.audit.cloze import chain_scores, first_slot_rank, greedy_fill, make_cloze
from stages.audit.exposure import area_under_curve, exposure, mean_interval, null_band, null_mean, standing

ALL = "all"
_TOP = (1, 5)


class Secret(Protocol):
    """A canary, as far as the attack looks at it."""

    @property
    def sentence(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def repeats(self) -> int: ...


@dataclass(frozen=True)
class Finding:
    """What the attack got out of one canary."""

    repeats: int
    references: int
    exposure: float
    standing: float
    exact: bool
    first_rank: int


def attack(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    canaries: Sequence[Secret],
    references: Callable[[Any], Sequence[str]],
) -> list[Finding]:
    """One finding per canary; ``references`` gives numbers of a canary's form that were never planted."""
    model.eval()
    findings = []
    for canary in tqdm(canaries, desc="canaries", unit="canary", dynamic_ncols=True):
        cloze = make_cloze(tokenizer, canary.sentence, canary.number, references(canary))
        scores = chain_scores(model, cloze)
        findings.append(
            Finding(
                repeats=canary.repeats,
                references=len(scores) - 1,
                exposure=exposure(scores),
                standing=standing(scores),
                exact=bool(np.array_equal(greedy_fill(model, cloze), cloze.candidates[0])),
                first_rank=first_slot_rank(model, cloze),
            )
        )
    return findings


def summarise(planted: Sequence[Finding], controls: Sequence[Finding]) -> dict[str, Any]:
    """Figures per number of repeats, for all planted canaries and for the controls.

    ``beyond_null_band`` above 0 means that the model has memorised some of the group's numbers (one time in 200 by
    chance). ``area_under_curve`` tells the group from the controls: 0.5 is no better than a coin.
    """
    groups: dict[str, Sequence[Finding]] = {
        str(repeats): [finding for finding in planted if finding.repeats == repeats]
        for repeats in sorted({finding.repeats for finding in planted})
    }
    references = min(finding.references for finding in (*planted, *controls))
    figures = {name: _figures(group, references) for name, group in {**groups, ALL: planted}.items()}
    others = [finding.standing for finding in controls]
    for name, group in {**groups, ALL: planted}.items():
        figures[name]["area_under_curve"] = _round(area_under_curve([finding.standing for finding in group], others))
    return {
        "planted": figures,
        "never_planted": _figures(controls, references),
        "null_mean": _round(null_mean(references)),
        "highest_possible": _round(math.log2(references + 1)),
        "references": references,
    }


def plot_rows(metrics: Mapping[str, Any]) -> list[dict[str, float]]:
    """Mean exposure with its 99 % interval and that of chance, by number of repeats; 0 repeats are the controls."""
    groups = {0: metrics["never_planted"]}
    groups |= {int(name): figures for name, figures in metrics["planted"].items() if name != ALL}
    return [
        {
            "repeats": repeats,
            "mean_exposure": figures["mean"],
            "low": figures["low"],
            "high": figures["high"],
            "null_low": figures["null_low"],
            "null_high": figures["null_high"],
        }
        for repeats, figures in sorted(groups.items())
    ]


def _figures(findings: Sequence[Finding], references: int) -> dict[str, float]:
    values = [finding.exposure for finding in findings]
    low, high = mean_interval(values)
    null_low, null_high = null_band(len(values), references)
    figures = {
        "mean": float(np.mean(values)),
        "median": float(np.median(values)),
        "maximum": max(values),
        "low": low,
        "high": high,
        "null_low": null_low,
        "null_high": null_high,
        "beyond_null_band": float(np.mean(values)) - null_high,
        "greedy_exact": float(np.mean([finding.exact for finding in findings])),
    }
    figures |= {f"first_digit_top_{top}": float(np.mean([f.first_rank <= top for f in findings])) for top in _TOP}
    return {"canaries": len(findings), **{name: _round(value) for name, value in figures.items()}}


def _round(value: float) -> float:
    return round(value, 6)
