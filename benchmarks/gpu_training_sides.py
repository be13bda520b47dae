"""The two sides of the training benchmark: our loop, and transformers' Trainer."""

import importlib.util
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from transformers import AutoModelForPreTraining, PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.utils import logging

from stages.train import attention, model, optimiser
from stages.train.data import ExampleShards
from stages.train.feed import Feed
from stages.train.machine import Machine
from stages.train.masking import Masker
from stages.train.options import TrainOptions
from stages.train.packing import RowShape, RowStream
from stages.train.step import Stepper
from stages.train.throughput import Arithmetic, peak
from stages.train.vocabulary import Vocabulary

System = Literal["malmoi", "Trainer"]
Lengths = Literal["cut", "full"]

CASE_SECONDS = 150.0
WARM_UP_STEPS = 4
SPECIAL = 5
SHARE = 0.15


@dataclass(frozen=True)
class Case:
    """One measurement."""

    length: int
    lengths: Lengths
    compiled: bool
    system: System


@dataclass(frozen=True)
class Result:
    """What came of a case: real tokens per second, share of the peak, and how it was run."""

    case: Case
    tokens_per_second: float | None = None
    mfu: float | None = None
    fill: float | None = None
    micro_batch_tokens: int | None = None
    steps: int | None = None
    peak_memory_gib: float | None = None
    note: str = ""


class Clock:
    """Decides when a run has warmed up and when it has been timed long enough, by the clock of the whole case."""

    def __init__(self, seconds: float, wait: Callable[[], None]) -> None:
        self._seconds, self._wait = seconds, wait
        self._limit = time.monotonic() + CASE_SECONDS * 0.8
        self._started = 0.0
        self.steps, self.seconds = 0, 0.0

    def tick(self) -> bool:
        """After each step; True once the run may end. The device is waited for only at both ends and now and then."""
        self.steps += 1
        if self.steps == WARM_UP_STEPS:
            self._wait()
            self._started = time.perf_counter()
        elif self.steps > WARM_UP_STEPS and (self.steps - WARM_UP_STEPS) % 5 == 0:
            self._wait()
            self.seconds = time.perf_counter() - self._started
            return self.seconds > self._seconds or time.monotonic() > self._limit
        return False

    @property
    def timed(self) -> bool:
        """Whether the step that comes next counts."""
        return self.steps >= WARM_UP_STEPS


def _result(case: Case, config: Any, machine: Machine, clock: Clock, counts: tuple[int, ...], at_once: int) -> Result:
    """From real tokens, the sum of squared lengths and places computed, all of the timed steps."""
    tokens, squares, places = counts
    top = peak(machine.name)
    flops = Arithmetic.of(config, SHARE).flops(tokens, squares)
    return Result(
        case,
        tokens / clock.seconds,
        mfu=flops / clock.seconds / top if top else None,
        fill=tokens / places,
        micro_batch_tokens=at_once,
        steps=clock.steps - WARM_UP_STEPS,
    )


def _wait(machine: Machine) -> Callable[[], None]:
    return torch.cuda.synchronize if machine.device.type == "cuda" else lambda: None


def ours(case: Case, config: Any, shards: ExampleShards, step_tokens: int, seconds: float, machine: Machine) -> Result:
    """Packed examples through the step that `python -m stages.train` runs."""
    special = np.arange(config.vocab_size) < SPECIAL
    edges = np.zeros(config.vocab_size, np.uint8)
    vocabulary = Vocabulary(0, 4, special, edges, edges)
    kind = attention.kind_for(machine.device, machine.autocast)
    network = model.build(config, 0, kind).to(machine.device).train()
    options = _options(step_tokens)
    masker = Masker.of(vocabulary, seed=0, share=SHARE, whole_words=False, device=machine.device)
    shape = RowShape.of(case.length, shards)
    at_once = min(machine.micro_batch_tokens(Arithmetic.of(config, SHARE)), step_tokens)
    feed = Feed(shards, shape, masker, machine, kind, 0, max(1, at_once // shape.tokens))
    stepper = Stepper.of(network, optimiser.build(network, options), feed, options)
    stream = RowStream(shards, shape, 0)
    clock, counts = Clock(seconds, _wait(machine)), np.zeros(3, np.int64)
    ended = False
    while not ended:
        rows = stream.take(step_tokens // shape.tokens)
        if clock.timed:
            sizes = np.concatenate([row.lengths for row in rows])
            counts += (sizes.sum(), (sizes**2).sum(), len(rows) * shape.tokens)
        stepper(min(clock.steps, options.steps - 1), rows)
        ended = clock.tick()
    result = _result(case, config, machine, clock, tuple(counts.tolist()), at_once)
    return replace(result, note=f"{kind} attention")


def _options(step_tokens: int) -> TrainOptions:
    return TrainOptions(
        seed=0,
        steps=100_000,
        batch_tokens=step_tokens,
        learning_rate=1e-4,
        warmup_fraction=0.01,
        weight_decay=0.01,
        clip_norm=1.0,
        dropout=0.0,
        mask_fraction=SHARE,
        whole_word=False,
        log_every=1,
        validate_every=1,
        validate_tokens=128,
        checkpoint_every=1,
    )


class Collator:
    """Examples padded to ``longest``, masked anew each time: what DataCollatorForLanguageModeling does, for ids."""

    def __init__(self, shards: ExampleShards, longest: int, vocabulary: int) -> None:
        self.shards, self.longest, self.vocabulary = shards, longest, vocabulary

    def __call__(self, numbers: list[int]) -> dict[str, Tensor]:

        examples = self.shards.gather(np.array(numbers))
        column = np.arange(self.longest)
        present = column < examples.lengths[:, None]
        ids = np.zeros(present.shape, np.int64)
        ids[present] = examples.tokens
        input_ids, chance = torch.from_numpy(ids), torch.rand(ids.shape)
        chosen = (chance < SHARE) & (input_ids >= SPECIAL)
        labels = torch.where(chosen, input_ids, -100)
        random = torch.randint(SPECIAL, self.vocabulary, ids.shape)
        shown = torch.where(chance < 0.8 * SHARE, 4, torch.where(chance < 0.9 * SHARE, random, input_ids))
        return {
            "input_ids": torch.where(chosen, shown, input_ids),
            "attention_mask": torch.from_numpy(present.astype(np.int64)),
            "token_type_ids": torch.from_numpy(((column >= examples.segment_b[:, None]) & present).astype(np.int64)),
            "labels": labels,
            "next_sentence_label": torch.from_numpy(examples.labels),
        }


def trainer(
    case: Case, config: Any, shards: ExampleShards, step_tokens: int, seconds: float, machine: Machine
) -> Result:
    """Padded examples through transformers' Trainer."""
    torch.manual_seed(0)
    network = AutoModelForPreTraining.from_config(config, attn_implementation="sdpa")
    collator = Collator(shards, case.length, config.vocab_size)
    size = step_tokens // case.length
    order = np.random.default_rng(0).permutation(len(shards)).tolist()
    clock = Clock(seconds, _wait(machine))
    with_trainer = importlib.util.find_spec("accelerate") is not None
    run = _with_trainer if with_trainer else _without_trainer
    sums = run(network, order, collator, size, clock, machine)
    places = size * case.length * (clock.steps - WARM_UP_STEPS)
    result = _result(case, config, machine, clock, (*sums, places), step_tokens)
    return result if with_trainer else replace(result, note="accelerate is missing: a loop that does what Trainer does")


def _sizes(inputs: dict[str, Tensor], device: torch.device) -> Tensor:
    """Real tokens of a batch and the sum of the squared lengths, left on the device."""
    lengths = inputs["attention_mask"].to(device).sum(1).double()
    return torch.stack([lengths.sum(), (lengths**2).sum()])


def _with_trainer(
    network: Any, order: list[int], collator: Collator, size: int, clock: Clock, machine: Machine
) -> tuple[int, int]:
    logging.set_verbosity_error()
    sums = torch.zeros(2, dtype=torch.float64, device=machine.device)

    class Counting(Trainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: Any, *arguments: Any, **keywords: Any) -> Any:
            if clock.timed:
                sums.add_(_sizes(inputs, machine.device))
            return super().compute_loss(model, inputs, *arguments, **keywords)

    class Timing(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_training_stop = clock.tick()

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=size,
            max_steps=100_000,
            learning_rate=1e-4,
            warmup_steps=1000,
            weight_decay=0.01,
            optim="adamw_torch_fused",
            bf16=machine.autocast is not None,
            use_cpu=machine.device.type == "cpu",
            torch_compile=machine.compiled,
            dataloader_num_workers=4 if machine.device.type == "cuda" else 0,
            remove_unused_columns=False,
            logging_strategy="no",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        counting = Counting(network, arguments, collator, order, callbacks=[Timing()])
        counting.remove_callback(PrinterCallback)
        counting.train()
    tokens, squares = sums.tolist()
    return round(tokens), round(squares)


def _without_trainer(
    network: Any, order: list[int], collator: Collator, size: int, clock: Clock, machine: Machine
) -> tuple[int, int]:
    network = network.to(machine.device).train()
    called = torch.compile(network) if machine.compiled else network
    adam = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
    sums = torch.zeros(2, dtype=torch.float64, device=machine.device)
    batches: Iterator[dict[str, Tensor]] = (
        batch
        for _ in range(1000)
        for batch in DataLoader(cast(Any, order), size, shuffle=True, drop_last=True, collate_fn=collator)
    )
    ended = False
    while not ended:
        inputs = {name: tensor.to(machine.device) for name, tensor in next(batches).items()}
        if clock.timed:
            sums += _sizes(inputs, machine.device)
        with machine.precision():
            loss = called(**inputs).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        adam.zero_grad()
        ended = clock.tick()
    tokens, squares = sums.tolist()
    return round(tokens), round(squares)
