"""A progress bar for work that runs elsewhere: it counts what appears in the work folder."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_DELAY = 1.0  # seconds; work that is done by then shows no bar, and does not wait the tenth that tqdm takes to import
_INTERVAL = 0.3


@contextmanager
def progress_bar(label: str, total: int, finished: Callable[[], int]) -> Iterator[None]:
    """Show ``finished()`` of ``total`` tasks until the block ends; Beam's local runner tells nothing while it runs."""
    stop = threading.Event()
    began = time.time()

    def watch() -> None:
        if stop.wait(_DELAY):
            return
        from tqdm import tqdm  # noqa: PLC0415  (see _DELAY)

        with tqdm(total=total, desc=label, unit="task", dynamic_ncols=True) as bar:
            bar.start_t = began
            going_on = True
            while going_on:
                going_on = not stop.wait(_INTERVAL)
                bar.update(min(total, finished()) - bar.n)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()
