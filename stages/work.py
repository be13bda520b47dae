"""Which results in the work folder belong to the output that lies under data/ now.

A stage leaves in its work folder what it has just used. DVC can bring back an earlier output without running the stage,
and a killed run can leave results that no output ever had. So a stage writes down, once it is done, which folders of
results its output was made of, and ``stages.prune`` keeps these and no other.
"""

import json
import os
from pathlib import Path

from stages.run import DATA, work_folder

_RECORD = "built.json"
_MANIFEST = "manifest.json"


def remember(job: str) -> None:
    """Write down what is in the work folder of ``job``, a stage and its key if it has one, for its present output."""
    from pipelines.core.manifest import write_json  # noqa: PLC0415  (pyarrow is slow to import)

    folder = work_folder() / job
    if folder.is_dir() and (made := _output(job)):
        write_json(folder / _RECORD, {"output": made, "folders": sorted(str(each) for each in _folders(folder))})


def current(job: str) -> frozenset[Path] | None:
    """Folders below the work folder of ``job`` that its present output was made of; None where it has no output."""
    folder = work_folder() / job
    made = _output(job)
    if not made:
        return None
    try:
        record = json.loads((folder / _RECORD).read_bytes())
        if record["output"] == made:
            return frozenset(folder / each for each in record["folders"]) | {folder}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return frozenset()


def _output(job: str) -> dict[str, str]:
    """Digest of every manifest of the output, by its path."""
    from pipelines.core.fingerprint import file_digest  # noqa: PLC0415

    root = DATA / job
    manifests = [*root.glob(_MANIFEST), *root.glob(f"*/{_MANIFEST}")]
    return {path.relative_to(root).as_posix(): file_digest(path) for path in manifests}


def _folders(root: Path) -> set[Path]:
    """Folders that hold a file, relative to ``root``."""
    return {Path(os.path.relpath(folder, root)) for folder, _, files in os.walk(root) if files}
