"""Show clusters of duplicates that dedup found: that of a document, or the largest; ids, kinds and sizes, no text."""

import sys
from argparse import ArgumentParser
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.clusters import SURVIVOR
from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from stages.run import DATA


def members(folder: Path = DATA / "dedup") -> pa.Table:
    """Members of all clusters of all sources; raises MalmoiError where nothing was built yet."""
    sources = [path.parent for path in sorted(folder.glob("*/manifest.json"))]
    if not sources:
        raise MalmoiError(f"{folder}: nothing there; run dvc repro dedup first")
    tables = []
    for source in sources:
        table = pa.Table.from_batches(list(Dataset.open(source).batches("duplicates")))
        tables.append(table.append_column("source", pa.repeat(source.name, table.num_rows)))
    return pa.concat_tables(tables)


def cluster_of(table: pa.Table, document: str) -> pa.Table:
    """All members of the cluster that ``document`` is in, the survivor first; no row where it is in none."""
    survivors = table.filter(pc.equal(table["id"], document))["survivor"]
    found = table.filter(pc.is_in(table["survivor"], survivors.combine_chunks()))
    first = pc.equal(found["kind"], SURVIVOR)
    return pa.concat_tables([found.filter(first), found.filter(pc.invert(first))])


def largest(table: pa.Table, count: int) -> pa.Table:
    """The survivors of the largest clusters."""
    survivors = table.filter(pc.equal(table["kind"], SURVIVOR))
    return survivors.sort_by([("cluster_size", "descending"), ("id", "ascending")]).slice(0, count)


def main() -> None:
    """Print the table that was asked for."""
    parser = ArgumentParser(prog="python -m stages.duplicates", description=__doc__)
    parser.add_argument("--id", help="the document, as <source>:<id>; without it the largest clusters are shown")
    parser.add_argument("--most", type=int, default=20, metavar="N", help="rows to show (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        table = members()
    except MalmoiError as error:
        sys.exit(f"error: {error}")
    found = cluster_of(table, arguments.id) if arguments.id else largest(table, arguments.most)
    if not found.num_rows:
        sys.exit(f"{arguments.id}: in no cluster of duplicates" if arguments.id else "no duplicates were found")
    print(f"{'size':>6}  {'kind':<12}{'source':<16}id")
    for row in found.slice(0, arguments.most).to_pylist():
        print(f"{row['cluster_size']:>6}  {row['kind']:<12}{row['source']:<16}{row['id']}")
    if found.num_rows > arguments.most:
        print(f"and {found.num_rows - arguments.most:,} more; --most shows them")


if __name__ == "__main__":
    main()
