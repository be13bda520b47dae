"""Compiled loops that kernels of several modules call: UTF-8 and hashing."""

from typing import Any

import numpy as np

from pipelines.core.bits import load_eight
from pipelines.core.kernel import inner_kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLY_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLY_2 = np.uint64(0x94D049BB133111EB)
_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)


@inner_kernel
def decode_utf8(data: Any, position: int) -> Any:
    """Code point at ``position`` of valid UTF-8 ``data`` (uint8), and the position after it."""
    first = np.int32(data[position])
    if first < 0x80:
        return first, position + 1
    second = np.int32(data[position + 1]) & 0x3F
    if first < 0xE0:
        return ((first & 0x1F) << 6) | second, position + 2
    third = np.int32(data[position + 2]) & 0x3F
    if first < 0xF0:
        return ((first & 0x0F) << 12) | (second << 6) | third, position + 3
    fourth = np.int32(data[position + 3]) & 0x3F
    return ((first & 0x07) << 18) | (second << 12) | (third << 6) | fourth, position + 4


@inner_kernel
def encode_utf8(code: Any, out: Any, position: int) -> Any:
    """Write code point ``code`` to ``out`` (uint8) at ``position``, up to four bytes; returns the position after it."""
    if code < 0x80:
        out[position] = code
        return position + 1
    if code < 0x800:
        out[position] = 0xC0 | (code >> 6)
        out[position + 1] = 0x80 | (code & 0x3F)
        return position + 2
    if code < 0x10000:
        out[position] = 0xE0 | (code >> 12)
        out[position + 1] = 0x80 | ((code >> 6) & 0x3F)
        out[position + 2] = 0x80 | (code & 0x3F)
        return position + 3
    out[position] = 0xF0 | (code >> 18)
    out[position + 1] = 0x80 | ((code >> 12) & 0x3F)
    out[position + 2] = 0x80 | ((code >> 6) & 0x3F)
    out[position + 3] = 0x80 | (code & 0x3F)
    return position + 4


@inner_kernel
def mix(value: Any) -> Any:
    """Finaliser of splitmix64 (Steele, Lea, Flood 2014): a bijection of uint64 that spreads every bit."""
    mixed = np.uint64(value) + _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MULTIPLY_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MULTIPLY_2
    return mixed ^ (mixed >> np.uint64(31))


@inner_kernel
def eight_bytes(data: Any, start: Any, length: Any) -> Any:
    """Up to eight bytes from ``start`` as one integer (uint64)."""
    if start + 8 <= len(data):
        value = load_eight(data, start)
        if length >= 8:
            return value
        return value & ((np.uint64(1) << np.uint64(8 * max(length, 0))) - np.uint64(1))
    value = np.uint64(0)
    for byte in range(min(length, 8)):
        value |= np.uint64(data[start + byte]) << np.uint64(8 * byte)
    return value


@inner_kernel
def hash_bytes(data: Any, start: int, stop: int, seed: Any) -> Any:
    """64-bit hash of ``data[start:stop]`` (uint8): FNV-1a over eight-byte words, finished by ``mix``."""
    state = _FNV_OFFSET ^ mix(np.uint64(seed))
    position = start
    while position + 8 <= stop:
        state = (state ^ load_eight(data, position)) * _FNV_PRIME
        state ^= state >> np.uint64(29)
        position += 8
    while position < stop:
        state = (state ^ np.uint64(data[position])) * _FNV_PRIME
        position += 1
    return mix(state ^ np.uint64(stop - start))


@inner_kernel
def hash_strings(offsets: Any, data: Any, seed: Any, out: Any) -> None:
    """Hash string ``i``, ``data[offsets[i]:offsets[i + 1]]``, into ``out[i]`` (uint64)."""
    for row in range(len(offsets) - 1):
        out[row] = hash_bytes(data, offsets[row], offsets[row + 1], seed)


@inner_kernel
def slot_of(keys: Any, key: Any) -> Any:
    """Where ``key`` is among ``keys`` (uint64, 0 where empty, a power of two of them), or the empty slot for it."""
    slot = np.int64(mix(key) & np.uint64(len(keys) - 1))
    while keys[slot] != 0 and keys[slot] != key:
        slot = (slot + 1) & (len(keys) - 1)
    return slot
