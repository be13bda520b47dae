"""Parameters of scrubbing, and of measuring it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pipelines.core.options import Pattern, Range
from pipelines.privacy.kinds import NAMES

Action = Literal["placeholder", "surrogate", "removal", "drop"]
KindName = Annotated[str, Pattern("|".join(NAMES), "one of " + ", ".join(NAMES))]


@dataclass(frozen=True, kw_only=True)
class ScrubOptions:
    """``kinds``: names of the kinds of personal data that are replaced; None for every kind there is.

    ``replacement``: by kind, and for all others under ``default``, what stands in for a value. A placeholder says the
    kind; a surrogate is nobody's value of the same shape, always the same for the same value and key; with removal
    the value goes, with drop the whole document.
    """

    kinds: tuple[KindName, ...] | None
    replacement: dict[str, Action]


@dataclass(frozen=True, kw_only=True)
class RecallOptions:
    """``values``: so many are planted for each kind of personal data and each way to disguise it.

    ``hosts``: they are lines of documents of the corpus, as scrub reads them, or stand in invented sentences alone.
    """

    seed: int
    hosts: Literal["corpus", "invented"]
    values: Annotated[int, Range(1)]
