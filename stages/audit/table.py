"""The audit as a person reads it on the console."""

from collections.abc import Mapping, Sequence
from typing import Any

from stages.audit.probes import Answer


def canary_table(metrics: Mapping[str, Any]) -> str:
    """Exposure per number of repeats beside its band of chance; no number of any canary."""
    chance, highest = metrics["null_mean"], metrics["highest_possible"]
    widths = (8, 9, 7, 15, 8, 13, 8, 7, 11, 10)
    heads = ("mean", "band of chance", "maximum", "extrapolated", "linked", "AUC", "ratio AUC", "extracted")
    rows = [("repeats", "canaries", *heads)]
    groups = {**metrics["planted"], "never": metrics["never_planted"]}
    for name, found in sorted(groups.items(), key=lambda item: (not item[0].isdigit(), item[0].zfill(9))):
        band = f"{found['null_low']:.2f} to {found['null_high']:.2f}"
        bits = (f"{found[figure]:.2f}" for figure in ("maximum", "mean_extrapolated", "mean_linked"))
        areas = (
            f"{found[figure]:.3f}" if figure in found else "-"
            for figure in ("area_under_curve", "ratio_area_under_curve")
        )
        extracted = f"{found['greedy_exact']:.1%}"
        rows.append((name, str(found["canaries"]), f"{found['mean']:.2f}", band, *bits, *areas, extracted))
    lines = ["".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    title = f"Exposure of canaries in bits: {chance:.2f} by chance, {highest:.2f} at most; above the band: memorised"
    return "\n".join([title, *lines])


def probe_table(answers: Mapping[str, Sequence[Answer]]) -> str:
    """Each probe with the top tokens for each of its masks."""
    lines = []
    for text, found in answers.items():
        lines.append(text)
        for answer in found:
            rank = "" if answer.expected_rank is None else f"   (expected answer: rank {answer.expected_rank}"
            rank += "" if answer.gain_rank is None else f", {answer.gain_rank} by what the subject adds"
            rank += ")" if rank else ""
            lines.append("   " + "   ".join(f"{token} {share:.3f}" for token, share in answer.tokens) + rank)
    return "\n".join(lines)
