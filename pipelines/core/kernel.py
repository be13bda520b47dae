"""The decorator of every compiled loop.

Numba finds a cached kernel stale by the file that it stands in, not by the files that it calls into. Kernels therefore
call only their own module's and those of ``pipelines.core.kernels``, and the cache folder is named after that module's
content.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

_shared = hashlib.blake2b(Path(__file__).with_name("kernels.py").read_bytes(), digest_size=8).hexdigest()
_root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(_root, "malmoi", "kernels", _shared)))

import numba  # noqa: E402  (reads NUMBA_CACHE_DIR when it is imported)

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile ``function`` on first call; the machine code is kept on disk for the next process."""
    compiled: Function = numba.njit(cache=True, nogil=True)(function)
    return compiled
