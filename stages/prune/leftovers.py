"""Finds what is left over below data/, reports/ and in the work folder."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.core.errors import MalmoiError
from stages.params import Params
from stages.prune.project import Project
from stages.run import DATA, REPORTS, SEEN, work_folder
from stages.work import current

RAW = DATA / "raw"
# How the core and the stages name what is not finished: .<name>.part and .<name>.<process>.
_UNFINISHED = re.compile(r"\..+\.(part|\d+)")
_CHECKPOINTS = "train"
_SWEEP = "sweep"


@dataclass
class Leftovers:
    """Paths to remove by what they are; what is left alone, and why."""

    found: dict[str, list[Path]] = field(default_factory=dict)
    left_alone: list[str] = field(default_factory=list)

    def add(self, kind: str, path: Path) -> None:
        paths = self.found.setdefault(kind, [])
        if not any(path == other or other in path.parents for others in self.found.values() for other in others):
            paths.append(path)


def find(params: Params, project: Project) -> Leftovers:
    """Everything below data/, reports/ and in the work folder that no present source, task or stage refers to."""
    leftovers = Leftovers()
    for path in sorted(set(_orphans(params, project))):
        if RAW in (path, *path.parents) or project.wants(path):
            if path in project.tracked:
                leftovers.left_alone.append(f"{path}: tracked by git; git rm {path}")
            continue
        leftovers.add("outputs of what was removed", path)
    for root in (DATA, REPORTS):
        for path in _unfinished(root):
            leftovers.add("unfinished files of killed runs", path)
    _find_work(params, project, leftovers)
    leftovers.found = {kind: paths for kind, paths in leftovers.found.items() if paths}
    return leftovers


def _orphans(params: Params, project: Project) -> Iterator[Path]:
    yield from (path for path in project.former if path.exists() and {DATA, REPORTS} & set(path.parents))
    for folder in project.keyed:
        part = params.sources if folder in project.outputs else ()
        yield from (path for path in _children(folder) if path.name[0] != "." and path.stem not in part)


def _unfinished(folder: Path) -> Iterator[Path]:
    for path in _children(folder):
        if path in (RAW, work_folder()):
            continue
        if _UNFINISHED.fullmatch(path.name):
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from _unfinished(path)


def _find_work(params: Params, project: Project, leftovers: Leftovers) -> None:
    root = work_folder()
    own = root.resolve().is_relative_to(DATA.resolve())
    keyed = {folder.name for folder in project.keyed - project.outputs if folder.parent == DATA}
    stages = {path.name for path in project.outputs if path.parent == DATA} | keyed
    for path in _children(root):
        if path.name == _CHECKPOINTS:
            _find_checkpoints(params, path, leftovers)
        elif path.name == SEEN:
            for each in sorted(path.glob("*/*.json")):
                if each.stem not in params.sources:
                    leftovers.add("work of what was removed", each)
        elif path.name == _SWEEP:  # a part of the corpus, some of it not scrubbed
            leftovers.add("corpora and results of sweeps", path)
        elif path.name in keyed:
            for each in _children(path):
                if each.name in params.sources:
                    _find_entries(each, leftovers)
                else:
                    leftovers.add("work of what was removed", each)
        elif path.name in stages:
            _find_entries(path, leftovers)
        elif own:  # in a folder of the user's choice, what is of no stage is the user's
            leftovers.add("work of what was removed", path)


def _find_entries(folder: Path, leftovers: Leftovers) -> None:
    name = folder.relative_to(work_folder()).as_posix()
    kept = current(name)
    if kept is None:
        leftovers.left_alone.append(f"{folder}: {name} is not built yet, this lets it go on; run dvc repro first")
        return
    within = {parent for path in kept for parent in path.parents}
    for path in _stale(folder, kept, within) if kept else [folder]:
        leftovers.add("results that no present output was made of", path)


def _stale(folder: Path, kept: frozenset[Path], within: set[Path]) -> Iterator[Path]:
    for path in _children(folder):
        if path in within:
            yield from _stale(path, kept, within)
        elif path not in kept and not (path.is_file() and folder in kept):
            yield path


def _find_checkpoints(params: Params, folder: Path, leftovers: Leftovers) -> None:
    runs = [path for path in _children(folder) if path.is_dir()]
    if not runs:
        return
    from stages.train.checkpoint import fingerprint  # noqa: PLC0415  (torch is slow to import)

    inputs = (DATA / "shard" / "manifest.json", DATA / "tokenizer" / "tokenizer.json")
    if not all(path.is_file() for path in inputs):
        leftovers.left_alone.append(f"{folder}: the shards are not built, so nothing tells which run is theirs")
        return
    present = fingerprint(params.train, params.model, params.shard.max_length, *inputs)
    for run in runs:
        if run.name == present:
            leftovers.left_alone.append(f"{run}: the unfinished training of the present parameters")
        else:
            leftovers.add("checkpoints of trainings with other parameters, data or code", run)


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir()) if not folder.is_symlink() else []
    except (FileNotFoundError, NotADirectoryError):
        return []
    except PermissionError as error:
        raise MalmoiError(f"{folder}: {error.strerror}; nothing was removed") from None
