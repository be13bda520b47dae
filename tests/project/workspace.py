"""A checkout of its own for tests that run stages: the tracked files in a temporary folder, with other parameters."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
_BUILT = ("dvc.lock", "reports")


@dataclass(frozen=True)
class Workspace:
    """A folder with the project in it and nothing built."""

    root: Path

    def stage(self, name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """``python -m stages.<name>``."""
        return self.run(sys.executable, "-m", f"stages.{name}", *arguments, **environment)

    def dvc(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "dvc", *arguments, **environment)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.root, env=self.environment(**environment), capture_output=True, text=True, check=False
        )

    def environment(self, **changes: str) -> dict[str, str]:
        """This process's environment with nothing in it that would decide how the project runs."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MALMOI_", "PYTEST_"))}
        quiet = {"OMP_NUM_THREADS": "1", "MALMOI_WORKERS": "1", "DVC_SITE_CACHE_DIR": str(self.root / ".dvc" / "site")}
        return inherited | quiet | changes

    def set_params(self, changes: Mapping[str, Any]) -> None:
        """Set values by their path, as in ``train.steps``."""
        path = self.root / "params.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, value in changes.items():
            *sections, last = name.split(".")
            node = content
            for section in sections:
                node = node[section]
            node[last] = value
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def make_workspace(folder: Path, params: Mapping[str, Any]) -> Workspace:
    """Copy the tracked files and change ``params``; the environment is the one that runs the tests."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if name.split("/")[0] not in _BUILT and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    workspace = Workspace(folder)
    workspace.set_params(params)
    return workspace


def tree(folder: Path) -> dict[str, str]:
    """Digest of every file below a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.blake2b(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def stages_run(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Names of the stages that a ``dvc repro`` ran, in order."""
    lines = done.stdout.splitlines()
    return [line.split("'")[1] for line in lines if line.startswith("Running stage ")]
