"""Random numbers as a function of key and position: the same on every device and for any split of the work."""

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_LOW_32 = 0xFFFFFFFF
_ROUNDS = 4


def key(*parts: int | str) -> int:
    """64-bit key of a list of numbers and words."""
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def random_bits(positions: Tensor, key: int) -> Tensor:
    """Uniform integers below 2**32 (int64), one for each position (int64, below 2**32).

    Integer arithmetic only, so that a CPU and a GPU agree. Two rounds of the "lowbias32" mixer of C. Wellons, Hash
    Function Prospector (2018).
    """
    return _mix((_mix(positions ^ (key & _LOW_32)) + (key >> 32)) & _LOW_32)


def _mix(value: Tensor) -> Tensor:
    value = ((value ^ (value >> 16)) * 0x7FEB352D) & _LOW_32
    value = ((value ^ (value >> 15)) * 0x846CA68B) & _LOW_32
    return value ^ (value >> 16)


def permute(positions: NDArray[np.int64], size: int, key: int) -> NDArray[np.int64]:
    """Images of ``positions`` under a permutation of ``range(size)`` that takes no memory.

    A Feistel network over the next power of four, walked until it lands inside (J. Black and P. Rogaway, Ciphers with
    arbitrary finite domains, 2002).
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    keys = _split_mix(np.uint64(key) + np.arange(1, _ROUNDS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    image = _feistel(positions.astype(np.uint64), half, keys)
    while (outside := np.flatnonzero(image >= size)).size:
        image[outside] = _feistel(image[outside], half, keys)
    return image.astype(np.int64)


def _feistel(value: NDArray[np.uint64], half: int, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    shift, mask = np.uint64(half), np.uint64((1 << half) - 1)
    left, right = value >> shift, value & mask
    for round_key in keys:
        left, right = right, left ^ (_split_mix(right ^ round_key) & mask)
    return (left << shift) | right


def _split_mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def seed_generators(key: int) -> None:
    """Set the generators that dropout draws from."""
    torch.manual_seed(key & 0x7FFFFFFFFFFFFFFF)
