"""Bytes that a compiled loop need not look at one by one: eight at a time, or a whole text."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from pipelines.core.kernel import inner_kernel

_HIGH = np.uint64(0x8080808080808080)
_LOW_SEVEN = np.uint64(0x7F7F7F7F7F7F7F7F)
_CASE = np.uint64(0x2020202020202020)
# What carries a byte of seven bits over into its eighth, from "a" on and from behind "z" on.
_FROM_A, _BEHIND_Z = np.uint64(0x1F1F1F1F1F1F1F1F), np.uint64(0x0505050505050505)


@intrinsic  # type: ignore[untyped-decorator]
def load_eight(typing_context: Any, data: types.Array, position: types.Integer) -> Any:
    """The eight bytes of ``data`` (uint8) from ``position`` on as one integer (uint64), the first one lowest.

    Nothing is checked: all eight have to be there.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(array.data, [arguments[1]])
        return builder.load(builder.bitcast(address, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(data, position), generate


@intrinsic  # type: ignore[untyped-decorator]
def copy_bytes(
    typing_context: Any,
    source: types.Array,
    start: types.Integer,
    count: types.Integer,
    target: types.Array,
    place: types.Integer,
) -> Any:
    """``target[place:place + count] = source[start:start + count]`` (uint8 each), where the two do not overlap.

    Nothing is checked. Numba's own assignment makes room for a copy in case they do.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        read = context.make_array(signature.args[0])(context, builder, arguments[0])
        written = context.make_array(signature.args[3])(context, builder, arguments[3])
        from_, to = builder.gep(read.data, [arguments[1]]), builder.gep(written.data, [arguments[4]])
        cgutils.raw_memcpy(builder, to, from_, arguments[2], 1)
        return context.get_dummy_value()

    return types.void(source, start, count, target, place), generate


@intrinsic  # type: ignore[untyped-decorator]
def trailing_zeros(typing_context: Any, value: types.Integer) -> Any:
    """Number of the lowest bit that is set; the number of all bits where none is."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return value(value), generate


@inner_kernel
def leading_letters(word: Any) -> Any:
    """How many of the eight bytes of ``word`` (uint64, the lowest first) are ASCII letters before another one comes."""
    seven = (word | _CASE) & _LOW_SEVEN
    letters = (seven + _FROM_A) & ~(seven + _BEHIND_Z) & ~word & _HIGH
    return np.int64(trailing_zeros(letters ^ _HIGH) >> np.uint64(3))


@inner_kernel
def first_bytes(word: Any, count: Any) -> Any:
    """The lowest ``count`` (1 to 8) bytes of ``word`` (uint64), the others zero."""
    return word & (~np.uint64(0) >> np.uint64(64 - 8 * count))
