"""A progress bar for work that runs elsewhere: it counts what appears in the work folder."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

_INTERVAL = 0.3


@contextmanager
def progress_bar(label: str, total: int, finished: Callable[[], int]) -> Iterator[None]:
    """Show ``finished()`` of ``total`` tasks until the block ends; Beam's local runner tells nothing while it runs."""
    stop = threading.Event()
    with tqdm(total=total, desc=label, unit="task", dynamic_ncols=True) as bar:

        def watch() -> None:
            while not stop.wait(_INTERVAL):
                bar.update(min(total, finished()) - bar.n)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()
            bar.update(min(total, finished()) - bar.n)
