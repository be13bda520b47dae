"""Constraints that an options dataclass puts on its fields, as ``Annotated[int, Range(1)]``."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """Closed interval that a number, or the length of a string, list or map, must lie in."""

    minimum: float | None = None
    maximum: float | None = None

    def __str__(self) -> str:
        if self.maximum is None:
            return f"{self.minimum} or more"
        if self.minimum is None:
            return f"{self.maximum} or less"
        return f"{self.minimum} to {self.maximum}"


@dataclass(frozen=True)
class Pattern:
    """Regular expression that a whole string must match, and how to say it to a person."""

    expression: str
    meaning: str
