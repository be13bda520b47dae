"""The decorator of every compiled loop.

Numba finds a cached kernel stale by the file that it stands in, not by what it calls or takes constants from. The cache
folder is therefore named after the source of all modules that the kernel's own module imports, and after nothing else:
a clone, or the copy in which ``dvc exp run --queue`` works, finds the kernels of any other checkout of the same source.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import FunctionCache, UserProvidedCacheLocator
from numba.core.runtime import nrtdynmod, rtsys

from pipelines.core.fingerprint import CACHE, code_version, digest

_FOLDER = CACHE / "kernels"
_SIZE_BYTES = 8

Function = TypeVar("Function", bound=Callable[..., object])


class KernelLocator(UserProvidedCacheLocator):  # type: ignore[misc]
    """Files a kernel under the name of its module, where Numba's own would hash the path of the checkout into it."""

    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        return Path(py_file).stem


class KernelCache(FunctionCache):  # type: ignore[misc]
    """Loads machine code without setting up the compiler, which Numba's own cache does first and takes .25 s for."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        nrtdynmod.compile_nrt_functions = _runtime
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def _runtime(target_context: Any) -> Any:
    """The few functions of Numba's runtime, from the disk where they were compiled before.

    Else every process would start the compiler for them: 30 MB of it, to run what was compiled long ago.
    """
    codegen = target_context.codegen()
    path = _FOLDER / f"runtime.{digest([numba.__version__, *codegen.magic_tuple()])}"
    with suppress(OSError):
        kept = path.read_bytes()
        size = int.from_bytes(kept[:_SIZE_BYTES], "little") + _SIZE_BYTES
        return codegen.unserialize_library((path.name, "object", (kept[_SIZE_BYTES:size], kept[size:])))
    module, library = nrtdynmod.create_nrt_module(target_context)
    library.enable_object_caching()
    library.add_ir_module(module)
    library.finalize()
    code, bitcode = library.serialize_using_object_code()[2]
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(OSError):  # a home folder may be full or closed
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(len(code).to_bytes(_SIZE_BYTES, "little") + code + bitcode)
        temporary.replace(path)
    return library


def kernel(function: Function) -> Function:
    """Compile ``function`` on first call; the machine code is kept on disk for the next process."""
    return _compiled(function)


def inner_kernel(function: Function) -> Function:
    """``kernel`` for a function that makes no array, gives none back and calls none that does.

    Numba counts references to arrays wherever a function has them in hand, even if only to read: two atomic operations
    for each array of each call, most of the time of a short function that a loop calls. Here it counts none.
    """
    return _compiled(function, _nrt=False)


def _compiled(function: Function, **options: bool) -> Function:
    numba.config.CACHE_DIR = str(_FOLDER / code_version(function.__module__))
    numba.config.CACHE_LOCATOR_CLASSES = f"{__name__}.{KernelLocator.__name__}"
    dispatcher = numba.njit(nogil=True, **options)(function)
    dispatcher._cache = KernelCache(function)
    compiled: Function = dispatcher
    return compiled
