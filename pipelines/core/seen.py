"""What was found out about files, for as long as they have not changed: a rebuild need not read them all again.

A file counts as unchanged while its size, its time of change and its inode are the same, which is how DVC and git tell.
"""

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipelines.core.files import write_file

# A file that changed while it was read, or just after, may have the same time of change on a coarse clock.
_SETTLED_NANOSECONDS = 2_000_000_000


class Seen:
    """Findings (JSON values) by file, kept at ``path``; those of an earlier ``version`` of their code are not used."""

    def __init__(self, path: Path, version: str) -> None:
        self._path, self._version = path, version
        self._before: dict[str, Any] = {}
        self._now: dict[str, Any] = {}
        self._states: dict[str, list[int]] = {}
        with suppress(OSError, ValueError, KeyError, TypeError):  # none there, or none that can be read
            content = json.loads(path.read_bytes())
            self._before = dict(content["files"]) if content["version"] == version else {}

    def known(self, file: Path) -> Any | None:
        """What was found out about ``file`` as it is now; None where nothing is known, or it cannot be looked at."""
        now = time.time_ns()
        try:
            status = file.stat()
        except OSError:
            return None
        name, state = str(file), [status.st_size, status.st_mtime_ns, status.st_ino]
        if status.st_mtime_ns < now - _SETTLED_NANOSECONDS:
            self._states[name] = state
        found = self._before.get(name)
        if not isinstance(found, list) or found[:-1] != state:
            return None
        self._now[name] = found
        return found[-1]

    def remember(self, file: Path, finding: Any) -> None:
        """Keep what was found out about ``file`` after ``known`` was asked; not where it has changed only just now."""
        state = self._states.get(str(file))
        if state is not None:
            self._now[str(file)] = [*state, finding]

    def save(self) -> None:
        """Write down what is known of the files that were asked for, and of no other."""
        if self._now != self._before:
            content = {"version": self._version, "files": self._now}
            write_file(self._path, json.dumps(content, sort_keys=True).encode("utf-8", "surrogateescape"))
