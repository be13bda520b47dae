"""What ``dvc gc`` would remove from DVC's cache, and the run cache, which then refers to nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

from pipelines.core.errors import MalmoiError

_REMOVING = "Removing "
_RUNS = "runs"


def check_own(cache: Path) -> None:
    """Raises MalmoiError where the cache may serve other projects too."""
    if not cache.is_relative_to(Path.cwd().resolve()):
        raise MalmoiError(
            f"{cache}: the cache of DVC is outside this project and may hold the data of others; name all of them, as "
            "in dvc gc --workspace --projects PATH"
        )


def unreferenced(cache: Path) -> list[Path]:
    """Files of the cache that the workspace does not refer to, and the run cache."""
    lines = _dvc("gc", "--workspace", "--force", "--dry").splitlines()
    files = [Path(line.removeprefix(_REMOVING)) for line in lines if line.startswith(_REMOVING)]
    runs = [root / _RUNS for root in (cache, cache.parent.parent) if (root / _RUNS).is_dir()]
    return [Path(os.path.relpath(path)) for path in (*files, *runs) if path.exists()]


def collect() -> None:
    """Let DVC remove what the workspace does not refer to."""
    _dvc("gc", "--workspace", "--force")


def out_of_date() -> list[str]:
    """Stages whose outputs are not what params.yaml and their inputs make now: DVC still refers to what they were."""
    return sorted(json.loads(_dvc("status", "--json") or "{}"))


def _dvc(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MalmoiError(f"dvc {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
