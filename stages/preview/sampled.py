"""The stage ``clean`` on the sample of a source instead of the whole: its tasks are made beforehand."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.clean import clean_function
from pipelines.core.schemas import nested
from pipelines.core.tasks import Task
from pipelines.core.verbs import run_map
from stages.params import load_params
from stages.run import DATA, job, write_metrics

_TASKS = Path("tasks")


def write_tasks(folder: Path, key: str, tasks: Sequence[Task]) -> None:
    """Leave the tasks of a source where ``sampled_clean`` looks for them."""
    here = [
        replace(task, inputs=tuple(replace(part, path=str(Path(part.path).absolute())) for part in task.inputs))
        for task in tasks
    ]
    (folder / _TASKS).mkdir(parents=True, exist_ok=True)
    (folder / _TASKS / f"{key}.json").write_text(json.dumps([task.to_json() for task in here]), encoding="utf-8")


def sampled_clean(key: str) -> None:
    """Write data/clean/<key> of the folder that this process is in."""
    params = load_params()
    tasks = [Task.from_json(text) for text in json.loads((_TASKS / f"{key}.json").read_text(encoding="utf-8"))]
    function = clean_function(key, params.sources[key], params.clean)
    manifest = run_map(function, tasks, DATA / "clean" / key, job("clean", key))
    write_metrics(f"clean/{key}", nested(manifest.counts))
