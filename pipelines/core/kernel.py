"""The decorator of every compiled loop.

Numba finds a cached kernel stale by the file that it stands in, not by what it calls or takes constants from. The cache
folder is therefore named after the source of all modules that the kernel's own module imports, and after nothing else:
a clone, or the copy in which ``dvc exp run --queue`` works, finds the kernels of any other checkout of the same source.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import FunctionCache, UserProvidedCacheLocator
from numba.core.runtime import rtsys

from pipelines.core.fingerprint import CACHE, code_version

_FOLDER = CACHE / "kernels"

Function = TypeVar("Function", bound=Callable[..., object])


class KernelLocator(UserProvidedCacheLocator):  # type: ignore[misc]
    """Files a kernel under the name of its module, where Numba's own would hash the path of the checkout into it."""

    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        return Path(py_file).stem


class KernelCache(FunctionCache):  # type: ignore[misc]
    """Loads machine code without setting up the compiler, which Numba's own cache does first and takes .25 s for."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def kernel(function: Function) -> Function:
    """Compile ``function`` on first call; the machine code is kept on disk for the next process."""
    return _compiled(function)


def inner_kernel(function: Function) -> Function:
    """The same for one that makes no array, returns none and calls none that does: it counts no references to arrays.

    That takes two atomic operations for each array of each call, which is most of the time of a small one.
    """
    return _compiled(function, _nrt=False)


def _compiled(function: Function, **options: bool) -> Function:
    numba.config.CACHE_DIR = str(_FOLDER / code_version(function.__module__))
    numba.config.CACHE_LOCATOR_CLASSES = f"{__name__}.{KernelLocator.__name__}"
    dispatcher = numba.njit(nogil=True, **options)(function)
    dispatcher._cache = KernelCache(function)
    compiled: Function = dispatcher
    return compiled
