"""The training loop: batches in order, one step after the other, validation and checkpoints in between."""

import hashlib
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from torch.optim import AdamW

from pipelines.core.errors import MalmoiError
from pipelines.core.manifest import write_json
from stages.train import attention, card, checkpoint, model, optimiser
from stages.train.checkpoint import Progress
from stages.train.data import ExampleShards
from stages.train.feed import Feed
from stages.train.journal import Journal
from stages.train.machine import Machine
from stages.train.masking import Masker
from stages.train.options import ModelOptions, TrainOptions
from stages.train.packing import RowShape, RowStream
from stages.train.step import Stepper
from stages.train.throughput import Arithmetic
from stages.train.validation import Figures, Validation
from stages.train.vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True)
class Paths:
    """What training reads (``shard``, ``tokenizer``), what it writes, and what it resumes from (``work``)."""

    shard: Path
    tokenizer: Path
    model: Path
    metrics: Path
    train_plot: Path
    validation_plot: Path
    work: Path


@dataclass(frozen=True)
class Training:
    """Everything a run consists of, put together from its options."""

    options: TrainOptions
    model_options: ModelOptions
    paths: Paths
    model: Any
    adam: AdamW
    feed: Feed
    validation: Validation
    baseline: Figures
    rows_per_step: int
    run: Path

    @classmethod
    def of(
        cls, options: TrainOptions, model_options: ModelOptions, longest: int, paths: Paths, machine: Machine
    ) -> "Training":
        vocabulary = Vocabulary.read(paths.tokenizer)
        shards, held_out = ExampleShards(paths.shard / "train"), ExampleShards(paths.shard / "validation")
        if (found := max(shards.longest, held_out.longest)) > longest:
            raise MalmoiError(f"{paths.shard}: an example has {found} tokens, shard.max_length is {longest}")
        shape = RowShape.of(longest, shards)
        rows_per_step = max(1, round(options.batch_tokens / shape.tokens))
        if rows_per_step < machine.processes:
            raise MalmoiError(
                f"train.batch_tokens {options.batch_tokens} is {rows_per_step} rows of {shape.tokens} tokens, too few "
                f"for {machine.processes} processes; raise it to {machine.processes * shape.tokens} or start fewer"
            )
        config = model.configuration(
            model_options.preset,
            vocabulary=len(vocabulary),
            longest=longest,
            dropout=options.dropout,
            pad=vocabulary.pad,
        )
        kind = attention.kind_for(machine.device, machine.autocast)
        network = model.build(config, options.seed, kind).to(machine.device).train()
        masker = Masker.of(
            vocabulary,
            seed=options.seed,
            share=options.mask_fraction,
            whole_words=options.whole_word,
            device=machine.device,
        )
        micro_rows = max(1, machine.micro_batch_tokens(Arithmetic.of(config, options.mask_fraction)) // shape.tokens)
        feed = Feed(shards, shape, masker, machine, kind, vocabulary.pad, micro_rows)
        validation = Validation.of(replace(feed, shards=held_out), options.seed, options.validate_tokens)
        baseline = validation.baselines(shards.token_counts(len(vocabulary)), shards.label_counts())
        inputs = (paths.shard / "manifest.json", paths.tokenizer / "tokenizer.json")
        run = paths.work / checkpoint.fingerprint(options, model_options, longest, *inputs)
        adam = optimiser.build(network, options)
        return cls(options, model_options, paths, network, adam, feed, validation, baseline, rows_per_step, run)

    @property
    def arithmetic(self) -> Arithmetic:
        return Arithmetic.of(self.model.config, self.options.mask_fraction)


def pretrain(options: TrainOptions, model_options: ModelOptions, longest: int, paths: Paths, machine: Machine) -> None:
    """Train a model on packed example shards of at most ``longest`` tokens, and save it with its figures.

    A run that was killed goes on from its latest checkpoint, with the losses that it would have had, also with another
    number of processes; the checkpoints are removed when all is written. Raises MalmoiError where the shards do not
    fit the tokenizer or the parameters, and where the loss is not a number.
    """
    with machine.joined():
        training = Training.of(options, model_options, longest, paths, machine)
        progress = checkpoint.restore(training.run, training.model, training.adam)
        machine.wait()
        journal = None
        if machine.leads:
            training.run.mkdir(parents=True, exist_ok=True)
            journal = Journal(training.run, progress.step, options.steps, machine, training.arithmetic)
        progress = _train(training, progress, journal)
        figures = training.validation.run(training.model)
        if journal is not None:
            journal.close()
            _write(training, progress, figures, journal)
            shutil.rmtree(training.run)


def _train(training: Training, progress: Progress, journal: Journal | None) -> Progress:
    options, shards, shape = training.options, training.feed.shards, training.feed.shape
    stream = RowStream(shards, shape, options.seed, progress.position)
    stepper = Stepper.of(training.model, training.adam, training.feed, options)
    for step in range(progress.step, options.steps):
        rows = stream.take(training.rows_per_step)
        losses = stepper(step, rows)
        done = step + 1
        tokens = progress.tokens + sum(int(row.lengths.sum()) for row in rows)
        progress = Progress(done, tokens, stream.position)
        validates, saves = (
            done % every == 0 or done == options.steps for every in (options.validate_every, options.checkpoint_every)
        )
        if journal is not None:
            journal.record(losses, rows)
            if validates or saves or done % options.log_every == 0:
                journal.flush(done, optimiser.learning_rate(step, options))
        if validates:
            figures = training.validation.run(training.model)
            if journal is not None:
                journal.validated(done, figures)
        if journal is not None and saves:
            checkpoint.save(training.run, progress, training.model, training.adam)
            journal.publish(training.paths.train_plot, training.paths.validation_plot)
        if journal is not None and (validates or saves):
            journal.resume_clock()
    return progress


def _write(training: Training, progress: Progress, figures: Figures, journal: Journal) -> None:
    options, feed, paths = training.options, training.feed, training.paths
    baseline = training.baseline
    metrics = {
        **journal.summary(),
        "steps": progress.step,
        "tokens": progress.tokens,
        "epochs": progress.tokens / feed.shards.tokens,
        "parameters": sum(parameter.numel() for parameter in training.model.parameters()),
        "packing_fill": progress.tokens / (progress.step * training.rows_per_step * feed.shape.tokens),
        "validation": figures,
        "baseline": baseline,
        "above_baseline": {
            name: value - baseline[name] for name, value in figures.items() if name.endswith("accuracy")
        },
    }
    text = card.render(
        preset=training.model_options.preset,
        config=training.model.config,
        metrics=metrics,
        manifest=hashlib.blake2b((paths.shard / "manifest.json").read_bytes(), digest_size=16).hexdigest(),
        options=asdict(options),
    )
    model.save(training.model, paths.tokenizer, paths.model, text)
    journal.publish(paths.train_plot, paths.validation_plot)
    write_json(paths.metrics, metrics)
