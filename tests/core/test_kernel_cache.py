"""Compiled loops are kept by the source behind them: not compiled twice, and never run stale."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pipelines.core.kernel

ROOT = Path(pipelines.core.kernel.__file__).parents[2]


def write_checkout(folder: Path, value: int) -> Path:
    """A copy of the core, with a kernel that calls a kernel of another module."""
    for name in ("__init__", "core/__init__", "core/kernel", "core/fingerprint"):
        path = folder / "pipelines" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((ROOT / "pipelines" / f"{name}.py").read_bytes())
    toy = folder / "pipelines" / "toy"
    toy.mkdir(exist_ok=True)
    (toy / "__init__.py").write_text("")
    start = "from pipelines.core.kernel import kernel\n"
    (toy / "called.py").write_text(f"{start}\n\n@kernel\ndef step():\n    return {value}\n")
    (toy / "caller.py").write_text(
        f"{start}from pipelines.toy.called import step\n\n\n@kernel\ndef twice():\n    return step() * 2\n"
    )
    return folder


def call(checkout: Path, cache: Path) -> list[int]:
    """What the kernel returns, and whether its machine code came from the disk."""
    code = "from pipelines.toy.caller import twice; print(twice(), sum(twice.stats.cache_hits.values()))"
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, env=environment, capture_output=True, text=True, check=True
    )
    return [int(number) for number in done.stdout.split()]


@pytest.mark.parametrize("name", ["another checkout", "the same"])
def test_kernels_are_compiled_once_for_all_checkouts(tmp_path: Path, name: str) -> None:
    assert call(write_checkout(tmp_path / "the same", 21), tmp_path / "cache") == [42, 0]
    assert call(write_checkout(tmp_path / name, 21), tmp_path / "cache") == [42, 1]


def test_a_change_of_a_kernel_reaches_the_kernels_that_call_it(tmp_path: Path) -> None:
    assert call(write_checkout(tmp_path, 21), tmp_path / "cache") == [42, 0]
    assert call(write_checkout(tmp_path, 22), tmp_path / "cache") == [44, 0]
    assert call(write_checkout(tmp_path, 21), tmp_path / "cache") == [42, 1]
