"""Worker processes of Beam's local runner: started quietly, and missed when they die.

Beam starts a worker through a command that breaks on a space in the path of the environment, lets it log its comings
and goings over the progress bar, and waits for ever for one that was killed, as the system does for lack of memory.
"""

import logging
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pipelines.core.beam import FnApiRunner, SubprocessSDKEnvironment, sdk_worker_main
from pipelines.core.errors import MalmoiError

_THREAD = "run_worker"  # of Beam, one for each worker process; it ends in an error when the process does


def process_runner() -> FnApiRunner:
    """The local runner, whose workers are processes that run this module."""
    command = shlex.join([sys.executable, "-m", __name__])
    return FnApiRunner(default_environment=SubprocessSDKEnvironment.from_command_string(command))


@contextmanager
def lost_workers_raise() -> Iterator[None]:
    """Raise MalmoiError from the block when a worker process dies in it; only the main thread can be told so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    lost = threading.Event()
    thread_failed = threading.excepthook

    def watch(arguments: threading.ExceptHookArgs) -> None:
        if arguments.thread is not None and arguments.thread.name == _THREAD and not lost.is_set():
            lost.set()
            logging.getLogger("apache_beam").setLevel(logging.CRITICAL)  # what follows from it tells nothing more
            os.kill(os.getpid(), signal.SIGUSR1)
        elif not lost.is_set():
            thread_failed(arguments)

    def stop(number: int, frame: FrameType | None) -> None:
        raise MalmoiError(
            "a worker process was killed, most often by the system for lack of memory; what was finished is kept: run "
            "it again with fewer workers, as in MALMOI_WORKERS=1 dvc repro"
        )

    handled = signal.signal(signal.SIGUSR1, stop)
    threading.excepthook = watch
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, handled)
        threading.excepthook = thread_failed


if __name__ == "__main__":
    errors_only = logging.StreamHandler()
    errors_only.setLevel(logging.ERROR)
    logging.getLogger().addHandler(errors_only)
    sdk_worker_main.main(sys.argv)
