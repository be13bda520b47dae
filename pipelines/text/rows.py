"""Work on the few rows that need it."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def take_rows(texts: pa.StringArray | pa.ChunkedArray, rows: NDArray[np.bool_]) -> pa.StringArray:
    """The rows for which ``rows`` is true."""
    taken = texts if rows.all() else texts.take(pa.array(np.flatnonzero(rows)))
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


def put_rows(
    texts: pa.StringArray | pa.ChunkedArray, rows: NDArray[np.bool_], new: pa.StringArray
) -> pa.StringArray | pa.ChunkedArray:
    """``texts`` with ``new`` in place of the rows for which ``rows`` is true; null becomes the empty string."""
    if rows.all():
        return new
    if texts.null_count:
        texts = pc.fill_null(texts, "")
    return pc.replace_with_mask(texts, pa.array(rows), new) if rows.any() else texts
