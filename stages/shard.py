"""Encode, pair and pack the sentences of all sources into training examples; hold documents out for validation."""

from pipelines.core.dataset import Dataset
from pipelines.core.tasks import Task
from pipelines.core.verbs import run_regroup
from pipelines.shard import metrics, shard_regroup
from stages.params import load_params
from stages.run import DATA, job, run, write_metrics


def main() -> None:
    """Write data/shard/train and data/shard/validation."""
    params = load_params()
    sources = {key: Dataset.open(DATA / "split" / key) for key in params.sources}
    tasks = [
        Task(f"{key}/{task.name}", task.inputs) for key, data in sources.items() for task in data.tasks("documents")
    ]
    corpus_bytes = sum(shard.bytes for data in sources.values() for shard in data.manifest.outputs["documents"])
    function = shard_regroup(params.shard, DATA / "tokenizer" / "tokenizer.json", corpus_bytes)
    manifest = run_regroup(function, tasks, DATA / "shard", job("shard"))
    write_metrics("shard", metrics(manifest.counts))


if __name__ == "__main__":
    run(main, __doc__)
