"""Split the documents of one source into sentences."""

from pipelines.core.dataset import Dataset
from pipelines.core.verbs import run_map
from pipelines.split import Split
from stages.params import load_params
from stages.run import DATA, job, pick, run, write_metrics


def main(source: str) -> None:
    """Write data/split/<source>."""
    params = load_params()
    pick(params.sources, source, "sources")
    scrubbed = Dataset.open(DATA / "scrub" / source)
    function = Split(params.split)
    manifest = run_map(function, scrubbed.tasks("documents"), DATA / "split" / source, job("split", source))
    write_metrics(f"split/{source}", manifest.counts)


if __name__ == "__main__":
    run(main, __doc__, "source")
