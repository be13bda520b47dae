"""Find exact and near duplicates across all sources."""

from collections import Counter

from pipelines.clusters import SURVIVOR
from pipelines.core.schemas import nested
from pipelines.dedup import dedup
from stages.params import load_params
from stages.run import DATA, dataset, job, run, write_metrics


def main() -> None:
    """Write data/dedup/<source> for every source of params.yaml and how many of its documents are copies."""
    params = load_params()
    sources = {key: dataset("clean", key) for key in params.sources}
    manifests = dedup(sources, params.dedup, DATA / "dedup", job("dedup"))
    total: Counter[str] = Counter()
    for manifest in manifests.values():
        total.update(manifest.counts)
    documents = sum(data.manifest.rows("documents") for data in sources.values())
    found = nested(total)
    clusters = found["copies"].pop(SURVIVOR)
    copies = sum(found["copies"].values())
    sources_found = {key: nested(manifest.counts) for key, manifest in manifests.items()}
    write_metrics(
        "dedup",
        {"documents": documents, "kept": documents - copies, "clusters": clusters, **found, "sources": sources_found},
    )


if __name__ == "__main__":
    run(main, __doc__)
