"""``python -m stages.audit`` on a project folder: what it writes and prints."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from memoriser import make_tokenizer, untrained

from pipelines.core.arrow import ShardWriter
from pipelines.core.schemas import example_schema
from pipelines.privacy.canaries import generate

ROOT = Path(__file__).resolve().parents[3]
PROBES = [{"text": "가[MASK]는 [MASK].", "expected": "나 다"}]


def project(folder: Path, **audit: Any) -> dict[str, Any]:
    params: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    small = {"repeats": [1, 10, 2], "per_repeat": 2, "controls": 4, "references": 15, "probes": PROBES}
    params["audit"] |= small | audit
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    untrained().save_pretrained(folder / "data" / "model")
    make_tokenizer().save_pretrained(folder / "data" / "model")
    with ShardWriter(folder / "data" / "shard" / "train" / "00000.arrow", schema := example_schema(100)) as writer:
        example = {"input_ids": [1, 2, 3], "segment_b": 0, "label": 0, "document_a": 0, "document_b": 0}
        writer.write(pa.RecordBatch.from_pylist([example], schema))
    return params


def audit_stage(folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "stages.audit"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_stage_writes_figures_and_no_number(tmp_path: Path) -> None:
    params = project(tmp_path, plant="before_scrub")
    scrub = tmp_path / "reports" / "metrics" / "scrub.json"
    scrub.parent.mkdir(parents=True)
    counts = {"canaries_planted": 4, "canaries_surviving": 1}
    scrub.write_text(json.dumps({"sources": dict.fromkeys(params["sources"], counts)}))
    done = audit_stage(tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "reports" / "metrics" / "audit.json").read_text(encoding="utf-8")
    metrics = json.loads(text)
    assert metrics["scrub"]["recall"] == pytest.approx(0.75)
    assert {name: found["canaries"] for name, found in metrics["canaries"]["planted"].items()} == {
        "1": 2,
        "2": 2,
        "10": 2,
        "all": 6,
    }
    assert metrics["canaries"]["never_planted"]["canaries"] == 4
    assert metrics["residual"]["tokens"] == 3
    assert set(metrics["probes"]["가[MASK]는 [MASK]."]["mask_2"]) == {"top", "expected_rank"}
    with (tmp_path / "reports" / "plots" / "audit.csv").open(encoding="utf-8") as lines:
        assert [row["repeats"] for row in csv.DictReader(lines)] == ["0", "1", "2", "10"]
    options = params["audit"]
    planted, controls = generate(options["seed"], tuple(options["repeats"]), 2, 4)
    assert not any(canary.number in done.stdout + text for canary in (*planted, *controls))
    assert "[MASK]" in done.stdout


def test_positive_control_has_no_recall_to_report(tmp_path: Path) -> None:
    project(tmp_path, plant="after_scrub", probes=[])
    done = audit_stage(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "scrub" not in json.loads((tmp_path / "reports" / "metrics" / "audit.json").read_text())


def test_missing_model_is_told_in_one_line(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "data" / "model" / "config.json").unlink()
    done = audit_stage(tmp_path)
    assert done.returncode != 0
    assert "config.json: missing, so the folder holds no model; run dvc repro train" in done.stderr
    assert "Traceback" not in done.stderr
