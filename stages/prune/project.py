"""What the project refers to now, as DVC resolves dvc.yaml and params.yaml, and what git tracks."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.core.errors import MalmoiError
from pipelines.sources.listing import glob_root
from stages.params import Params
from stages.run import DATA

_RUNNING = Path(".dvc/tmp/rwlock")
_LOCK = Path("dvc.lock")
# Outputs of one stage with a part for every source.
_KEYED_OUTPUTS = frozenset({DATA / "sources", DATA / "dedup", DATA / "scrub", DATA / "split"})


@dataclass(frozen=True)
class Project:
    """Paths, all relative: outputs of every present stage, what a stage reads, former outputs, files that git tracks.

    ``keyed`` are the folders that hold an output, or a part of one, for every source or task and nothing else.
    """

    outputs: frozenset[Path]
    inputs: frozenset[Path]
    former: frozenset[Path]
    tracked: frozenset[Path]
    keyed: frozenset[Path]
    cache: Path

    @classmethod
    def read(cls, params: Params) -> "Project":
        """Raises MalmoiError outside a DVC project and while DVC runs a stage."""
        from dvc.exceptions import DvcException  # noqa: PLC0415  (slow to import)
        from dvc.repo import Repo  # noqa: PLC0415

        try:
            with Repo() as repo:
                if Path(repo.root_dir) != Path.cwd():
                    raise MalmoiError(f"run from {repo.root_dir}, where the project is")
                outputs = frozenset(map(_relative, (out.fs_path for out in repo.index.outs)))
                inputs = frozenset(map(_relative, (dep.fs_path for dep in repo.index.deps)))
                cache = Path(repo.cache.local.path).resolve()
        except DvcException as error:
            raise MalmoiError(f"{error}; run from the folder that holds dvc.yaml") from None
        if running := list(_running()):
            raise MalmoiError(f"DVC is at work ({running[0]}); wait until it is done")
        sources = frozenset(Path(glob_root(source.path)) for source in params.sources.values())
        tasks = (frozenset(map(Path, (task.train, task.dev, task.test))) for task in params.evaluate.tasks.values())
        keyed = _keyed() | _KEYED_OUTPUTS
        read = inputs.union(sources, *tasks) - keyed  # a stage that reads such a folder picks the present keys
        # Part of a present output is no former one: a stage may have taken over what had a stage for each source.
        former = frozenset(path for path in _former() if not outputs & {path, *path.parents})
        return cls(outputs, read, former, _tracked(), keyed, cache)

    def wants(self, path: Path) -> bool:
        """Whether ``path`` is or holds what the project refers to or git tracks, or is within what a stage reads."""
        referred = self.outputs | self.inputs | self.tracked
        return any(path == other or path in other.parents for other in referred) or any(
            parent in self.inputs for parent in path.parents
        )


def _keyed() -> frozenset[Path]:
    graph = yaml.safe_load(Path("dvc.yaml").read_bytes())["stages"]
    templates = [
        next(iter(each)) if isinstance(each, Mapping) else each
        for stage in graph.values()
        for kind in ("outs", "metrics")
        for each in stage.get("do", {}).get(kind, [])
    ]
    return frozenset(Path(template).parent for template in templates if "${key}" in Path(template).name)


def _former() -> Iterator[Path]:
    """Outputs of all stages that DVC remembers, those that dvc.yaml no longer has included."""
    content: Any = {}
    with suppress(FileNotFoundError):
        content = yaml.load(_LOCK.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    for stage in (content or {}).get("stages", {}).values():
        for out in stage.get("outs", []):
            yield Path(out["path"])


def _tracked() -> frozenset[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=False)
    return frozenset(Path(os.fsdecode(name)) for name in done.stdout.split(b"\0") if name)


def _running() -> Iterator[str]:
    """Commands of DVC that hold an output or a dependency and are alive."""
    try:
        locks = json.loads(_RUNNING.read_bytes())
    except (OSError, ValueError):
        return
    for entries in (*locks.get("write", {}).values(), *locks.get("read", {}).values()):
        for entry in entries if isinstance(entries, list) else [entries]:
            if _alive(entry["pid"]):
                yield f"{entry['cmd']}, process {entry['pid']}"


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _relative(path: str) -> Path:
    return Path(os.path.relpath(path))
