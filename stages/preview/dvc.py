"""What DVC itself takes: the project's own graph, parameters and code, with commands that do nothing."""

import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.core.errors import MalmoiError
from stages.params import FILE

_GRAPH = Path("dvc.yaml")
_CODE = ("pipelines", "stages")
_SETTINGS = (".dvc/config", ".dvc/plots.html", ".dvcignore", ".gitignore")
_HASHED_BYTES = 64 << 20
# Called as sh nothing.sh -m stages.NAME [--source KEY]: leaves what dvc.yaml says that the stage leaves.
_NOTHING = """
name=${2#stages.}${4:+/$4}
mkdir -p "data/${name%/*}" "reports/metrics/${name%/*}"
echo > "reports/metrics/$name.json"
[ "$name" = sources ] && { mkdir -p data/sources; for key in KEYS; do echo $key > data/sources/$key.json; done; exit; }
mkdir -p "data/$name/cuts"
[ "$name" = params ] && echo > data/params/sources.json
echo > "data/$name/cuts/file"
"""


@dataclass(frozen=True)
class Dvc:
    """Seconds that DVC takes: to start, for each stage (also of processor), for each byte of an output or an input."""

    start: float
    stage: float
    processor: float
    byte: float


def measure(folder: Path, keys: list[str]) -> Dvc:
    """One ``dvc repro`` in a new folder; raises MalmoiError where it fails."""
    (folder / ".dvc").mkdir(parents=True)
    graph: dict[str, Any] = yaml.safe_load(_GRAPH.read_bytes())
    graph["vars"] = [{"python": "sh ./nothing.sh"}]
    (folder / _GRAPH).write_text(yaml.safe_dump(graph, sort_keys=False), encoding="utf-8")
    (folder / "nothing.sh").write_text(_NOTHING.replace("KEYS", " ".join(keys)), encoding="utf-8")
    for name in (str(FILE), *_SETTINGS):
        if Path(name).is_file():
            shutil.copyfile(name, folder / name)
    # Whatever cache the project or the person has chosen, others may use it too.
    (folder / ".dvc" / "config.local").write_text("[cache]\n    dir = cache\n", encoding="utf-8")
    for name in _CODE:
        shutil.copytree(name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "data" / "raw").mkdir(parents=True)
    environment = {**os.environ, "DVC_SITE_CACHE_DIR": str(folder / "site"), "PYTHONUNBUFFERED": "1"}
    if Path(".git").exists():
        _run(["git", "init", "--quiet"], folder, environment)
    times = [time.perf_counter()]
    command = [sys.executable, "-m", "dvc", "repro", "shard"]
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        for text in process.stdout or ():
            times += [time.perf_counter()] if re.match("Running stage ", text) else []
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    times.append(time.perf_counter())
    if process.returncode or len(times) < 3:
        said = (folder / "errors").read_text(encoding="utf-8", errors="replace").strip()
        raise MalmoiError(f"dvc repro fails on a build that does nothing: {said}")
    start, *stages = (later - earlier for earlier, later in itertools.pairwise(times))
    share = sum(stages) / (start + sum(stages)) / len(stages)
    processor = (usage.ru_utime + usage.ru_stime) * share
    return Dvc(start, sum(stages) / len(stages), processor, _seconds_per_byte(folder / "hashed"))


def _seconds_per_byte(path: Path) -> float:
    """DVC takes the MD5 digest of every file."""
    path.write_bytes(bytes(_HASHED_BYTES))
    begun = time.perf_counter()
    with path.open("rb") as file:
        hashlib.file_digest(file, "md5")
    return (time.perf_counter() - begun) / _HASHED_BYTES


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
