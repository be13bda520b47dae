"""What the machine has: device, precision, processes, memory. None of it may change what is learned beyond float error.

Environment, where the choice made here does not suit: ``MALMOI_DEVICE`` (as ``cpu``), ``MALMOI_PRECISION``
(``float32``), ``MALMOI_COMPILE`` (``0``), ``MALMOI_MICRO_BATCH_TOKENS``. Several processes: ``torchrun``.
"""

import importlib.util
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed
from torch import Tensor

from pipelines.core.errors import MalmoiError
from pipelines.core.machine import unknown_variables
from stages.train.throughput import Arithmetic

T = TypeVar("T")

_CPU_MICRO_BATCH_TOKENS = 4096
_GPU_MICRO_BATCH_TOKENS = 1 << 16
_CPU_BYTES = 1 << 30
_GPU_MEMORY_SHARE = 0.5


@dataclass(frozen=True)
class Machine:
    """This process's part of the machine; ``autocast`` None computes in float32."""

    device: torch.device
    autocast: torch.dtype | None
    compiled: bool
    rank: int
    processes: int

    @classmethod
    def detect(cls) -> "Machine":
        """What there is, or what the environment names; raises MalmoiError where it names what there is not."""
        if problems := unknown_variables(os.environ):
            raise MalmoiError("\n".join(problems))
        processes, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
        device = _device(os.environ.get("MALMOI_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu"))
        if device.type == "cuda":
            torch.cuda.set_device(device)
            torch.set_float32_matmul_precision("high")
        triton = importlib.util.find_spec("triton") is not None
        compiled = device.type == "cuda" and triton and os.environ.get("MALMOI_COMPILE", "1") != "0"
        return cls(device, _precision(device), compiled, rank, processes)

    @property
    def name(self) -> str:
        """Name of the accelerator, or ``CPU``."""
        return torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "CPU"

    @property
    def leads(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Connected to the other processes, where there are any."""
        if self.processes > 1:
            torch.distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        try:
            yield
        finally:
            if self.processes > 1:
                torch.distributed.destroy_process_group()

    def precision(self) -> AbstractContextManager[Any]:
        """Context in which matrices are multiplied in the short type that the hardware is fast at."""
        return torch.autocast(self.device.type, self.autocast, enabled=self.autocast is not None)

    def share(self, items: Sequence[T]) -> tuple[int, Sequence[T]]:
        """This process's contiguous part of the items of a step, and the number of its first one."""
        first = len(items) * self.rank // self.processes
        return first, items[first : len(items) * (self.rank + 1) // self.processes]

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by their sums over all processes, in one exchange."""
        if self.processes == 1:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        torch.distributed.all_reduce(flat)
        for tensor, summed in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(summed.view_as(tensor))

    def wait(self) -> None:
        """Until all processes are here."""
        if self.processes > 1:
            torch.distributed.barrier()

    def micro_batch_tokens(self, arithmetic: Arithmetic) -> int:
        """Tokens that go through the model at once: what fits in memory, while more still gains.

        Activations are about 64 bytes per layer and unit of width; each logit takes 16 with its gradient. A GPU gives
        half of its free memory; on a CPU the number is the same on every machine, so that losses are too.
        """
        if configured := os.environ.get("MALMOI_MICRO_BATCH_TOKENS"):
            if not configured.isdecimal() or not int(configured):
                raise MalmoiError(f"MALMOI_MICRO_BATCH_TOKENS={configured}: a whole number of tokens is meant")
            return int(configured)
        bytes_per_token = (
            64 * (arithmetic.layers + 1) * arithmetic.width + 16 * arithmetic.masked_share * arithmetic.vocabulary
        )
        if self.device.type != "cuda":
            return min(_CPU_MICRO_BATCH_TOKENS, int(_CPU_BYTES / bytes_per_token))
        free, _ = torch.cuda.mem_get_info(self.device)
        return min(_GPU_MICRO_BATCH_TOKENS, int(free * _GPU_MEMORY_SHARE / bytes_per_token))


def _device(name: str) -> torch.device:
    if name == "cuda":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        have = ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
        raise MalmoiError(f"MALMOI_DEVICE={name}: no such device here; there is {', '.join(have)}") from None
    return device


def _precision(device: torch.device) -> torch.dtype | None:
    wanted = os.environ.get("MALMOI_PRECISION", "")
    if wanted not in ("", "float32", "bfloat16"):
        raise MalmoiError(f"MALMOI_PRECISION={wanted}: float32 or bfloat16 is meant")
    if wanted:
        return torch.bfloat16 if wanted == "bfloat16" else None
    if device.type == "cuda":
        fast = torch.cuda.get_device_capability(device) >= (8, 0)
    else:
        fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if fast else None
