"""All parts of the sample as one corpus: three times as much for the stages that read all sources at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.core.manifest import Manifest
from pipelines.core.work import link
from pipelines.sources.sampling import Sample

DOCUMENTS = "documents"


def distinct(sample: Sample) -> int:
    """How many of the parts, the first ones, differ: one where they all read the same of a small or packed source."""
    same = all(part.tasks == sample.parts[0].tasks for part in sample.parts)
    return 1 if same else len(sample.parts)


def share(sample: Sample) -> float:
    """Share of the source that the distinct parts have together."""
    return min(1.0, sum(part.share for part in sample.parts[: distinct(sample)]))


def join(folders: Sequence[Path], target: Path) -> None:
    """Make ``target`` a dataset of the documents of several datasets, which it shares its files with."""
    manifests = [Manifest.read(folder) for folder in folders]
    shards = [
        (folder / shard.file, replace(shard, file=f"{DOCUMENTS}/{part}-{Path(shard.file).name}"))
        for part, (folder, manifest) in enumerate(zip(folders, manifests, strict=True))
        for shard in manifest.outputs[DOCUMENTS]
    ]
    for source, shard in shards:
        link(source, target / shard.file)
    schemas = {DOCUMENTS: manifests[0].schemas[DOCUMENTS]}
    counts = sum((Counter(manifest.counts) for manifest in manifests), Counter[str]())
    outputs = {DOCUMENTS: tuple(shard for _, shard in shards)}
    Manifest(outputs, schemas, manifests[0].parameters, dict(counts)).write(target)
