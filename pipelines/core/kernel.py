"""The decorator of every compiled loop.

Numba finds a cached kernel stale by the file that it stands in, not by what it calls or takes constants from. The cache
folder is therefore named after the source of all modules that the kernel's own module imports.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numba

from pipelines.core.fingerprint import code_version

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "malmoi", "kernels")

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile ``function`` on first call; the machine code is kept on disk for the next process."""
    numba.config.CACHE_DIR = str(_CACHE / code_version(function.__module__))
    compiled: Function = numba.njit(cache=True, nogil=True)(function)
    return compiled
