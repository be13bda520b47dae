"""AdamW with a linear warm-up and a linear decay."""

from torch import nn
from torch.optim import AdamW

from stages.train.options import TrainOptions

_BETAS = (0.9, 0.98)
_EPSILON = 1e-6


def build(model: nn.Module, options: TrainOptions) -> AdamW:
    """Optimiser of all parameters; biases and normalisation (everything with one axis) do not decay."""
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": options.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=0.0, betas=_BETAS, eps=_EPSILON, fused=True)


def learning_rate(step: int, options: TrainOptions) -> float:
    """Learning rate of a step, counted from 0: rises over the warm-up, then falls to zero past the last step."""
    warmup = round(options.steps * options.warmup_fraction)
    if step < warmup:
        return options.learning_rate * (step + 1) / warmup
    return options.learning_rate * (options.steps - step) / (options.steps - warmup)


def set_learning_rate(optimiser: AdamW, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate
