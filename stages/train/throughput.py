"""Arithmetic that a training step needs, and what share of the hardware's peak that is."""

from dataclasses import dataclass
from typing import Any

# Dense bfloat16 peak in FLOP/s (data sheets also quote twice as much, with sparsity); the first match counts.
_PEAKS = (
    ("B200", 2250e12),
    ("H200 NVL", 835e12),
    ("H200", 989e12),
    ("H100 PCIe", 756e12),
    ("H100 NVL", 835e12),
    ("H100", 989e12),
    ("H800", 989e12),
    ("A100", 312e12),
    ("A800", 312e12),
    ("L40S", 362e12),
    ("L4", 121e12),
    ("A10G", 70e12),
    ("A10", 125e12),
    ("A40", 150e12),
    ("A6000", 155e12),
    ("RTX 4090", 165e12),
    ("RTX 3090", 71e12),
)


def peak(name: str) -> float | None:
    """Dense bfloat16 peak of an accelerator in FLOP/s, None where it is not known."""
    return next((flops for part, flops in _PEAKS if part.lower() in name.lower()), None)


@dataclass(frozen=True)
class Arithmetic:
    """Multiplications and additions of one training step, forward and backward, without padding and recomputation."""

    layers: int
    width: int
    vocabulary: int
    masked_share: float

    @classmethod
    def of(cls, config: Any, masked_share: float) -> "Arithmetic":
        return cls(config.num_hidden_layers, config.hidden_size, config.vocab_size, masked_share)

    def flops(self, tokens: int, squares: int) -> float:
        """For examples with ``tokens`` tokens in all and ``squares`` the sum of their squared lengths.

        Six per weight and token, twelve per layer, unit of width and pair of tokens that see each other (J. Kaplan et
        al., Scaling laws, 2020); the head for words at the masked places only.
        """
        encoder = 6 * self.layers * 12 * self.width**2 * tokens
        attention = 12 * self.layers * self.width * squares
        words = 6 * self.width * (self.width + self.vocabulary) * self.masked_share * tokens
        return encoder + attention + words
