"""One downstream task from files to figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipelines.core.errors import MalmoiError
from pipelines.core.seeds import derive
from stages.evaluate.data import Split, read_split
from stages.evaluate.finetune import Schedule, fine_tune, outputs
from stages.evaluate.kinds import KINDS, Classification, Kind
from stages.evaluate.metrics import METRICS
from stages.evaluate.options import EvaluateOptions, TaskOptions, contradictions
from stages.evaluate.pretrained import load_model, load_tokenizer

SCORED = ("dev", "test")


def evaluate_task(name: str, options: EvaluateOptions, folder: Path) -> dict[str, Any]:
    """Scores of the model in ``folder`` on task ``name``: per split mean, spread and baseline, over the seeds.

    The last epoch is scored: neither dev nor test is used to choose anything.
    """
    task = options.tasks[name]
    if mistakes := contradictions(options):
        raise MalmoiError("\n  ".join(["params.yaml:", *mistakes]))
    splits = {split: read_split(Path(path), task) for split, path in paths(task).items()}
    kind = KINDS[task.kind].learn(splits["train"])
    if task.metric == "f1_binary" and isinstance(kind, Classification) and len(kind.names) != 2:
        found = f"{len(kind.names)} labels"
        raise MalmoiError(f"{splits['train'].path}: {found}, but f1_binary needs two; set metric: f1_macro for {name}")
    tokenizer = load_tokenizer(folder)
    examples = {split: kind.encode(tokenizer, rows, options.max_length) for split, rows in splits.items()}
    schedule = Schedule(
        epochs=task.epochs or options.epochs,
        batch_size=options.batch_size,
        learning_rate=task.learning_rate or options.learning_rate,
        warmup_fraction=options.warmup_fraction,
        weight_decay=options.weight_decay,
    )
    predictions: dict[str, dict[int, Any]] = {split: {} for split in SCORED}
    for seed in options.seeds:
        torch.manual_seed(derive(seed, "head"))
        model = load_model(folder, kind.head, **kind.head_settings)
        fine_tune(model, tokenizer, examples["train"], schedule, seed=seed, label=f"{name}, seed {seed}")
        for split in SCORED:
            logits = outputs(model, tokenizer, examples[split], options.batch_size)
            predictions[split][seed] = kind.predict(logits, examples[split], splits[split])
    return {
        **{split: scores(kind, task, splits["train"], splits[split], predictions[split]) for split in SCORED},
        "constant_predictions": sum(kind.constant(found) for found in predictions["test"].values()),
        "rows": {split: len(rows) for split, rows in splits.items()},
        "truncated_rows": {split: sum(row.truncated for row in rows) for split, rows in examples.items()},
    }


def paths(task: TaskOptions) -> Mapping[str, str]:
    """File of each split."""
    return {"train": task.train, "dev": task.dev, "test": task.test}


def scores(kind: Kind, task: TaskOptions, train: Split, split: Split, predictions: Mapping[int, Any]) -> dict[str, Any]:
    """Metric of one split over the seeds beside what can be had without reading the text.

    ``margin`` is mean less majority baseline. ``margin_beyond_spread`` is what is left of it after taking off the
    distance between the best and the worst seed: above 0, the model beats the baseline by more than luck with a seed.
    """
    metric = METRICS[task.metric]
    gold = kind.gold(split)
    by_seed = {str(seed): round(metric(gold, found), 6) for seed, found in predictions.items()}
    baselines = {
        f"{name}_baseline": round(metric(gold, found), 6) for name, found in kind.baselines(train, split).items()
    }
    summary = summarise(list(by_seed.values()))
    margin = summary["mean"] - baselines["majority_baseline"]
    spread = summary["maximum"] - summary["minimum"]
    margins = {"margin": round(margin, 6), "margin_beyond_spread": round(margin - spread, 6)}
    return {**summary, **baselines, **margins, "by_seed": by_seed}


def summarise(values: Sequence[float]) -> dict[str, float]:
    """Mean, sample standard deviation (0 for one value), minimum and maximum."""
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {
        "mean": round(float(np.mean(values)), 6),
        "standard_deviation": round(deviation, 6),
        "minimum": min(values),
        "maximum": max(values),
    }
