"""What was built, where it is and how large: the last lines of ``make repro``."""

from pathlib import Path

from stages.gate.verdict import judge, table
from stages.params import load_params
from stages.run import DATA, REPORTS, run

_BUILT = (
    ("tokenizer", DATA / "tokenizer", "AutoTokenizer.from_pretrained"),
    ("training examples", DATA / "shard", 'datasets.load_dataset("arrow")'),
    ("model", DATA / "model", "AutoModelForPreTraining.from_pretrained"),
    ("metrics", REPORTS / "metrics", "dvc metrics show"),
    ("plots", REPORTS / "plots", "dvc plots show"),
    ("report", REPORTS / "index.html", "a browser"),
)


def main() -> None:
    """Print one line per artifact and one per bar of the gate."""
    rows = [("built", "where", "size", "open with")]
    rows += [(name, str(path), _size(path), opened) for name, path, opened in _BUILT]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    print("\n" + "\n".join(lines) + "\n")
    print(table(judge(load_params().gate.bars, REPORTS / "metrics")))


def _size(path: Path) -> str:
    if not path.exists():
        return "missing"
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return f"{sum(file.stat().st_size for file in files) / 1e6:,.2f} MB"


if __name__ == "__main__":
    run(main, __doc__)
