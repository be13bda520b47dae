"""Worker processes that begin as copies of this one, with all that it has imported and loaded.

Threads share one interpreter: a job of which a third is Python keeps one and a half processors busy, not two. A copy
starts in a hundredth of a second, where Beam's workers take seconds.
"""

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from ctypes import CDLL
from typing import TYPE_CHECKING, TypeVar

from pipelines.core.errors import MalmoiError

if TYPE_CHECKING:
    from concurrent.futures import Executor

Element = TypeVar("Element")
Result = TypeVar("Result")

WORKER_LOST = (
    "a worker process was killed, most often by the system for lack of memory; what was finished is kept: run it again "
    "with fewer workers, as in MALMOI_WORKERS=1 dvc repro"
)
_ON_PARENT_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)


def spread(workers: int, work: Callable[[Element], Result], elements: Sequence[Element]) -> Iterator[Result]:
    """What ``work`` gives for each element, in order; raises MalmoiError where a process is lost.

    ``work``, elements and results are pickled. Where processes cannot be copied safely, threads do it.
    """
    if workers == 1 or len(elements) == 1:
        yield from map(work, elements)
        return
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415  (a rebuild has most often one element)

    with _executor(min(workers, len(elements))) as executor:
        try:
            yield from executor.map(work, elements)
        except BrokenProcessPool:
            raise MalmoiError(WORKER_LOST) from None


def _executor(workers: int) -> "Executor":
    import multiprocessing  # noqa: PLC0415
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor  # noqa: PLC0415

    if sys.platform != "linux":  # elsewhere the system's own libraries do not survive a copy
        return ThreadPoolExecutor(workers)
    return ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _attach)


def _attach() -> None:
    """A worker leaves an interruption to its parent, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    CDLL(None).prctl(_ON_PARENT_DEATH, signal.SIGKILL)
