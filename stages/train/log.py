"""A table of figures by step, which a restart cuts back to the checkpoint that it goes on from."""

import csv
import shutil
from pathlib import Path


class Log:
    """CSV file whose first column is ``step``, kept in the work folder and copied to where it is looked at.

    Rows after ``step`` are dropped on opening, an incomplete last one too.
    """

    def __init__(self, file: Path, columns: tuple[str, ...], step: int) -> None:
        self._file, self._columns = file, columns
        kept = [row for row in self.rows() if int(row["step"]) <= step] if file.is_file() else []
        temporary = file.with_name(f".{file.name}.part")
        with temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
        temporary.replace(file)

    def append(self, values: dict[str, float | None]) -> None:
        """One row; a column that is missing or None stays empty."""
        row = {name: "" if value is None else f"{value:.9g}" for name, value in values.items()}
        with self._file.open("a", newline="", encoding="utf-8") as stream:
            csv.DictWriter(stream, self._columns, restval="", lineterminator="\n").writerow(row)

    def rows(self) -> list[dict[str, str]]:
        """All complete rows."""
        with self._file.open(newline="", encoding="utf-8") as stream:
            lines = [line for line in stream if line.endswith("\n")]
        return [row for row in csv.DictReader(lines) if None not in row.values()]

    def publish(self, file: Path) -> None:
        """Copy the table to ``file``."""
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._file, file)
