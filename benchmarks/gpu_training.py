"""Pre-training speed: our loop against transformers' Trainer, same model, same examples, both in bfloat16.

BERT-base at 128 and 512 tokens, on shards made here: examples as sentence pairs are cut from documents ("cut": most
nearly full, the ends of documents shorter) and examples that are all full. Ours packs them; the Trainer pads them to
the longest, as its collators do, and computes logits everywhere, as the stock model does. Counted are real tokens,
without padding; utilisation (MFU) divides the arithmetic that the task needs (logits at masked places only) by the
dense bfloat16 peak, for both alike. Without a GPU a small model runs a few steps, and the table says so.

Each case warms up (compiling included), then runs for a few seconds. A case that does not come back is stopped, and
what there is no time left for is listed as not run, so the whole ends within eight minutes.

    python -m benchmarks.gpu_training [--seconds 8] [--output reports/benchmarks]
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import torch
import transformers
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.gpu_training_sides import CASE_SECONDS, SPECIAL, Case, Lengths, Result, System, ours, trainer
from benchmarks.machine import machine_name
from pipelines.core.manifest import write_json
from pipelines.core.schemas import example_schema
from stages.train import model
from stages.train.data import ExampleShards
from stages.train.machine import Machine

TOTAL_SECONDS = 465.0


@dataclass(frozen=True)
class Scale:
    """How large the runs are: on a GPU BERT-base, elsewhere a model that a CPU can show something with."""

    preset: Literal["tiny", "base"]
    vocabulary: int
    step_tokens: int
    lengths: tuple[int, ...]
    shard_tokens: int


ROOT = Path(__file__).parents[1]
GPU = Scale("base", 30_522, 1 << 16, (128, 512), 12_000_000)
CPU = Scale("tiny", 8_000, 1 << 13, (128,), 400_000)


def cases(scale: Scale) -> list[Case]:
    """All cases, the ones that matter most first."""
    systems: tuple[System, ...] = ("malmoi", "Trainer")
    plans: list[tuple[Lengths, bool]] = (
        [("cut", True), ("cut", False), ("full", True)] if scale is GPU else [("cut", False)]
    )
    return [
        Case(length, kind, compiled, system)
        for kind, compiled in plans
        for length in scale.lengths
        for system in systems
    ]


def example_lengths(kind: Lengths, longest: int, count: int) -> NDArray[np.int64]:
    """Lengths of examples: a tenth drawn short on purpose, a quarter ended by their document, others about full."""
    if kind == "full":
        return np.full(count, longest)
    choose = np.random.default_rng(0)
    which = choose.random(count)
    short, ends, most = (choose.integers(low, longest + 1, count) for low in (8, longest // 4, longest - longest // 16))
    return np.where(which < 0.1, short, np.where(which < 0.35, ends, most))


def write_shards(folder: Path, kind: Lengths, longest: int, scale: Scale) -> None:
    """Example shards of random words in the pipeline's own format."""
    schema = example_schema(scale.vocabulary)
    lengths = example_lengths(kind, longest, scale.shard_tokens // longest)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    tokens = np.random.default_rng(1).integers(SPECIAL, scale.vocabulary, int(offsets[-1])).astype(np.uint16)
    middle = lengths // 2
    tokens[offsets[:-1]], tokens[offsets[:-1] + middle - 1], tokens[offsets[1:] - 1] = 2, 3, 3
    folder.mkdir(parents=True)
    with pa.ipc.new_file(str(folder / "00000.arrow"), schema) as writer:
        number = pa.array(np.arange(len(lengths), dtype=np.uint64))
        columns = [
            pa.ListArray.from_arrays(pa.array(offsets), pa.array(tokens), schema.field("input_ids").type),
            pa.array(middle, pa.int32()),
            pa.array(np.arange(len(lengths)) % 2, pa.int8()),
            number,
            number,
        ]
        writer.write_batch(pa.record_batch(columns, schema))


def worker(machine: Machine, scale: Scale, selected: Sequence[Case], seconds: float, folder: Path) -> None:
    """Run cases one after the other in this process, and append each result to a file in ``folder``."""
    for case in selected:
        shard = folder / f"{case.lengths}-{case.length}"
        if not shard.exists():
            write_shards(shard, case.lengths, case.length, scale)
        result = measured(machine, scale, case, seconds, ExampleShards(shard))
        with (folder / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")


def measured(machine: Machine, scale: Scale, case: Case, seconds: float, shards: ExampleShards) -> Result:
    """One case, with a smaller micro-batch where memory does not suffice."""
    config = model.configuration(scale.preset, vocabulary=scale.vocabulary, longest=case.length, dropout=0.0, pad=0)
    machine = replace(machine, compiled=case.compiled)
    note = ""
    for part in (1, 2, 4):
        torch.compiler.reset()
        if machine.device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        try:
            side = ours if case.system == "malmoi" else trainer
            result = side(case, config, shards, scale.step_tokens // part, seconds, machine)
        except torch.OutOfMemoryError:
            note = f"out of memory at {scale.step_tokens // part} tokens. "
            continue
        except (RuntimeError, ValueError, TypeError, ImportError) as error:  # the other cases are still worth having
            return Result(case, note=f"{note}{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}")
        memory = torch.cuda.max_memory_allocated() / 2**30 if machine.device.type == "cuda" else None
        return replace(result, peak_memory_gib=memory, note=note + result.note)
    return Result(case, note=note)


def supervise(selected: list[Case], seconds: float) -> list[Result]:
    """Results of all cases from worker processes, each replaced when a case does not come back in time."""
    end, results = time.monotonic() + TOTAL_SECONDS, list[Result]()
    with tempfile.TemporaryDirectory() as folder, tqdm(total=len(selected), desc="cases", unit="case") as bar:
        while len(results) < len(selected) and time.monotonic() < end:
            rest = [asdict(case) for case in selected[len(results) :]]
            command = [sys.executable, "-m", "benchmarks.gpu_training", "--seconds", str(seconds), "--folder", folder]
            # One GPU for both; threads that do not spin, as `python -m stages.train` sets it.
            environment = {"CUDA_VISIBLE_DEVICES": "0", "OMP_WAIT_POLICY": "PASSIVE", **os.environ}
            process = subprocess.Popen(
                [*command, "--worker", json.dumps(rest)], cwd=ROOT, env=environment, start_new_session=True
            )
            try:
                reason = _watch(process, selected, results, Path(folder) / "results.jsonl", end, bar)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if reason and len(results) < len(selected):
                results.append(Result(selected[len(results)], note=reason))
    return results + [Result(case, note="not run, no time left") for case in selected[len(results) :]]


def _watch(
    process: "subprocess.Popen[bytes]", selected: list[Case], results: list[Result], file: Path, end: float, bar: tqdm
) -> str:
    """Collect what the worker writes; why it had to be given up on, or nothing."""
    since = time.monotonic()
    known = 0 if not file.exists() else len(file.read_text(encoding="utf-8").splitlines())
    while True:
        ended = process.poll() is not None
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        for line in lines[known:]:
            values = json.loads(line)
            results.append(Result(**{**values, "case": Case(**values["case"])}))
            bar.set_postfix_str(summary(results[-1]))
            bar.update()
            known, since = known + 1, time.monotonic()
        if len(results) == len(selected):
            return ""
        if ended:
            return f"the process ended with {process.returncode}"
        if time.monotonic() > min(end, since + CASE_SECONDS):
            return f"stopped after {time.monotonic() - since:.0f} s"
        time.sleep(0.3)


def summary(result: Result) -> str:
    """One line about a result."""
    speed = f"{result.tokens_per_second:,.0f} tokens/s" if result.tokens_per_second else result.note
    return f"{result.case.system} {result.case.length}: {speed}"


def table(results: Sequence[Result]) -> str:
    """Markdown table; the ratio stands beside ours, over the other side in the same setting."""
    speeds = {result.case: result.tokens_per_second for result in results}
    lines = [
        "| length | examples | compiled | system | tokens/s | ratio | MFU | filled | micro-batch | memory GiB | note |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        case, speed = result.case, result.tokens_per_second
        other = speeds.get(replace(case, system="Trainer")) if case.system == "malmoi" else None
        cells = (
            f"{case.length}",
            case.lengths,
            "yes" if case.compiled else "no",
            case.system,
            f"{speed:,.0f}" if speed else "",
            f"{speed / other:.2f}" if speed and other else "",
            f"{result.mfu:.1%}" if result.mfu else "",
            f"{result.fill:.1%}" if result.fill else "",
            f"{result.micro_batch_tokens:,}" if result.micro_batch_tokens else "",
            f"{result.peak_memory_gib:.1f}" if result.peak_memory_gib else "",
            result.note,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def report(folder: Path, name: str, scale: Scale, results: Sequence[Result]) -> str:
    """Write gpu_training.json and .md, the figures of other machines kept; returns the table of this one."""
    file = folder / "gpu_training.json"
    machines = json.loads(file.read_bytes()) if file.exists() else {}
    what = f"BERT-{scale.preset}, vocabulary {scale.vocabulary:,}, {scale.step_tokens:,} places per step"
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
    content = table(results)
    machines[name] = {
        "model": what,
        "versions": versions,
        "results": [asdict(result) for result in results],
        "table": content.splitlines(),
    }
    write_json(file, machines)
    sections = [
        "\n".join([f"## {machine}", "", f"{entry['model']}; {entry['versions']}.", "", *entry["table"]])
        for machine, entry in sorted(machines.items())
    ]
    text = "\n\n".join([f"# Training speed\n\n{(__doc__ or '').strip()}", *sections]) + "\n"
    (folder / "gpu_training.md").write_text(text, encoding="utf-8")
    return f"{name}\n{what}; {versions}\n\n{content}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="timed seconds per case")
    parser.add_argument("--output", type=Path, default=ROOT / "reports" / "benchmarks")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    machine = Machine.detect()
    scale = GPU if machine.device.type == "cuda" else CPU
    if arguments.worker:
        selected = [Case(**case) for case in json.loads(arguments.worker)]
        worker(machine, scale, selected, arguments.seconds, arguments.folder)
        return
    name = machine.name if scale is GPU else machine_name()
    results = supervise(cases(scale), arguments.seconds)
    print(report(arguments.output, name, scale, results))
    if scale is CPU:
        print("\nNo GPU here: a small model on the CPU, a few steps. It says nothing about BERT-base on a GPU.")


if __name__ == "__main__":
    main()
