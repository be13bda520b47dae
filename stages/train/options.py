"""What may change the trained model: the sections ``model`` and ``train`` of params.yaml."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pipelines.core.options import Range

Preset = Literal["tiny", "mini", "small", "medium", "base", "large"]


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """The model that is trained; the presets are the published BERT sizes."""

    preset: Preset


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """How it is trained. Device, precision, processes and micro-batch are facts of the machine and not listed here.

    ``batch_tokens`` is the token budget of one optimiser step over all processes, rounded to whole packed rows.
    ``warmup_fraction`` is the share of ``steps`` with a rising learning rate; afterwards it falls linearly to zero.
    ``clip_norm`` bounds the norm of the gradient. ``mask_fraction`` is the share of the ordinary tokens of each pair
    that is predicted. ``log_every``, ``validate_every`` and ``checkpoint_every`` count steps; ``validate_tokens`` is
    the part of the held-out shards, in tokens, that each validation reads.
    """

    seed: Annotated[int, Range(0)]
    steps: Annotated[int, Range(1)]
    batch_tokens: Annotated[int, Range(128)]
    learning_rate: Annotated[float, Range(0.0, 1.0)]
    warmup_fraction: Annotated[float, Range(0.0, 1.0)]
    weight_decay: Annotated[float, Range(0.0, 1.0)]
    clip_norm: Annotated[float, Range(0.001)]
    dropout: Annotated[float, Range(0.0, 0.9)]
    mask_fraction: Annotated[float, Range(0.01, 0.9)]
    whole_word: bool
    log_every: Annotated[int, Range(1)]
    validate_every: Annotated[int, Range(1)]
    validate_tokens: Annotated[int, Range(128)]
    checkpoint_every: Annotated[int, Range(1)]
