"""The data half and a short training on real text, in one ``dvc repro``: time, memory and what became of the documents.

    python -m benchmarks.real_corpus DATA [--times N] [--workers N] [--data-half] [--without-names] [--keep FOLDER]

DATA holds ko_petitions, ko_nsmc_raw, en_novels, en_wikitext2 and ko_constitution. The project is copied to a folder of
its own, the sources are declared there in params.yaml, and nothing of this checkout changes.
"""

import argparse
import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks.machine import machine_name
from pipelines.privacy import KINDS
from pipelines.privacy.kinds import PERSON_NAME

ROOT = Path(__file__).parents[1]
DATA_STAGES = ("sources", "clean", "dedup", "decontaminate", "names", "scrub", "split", "tokenizer", "shard")
SOURCES: dict[str, tuple[str, dict[str, str]]] = {
    "petitions": (
        "ko_petitions/*.jsonl",
        {"format": "jsonl", "text": "content", "id": "petition_idx", "lang": "ko"},
    ),
    "reviews": (
        "ko_nsmc_raw/movies.jsonl.gz",
        {"format": "jsonl", "text": "reviews", "id": "doc_id", "lang": "ko"},
    ),
    "novels": ("en_novels/*_*.txt", {"format": "text", "documents": "file", "lang": "en"}),
    "wikitext": ("en_wikitext2/valid.txt", {"format": "text", "documents": "blank_line", "lang": "en"}),
    "constitution": ("ko_constitution/constitution.txt", {"format": "text", "documents": "blank_line", "lang": "ko"}),
}
PARAMETERS = {
    "tokenizer.vocabulary_size": 30_000,
    "shard.duplicate_factor": 1,
    "train.steps": 40,
    "train.validate_every": 40,
    "train.checkpoint_every": 40,
    "audit.repeats": [1, 16],
    "evaluate.seeds": [1],
    "evaluate.epochs": 1,
    "gate.bars": {},
}


@dataclass
class Measured:
    """Seconds of wall clock and of processor by stage, and the largest process."""

    wall: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    peak: dict[str, int] = field(default_factory=dict)


def main() -> None:
    """Prepare, run, print and write reports/benchmarks/real_corpus.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--times", type=int, default=1, help="so many corpora, each with its words in another order")
    parser.add_argument("--workers", type=int, default=2, help="threads of a job under a gigabyte, else processes")
    parser.add_argument(
        "--data-half", action="store_true", help="stop at the shards, without training and what follows"
    )
    parser.add_argument("--without-names", action="store_true", help="names of persons are no personal data")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it there")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="real_corpus_"))
    try:
        warm_up(arguments.data)
        size = prepare(folder, arguments.data, arguments.times)
        if arguments.without_names:
            leave_names(folder)
        measured = run(folder, ["shard"] if arguments.data_half else [], arguments.workers)
        result = summarise(folder, size, measured)
        text = json.dumps(result, indent=2, ensure_ascii=False)
        name = "real_corpus" if arguments.times == 1 else f"real_corpus_times_{arguments.times}"
        name += "" if arguments.workers == 2 else f"_workers_{arguments.workers}"
        name += "_without_names" if arguments.without_names else ""
        target = ROOT / "reports" / "benchmarks" / f"{name}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text + "\n", encoding="utf-8")
        print(text)
    finally:
        if arguments.keep is None:
            shutil.rmtree(folder)


def prepare(folder: Path, data: Path, times: int, keys: Sequence[str] = tuple(SOURCES)) -> int:
    """A copy of the project with the real sources declared; returns the bytes of their text, decompressed."""
    copy_project(folder)
    params = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    params["sources"] = {}
    size = 0
    for key, (pattern, options) in ((key, SOURCES[key]) for key in keys):
        target = folder / "data" / "raw" / key
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(data.glob(pattern)):
            shutil.copy2(path, target / path.name)
            size += _text_bytes(path)
            for copy in range(1, times):
                size += _disguise(path, target / f"copy{copy}_{path.name}", copy, options)
        params["sources"][key] = {"path": f"data/raw/{key}/*", **options}
    for name, value in PARAMETERS.items():
        section, key = name.split(".")
        params[section][key] = value
    (folder / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return size


def leave_names(folder: Path) -> None:
    """Limit ``scrub`` to all kinds but names of persons."""
    params = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    params["scrub"]["kinds"] = [kind.name for kind in KINDS if kind.name != PERSON_NAME]
    (folder / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True, sort_keys=False), encoding="utf-8")


def copy_project(folder: Path) -> None:
    """What git tracks, with the environment that runs this, and nothing that was built."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if name != "dvc.lock" and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / ".venv").symlink_to(sys.prefix)


def warm_up(data: Path) -> None:
    """Compile every loop of the data half, as the first run on a machine does."""
    with tempfile.TemporaryDirectory(prefix="real_corpus_") as folder:
        prepare(Path(folder), data, 1)
        command = [sys.executable, "-m", "dvc", "repro", "shard"]
        subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)


def run(folder: Path, targets: list[str], workers: int = 2) -> Measured:
    """One ``dvc repro`` of ``targets``, all stages where there are none, watched."""
    measured = Measured()
    environment = {**os.environ, "MALMOI_WORKERS": str(workers), "PYTHONUNBUFFERED": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # by default Python keeps what it has compiled
    command = [sys.executable, "-m", "dvc", "repro", *targets]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    stage = ["start"]
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, stage, measured, stop), daemon=True)
    watcher.start()
    began = time.monotonic()
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", file=sys.stderr)
        found = re.match(r"Running stage '([^']+)'", line)
        if found:
            now = time.monotonic()
            measured.wall[stage[0]] = now - began
            stage[0], began = found[1], now
    measured.wall[stage[0]] = time.monotonic() - began
    stop.set()
    watcher.join()
    if process.wait():
        sys.exit(f"dvc repro ended with {process.returncode}")
    return measured


def _watch(root: int, stage: list[str], measured: Measured, stop: threading.Event) -> None:
    spent: dict[int, float] = {}
    while not stop.wait(0.1):
        name = stage[0]
        for process in _tree(root):
            try:
                times, memory = process.cpu_times(), process.memory_info().rss
            except psutil.Error:
                continue
            total = times.user + times.system
            measured.processor[name] = measured.processor.get(name, 0.0) + total - spent.get(process.pid, 0.0)
            spent[process.pid] = total
            measured.peak[name] = max(measured.peak.get(name, 0), memory)


def _tree(root: int) -> Iterator[psutil.Process]:
    try:
        parent = psutil.Process(root)
        yield parent
        yield from parent.children(recursive=True)
    except psutil.Error:
        return


def summarise(folder: Path, size: int, measured: Measured) -> dict[str, Any]:
    """Speed, memory, funnel and the checks that the corpus has to pass."""
    from datasets import load_dataset  # noqa: PLC0415  (slow to import)

    data = [name for name in measured.wall if name.split("@")[0] in DATA_STAGES]
    wall, processor = (sum(times.get(name, 0.0) for name in data) for times in (measured.wall, measured.processor))
    shards = [str(path) for path in sorted((folder / "data" / "shard" / "train").glob("*.arrow"))]
    examples = load_dataset("arrow", data_files=shards, split="train", cache_dir=str(folder / "cache"))
    metrics = folder / "reports" / "metrics"
    cleaned = {key: json.loads((metrics / "clean" / f"{key}.json").read_bytes()) for key in SOURCES}
    return {
        "machine": machine_name(),
        "text_megabytes": round(size / 1e6, 1),
        "data_half": {
            "wall_seconds": round(wall, 1),
            "processor_seconds": round(processor, 1),
            "megabytes_per_second_wall": round(size / 1e6 / wall, 2),
            "megabytes_per_processor_second": round(size / 1e6 / processor, 2),
        },
        "stages": {
            name: {
                "wall_seconds": round(measured.wall[name], 1),
                "processor_seconds": round(measured.processor.get(name, 0.0), 1),
                "peak_megabytes_of_a_process": round(measured.peak.get(name, 0) / 1e6),
            }
            for name in measured.wall
        },
        "peak_megabytes_of_a_process": round(max(measured.peak.values()) / 1e6),
        "documents": cleaned,
        "examples_that_datasets_loads": len(examples),
        "first_example_tokens": len(examples[0]["input_ids"]),
    }


def _disguise(path: Path, target: Path, copy: int, options: dict[str, str]) -> int:
    """The words of every line of ``path`` in another order: as much text again, and no duplicate of what is there."""
    opened: Any = gzip.open if path.suffix == ".gz" else open
    choose = random.Random(copy)
    size = 0
    with opened(path, "rt", encoding="utf-8") as source, opened(target, "wt", encoding="utf-8") as written:
        for line in source:
            changed = _shuffled(line, choose) + "\n"
            if options["format"] == "jsonl":
                record = json.loads(line)
                text = record[options["text"]]
                several = isinstance(text, list)
                record[options["text"]] = (
                    [_shuffled(part, choose) for part in text] if several else _shuffled(text, choose)
                )
                record[options["id"]] = f"{record[options['id']]}-{copy}"
                changed = json.dumps(record, ensure_ascii=False) + "\n"
            size += len(changed.encode())
            written.write(changed)
    return size


def _shuffled(text: str, choose: random.Random) -> str:
    words = text.split()
    choose.shuffle(words)
    return " ".join(words)


def _text_bytes(path: Path) -> int:
    if path.suffix != ".gz":
        return path.stat().st_size
    with gzip.open(path) as file:
        return sum(len(chunk) for chunk in iter(lambda: file.read(1 << 20), b""))


if __name__ == "__main__":
    main()
