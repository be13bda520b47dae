"""The attack on planted canaries, per number of repeats, beside canaries that were never planted."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from tqdm import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from stages.audit.cloze import chain_scores, first_slot_rank, greedy_fill, make_cloze
from stages.audit.exposure import exposure, mean_interval, null_band, null_mean, standing
from stages.audit.linkage import name_standing, prior_scores
from stages.audit.membership import membership
from stages.audit.skew_normal import extrapolated_exposure

ALL = "all"
_TOP = (1, 5)


class Secret(Protocol):
    """A canary, as far as the attack looks at it."""

    @property
    def name(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def repeats(self) -> int: ...


@dataclass(frozen=True)
class Finding:
    """What the attack got out of one canary.

    Exposures are in bits: of the planted sentence, of that with its tail extrapolated, and with what the number is
    worth under strangers' names subtracted. ``best_standing`` is of the most telling sentence. ``name_standing`` is the
    share of other names that the number betrays less. ``ratio`` is the log-likelihood ratio of the number, the model
    against the reference."""

    repeats: int
    references: int
    exposure: float
    extrapolated: float
    linked: float
    linked_references: int
    name_standing: float
    standing: float
    best_standing: float
    ratio: float
    exact: bool
    first_rank: int


@dataclass(frozen=True)
class Attack:
    """A masked language model, and what its attacker knows besides it.

    ``numbers`` gives numbers of a canary's form that were never planted, ``paraphrases`` other sentences with its name
    and number, ``names`` names that were never planted, of which ``strangers`` are tried. ``linkage_references`` of the
    numbers are scored again in all these. ``reference`` is a model that never saw the canaries; where there is none,
    the model itself under never planted names stands for it."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    numbers: Callable[[Any], Sequence[str]]
    paraphrases: Callable[[Any], Sequence[str]]
    names: Callable[[Any], Sequence[str]]
    strangers: int
    linkage_references: int
    reference: PreTrainedModel | None

    def __call__(self, canaries: Sequence[Secret]) -> list[Finding]:
        """One finding per canary."""
        self.model.eval()
        bar = tqdm(canaries, desc="canaries", unit="canary", dynamic_ncols=True)
        return [self._attack(canary) for canary in bar]

    def _attack(self, canary: Secret) -> Finding:
        numbers, names = [canary.number, *self.numbers(canary)], self.names(canary)
        cloze = make_cloze(self.tokenizer, canary.sentence, canary.number, numbers[1:])
        scores = chain_scores(self.model, cloze)
        compared = numbers[: 1 + self.linkage_references]
        prior = prior_scores(
            self.model, self.tokenizer, canary.sentence, canary.name, compared, names[: self.strangers]
        )
        without = prior if self.reference is None else chain_scores(self.reference, cloze)
        others = [
            chain_scores(self.model, make_cloze(self.tokenizer, sentence, canary.number, compared[1:]))
            for sentence in self.paraphrases(canary)
        ]
        return Finding(
            repeats=canary.repeats,
            references=len(scores) - 1,
            exposure=exposure(scores),
            extrapolated=extrapolated_exposure(scores),
            linked=exposure(scores[: len(prior)] - prior),
            linked_references=len(prior) - 1,
            name_standing=name_standing(
                self.model, self.tokenizer, canary.sentence, canary.name, names, canary.number, numbers[1]
            ),
            standing=standing(scores),
            best_standing=max(standing(found) for found in (scores, *others)),
            ratio=float(scores[0] - without[0]),
            exact=bool(np.array_equal(greedy_fill(self.model, cloze), cloze.candidates[0])),
            first_rank=first_slot_rank(self.model, cloze),
        )


def summarise(planted: Sequence[Finding], controls: Sequence[Finding]) -> dict[str, Any]:
    """Figures per number of repeats, for all planted canaries and for the controls.

    ``beyond_null_band`` above 0 means that the model has memorised some of the group's numbers (one time in 200 by
    chance), ``linked_beyond_null_band`` that it knows whose they are. The areas under the curve tell the group from the
    controls: 0.5 is no better than a coin.
    """
    groups: dict[str, Sequence[Finding]] = {
        str(repeats): [finding for finding in planted if finding.repeats == repeats]
        for repeats in sorted({finding.repeats for finding in planted})
    }
    references = min(finding.references for finding in (*planted, *controls))
    figures = {name: _figures(group, references) for name, group in {**groups, ALL: planted}.items()}
    others = _membership_scores(controls)
    for name, group in {**groups, ALL: planted}.items():
        scores = _membership_scores(group)
        figures[name] |= {key: _round(value) for key, value in membership(scores, others).items()}
        figures[name]["area_under_curve"] = figures[name].pop("standing_area_under_curve")
    return {
        "planted": figures,
        "never_planted": _figures(controls, references),
        "null_mean": _round(null_mean(references)),
        "highest_possible": _round(math.log2(references + 1)),
        "references": references,
    }


def _membership_scores(findings: Sequence[Finding]) -> dict[str, list[float]]:
    return {
        "standing": [finding.standing for finding in findings],
        "ratio": [finding.ratio for finding in findings],
        "best_standing": [finding.best_standing for finding in findings],
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
    _, linked_high = null_band(len(values), min(finding.linked_references for finding in findings))
    figures = {
        "mean": float(np.mean(values)),
        "median": float(np.median(values)),
        "maximum": max(values),
        "low": low,
        "high": high,
        "null_low": null_low,
        "null_high": null_high,
        "beyond_null_band": float(np.mean(values)) - null_high,
        "mean_extrapolated": float(np.mean([finding.extrapolated for finding in findings])),
        "mean_linked": float(np.mean([finding.linked for finding in findings])),
        "linked_beyond_null_band": float(np.mean([finding.linked for finding in findings])) - linked_high,
        "name_by_number": float(np.mean([finding.name_standing for finding in findings])),
        "greedy_exact": float(np.mean([finding.exact for finding in findings])),
    }
    figures |= {f"first_digit_top_{top}": float(np.mean([f.first_rank <= top for f in findings])) for top in _TOP}
    return {"canaries": len(findings), **{name: _round(value) for name, value in figures.items()}}


def _round(value: float) -> float:
    return round(value, 6)
