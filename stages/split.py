"""Split the documents of all sources into sentences."""

from pipelines.core.verbs import run_map_by_source
from pipelines.split import Split
from stages.params import load_params
from stages.run import DATA, dataset, job, run, write_metrics


def main() -> None:
    """Write data/split/<source> for every source of params.yaml."""
    params = load_params()
    work = job("split")
    tasks = {key: dataset("scrub", key).tasks("documents") for key in params.sources}
    manifests = run_map_by_source(Split(params.split), tasks, DATA / "split", work)
    write_metrics("split", {"sources": {key: manifest.counts for key, manifest in manifests.items()}})


if __name__ == "__main__":
    run(main, __doc__)
