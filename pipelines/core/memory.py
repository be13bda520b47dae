"""How a process uses memory: what it has freed stays with it, or goes back to the system at once.

Only the allocator of glibc can be told so, and nothing happens elsewhere.
"""

import ctypes
from contextlib import suppress

import pyarrow as pa

_LARGE_BYTES = 2 << 20
_HELD_BYTES = 1 << 30
_MOST_BYTES = 32 << 20  # a larger one of these is refused
_PADDING_BYTES = 1 << 20
# mallopt(3)
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3


def keep_what_is_freed() -> None:
    """Arrays below 32 MiB are made where others were freed.

    By default a good part of them is new from the system each time, which fills every page with zeros first: a third of
    what a data stage spends in the system.
    """
    _tell(_TRIM_THRESHOLD, _HELD_BYTES)
    _tell(_TOP_PAD, _PADDING_BYTES)
    _tell(_MMAP_THRESHOLD, _MOST_BYTES)


def give_back_at_once() -> None:
    """Arrays of 2 MiB or more leave the process when freed; by default both allocators keep tens of megabytes."""
    pa.set_memory_pool(pa.system_memory_pool())
    _tell(_MMAP_THRESHOLD, _LARGE_BYTES)


def _tell(parameter: int, value: int) -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(parameter, value)
