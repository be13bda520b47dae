"""What ``evaluate:`` in params.yaml may say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pipelines.core.options import Range

KindName = Literal["classification", "pair", "regression", "tagging"]
MetricName = Literal["accuracy", "f1_macro", "f1_binary", "matthews", "pearson", "spearman", "entity_f1"]

_OF_CLASSES: tuple[MetricName, ...] = ("accuracy", "f1_macro", "f1_binary", "matthews")
_METRICS: Mapping[KindName, tuple[MetricName, ...]] = {
    "classification": _OF_CLASSES,
    "pair": _OF_CLASSES,
    "regression": ("pearson", "spearman"),
    "tagging": ("entity_f1",),
}


@dataclass(frozen=True, kw_only=True)
class TaskOptions:
    """A downstream task: files with gold labels, their columns, the kind of label and the published metric.

    Files are .jsonl, .json (a list of records), .csv or .tsv with a header line. ``text_pair`` is for kind ``pair``,
    and optional in ``regression``. Tagging takes lists of words and of BIO tags (separated by spaces in .csv and .tsv).
    ``epochs`` and ``learning_rate`` take the place of those of the section for this task alone.
    """

    kind: KindName
    train: str
    dev: str
    test: str
    text: str
    text_pair: str | None = None
    label: str
    metric: MetricName
    epochs: Annotated[int, Range(1)] | None = None
    learning_rate: Annotated[float, Range(0.0, 1.0)] | None = None


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions:
    """How every task is fine-tuned: same settings, once per seed, no choice made on any scored split."""

    seeds: Annotated[tuple[int, ...], Range(1)]
    epochs: Annotated[int, Range(1)]
    batch_size: Annotated[int, Range(1)]
    learning_rate: Annotated[float, Range(0.0, 1.0)]
    warmup_fraction: Annotated[float, Range(0.0, 1.0)]
    weight_decay: Annotated[float, Range(0.0, 1.0)]
    max_length: Annotated[int, Range(8)]
    tasks: dict[str, TaskOptions]


def contradictions(options: EvaluateOptions) -> list[str]:
    """Tasks whose kind does not go with their metric or columns, one line each: key path, what is allowed."""
    found = []
    for name, task in options.tasks.items():
        path, metrics = f"evaluate.tasks.{name}", _METRICS[task.kind]
        if task.metric not in metrics:
            found.append(f"{path}.metric: {task.metric} is no metric of {task.kind}; one of {', '.join(metrics)}")
        if task.kind == "pair" and task.text_pair is None:
            found.append(f"{path}.text_pair: missing; kind pair needs the column of its second text")
        if task.kind in ("classification", "tagging") and task.text_pair is not None:
            found.append(f"{path}.text_pair: kind {task.kind} reads one text; leave it out, or give kind pair")
    return found
