"""A process for what may hang or crash on one page: it ends with that page, and the pages after it get a new one."""

import atexit
import os
import select
import shlex
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pipelines.core.errors import MalmoiError
from pipelines.sources.records import PAGE_CRASH, PAGE_TIME_OUT
from pipelines.sources.web import extractor
from pipelines.sources.web.extractor import FAILED, NUMBER

_SCRIPT = Path(extractor.__file__)
_BATCH_BYTES = 1 << 22
_READ_BYTES = 1 << 16
# A process that sleeps uses no processor time: by the clock it gets so many times its limit, and some for its start.
_CLOCK_FACTOR = 20
_START_SECONDS = 60


class Sandbox:
    """Runs ``script`` as a process of its own, over and over; a page may take ``seconds`` of processor time."""

    def __init__(self, seconds: float, script: Path = _SCRIPT) -> None:
        self.seconds = seconds
        # Isolated from the environment, and from the folder that it stands in, whose modules are no top-level ones.
        self._command = [sys.executable, "-I", str(script), str(seconds)]
        self._process: subprocess.Popen[bytes] | None = None
        self._arrived = b""

    def marked_texts(self, pages: Sequence[bytes]) -> list[tuple[bytes, str]]:
        """For each page (UTF-8) its marked text, or b"" and the rule by which it is quarantined."""
        answers: list[tuple[bytes, str]] = []
        while len(answers) < len(pages):
            answers += self._answers(pages, len(answers))
        return answers

    def close(self) -> None:
        """End the process; the next page would start another."""
        if self._process is not None:
            self._process.kill()
            with suppress(BrokenPipeError):
                self._process.communicate()
            self._process = None

    def _answers(self, pages: Sequence[bytes], start: int) -> Iterator[tuple[bytes, str]]:
        """Answers of one batch; where the process ends in it, those up to the page that ended it."""
        batch: list[bytes] = []
        size = 0
        for page in pages[start:]:
            if batch and size + len(page) > _BATCH_BYTES:
                break
            batch.append(page)
            size += len(page)
        process = self._started()
        assert process.stdin is not None
        request = struct.pack(f"<{1 + len(batch)}I", len(batch), *map(len, batch)) + b"".join(batch)
        with suppress(BrokenPipeError):  # the missing answer tells
            process.stdin.write(request)
            process.stdin.flush()
        for _ in batch:
            answer = self._answer(process, self.seconds * _CLOCK_FACTOR)
            if answer is None:
                timed_out = process.poll() is None or process.returncode == -signal.SIGPROF
                self.close()
                yield b"", PAGE_TIME_OUT if timed_out else PAGE_CRASH
                return
            yield answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.close()  # between two batches, as by the system for lack of memory: no page is to blame
        if self._process is None:
            pipe = subprocess.PIPE
            # Its complaints might quote the page.
            self._process = subprocess.Popen(self._command, -1, None, pipe, pipe, subprocess.DEVNULL)
            self._arrived = b""
            if self._read(self._process, NUMBER.size, time.monotonic() + _START_SECONDS) is None:
                self.close()
                raise MalmoiError(
                    "the process that reads web pages does not start; this shows why: "
                    f"{shlex.join(self._command)} < /dev/null"
                )
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, str] | None:
        deadline = time.monotonic() + seconds
        head = self._read(process, NUMBER.size, deadline)
        if head is None:
            return None
        (size,) = NUMBER.unpack(head)
        if size == FAILED:
            return b"", PAGE_CRASH
        text = self._read(process, size, deadline)
        return None if text is None else (text, "")

    def _read(self, process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes | None:
        """``size`` bytes of its output; None when it ends, or ``deadline`` comes, before."""
        assert process.stdout is not None
        parts, missing = [self._arrived], size - len(self._arrived)
        while missing > 0:
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            arrived = os.read(process.stdout.fileno(), _READ_BYTES) if ready else b""
            if not arrived:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1 if ready else 0)
                return None
            parts.append(arrived)
            missing -= len(arrived)
        output = b"".join(parts)
        self._arrived = output[size:]
        return output[:size]


_of_thread = threading.local()


def thread_sandbox(seconds: float) -> Sandbox:
    """The sandbox of this thread, kept from one file to the next."""
    sandbox: Sandbox | None = getattr(_of_thread, "sandbox", None)
    if sandbox is None or sandbox.seconds != seconds:
        if sandbox is not None:
            sandbox.close()
        sandbox = _of_thread.sandbox = Sandbox(seconds)
        atexit.register(sandbox.close)
    return sandbox
