"""``python -m stages.audit --sweep`` on a small build: what its arms are trained on, and what is not done again."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from workspace import ROOT, Workspace, make_workspace

from pipelines.privacy.canaries import generate

SAMPLE = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
SWEEP = {
    "shares": [0.001, 0.5],
    "missed": "secrets",
    "bytes": 60_000,
    "document_bytes": 1_000,
    "repeats": [1, 3],
    "per_repeat": 2,
    "preset": "tiny",
    "steps": 3,
    "batch_tokens": 1024,
    "learning_rate": 0.001,
    "mask_fraction": 0.3,
}
SMALL = {
    "sources": {"news": SAMPLE["sources"]["news"]},
    "sample.documents": 300,
    "sample.task_rows": 100,
    "clean.error_budget": 0.2,
    "tokenizer.vocabulary_size": 2000,
    "shard.validation_fraction": 0.2,
    "audit.repeats": [1],
    "audit.per_repeat": 2,
    "audit.controls": 4,
    "audit.references": 15,
    "audit.linkage_references": 15,
    "audit.strangers": 1,
    "audit.sweep": SWEEP,
}
COPIES = 2 * (1 + 3)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The data half as far as the tokenizer."""
    workspace = make_workspace(tmp_path_factory.mktemp("sweep"), SMALL)
    done = workspace.dvc("repro", "tokenizer")
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace


def results(workspace: Workspace) -> dict[Path, int]:
    """When each finished arm was written."""
    folder = workspace.root / "data" / ".work" / "sweep" / "results"
    return {path: path.stat().st_mtime_ns for path in folder.glob("*.json")}


def test_a_sweep_before_the_data_half_is_told_what_to_run(tmp_path: Path) -> None:
    done = make_workspace(tmp_path, SMALL).stage("audit", "--sweep")
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert "manifest.json: missing" in done.stderr and "dvc repro" in done.stderr


def test_the_help_says_what_a_sweep_is(built: Workspace) -> None:
    shown = built.stage("audit", "--help").stdout
    assert "--sweep" in shown and "how good must scrubbing be?" in " ".join(shown.split())


def test_too_few_documents_are_told(built: Workspace) -> None:
    built.set_params({"audit.sweep.repeats": [1, 500]})
    done = built.stage("audit", "--sweep")
    built.set_params({"audit.sweep.repeats": SWEEP["repeats"]})
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert "copies of canaries to plant" in done.stderr


def test_a_killed_sweep_goes_on_and_its_arms_differ_in_what_is_missed_alone(built: Workspace) -> None:
    command = [sys.executable, "-m", "stages.audit", "--sweep"]
    with subprocess.Popen(
        command, cwd=built.root, env=built.environment(), stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        while not results(built) and process.poll() is None:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    first = results(built)
    assert first
    done = built.stage("audit", "--sweep")
    assert done.returncode == 0, done.stderr
    finished = results(built)
    assert all(finished[path] == when for path, when in first.items())
    # At a share of .001 nothing is missed: the same text as that of the scrubbed arm, and no training of its own.
    assert len(finished) == 3

    text = (built.root / "reports" / "metrics" / "sweep.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    arms = content["arms"]
    assert {name: arm["copies_surviving"] for name, arm in arms.items()} == {
        "raw": COPIES,
        "scrubbed": 0,
        "missed_0.001": 0,
        "missed_0.5": COPIES // 2,
    }
    assert arms["missed_0.001"]["canaries"] == arms["scrubbed"]["canaries"] != arms["raw"]["canaries"]
    assert {name: arm["secrets_missed"] for name, arm in arms.items()} == {
        "raw": 4,
        "scrubbed": 0,
        "missed_0.001": 0,
        "missed_0.5": 2,
    }
    assert arms["raw"]["mean_found"] == {} == arms["scrubbed"]["mean_missed"]
    assert list(arms["missed_0.5"]["mean_missed"]) == list(arms["missed_0.5"]["mean_found"]) == ["1", "3"]
    plot = built.root / "reports" / "plots" / "sweep.csv"
    with plot.open(encoding="utf-8") as lines:
        places = [(float(row["share"]), int(row["repeats"])) for row in csv.DictReader(lines)]
    assert places == [(share, repeats) for share in (0.0, 0.001, 0.5, 1.0) for repeats in (0, 1, 3)]
    planted, controls = generate(SAMPLE["audit"]["seed"], (1, 3), 2, 4)
    shown = done.stdout + done.stderr + text
    assert not any(canary.number in shown or canary.name in shown for canary in (*planted, *controls))

    models = built.root / "data" / ".work" / "sweep" / "models"
    (models / next(iter(finished)).stem).mkdir()  # as where a run is killed once it has a result
    again = built.stage("audit", "--sweep")
    assert again.returncode == 0 and "train:" not in again.stderr and results(built) == finished
    assert not list(models.iterdir())  # what may have learned unscrubbed text is not kept
