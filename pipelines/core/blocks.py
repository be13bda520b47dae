"""Sixty-four bytes at a time: which of them are of a kind, as bits of one integer.

How long a run is, and how many of a kind it holds, then takes a few instructions, and no branch that nobody could
foresee.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from pipelines.core.bits import trailing_zeros
from pipelines.core.kernel import inner_kernel

BLOCK = 64
"""Bytes of a block: all of them have to be there."""

_ALL = ~np.uint64(0)
_BYTES = ir.VectorType(ir.IntType(8), BLOCK)


def _load(builder: Any, data: Any, position: Any) -> Any:
    address = builder.bitcast(builder.gep(data, [position]), _BYTES.as_pointer())
    return builder.load(address, align=1)


@intrinsic  # type: ignore[untyped-decorator]
def between(typing_context: Any, data: types.Array, position: types.Integer, first: Any, last: Any) -> Any:
    """Bits of the bytes from ``first`` to ``last`` among the 64 of ``data`` (uint8) from ``position`` on (uint64).

    The lowest bit is the first byte. Nothing is checked: all 64 have to be there.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        low, high = signature.args[2].literal_value, signature.args[3].literal_value
        moved = builder.sub(_load(builder, array.data, arguments[1]), ir.Constant(_BYTES, [low] * BLOCK))
        inside = builder.icmp_unsigned("<=", moved, ir.Constant(_BYTES, [high - low] * BLOCK))
        return builder.bitcast(inside, ir.IntType(64))

    if not (isinstance(first, types.IntegerLiteral) and isinstance(last, types.IntegerLiteral)):
        return None
    return types.uint64(data, position, first, last), generate


@intrinsic  # type: ignore[untyped-decorator]
def equal_to_next(typing_context: Any, data: types.Array, position: types.Integer) -> Any:
    """Bits of the bytes that the byte behind them equals, as in ``between``: 65 bytes have to be there."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        one = _load(builder, array.data, arguments[1])
        other = _load(builder, array.data, builder.add(arguments[1], ir.Constant(arguments[1].type, 1)))
        return builder.bitcast(builder.icmp_unsigned("==", one, other), ir.IntType(64))

    return types.uint64(data, position), generate


@intrinsic  # type: ignore[untyped-decorator]
def count_bits(typing_context: Any, value: types.Integer) -> Any:
    """How many bits of ``value`` are set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return value(value), generate


@inner_kernel
def leading(bits: Any) -> Any:
    """How many of the lowest bits of ``bits`` (uint64) are set before one is not, 64 where all are (int64)."""
    return np.int64(trailing_zeros(~bits))


@inner_kernel
def lowest(count: Any) -> Any:
    """The lowest ``count`` bits, 1 to 64 (uint64)."""
    return _ALL >> np.uint64(BLOCK - count)
