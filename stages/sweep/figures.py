"""What a sweep says: a row for each arm and number of repeats, for a table, a plot and a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stages.audit.canaries import ALL

_WIDTH = 38


@dataclass(frozen=True)
class Row:
    """Mean exposures in bits of the secrets of an arm that were planted so often, and the band of chance of that mean.

    ``mean_missed`` is that of the secrets of which scrubbing missed a copy, ``mean_found`` of the others; None where
    there are none.
    """

    share: float
    repeats: int
    mean_exposure: float
    mean_missed: float | None
    mean_found: float | None
    mean_extrapolated: float
    maximum: float
    null_low: float
    null_high: float
    area_under_curve: float


def rows(arms: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """A row for each share of misses and number of repeats, 0 for the controls."""
    found = []
    for arm in sorted(arms.values(), key=lambda arm: arm["share"]):
        groups = {0: arm["canaries"]["never_planted"]}
        groups |= {int(name): group for name, group in arm["canaries"]["planted"].items() if name != ALL}
        found += [
            Row(
                share=arm["share"],
                repeats=repeats,
                mean_exposure=figures["mean"],
                mean_missed=arm["mean_missed"].get(str(repeats)),
                mean_found=arm["mean_found"].get(str(repeats)),
                mean_extrapolated=figures["mean_extrapolated"],
                maximum=figures["maximum"],
                null_low=figures["null_low"],
                null_high=figures["null_high"],
                area_under_curve=figures.get("area_under_curve", 0.5),
            )
            for repeats, figures in sorted(groups.items())
        ]
    return found


def beyond_null_band(found: Sequence[Row], share: float) -> float:
    """The most by which a mean exposure at ``share`` lies above its band of chance, or below it; 0 or less: within."""
    return max(
        max(row.mean_exposure - row.null_high, row.null_low - row.mean_exposure)
        for row in found
        if row.share == share and row.repeats
    )


def sweep_table(found: Sequence[Row], chance: float, highest: float) -> str:
    """A line for each share of misses, and a column for each number of repeats."""
    repeats = sorted({row.repeats for row in found})
    cells = {(row.share, row.repeats): row for row in found}
    title = (
        "Mean exposure in bits (of missed secrets, of found ones; greatest; mean extrapolated; AUC): "
        f"{chance:.2f} by chance, {highest:.2f} at most; * above the band of chance"
    )
    heads = ["missed", *(f"{count} times" if count else "never planted" for count in repeats)]
    lines = [title, "".join(head.rjust(_WIDTH if index else 8) for index, head in enumerate(heads))]
    for share in sorted({row.share for row in found}):
        line = f"{share:.0%}".rjust(8)
        for count in repeats:
            row = cells[share, count]
            mark = "*" if row.mean_exposure > row.null_high else " "
            apart = f"{_shown(row.mean_missed)}, {_shown(row.mean_found)}"
            more = f" ({apart}; {row.maximum:.2f}; {row.mean_extrapolated:.2f}; {row.area_under_curve:.2f})"
            line += f"{row.mean_exposure:.2f}{mark}{more if count else ''}".rjust(_WIDTH)
        lines.append(line)
    bands = (f"{cells[0.0, count].null_low:.2f} to {cells[0.0, count].null_high:.2f}" for count in repeats)
    lines.append("chance".rjust(8) + "".join(band.rjust(_WIDTH) for band in bands))
    return "\n".join(lines)


def _shown(mean: float | None) -> str:
    return "-" if mean is None else f"{mean:.2f}"
