"""What ``audit:`` in params.yaml may say."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pipelines.core.options import Pattern, Range


@dataclass(frozen=True, kw_only=True)
class ProbeOptions:
    """A question to the model: a text with one or more [MASK], and the answer where one is known."""

    text: Annotated[str, Pattern(r"(?s).*\[MASK\].*", "a text with [MASK] in it")]
    expected: str | None = None


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
