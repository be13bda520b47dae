"""Encode, pair and pack the sentences of all sources into training examples; hold documents out for validation."""

from pipelines.core.dataset import all_tasks
from pipelines.core.memory import give_back_at_once
from pipelines.core.verbs import run_regroup
from pipelines.shard import metrics, shard_regroup
from stages.params import load_params
from stages.run import DATA, dataset, job, run, write_metrics


def main() -> None:
    """Write data/shard/train and data/shard/validation."""
    work = job("shard")
    give_back_at_once()
    params = load_params()
    sources = {key: dataset("split", key) for key in params.sources}
    corpus_bytes = sum(shard.bytes for data in sources.values() for shard in data.manifest.outputs["documents"])
    function = shard_regroup(params.shard, DATA / "tokenizer" / "tokenizer.json", corpus_bytes)
    manifest = run_regroup(function, all_tasks(sources, "documents"), DATA / "shard", work)
    write_metrics("shard", metrics(manifest.counts))


if __name__ == "__main__":
    run(main, __doc__)
