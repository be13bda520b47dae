"""The formats: every module of this package reads the one of its name, which ``options.FORMATS`` lists."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

import pyarrow as pa

from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import Part


@dataclass(frozen=True)
class Format:
    """What the module of a format defines.

    ``read`` gives the batches of one part, schema RECORD, at most 1,024 rows each, and raises StreamError or OSError
    where the rest cannot be read. ``parts``, which a format whose files are not lines of text may have, gives the sizes
    of the parts of a file, of this compression, that can be read alone; none where it can only be read as a whole.
    ``files``, which a format may have whose ``path`` is no glob, gives the paths of the files; it raises MalmoiError,
    beginning with the option that is wrong.
    """

    read: Callable[[Part, SourceOptions, ReadLimits], Iterator[pa.RecordBatch]]
    parts: Callable[[str, str], tuple[int, ...]] | None
    files: Callable[[SourceOptions], tuple[str, ...]] | None


@cache
def load_format(name: str) -> Format:
    """The format ``name``. Its module is imported here and not before: no source pays for another's libraries."""
    # Any module below __path__ may be meant, which is how import_closure knows that it decides what is read.
    module = import_module(f"{__name__}.{name}")
    return Format(module.read, getattr(module, "parts", None), getattr(module, "files", None))
