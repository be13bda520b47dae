"""64-bit hashes of strings, among them the one that stands for a document's id in every stage."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.kernels import hash_strings

_KEY_SEED = 0


def hash_array(strings: pa.StringArray | pa.ChunkedArray, seed: int) -> NDArray[np.uint64]:
    """One hash per string; different seeds give unrelated hashes."""
    offsets, data = string_buffers(strings)
    out = np.empty(len(strings), np.uint64)
    hash_strings(offsets, data, np.uint64(seed), out)
    return out


def document_keys(ids: pa.StringArray | pa.ChunkedArray) -> NDArray[np.uint64]:
    """The hash that stands for each document id."""
    return hash_array(ids, _KEY_SEED)
