"""``python -m stages.evaluate --task NAME`` on a project folder."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from small_model import save_model

ROOT = Path(__file__).resolve().parents[3]


def evaluate_stage(folder: Path, task: str) -> "subprocess.CompletedProcess[str]":
    params: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    names = {"train": "rows.jsonl", "dev": "rows.jsonl", "test": "rows.jsonl", "text": "text", "label": "label"}
    tasks = {"mood": {**names, "kind": "classification", "metric": "accuracy", "epochs": 2}}
    params["evaluate"] |= {"seeds": [1, 2], "learning_rate": 0.0, "tasks": tasks}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    rows = [{"text": "good" if row % 3 else "bad", "label": int(row % 3 > 0)} for row in range(30)]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "stages.evaluate", "--task", task]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_stage_writes_the_scores_of_every_seed(tmp_path: Path) -> None:
    save_model(tmp_path / "data" / "model")
    done = evaluate_stage(tmp_path, "mood")
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "reports" / "metrics" / "evaluate" / "mood.json").read_text())
    assert set(metrics["test"]["by_seed"]) == {"1", "2"}
    assert metrics["test"]["majority_baseline"] == 0.666667
    assert "mood test: accuracy" in done.stdout


def test_unknown_task_is_told_in_one_line(tmp_path: Path) -> None:
    done = evaluate_stage(tmp_path, "moot")
    assert done.returncode != 0
    assert "params.yaml has no such task; there are mood" in done.stderr
    assert "Traceback" not in done.stderr
