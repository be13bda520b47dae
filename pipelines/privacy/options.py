"""Parameters of scrubbing."""

from dataclasses import dataclass
from typing import Annotated

from pipelines.core.options import Pattern
from pipelines.privacy.kinds import KINDS

_NAMES = tuple(kind.name for kind in KINDS)

KindName = Annotated[str, Pattern("|".join(_NAMES), "one of " + ", ".join(_NAMES))]


@dataclass(frozen=True, kw_only=True)
class ScrubOptions:
    """``kinds``: names of the kinds of personal data that are replaced; None for every kind there is."""

    kinds: tuple[KindName, ...] | None
