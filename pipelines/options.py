"""The parameters of the data stages. Defaults stand in params.yaml alone: there a change is seen by ``dvc repro``."""

from dataclasses import dataclass
from typing import Annotated

from pipelines.core.options import Range


@dataclass(frozen=True, kw_only=True)
class CleanOptions:
    """Which documents are kept.

    ``profiles`` names the quality profile of each language that is wanted; documents in other languages are dropped.
    ``error_budget`` is the share of records that may be unreadable before the stage fails.
    """

    profiles: Annotated[dict[str, str], Range(1)]
    max_document_bytes: Annotated[int, Range(1024, 1 << 30)]
    error_budget: Annotated[float, Range(0.0, 1.0)]


@dataclass(frozen=True, kw_only=True)
class DedupOptions:
    """MinHash with ``bands`` keys of ``rows`` hashes each; pairs that share a key are duplicates from ``threshold`` on.

    ``shingle`` is the number of letters and digits to a shingle, by language; ``other`` stands for the rest.
    ``threshold`` is a Jaccard similarity, estimated from the whole signature.
    """

    seed: Annotated[int, Range(0)]
    bands: Annotated[int, Range(1, 128)]
    rows: Annotated[int, Range(1, 64)]
    threshold: Annotated[float, Range(0.0, 1.0)]
    shingle: dict[str, Annotated[int, Range(1, 256)]]
