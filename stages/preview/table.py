"""The forecast as a table for people and as JSON for programs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.core.machine import Machine
from stages.params import Params
from stages.preview import estimate
from stages.preview.estimate import Range
from stages.preview.forecast import Forecast, Line
from stages.preview.training import Speed


@dataclass(frozen=True)
class Training:
    """Seconds that training takes, examples and tokens of an epoch, and how many epochs the steps make."""

    seconds: float
    tokens: Range
    epochs: float
    speed: Speed


def training(params: Params, forecast: Forecast, speed: Speed) -> Training:
    """The whole training at the speed of the steps that were made."""
    options = params.train
    validations, checkpoints = (
        options.steps // every + bool(options.steps % every)
        for every in (options.validate_every, options.checkpoint_every)
    )
    seconds = speed.start + options.steps * speed.step
    seconds += (validations + 2) * speed.validation + checkpoints * speed.checkpoint
    epoch = forecast.epoch.tokens
    return Training(seconds, epoch, options.steps * speed.tokens_per_step / max(1.0, epoch.value), speed)


def as_json(params: Params, forecast: Forecast, speed: Speed | None) -> dict[str, Any]:
    """Seconds and bytes; a range is value, low, high."""
    content: dict[str, Any] = {
        "stages": [_named(asdict(line) | {f: getattr(line, f) for f in _RANGES}) for line in forecast.lines],
        "sources": {key: _named(dict(vars(corpus))) for key, corpus in forecast.sources.items()},
        "disk": forecast.disk._asdict(),
        "wall": forecast.wall._asdict(),
        "epoch": {"examples": forecast.epoch.examples._asdict(), "tokens": forecast.epoch.tokens._asdict()},
        "notes": list(forecast.notes),
    }
    if speed is not None:
        whole = training(params, forecast, speed)
        content["training"] = {"seconds": whole.seconds, "epochs": whole.epochs, **asdict(speed)}
    return content


def as_text(params: Params, forecast: Forecast, speed: Speed | None, machine: Machine, seconds: float) -> str:
    """Tables: stages, sources, what remains to be said."""
    rows: list[tuple[str, ...]] = [("stage", "wall clock", "processor", "largest process", "data/", "work folder")]
    for stage in dict.fromkeys(line.stage for line in forecast.lines):
        lines = [line for line in forecast.lines if line.stage == stage]
        if len(lines) > 1:
            rows.append(_row(f"{stage}, {len(lines)} sources", _summed(lines)))
        rows += [
            _row(f"  {line.source}" if len(lines) > 1 else " ".join((stage, line.source)).strip(), line)
            for line in lines
        ]
    rows.append(_row("data half, DVC included", _summed(forecast.lines), forecast.wall))
    parts = [_table(rows)]
    head = ("source", "documents", "kept", "content", "text kept", "tokens", "dropped by")
    parts.append(_table([head, *(_source(key, corpus) for key, corpus in forecast.sources.items())]))
    parts.append(f"disk, DVC's cache included: {_bytes(forecast.disk)}")
    parts.append(f"an epoch: {_count(forecast.epoch.examples)} examples, {_count(forecast.epoch.tokens)} tokens")
    if speed is not None:
        whole = training(params, forecast, speed)
        parts.append(
            f"training, {params.train.steps:,} steps of model {params.model.preset} on {speed.device}: "
            f"{_clock(whole.seconds)}, {speed.tokens_per_step / speed.step:,.0f} tokens/s, {whole.epochs:.2f} epochs; "
            f"model {speed.model_bytes / 1e6:,.0f} MB, up to two checkpoints of {speed.checkpoint_bytes / 1e6:,.0f} MB"
        )
    workers = f"{machine.workers} worker{'s' if machine.workers > 1 else ''}"
    parts += [f"note: {note}" for note in forecast.notes]
    parts.append(f"measured in {seconds:.0f} s on the sample, for {workers}; ranges: what each third of it alone gives")
    return "\n" + "\n\n".join(parts[:2]) + "\n\n" + "\n".join(parts[2:])


_RANGES = ("wall", "processor", "memory", "data", "work")


def _named(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value._asdict() if isinstance(value, Range) else value for name, value in fields.items()}


def _summed(lines: Sequence[Line]) -> Line:
    values = {name: estimate.total([getattr(line, name) for line in lines]) for name in _RANGES}
    values["memory"] = max((line.memory for line in lines), key=lambda memory: memory.value)
    return Line(lines[0].stage, "", **values)


def _row(name: str, line: Line, wall: Range | None = None) -> tuple[str, ...]:
    times = _seconds(wall or line.wall), _seconds(line.processor)
    return (name, *times, _bytes(line.memory), _bytes(line.data), _bytes(line.work))


def _source(key: str, corpus: Any) -> tuple[str, ...]:
    lost = [("unreadable", corpus.quarantined), *corpus.dropped.items()]
    shown = ", ".join(f"{rule} {share:.1%}" for rule, share in lost[:4] if share)
    counts = (_count(corpus.documents), _count(corpus.kept), _bytes(corpus.text), _bytes(corpus.kept_text))
    return (key, *counts, _count(corpus.tokens), shown)


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _spread(value: str, low: str, high: str) -> str:
    return value if low == high == value else f"{value} ({low} to {high})"


def _seconds(seconds: Range) -> str:
    return _spread(*map(_clock, seconds))


def _clock(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    return f"{minutes:.1f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _bytes(size: Range) -> str:
    return _spread(*(f"{each / 1e6:,.1f} MB" if each < 1e9 else f"{each / 1e9:,.2f} GB" for each in size))


def _count(number: Range) -> str:
    return _spread(*(f"{each:,.0f}" for each in number))
