"""How every stage starts, finds its folders and reports."""

import argparse
import csv
import errno
import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipelines.core.errors import MalmoiError, reason

if TYPE_CHECKING:
    from pipelines.core.dataset import Dataset
    from pipelines.core.seen import Seen
    from pipelines.core.verbs import Job

Value = TypeVar("Value")

DATA = Path("data")
REPORTS = Path("reports")
SEEN = "seen"
"""Part of the work folder that has what is known of unchanged files."""
_WATCHED = (DATA / "raw", DATA / "sample")
# What no program can help: no room, no right, no such device.
_MACHINE_ERRORS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
    errno.EMFILE,
}


class _WithoutPandas(MetaPathFinder):
    """Handed its first NumPy array, pyarrow imports pandas to see whether it is a Series: .15 s of every data stage."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not used by data stages", name=fullname)


def run(main: Callable[..., None], description: str | None, *keys: str, **flags: str) -> None:
    """Call ``main``, guarded, with one required option per key (``--source NAME``) and a switch per flag and its help.

    With a switch on it does something else than the stage, whose output stays as it is."""
    parser = argparse.ArgumentParser(description=description, prog=f"python -m {_module()}")
    for key in keys:
        parser.add_argument(f"--{key}", required=True, help=f"which {key} of params.yaml")
    for flag, meaning in flags.items():
        parser.add_argument(f"--{flag}", action="store_true", help=meaning)
    arguments = vars(parser.parse_args())
    # What was imported stays to the end: looking through it once more when the process ends takes .08 s.
    gc.freeze()

    def stage() -> None:
        main(**arguments)
        if any(arguments[flag] for flag in flags):
            return
        name = "/".join([_module().rpartition(".")[2], *(arguments[key] for key in keys)])
        if (work_folder() / name).is_dir():
            from stages.work import remember  # noqa: PLC0415  (it imports this module)

            remember(name)

    guarded(stage)


def guarded(action: Callable[[], None]) -> None:
    """Call ``action``; what a person has to mend, in the input or on the machine, is shown without a trace."""
    try:
        action()
    except MalmoiError as error:
        sys.exit(f"\nerror: {error}\n")
    except OSError as error:
        if error.errno not in _MACHINE_ERRORS:
            raise
        sys.exit(f"\nerror: {reason(error)}; mend the cause and run dvc repro to go on\n")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted; finished tasks are kept, the same command goes on from there\n")


def job(stage: str, key: str | None = None) -> "Job":
    """The map or regroup job of a stage on this machine."""
    from pipelines.core.machine import Machine  # noqa: PLC0415  (Beam is slow to import; not every stage runs it)
    from pipelines.core.memory import keep_what_is_freed  # noqa: PLC0415
    from pipelines.core.verbs import Job  # noqa: PLC0415

    keep_what_is_freed()
    sys.meta_path.insert(0, _WithoutPandas())
    return Job(stage if key is None else f"{stage}/{key}", work_folder(), Machine.from_environment())


def dataset(*parts: str) -> "Dataset":
    """The dataset in the folder of these names below data/; a file that was verified before, and has not changed since,
    is not read for it. Raises MalmoiError where the folder differs from its manifest.
    """
    from pipelines.core.dataset import Dataset  # noqa: PLC0415  (pyarrow is slow to import)
    from pipelines.core.fingerprint import code_version  # noqa: PLC0415

    return Dataset.open(DATA.joinpath(*parts), seen("/".join(parts), code_version("pipelines.core.fingerprint")))


def seen(name: str, version: str) -> "Seen":
    """What earlier runs have found out about files, by the name of the folder that they are in."""
    from pipelines.core.seen import Seen  # noqa: PLC0415

    return Seen(work_folder() / SEEN / f"{name}.json", version)


def pick(section: Mapping[str, Value], key: str, name: str) -> Value:
    """``section[key]``; raises MalmoiError that lists what there is."""
    if key not in section:
        raise MalmoiError(f"params.yaml: {name}.{key}: no such entry; there are {', '.join(section)}")
    return section[key]


def unwatched(files: Iterable[Path], stage: str) -> Iterator[str]:
    """A warning where DVC will not see that files change: it looks into the folders that dvc.yaml names, not beyond."""
    roots = [root.resolve() for root in _WATCHED]
    folders = {file.parent for file in files}
    outside = sorted(str(each) for each in folders if not any(each.resolve().is_relative_to(root) for root in roots))
    if outside:
        yield (
            f"{outside[0]} is not below data/raw, or a link leads there: dvc repro does not see when its files change; "
            f"after a change run dvc repro --single-item --force {stage}"
        )


def work_folder() -> Path:
    """Where finished tasks and checkpoints are kept: ``MALMOI_WORK``, else data/.work."""
    return Path(os.environ.get("MALMOI_WORK", DATA / ".work"))


def write_metrics(name: str, content: Mapping[str, object]) -> None:
    """Write reports/metrics/<name>.json, which ``dvc metrics`` shows and compares."""
    from pipelines.core.manifest import write_json  # noqa: PLC0415  (pyarrow is slow to import)

    write_json(REPORTS / "metrics" / f"{name}.json", content)


def write_plot(name: str, rows: Sequence[Mapping[str, float | None]]) -> None:
    """Write reports/plots/<name>.csv, which ``dvc plots`` shows and the report draws; None leaves a cell empty."""
    path = REPORTS / "plots" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _module() -> str:
    specification = getattr(sys.modules["__main__"], "__spec__", None)
    return specification.name.removesuffix(".__main__") if specification else "stages"
