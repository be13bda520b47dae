"""Compares measured figures with the bars."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.gate.options import BarOptions


@dataclass(frozen=True)
class Verdict:
    """One bar, what was measured (None: the figure is missing) and whether it is met."""

    name: str
    bar: BarOptions
    measured: float | None

    @property
    def met(self) -> bool:
        if self.measured is None:
            return False
        low, high = self.bar.minimum, self.bar.maximum
        return (low is None or self.measured >= low) and (high is None or self.measured <= high)

    @property
    def wanted(self) -> str:
        parts = [
            f"{sign} {bound:g}"
            for sign, bound in ((">=", self.bar.minimum), ("<=", self.bar.maximum))
            if bound is not None
        ]
        return " and ".join(parts)


def judge(bars: Mapping[str, BarOptions], metrics: Path) -> list[Verdict]:
    """A verdict for every bar, from the JSON files below ``metrics``."""
    return [Verdict(name, bar, measure(bar.metric, metrics)) for name, bar in bars.items()]


def measure(metric: str, metrics: Path) -> float | None:
    """The number that ``file:key.key`` names, or None where there is none."""
    file, _, keys = metric.partition(":")
    try:
        value: Any = json.loads((metrics / f"{file}.json").read_bytes())
        for key in keys.split("."):
            value = value[key]
        return float(value)
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None


def table(verdicts: list[Verdict]) -> str:
    """Aligned text, one line per bar, those that are not met first."""
    rows = [("", "bar", "measured", "wanted")]
    for verdict in sorted(verdicts, key=lambda verdict: verdict.met):
        measured = "missing" if verdict.measured is None else f"{verdict.measured:.4g}"
        rows.append(("ok" if verdict.met else "SHORT", verdict.name, measured, verdict.wanted))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
