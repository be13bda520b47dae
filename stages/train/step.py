"""One optimiser step over a global batch, whatever the number of processes and micro-batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW

from stages.train import optimiser
from stages.train.batch import IGNORE
from stages.train.counter import key, seed_generators
from stages.train.feed import Feed
from stages.train.objective import Losses, losses
from stages.train.options import TrainOptions
from stages.train.packing import Row


@dataclass(frozen=True)
class Stepper:
    """Trains ``model`` on the rows of one step after the other; ``losses`` may be compiled."""

    model: Any
    adam: AdamW
    feed: Feed
    options: TrainOptions
    losses: Callable[..., Losses]

    @classmethod
    def of(cls, model: Any, adam: AdamW, feed: Feed, options: TrainOptions) -> "Stepper":
        """Shapes are static where models are compiled, so that one compilation does for the whole run."""
        compiled = torch.compile(losses, dynamic=False) if feed.machine.compiled else losses
        return cls(model, adam, feed, options, compiled)

    def __call__(self, step: int, rows: Sequence[Row]) -> Tensor:
        """Train on ``rows``; returns the mean losses (words, pairs) over the global batch, still on the device.

        Losses are sums divided by what the whole batch has to predict, so that neither micro-batches nor processes
        weigh a word more because its neighbours are few.
        """
        machine = self.feed.machine
        fed = list(self.feed(rows, step))
        words = torch.stack([(each.masked.targets != IGNORE).sum() for each in fed]).sum()
        pairs = torch.stack([(each.batch.labels != IGNORE).sum() for each in fed]).sum()
        counts = torch.stack([words, pairs])
        machine.add_up([counts])
        counts = counts.clamp(min=1)

        seed_generators(key(self.options.seed, "dropout", step, machine.rank))
        totals = torch.zeros(2, device=machine.device)
        for each in fed:
            with machine.precision():
                means = torch.stack(self.losses(self.model, *each)) / counts
            torch.autograd.backward(means.sum())
            totals += means.detach()

        parameters = [parameter for parameter in self.model.parameters() if parameter.grad is not None]
        machine.add_up([totals, *(parameter.grad for parameter in parameters)])
        clip_grad_norm_(parameters, self.options.clip_norm)
        optimiser.set_learning_rate(self.adam, optimiser.learning_rate(step, self.options))
        self.adam.step()
        self.adam.zero_grad()
        return totals
