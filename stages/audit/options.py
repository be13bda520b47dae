"""What ``audit:`` in params.yaml may say."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pipelines.core.options import Pattern, Range
from stages.train.options import Preset


@dataclass(frozen=True, kw_only=True)
class ProbeOptions:
    """A question to the model: a text with one or more [MASK], and the answer where one is known.

    ``subject`` is what the question is about, a part of ``text``: without it the model can only guess, and what it
    would guess is subtracted."""

    text: Annotated[str, Pattern(r"(?s).*\[MASK\].*", "a text with [MASK] in it")]
    expected: str | None = None
    subject: Annotated[str, Range(1)] | None = None


@dataclass(frozen=True, kw_only=True)
class SweepOptions:
    """``python -m stages.audit --sweep``: the same model on text that is scrubbed wholly, in part, and not at all.

    ``shares`` are the shares of misses between none and all. ``missed`` says what a miss is: a secret with all its
    copies, or single copies. ``bytes`` limits the text of the corpus, ``document_bytes`` that of each of its
    documents: every copy of a canary takes a document of its own, so short ones make a small corpus. ``repeats`` and
    ``per_repeat`` are those of the canaries. What is not said here is as in ``audit`` and ``train``."""

    shares: tuple[Annotated[float, Range(0.001, 0.999)], ...]
    missed: Literal["secrets", "copies"]
    bytes: Annotated[int, Range(10_000)]
    document_bytes: Annotated[int, Range(1)]
    repeats: Annotated[tuple[Annotated[int, Range(1)], ...], Range(1)]
    per_repeat: Annotated[int, Range(2)]
    preset: Preset
    steps: Annotated[int, Range(1)]
    batch_tokens: Annotated[int, Range(128)]
    learning_rate: Annotated[float, Range(0.0, 1.0)]
    mask_fraction: Annotated[float, Range(0.01, 0.9)]


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """Canaries: where they are planted and how often, ``per_repeat`` of them for each number of repeats.

    ``controls`` canaries are never planted. Each canary's number is ranked among ``references`` numbers like it that
    occur nowhere; ``linkage_references`` of them are scored again in paraphrases and under ``strangers`` names of
    controls. ``reference`` is the folder of a model that was trained without the canaries, where there is one:
    membership is then told by the likelihood ratio of the two. ``plant: after_scrub`` is the positive control: the
    model is to show the leak."""

    seed: int
    plant: Literal["before_scrub", "after_scrub", "none"]
    repeats: Annotated[tuple[Annotated[int, Range(1)], ...], Range(1)]
    per_repeat: Annotated[int, Range(2)]
    controls: Annotated[int, Range(4)]
    references: Annotated[int, Range(15)]
    linkage_references: Annotated[int, Range(15)]
    strangers: Annotated[int, Range(1)]
    reference: str | None
    probes: tuple[ProbeOptions, ...]
    sweep: SweepOptions


def contradictions(options: AuditOptions) -> list[str]:
    """Subjects of probes that do not stand once in their text."""
    return [
        f"audit.probes[{index}].subject: given {probe.subject!r}; it stands {count} times in the text, not once"
        for index, probe in enumerate(options.probes)
        if probe.subject is not None and (count := probe.text.count(probe.subject)) != 1
    ]
