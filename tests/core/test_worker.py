"""Worker processes: a lost one ends the run with a reason, and one that lives says nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.core.dataset import Dataset
from pipelines.core.fingerprint import file_digest
from pipelines.core.machine import Machine
from pipelines.core.tasks import FileRange, Task
from pipelines.core.verbs import Job, run_map

sys.path.insert(0, str(Path(__file__).parent))
from toy_functions import DieOnce, Repeat

ROOT = Path(__file__).parents[2]


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    return Job("toy", tmp_path / "work", Machine(workers=2, mode="multi_processing"))


def write_task(folder: Path, text: str) -> Task:
    path = folder / "in.txt"
    path.write_text(text)
    return Task("00000", (FileRange(str(path), file_digest(path)),))


KILLED = """
import sys
from pathlib import Path
from pipelines.core.errors import MalmoiError
from pipelines.core.machine import Machine
from pipelines.core.tasks import Task
from pipelines.core.verbs import Job, run_map
from toy_functions import DieOnce

folder = Path(sys.argv[1])
job = Job("toy", folder / "work", Machine(workers=2, mode="multi_processing"))
try:
    run_map(DieOnce(str(folder / "died")), [Task.from_json(sys.argv[2])], folder / "out", job)
except MalmoiError as error:
    print(error)
"""


def test_a_killed_worker_ends_the_run_and_the_next_run_goes_on(tmp_path: Path, job: Job) -> None:
    # In a process of its own, as a stage is: what Beam was about when it was broken off is of no use to another run.
    task = write_task(tmp_path, "one two")
    command = [sys.executable, "-c", KILLED, str(tmp_path), task.to_json()]
    path = os.pathsep.join([str(Path(__file__).parent), str(ROOT)])
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True, timeout=300
    )
    assert "a worker process was killed" in done.stdout and "MALMOI_WORKERS=1" in done.stdout
    assert (tmp_path / "died").exists() and not (tmp_path / "out").exists()
    run_map(DieOnce(str(tmp_path / "died")), [task], tmp_path / "out", job)
    assert Dataset.open(tmp_path / "out").manifest.rows("words") == 2


def test_workers_are_quiet(tmp_path: Path, job: Job, capfd: pytest.CaptureFixture[str]) -> None:
    run_map(Repeat(1), [write_task(tmp_path, "one two")], tmp_path / "out", job)
    shown = capfd.readouterr()
    assert shown.out == "" and "toy: 100%" in shown.err
    assert not [line for line in shown.err.replace("\r", "\n").splitlines() if line and not line.startswith("toy:")]


def test_the_environment_may_stand_in_a_folder_with_a_space(
    tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "my environment" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    run_map(Repeat(1), [write_task(tmp_path, "one two")], tmp_path / "out", job)
    assert Dataset.open(tmp_path / "out").manifest.rows("words") == 2
