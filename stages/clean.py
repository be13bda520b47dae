"""Decode, normalise, identify the language and filter the documents of one source."""

import sys

from pipelines.clean import SHARD_BYTES, check_budget, clean_function
from pipelines.core.dataset import Dataset
from pipelines.core.schemas import nested
from pipelines.core.verbs import run_map
from pipelines.sources.listing import check_unchanged, read_listing
from pipelines.sources.planning import plan
from stages.params import load_params
from stages.run import DATA, job, pick, run, write_metrics


def main(source: str) -> None:
    """Write data/clean/<source>: documents and the ledger."""
    params = load_params()
    function = clean_function(source, pick(params.sources, source, "sources"), params.clean)
    listing = read_listing(DATA / "sources" / f"{source}.json")
    check_unchanged(listing)
    folder = DATA / "clean" / source
    manifest = run_map(function, plan(listing), folder, job("clean", source), SHARD_BYTES)
    write_metrics(f"clean/{source}", nested(manifest.counts))
    check_budget(Dataset(folder, manifest), params.clean.error_budget)
    if not manifest.rows("documents"):
        print(f"warning: no document of {source} is kept; {folder / 'ledger'} says why", file=sys.stderr)


if __name__ == "__main__":
    run(main, __doc__, "source")
