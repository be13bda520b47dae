"""A few real training steps on the examples of the sample: ``python -m stages.preview.training`` in its folder."""

import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from stages.params import load_params
from stages.preview.measure import run_module
from stages.run import DATA, guarded

_SECONDS = 5.0
_WARM_UP = 2
_MOST_STEPS = 50
_EXAMPLES = DATA / "examples"


@dataclass(frozen=True)
class Speed:
    """Seconds until the first steps were done, of a step, a validation and a checkpoint; tokens of a step; memory."""

    device: str
    start: float
    step: float
    tokens_per_step: float
    validation: float
    checkpoint: float
    checkpoint_bytes: int
    model_bytes: int


def measure(folder: Path, scratch: Path) -> Speed:
    """Train on the examples of ``folder``; a sample may hold out none, so they are those that are held out too."""
    shards, result = folder / DATA / "shard", scratch / "speed.json"
    for split in ("train", "validation"):
        (folder / _EXAMPLES / split).mkdir(parents=True)
        for path in (shards / "train").glob("*.arrow"):
            (folder / _EXAMPLES / split / path.name).hardlink_to(path)
    (folder / _EXAMPLES / "manifest.json").hardlink_to(shards / "manifest.json")
    run_module(folder, "stages.preview.training", str(result), str(time.time()), machine_settings=True)
    return Speed(**json.loads(result.read_bytes()))


def main(result: Path, begun: float) -> None:
    """Train in the folder that this process is in, which ``measure`` has prepared."""
    import torch  # noqa: PLC0415

    from pipelines.core.manifest import write_json  # noqa: PLC0415
    from stages.train import checkpoint  # noqa: PLC0415
    from stages.train.checkpoint import Progress  # noqa: PLC0415
    from stages.train.loop import Paths, Training  # noqa: PLC0415
    from stages.train.machine import Machine  # noqa: PLC0415
    from stages.train.packing import RowStream  # noqa: PLC0415
    from stages.train.step import Stepper  # noqa: PLC0415

    params, machine = load_params(), Machine.detect()
    nowhere = Path(os.devnull)
    with tempfile.TemporaryDirectory() as scratch:
        paths = Paths(
            shard=_EXAMPLES,
            tokenizer=DATA / "tokenizer",
            model=nowhere,
            metrics=nowhere,
            train_plot=nowhere,
            validation_plot=nowhere,
            work=Path(scratch),
        )
        training = Training.of(params.train, params.model, params.shard.max_length, paths, machine)
        stream = RowStream(training.feed.shards, training.feed.shape, params.train.seed)
        stepper = Stepper.of(training.model, training.adam, training.feed, params.train)
        step = tokens = 0
        start, clock = 0.0, time.perf_counter()
        while step < _WARM_UP + _MOST_STEPS and (step <= _WARM_UP or time.perf_counter() - clock < _SECONDS):
            rows = stream.take(training.rows_per_step)
            stepper(step, rows).tolist()  # waits for the device
            step += 1
            tokens += sum(int(row.lengths.sum()) for row in rows)
            if step == _WARM_UP:
                start, clock, tokens = time.time() - begun, time.perf_counter(), 0
        seconds, steps = time.perf_counter() - clock, step - _WARM_UP
        clock = time.perf_counter()
        training.validation.run(training.model)
        validation = time.perf_counter() - clock
        validation *= max(1.0, params.train.validate_tokens / training.feed.shards.tokens)
        clock = time.perf_counter()
        checkpoint.save(training.run, Progress(step, tokens, stream.position), training.model, training.adam)
        saving = time.perf_counter() - clock
        files = [path for path in training.run.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        model = sum(path.stat().st_size for path in files if path.name == "model.safetensors")
    device = machine.name if machine.name != "CPU" else f"CPU, {torch.get_num_threads()} threads"
    speed = Speed(device, start, seconds / steps, tokens / steps, validation, saving, size, model)
    write_json(result, asdict(speed))


if __name__ == "__main__":
    guarded(lambda: main(Path(sys.argv[1]), float(sys.argv[2])))
