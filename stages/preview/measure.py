"""Runs the stages of the data half on the sample, one process after the other, in folders of their own."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from pipelines.core.errors import MalmoiError
from pipelines.sources.listing import find_files
from pipelines.sources.options import SourceOptions
from pipelines.sources.sampling import Sample, sample
from pipelines.text.quality import profile_path
from stages.params import FILE, Params
from stages.preview import dvc, together
from stages.preview.child import Run
from stages.preview.dvc import Dvc
from stages.preview.sampled import write_tasks
from stages.run import DATA

PARTS = 3
MINIMUM_BYTES = 1 << 20
STAGES = ("clean", "dedup", "decontaminate", "names", "scrub", "split", "tokenizer", "shard")
TINY, TOGETHER = "tiny", "together"
_CHILD = "stages.preview.child"
_BUNDLED = DATA / "sample"


@dataclass(frozen=True)
class Process:
    """Seconds of wall clock and processor of a whole process, and the peak of its memory in bytes."""

    wall: float
    processor: float
    peak: int


@dataclass(frozen=True)
class Measured:
    """What was measured: ``starts`` of a process until its work begins, ``runs`` by stage, key ("": none) and folder.

    ``slowness`` is the time that passes for a second of the processor: over one where others use the machine.
    """

    samples: Mapping[str, Sample]
    base: Path
    folders: Mapping[str, Path]
    starts: Mapping[str, Process]
    runs: Mapping[str, Mapping[str, Mapping[str, Run]]]
    whole: Mapping[str, Process]
    dvc: Dvc

    @property
    def slowness(self) -> float:
        runs = [run for keys in self.runs.values() for each in keys.values() for run in each.values()]
        return max(1.0, sum(run.wall for run in runs) / sum(run.processor for run in runs))


def measure(params: Params, share: float, scratch: Path, tell: Callable[[str], None]) -> Measured:
    """Everything but the training, in new folders below ``scratch``; ``tell`` is told what goes on."""
    for key, source in params.sources.items():
        if not _is_bundled(source.path):
            find_files(key, source)  # what is missing is told at once
    tell("sample")
    content = _parameters()
    base = _folder(scratch / "base", content)
    whole = {"params": run_module(base, "stages.params"), "sample": run_module(base, "stages.sample")}
    keys = list(params.sources)
    samples = {}
    for key, source in params.sources.items():
        tell(f"reading {key}")
        samples[key] = sample(key, _found(source, base), PARTS, share, MINIMUM_BYTES)
    for task in content["evaluate"]["tasks"].values():
        task.update({split: str(_task_file(Path(task[split]), base)) for split in ("train", "dev", "test")})
    content["audit"]["plant"] = "none"  # a sample may have fewer documents than there are canaries
    apart = (TINY, *(f"part{part}" for part in range(PARTS)))
    joined = (TOGETHER,) if any(together.distinct(found) > 1 for found in samples.values()) else ()
    folders = {name: _folder(scratch / name, content) for name in (*apart, *joined)}
    for key, found in samples.items():
        write_tasks(folders[TINY], key, [found.parts[0].tiny])
        for number, part in enumerate(found.parts):
            write_tasks(folders[f"part{number}"], key, part.tasks)
    starts: dict[str, Process] = {"sources": _listing(scratch, params)}
    runs = {}
    for name in STAGES:
        tell(name)
        if name == "clean":
            starts[name], runs[name] = _measured(name, {part: folders[part] for part in apart}, keys, scratch)
            for key in keys if TOGETHER in folders else ():
                several = apart[1 : 1 + together.distinct(samples[key])]
                below = Path("data", name, key)
                together.join([folders[part] / below for part in several], folders[TOGETHER] / below)
        else:
            starts[name], runs[name] = _measured(name, folders, (), scratch)
    tell("dvc")
    starts = _smoothed(starts)
    return Measured(samples, base, folders, starts, runs, whole, dvc.measure(scratch / "dvc", keys))


def run_module(folder: Path, module: str, *arguments: str, machine_settings: bool = False) -> Process:
    """Run a module of this project in ``folder`` to its end; raises MalmoiError with what it said if it failed.

    ``machine_settings``: whether it sees the MALMOI_ variables, but for MALMOI_WORK.
    """
    begun = time.time()
    command = [sys.executable, "-m", module, *arguments]
    given = {name: value for name, value in os.environ.items() if name.startswith("MALMOI_") and machine_settings}
    environment = _environment(given | {"MALMOI_WORK": str(folder / DATA / ".work")})
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = (folder / "output").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        reasons = [line.removeprefix("error: ") for line in said if line.startswith("error: ")]
        name = arguments[1] if module == _CHILD else module.rpartition(".")[2]
        raise MalmoiError(f"{name}, run on the sample: {(reasons or said or ['failed'])[-1]}")
    return Process(time.time() - begun, usage.ru_utime + usage.ru_stime, _bytes(usage))


def start_of_workers(scratch: Path) -> Process:
    """What a job with nothing to do takes more on the workers that a large job gets here than in one process."""
    alone, several = (run_module(scratch, "stages.preview.workers", machine_settings=own) for own in (False, True))
    return Process(max(0.0, several.wall - alone.wall), max(0.0, several.processor - alone.processor), several.peak)


def _measured(name: str, folders: Mapping[str, Path], keys: Sequence[str], scratch: Path) -> tuple[Process, Any]:
    result = scratch / f"{name}.json"
    begun = time.time()
    arguments = [str(result), name, "\n".join(map(str, folders.values())), *keys]
    process = run_module(scratch, _CHILD, *arguments)
    found = json.loads(result.read_bytes())
    runs = {key: {folder: Run(**run) for folder, run in each.items()} for key, each in found["runs"].items()}
    ready, first = found["ready"], next(iter(runs.values()))[TINY]
    leaving = max(0.0, begun + process.wall - found["done"])
    wall = max(0.0, ready["wall"] - begun - first.wall - first.serial_wall) + leaving
    processor = max(0.0, ready["processor"] - first.processor - first.serial_processor)
    return Process(wall, processor, ready["peak"]), runs


def _smoothed(starts: Mapping[str, Process]) -> dict[str, Process]:
    """Starts take nearly only processor time; how much longer the clock runs is known better from all than from one."""
    longer = sum(start.wall for start in starts.values()) / sum(start.processor for start in starts.values())
    return {name: replace(start, wall=start.processor * longer) for name, start in starts.items()}


def _listing(scratch: Path, params: Params) -> Process:
    """The stage ``sources`` where every source is one line of text."""
    line = scratch / "line.txt"
    line.write_text("1\n", encoding="utf-8")
    content = _parameters()
    content["sources"] = {key: {"format": "text", "path": str(line), "lang": "auto"} for key in params.sources}
    return run_module(_folder(scratch / "listing", content), "stages.sources")


def _parameters() -> dict[str, Any]:
    """params.yaml, with a given tokenizer and profiles of one's own as they are found also from another folder."""
    content: dict[str, Any] = yaml.safe_load(FILE.read_bytes())
    given, profiles = content["tokenizer"]["given"], content["clean"]["profiles"]
    content["tokenizer"]["given"] = given and str(Path(given).resolve())
    for language, name in profiles.items():
        profiles[language] = str(profile_path(name).resolve()) if name.endswith(".json") else name
    return content


def _folder(folder: Path, params: Any) -> Path:
    """A new folder with these parameters in it."""
    folder.mkdir(parents=True)
    (folder / FILE).write_text(yaml.safe_dump(params, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder


def _found(source: SourceOptions, base: Path) -> SourceOptions:
    """The source as it is found now: the bundled sample, where it is still to be written, below ``base``."""
    return replace(source, path=str(base / source.path)) if _is_bundled(source.path) else source


def _task_file(path: Path, base: Path) -> Path:
    """The file of a task as it is found now, also from another folder."""
    return base / path if _is_bundled(path) else path.absolute()


def _is_bundled(path: str | Path) -> bool:
    """Whether ``path`` is part of a bundled sample that is still to be written."""
    return _BUNDLED in Path(path).parents and not _BUNDLED.exists()


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MALMOI_")}
    return {**kept, "MALMOI_WORKERS": "1", "PYTHONPATH": str(Path.cwd()), **changes}


def _bytes(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss << (0 if sys.platform == "darwin" else 10)
