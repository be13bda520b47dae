"""Find the items of the evaluation tasks in the documents of all sources, and say what of these goes."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from pipelines.core.schemas import nested
from pipelines.decontaminate import ITEMS, contaminated_items, count_items, decontaminate
from stages.evaluate.data import read_texts
from stages.evaluate.options import TaskOptions
from stages.params import load_params
from stages.run import DATA, dataset, job, run, unwatched, write_metrics


def main() -> None:
    """Write data/decontaminate, with the items that were found in items.csv."""
    params, own = load_params(), job("decontaminate")  # before anything asks pyarrow for an array
    tasks, options = params.evaluate.tasks, params.decontaminate
    files = [Path(path) for task in tasks.values() for path in (task.dev, task.test)]
    for warning in unwatched(files, "decontaminate"):
        print(f"warning: {warning}", file=sys.stderr)
    items = pa.concat_tables([ITEMS.empty_table(), *(_items(name, task) for name, task in tasks.items())])
    cleaned, copies = ({key: dataset(name, key) for key in params.sources} for name in ("clean", "dedup"))
    written = decontaminate(cleaned, copies, items, options, DATA / "decontaminate", own)
    found = contaminated_items(written)
    pyarrow.csv.write_csv(found, DATA / "decontaminate" / "items.csv")
    counted = {"tasks": nested(count_items(items, found, options)), "sources": nested(written.manifest.counts)}
    write_metrics("decontaminate", {"action": options.action, **counted})


def _items(name: str, task: TaskOptions) -> pa.Table:
    rows = [
        {"task": name, "split": split, "record": record, "column": column, "text": text}
        for split, path in (("dev", task.dev), ("test", task.test))
        for record, column, text in read_texts(Path(path), task)
    ]
    return pa.Table.from_pylist(rows, ITEMS)


if __name__ == "__main__":
    run(main, __doc__)
