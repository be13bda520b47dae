"""Compiled loops and tables that no run of any checkout has used for long: every change of their source leaves some."""

import time
from pathlib import Path

from pipelines.core.fingerprint import CACHE

DAYS = 90


def unused(cache: Path = CACHE, now: float | None = None) -> list[Path]:
    """Entries below ``cache`` of which no file was read or written in the last ``DAYS`` days before ``now`` (s)."""
    horizon = (time.time() if now is None else now) - DAYS * 24 * 3600
    entries = sorted(path for group in ("kernels", "tables") for path in (cache / group).glob("*"))
    return [path for path in entries if _last_used(path) < horizon]


def _last_used(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return max((max(status.st_atime, status.st_mtime) for status in map(Path.stat, files)), default=0.0)
