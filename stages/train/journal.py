"""What a run shows and writes down while it goes: progress bar, losses, speed, validation figures."""

import math
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from pipelines.core.errors import MalmoiError
from stages.train.log import Log
from stages.train.machine import Machine
from stages.train.packing import Row
from stages.train.throughput import Arithmetic, peak

_TRAIN = ("step", "loss", "mlm_loss", "nsp_loss", "learning_rate", "tokens_per_second", "mfu")
_VALIDATION = ("step", "mlm_loss", "mlm_accuracy", "nsp_loss", "nsp_accuracy")


class Journal:
    """Collects losses on the device and writes them as means over the steps between two calls of ``flush``.

    Reading a loss makes the host wait for the device, so it is done once per row of the table and not once per step.
    """

    def __init__(self, run: Path, step: int, steps: int, machine: Machine, arithmetic: Arithmetic) -> None:
        self._train = Log(run / "train.csv", _TRAIN, step)
        self._validation = Log(run / "validation.csv", _VALIDATION, step)
        self._machine, self._arithmetic = machine, arithmetic
        self._peak = peak(machine.name)
        self._bar = tqdm(total=steps, initial=step, desc="train", unit="step", dynamic_ncols=True)
        self._pending: list[Tensor] = []
        self._shown: dict[str, str] = {}
        self.resume_clock()

    def resume_clock(self) -> None:
        """Start measuring speed anew, after work that is not training."""
        self._tokens, self._flops, self._started = 0, 0.0, time.perf_counter()

    def record(self, losses: Tensor, rows: Sequence[Row]) -> None:
        """Losses (words, pairs) of one step over ``rows``."""
        self._pending.append(losses)
        tokens = sum(int(row.lengths.sum()) for row in rows)
        self._tokens += tokens
        self._flops += self._arithmetic.flops(tokens, sum(int((row.lengths**2).sum()) for row in rows))
        self._bar.update()

    def flush(self, step: int, rate: float) -> None:
        """Write one row for the steps since the last one; raises MalmoiError where a loss is not a number."""
        if not self._pending:
            return
        words, pairs = torch.stack(self._pending).double().mean(0).tolist()
        self._pending = []
        if not math.isfinite(words + pairs):
            raise MalmoiError(
                f"the loss is not a number at or shortly before step {step}; lower train.learning_rate or raise "
                "train.warmup_fraction (checkpoints so far are sound)"
            )
        seconds = time.perf_counter() - self._started
        speed = self._tokens / seconds
        available = self._peak * self._machine.processes if self._peak and self._machine.autocast else None
        self._train.append(
            {
                "step": step,
                "loss": words + pairs,
                "mlm_loss": words,
                "nsp_loss": pairs,
                "learning_rate": rate,
                "tokens_per_second": speed,
                "mfu": self._flops / seconds / available if available else None,
            }
        )
        self._shown |= {"loss": f"{words + pairs:.3f}", "tokens/s": f"{speed:,.0f}"}
        self._bar.set_postfix(self._shown)
        self.resume_clock()

    def validated(self, step: int, figures: dict[str, float]) -> None:
        """Write the figures of a validation."""
        self._validation.append({"step": step, **figures})
        self._shown["accuracy"] = f"{figures['mlm_accuracy']:.3f}"

    def publish(self, train: Path, validation: Path) -> None:
        """Copy both tables to where they are looked at."""
        self._train.publish(train)
        self._validation.publish(validation)

    def summary(self) -> dict[str, Any]:
        """Last losses, and the median of speed and utilisation."""
        rows = self._train.rows()
        summary: dict[str, Any] = {"train": {name: float(rows[-1][name]) for name in ("loss", "mlm_loss", "nsp_loss")}}
        for name in ("tokens_per_second", "mfu"):
            if values := [float(row[name]) for row in rows if row[name]]:
                summary[name] = statistics.median(values)
        return summary

    def close(self) -> None:
        self._bar.close()
