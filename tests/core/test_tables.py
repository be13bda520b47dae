"""Tables are made once for all processes, and never used when they are not whole or of other source."""

import os
import subprocess
import sys
from pathlib import Path

import pipelines.core.tables

ROOT = Path(pipelines.core.tables.__file__).parents[2]
TOY = """
import numpy as np
from pipelines.core.tables import kept_table

@kept_table
def squares():
    print("made")
    return np.arange({size}) ** 2
"""
CALL = """
from pipelines.toy import squares
table = squares()
assert table is squares() and not table.flags.writeable and type(table).__name__ == "ndarray"
print(int(table.sum()))
"""


def write_checkout(folder: Path, size: int) -> Path:
    """A copy of what a table needs, with a module that has one."""
    for name in ("__init__", "core/__init__", "core/tables", "core/fingerprint"):
        path = folder / "pipelines" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((ROOT / "pipelines" / f"{name}.py").read_bytes())
    (folder / "pipelines" / "toy.py").write_text(TOY.format(size=size))
    return folder


def call(checkout: Path, home: Path) -> list[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(home)}
    command = [sys.executable, "-c", CALL]
    return subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=True
    ).stdout.split()


def test_a_table_is_made_once_for_all_processes_and_again_when_its_source_changes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert call(write_checkout(tmp_path / "one", 4), home) == ["made", "14"]
    assert call(tmp_path / "one", home) == ["14"]
    assert call(write_checkout(tmp_path / "two", 4), home) == ["14"]
    assert call(write_checkout(tmp_path / "two", 5), home) == ["made", "30"]


def test_a_broken_file_is_made_again_and_a_closed_home_is_no_matter(tmp_path: Path) -> None:
    checkout, home = write_checkout(tmp_path, 4), tmp_path / "home"
    assert call(checkout, home) == ["made", "14"]
    (kept,) = (home / "malmoi" / "tables").iterdir()
    whole = kept.read_bytes()
    for broken in (b"", whole[:60], whole[:-1], b"no table"):
        kept.write_bytes(broken)
        assert call(checkout, home) == ["made", "14"]
        assert kept.read_bytes() == whole
    (home / "file").write_bytes(b"")
    assert call(checkout, home / "file") == ["made", "14"]
