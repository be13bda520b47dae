"""Attention inside each packed example, as attention functions that stock ``transformers`` encoders can be told to use.

The sequence pieces that share a row must not see each other, and the masks that ``transformers`` makes for scaled dot
product attention do not keep them apart. Three ways of doing so, the same to float error:

- ``varlen``: flash attention over the boundaries of the examples; CUDA with bfloat16.
- ``block``: one boolean mask per row; any device, the cost grows with the row.
- ``padded``: examples are copied to a padded batch for the attention alone; the fastest on a CPU.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from stages.train.batch import Batch, Layout

Kind = Literal["varlen", "block", "padded"]
_Output = tuple[Tensor, None]


def kind_for(device: torch.device, autocast: torch.dtype | None) -> Kind:
    """The fastest kind that ``device`` has."""
    if device.type != "cuda":
        return "padded"
    flash = autocast in (torch.bfloat16, torch.float16) and torch.cuda.get_device_capability(device) >= (8, 0)
    return "varlen" if flash else "block"


def register() -> None:
    """Make the kinds known to ``transformers`` as ``packed_varlen``, ``packed_block`` and ``packed_padded``."""
    for name, function in _FUNCTIONS.items():
        AttentionInterface.register(name, function)


def keep_apart(kind: Kind, batch: Batch, layout: Layout, longest: int) -> dict[str, Any]:
    """Keyword arguments for the encoder, from which the attention function of this kind keeps examples apart."""
    if kind == "varlen":
        boundaries = nn.functional.pad(batch.lengths.flatten().cumsum(0, dtype=torch.int32), (1, 0))
        return {"boundaries": boundaries, "longest": longest}
    if kind == "block":
        return {"together": (layout.slot[:, :, None] == layout.slot[:, None, :])[:, None]}
    rows, tokens = batch.input_ids.shape
    lengths = batch.lengths[used := batch.lengths > 0]
    column = torch.arange(int(lengths.max()), device=lengths.device)
    present = column < lengths[:, None]
    first = (layout.starts + torch.arange(rows, device=lengths.device)[:, None] * tokens)[used]
    spread = torch.where(present, first[:, None] + column, 0)
    gather_back = present.flatten().nonzero().flatten()
    return {"spread": spread, "present": present, "gather_back": gather_back}


def _varlen(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    boundaries: Tensor,
    longest: int,
    **_: Any,
) -> _Output:
    rows, heads, tokens, width = query.shape
    query, key, value = (tensor.transpose(1, 2).reshape(-1, heads, width) for tensor in (query, key, value))
    output = cast(Tensor, varlen_attn(query, key, value, boundaries, boundaries, longest, longest))
    return output.view(rows, tokens, heads, width), None


def _block(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    together: Tensor,
    **_: Any,
) -> _Output:
    return scaled_dot_product_attention(query, key, value, attn_mask=together).transpose(1, 2), None


def _padded(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    spread: Tensor,
    present: Tensor,
    gather_back: Tensor,
    **_: Any,
) -> _Output:
    rows, heads, tokens, width = query.shape
    padded = []
    for tensor in (query, key, value):
        flat = tensor.transpose(1, 2).reshape(rows * tokens, heads * width)
        padded.append(flat.index_select(0, spread.flatten()).view(*spread.shape, heads, width).transpose(1, 2))
    query, key, value = padded
    if query.dtype == torch.bfloat16:
        # A third of the time of the fused kernel, whose backward pass on a CPU is slow in this type.
        weights = (query * width**-0.5) @ key.transpose(2, 3)
        output = weights.masked_fill(~present[:, None, None], -torch.inf).softmax(3) @ value
    else:
        output = scaled_dot_product_attention(query, key, value, attn_mask=present[:, None, None])
    flat = output.transpose(1, 2).reshape(-1, heads * width).index_select(0, gather_back)
    return flat.view(rows, tokens, heads, width), None


_FUNCTIONS: Mapping[str, Callable[..., _Output]] = MappingProxyType(
    {"packed_varlen": _varlen, "packed_block": _block, "packed_padded": _padded}
)
