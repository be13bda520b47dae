"""What may be chosen about the bundled sample."""

from dataclasses import dataclass
from typing import Annotated

from pipelines.core.options import Range


@dataclass(frozen=True, kw_only=True)
class SampleOptions:
    """Size and seed of the sample; the same options give the same bytes on every machine."""

    seed: Annotated[int, Range(0)]
    documents: Annotated[int, Range(200, 100_000)]
    """Documents of the invented world, before duplicates and spoiled ones are added; 5,000 make about 6 MB of text."""
    task_rows: Annotated[int, Range(100, 100_000)]
    """Training rows of each task; development and test get a fifth of that each."""
