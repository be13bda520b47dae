"""Sizes of what is to be removed, the removal, and the table of both."""

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm


@dataclass(frozen=True)
class Row:
    """Files and bytes of one kind; ``freed`` are those bytes of which no other name of the same file is left."""

    kind: str
    files: int
    bytes: int
    freed: int


def measure(found: Mapping[str, Sequence[Path]]) -> list[Row]:
    """One row per kind. The last of the names of a file frees it, so it counts where that name is."""
    links: Counter[tuple[int, int]] = Counter()
    rows = []
    for kind, paths in found.items():
        files = size = freed = 0
        for path in _files(paths):
            status = path.lstat()
            name = (status.st_dev, status.st_ino)
            links[name] += 1
            files, size = files + 1, size + status.st_size
            freed += status.st_size if links[name] == status.st_nlink else 0
        rows.append(Row(kind, files, size, freed))
    return rows


def remove(paths: Sequence[Path]) -> None:
    """Remove files and folders, a bar telling how far it is; links are removed, what they lead to is not."""
    total = sum(1 for _ in _files(paths))
    with tqdm(total=total, desc="prune", unit="file", dynamic_ncols=True, delay=1) as bar:
        for path in paths:
            for file in list(_files([path])):
                file.unlink(missing_ok=True)
                bar.update()
            if path.is_dir() and not path.is_symlink():
                for folder, _, _ in os.walk(path, topdown=False):
                    Path(folder).rmdir()


def table(rows: Sequence[Row], found: Mapping[str, Sequence[Path]], shown: int) -> str:
    """Kind, number of files, size and disk space freed; below each kind the first ``shown`` of its paths."""
    lines = []
    for row in (*rows, total(rows)):
        lines.append(
            f"{row.files:>9,} files {row.bytes / 1e6:>12,.2f} MB {row.freed / 1e6:>12,.2f} MB freed  {row.kind}"
        )
        paths = found.get(row.kind, ())
        lines += [f"{'':>24}{path}" for path in paths[:shown]]
        lines += [f"{'':>24}and {len(paths) - shown:,} more"] if len(paths) > shown else []
    return "\n".join(lines)


def total(rows: Iterable[Row]) -> Row:
    rows = list(rows)
    return Row("in all", *(sum(getattr(row, name) for row in rows) for name in ("files", "bytes", "freed")))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_symlink() and path.is_dir():
            yield from (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
            # A link to a folder is a name in the folder that holds it.
            yield from (each for each in path.rglob("*") if each.is_symlink() and each.is_dir())
        elif path.is_symlink() or stat.S_ISREG(path.lstat().st_mode):
            yield path
