"""Lookup tables over code points, made once on a machine: going through all characters takes Python up to .2 s.

A table lies on disk under the name of its function, the source of all modules behind it and the Unicode version, so any
change makes another; a process maps the file, and what no text needs of it is never read.
"""

import os
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import cache, wraps
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.fingerprint import CACHE, code_version, digest

_FOLDER = CACHE / "tables"

Table = NDArray[Any]


def kept_table(make: Callable[[], Table]) -> Callable[[], Table]:
    """The read-only array that ``make`` gives, from the disk where it was made before."""

    @cache
    @wraps(make)
    def table() -> Table:
        version = digest([code_version(make.__module__), unicodedata.unidata_version, np.__version__])
        path = _FOLDER / f"{make.__module__}.{make.__name__.strip('_')}.{version}.npy"
        with suppress(OSError, ValueError, EOFError):  # none there, or none that can be read: it is made
            return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        made = make()
        made.setflags(write=False)
        with suppress(OSError):  # a home folder may be full or closed
            _keep(made, path)
        return made

    return table


def _keep(table: Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            np.save(file, table, allow_pickle=False)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
