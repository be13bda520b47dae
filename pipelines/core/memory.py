"""How a process uses memory: what it has freed can go back to the system at once, at the price of asking again."""

import ctypes
from contextlib import suppress

import pyarrow as pa

_LARGE_BYTES = 2 << 20
_M_MMAP_THRESHOLD = -3  # mallopt(3)


def give_back_at_once() -> None:
    """Arrays of 2 MiB or more leave the process when they are freed; by default both allocators keep tens of megabytes.

    Only the allocator of glibc can be told so, and nothing happens elsewhere.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
