"""Sample every source and tell what a whole build will take: time, memory, disk, and what is kept.

A thousandth of the text of every source (--share), but at least 3 MB where there is so much, is taken evenly from all
of its files in three parts, and goes through the stages of the data half in a temporary folder, one process at a time:
the project's own code and parameters. The parts are measured apart: from them come the ranges. The start of a process,
of the workers and of DVC is measured apart too, so that it is not multiplied. Then some real training steps tell how
fast this machine trains (--no-train leaves them out). It needs neither data/ nor an earlier build, and changes nothing.

What a sample cannot tell: copies, which lie far apart; what a rare document of enormous size costs; what comes later
in a compressed file, of which the beginning is read; and the minute in which the first build on a machine compiles its
loops. The temporary folder (TMPDIR) takes some ten times the size of the sample.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from tqdm import tqdm

from pipelines.core.machine import Machine
from stages.params import load_params
from stages.preview import training
from stages.preview.forecast import forecast
from stages.preview.measure import STAGES, measure, start_of_workers
from stages.preview.table import as_json, as_text
from stages.run import guarded


def main(share: float, train: bool, for_programs: bool) -> None:
    """Print the forecast."""
    params, machine = load_params(), Machine.from_environment()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="malmoi_preview_") as folder:
        scratch, speed = Path(folder), None
        steps = len(params.sources) + len(STAGES) + 3 + train
        with tqdm(desc="preview", total=steps, unit="step", dynamic_ncols=True, leave=False) as bar:

            def tell(what: str) -> None:
                bar.set_postfix_str(what)
                bar.update()

            measured = measure(params, share, scratch, tell)
            tell("workers")
            workers = start_of_workers(scratch)
            if train:
                tell("training")
                speed = training.measure(measured.folders["part0"], scratch)
        expected = forecast(params, measured, machine, workers, can_link(Path()))
    if for_programs:
        print(json.dumps(as_json(params, expected, speed), indent=2, ensure_ascii=False))
    else:
        print(as_text(params, expected, speed, machine, time.perf_counter() - begun))


def can_link(folder: Path) -> bool:
    """Whether a file of this file system can have several names, as the outputs of stages then have."""
    with tempfile.TemporaryDirectory(prefix=".links_", dir=folder) as scratch:
        file = Path(scratch) / "file"
        file.touch()
        try:
            file.with_name("link").hardlink_to(file)
        except OSError:
            return False
    return True


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m stages.preview", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=_share, default=0.001, help="of the text of each source; default 0.001")
    parser.add_argument("--no-train", action="store_true", help="make no training steps")
    parser.add_argument("--json", action="store_true", help="seconds and bytes for programs")
    return parser.parse_args()


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0.0 < share <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r}; give a share above 0, up to 1, as in 0.001")
    return share


if __name__ == "__main__":
    given = _arguments()
    guarded(lambda: main(given.share, not given.no_train, given.json))
