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

from pipelines.core.beam import (
    BeamFnControlServicer,
    FnApiRunner,
    SubprocessSDKEnvironment,
    SubprocessSdkWorkerHandler,
    WorkerHandler,
    python_urns,
    sdk_worker_main,
)
from pipelines.core.errors import MalmoiError
from pipelines.core.processes import WORKER_LOST

# Threads that Beam has for each worker process: the first fails when the process does, the others when a stream breaks.
_PROCESS_THREAD = "run_worker"
_STREAM_THREADS = ("beam_control_read", "read_grpc_client_inputs")


def process_runner() -> FnApiRunner:
    """The local runner, whose workers are processes that run this module."""
    command = shlex.join([sys.executable, "-m", "pipelines.core.worker"])
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
        name = arguments.thread.name if arguments.thread is not None else ""
        if name == _PROCESS_THREAD and not lost.is_set():
            lost.set()
            logging.getLogger("apache_beam").setLevel(logging.CRITICAL)  # what follows tells nothing more
            os.kill(os.getpid(), signal.SIGUSR1)
        elif name not in (_PROCESS_THREAD, *_STREAM_THREADS):
            thread_failed(arguments)

    handled = signal.signal(signal.SIGUSR1, _stop)
    threading.excepthook = watch
    try:
        yield
    except _WorkerLost:
        raise MalmoiError(WORKER_LOST) from None
    finally:
        threading.excepthook = thread_failed
        signal.signal(signal.SIGUSR1, handled)


class _WorkerLost(BaseException):
    """Not to be caught by Beam."""


def _stop(number: int, frame: FrameType | None) -> None:
    raise _WorkerLost


@WorkerHandler.register_environment(python_urns.SUBPROCESS_SDK, bytes)
class _Handler(SubprocessSdkWorkerHandler):  # type: ignore[misc]
    def stop_worker(self) -> None:
        # A worker that has not connected yet is not told to stop by Beam, which then waits for it.
        self.control_conn.push(BeamFnControlServicer._DONE_MARKER)
        super().stop_worker()


if __name__ == "__main__":
    errors_only = logging.StreamHandler()
    errors_only.setLevel(logging.ERROR)
    logging.getLogger().addHandler(errors_only)
    sdk_worker_main.main(sys.argv)
