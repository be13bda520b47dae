"""One arm of a sweep: the model is trained and attacked; what is finished is never done again."""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import compress
from operator import not_
from pathlib import Path
from statistics import mean
from typing import Any

from transformers import AutoModelForMaskedLM

import stages.audit
from pipelines.core.manifest import write_json
from pipelines.privacy.canaries import Canary
from stages.audit.attack import attack
from stages.audit.canaries import Finding, summarise
from stages.evaluate.pretrained import load_model, load_tokenizer
from stages.params import Params
from stages.sweep.arms import Built
from stages.train.checkpoint import fingerprint
from stages.train.loop import Paths, pretrain
from stages.train.machine import Machine
from stages.train.options import ModelOptions, TrainOptions


def training_options(params: Params) -> TrainOptions:
    """Those of ``train``, but for what ``audit.sweep`` says."""
    own = params.audit.sweep
    return replace(
        params.train,
        steps=own.steps,
        batch_tokens=own.batch_tokens,
        learning_rate=own.learning_rate,
        mask_fraction=own.mask_fraction,
    )


def measure(
    built: Built, tokenizer: Path, planted: Sequence[Canary], controls: Sequence[Canary], params: Params, work: Path
) -> dict[str, Any]:
    """Figures of the model that is trained on what was ``built``: of its training, and of the attack on it.

    The result is kept below ``work`` under a digest of all that it depends on. A killed training goes on from its
    checkpoint. The model is removed once it has been attacked: it may have learned what nobody scrubbed.
    """
    train, model = training_options(params), ModelOptions(preset=params.audit.sweep.preset)
    options = replace(params.audit, reference=None)
    attacked = (options.seed, options.references, options.linkage_references, options.strangers)
    code = sorted(Path(str(stages.audit.__file__)).parent.glob("*.py"))
    inputs = (built.shard / "manifest.json", tokenizer / "tokenizer.json")
    secrets = (tuple(planted), tuple(controls), tuple(sorted(built.missed)))
    name = fingerprint(train, model, params.shard.max_length, *inputs, attacked, secrets, *code)
    result, folder = work / "results" / f"{name}.json", work / "models" / name
    if not result.is_file():
        paths = Paths(
            shard=built.shard,
            tokenizer=tokenizer,
            model=folder / "model",
            metrics=folder / "train.json",
            train_plot=folder / "train.csv",
            validation_plot=folder / "validation.csv",
            work=folder / "checkpoints",
        )
        if not paths.metrics.is_file():  # it is written last
            pretrain(train, model, params.shard.max_length, paths, Machine.detect())
        opened = load_model(paths.model, AutoModelForMaskedLM), load_tokenizer(paths.model)
        trained = json.loads(paths.metrics.read_bytes())
        figures = {name: trained[name] for name in ("epochs", "tokens", "parameters", "validation")}
        findings, others = attack(*opened, options, planted, controls)
        missed = [canary.number in built.missed for canary in planted]
        content = {"train": figures, "canaries": summarise(findings, others)}
        content["mean_missed"] = _mean_exposures(compress(findings, missed))
        content["mean_found"] = _mean_exposures(compress(findings, map(not_, missed)))
        write_json(result, content)
    if folder.is_dir():  # also where a run was killed after the result, before this
        shutil.rmtree(folder)
    kept: dict[str, Any] = json.loads(result.read_bytes())
    return kept


def _mean_exposures(findings: Iterable[Finding]) -> dict[str, float]:
    """Mean exposure in bits by number of repeats, of those that occur."""
    groups: dict[int, list[float]] = {}
    for finding in findings:
        groups.setdefault(finding.repeats, []).append(finding.exposure)
    return {str(repeats): round(mean(exposures), 6) for repeats, exposures in sorted(groups.items())}
