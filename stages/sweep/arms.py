"""The arms of a sweep: the same documents and the same canaries, scrubbed better or worse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.core.arrow import read_batches
from pipelines.core.dataset import Dataset, all_tasks
from pipelines.core.keys import document_keys
from pipelines.core.machine import Machine
from pipelines.core.tasks import Task
from pipelines.core.verbs import Job, run_map_by_source, run_regroup
from pipelines.privacy.canaries import Canary, place
from pipelines.privacy.replacing import Replacement
from pipelines.scrub import Scrub
from pipelines.shard import shard_regroup
from pipelines.split import Split
from stages.params import Params
from stages.sweep.corpus import Corpus
from stages.sweep.misses import missed_copies
from stages.sweep.scrubbing import ScrubWithMisses

RAW, SCRUBBED = "raw", "scrubbed"


@dataclass(frozen=True)
class Arm:
    """``share`` of the planted secrets is missed; the raw arm is not scrubbed at all."""

    name: str
    share: float


@dataclass(frozen=True)
class Built:
    """Training examples of an arm, and what of all that was planted is left in them.

    ``missed`` are the numbers of the secrets of which the scrubber was made to miss a copy, ``copies_missed`` these
    copies; ``copies_surviving`` counts what it missed of itself too.
    """

    shard: Path
    missed: frozenset[str]
    copies_missed: int
    copies_surviving: int


def arms(shares: Sequence[float]) -> tuple[Arm, ...]:
    """Nothing scrubbed, which shows whether the model memorises at all, everything scrubbed, and what lies between."""
    between = [Arm(f"missed_{share:g}", share) for share in sorted(set(shares))]
    return Arm(RAW, 1.0), Arm(SCRUBBED, 0.0), *between


def build(arm: Arm, corpus: Corpus, planted: Sequence[Canary], params: Params, data: Path, work: Path) -> Built:
    """Plant, scrub, split and shard with the functions of the pipeline; finished parts are taken from ``work``.

    Every copy stands in the same document in each arm. Raises MalmoiError where there are fewer documents than copies.
    """
    machine = Machine.from_environment()
    options = params.audit.sweep
    hosts = place(planted, corpus.keys, corpus.languages)
    missed = missed_copies(hosts, arm.share, options.missed, params.audit.seed)
    secrets, copies = frozenset(hosts[document].number for document in missed), len(missed)
    if arm.name == RAW:
        scrub = Scrub(replace(params.scrub, kinds=(), replacement={"default": "placeholder"}), "before_scrub")
        missed = frozenset[int]()
    else:
        scrub = Scrub(params.scrub, "before_scrub", Replacement.by(params.scrub.replacement).fingerprint)
    folder = work / arm.name

    def job(name: str) -> Job:
        return Job(f"{work.name}/{arm.name}/{name}", work.parent, machine)

    tasks = {key: [_with_canaries(task, hosts, missed) for task in own] for key, own in corpus.tasks.items()}
    scrubbed = run_map_by_source(ScrubWithMisses(scrub), tasks, folder / "documents", job("scrub"))
    sources = {key: Dataset.open(folder / "documents" / key) for key in tasks}
    split = {key: found.tasks("documents") for key, found in sources.items()}
    run_map_by_source(Split(params.split), split, folder / "sentences", job("split"))
    sources = {key: Dataset.open(folder / "sentences" / key) for key in tasks}
    size = sum(shard.bytes for found in sources.values() for shard in found.manifest.outputs["documents"])
    function = shard_regroup(params.shard, data / "tokenizer" / "tokenizer.json", size)
    run_regroup(function, all_tasks(sources, "documents"), folder / "shard", job("shard"))
    through = sum(manifest.counts["canaries_surviving"] for manifest in scrubbed.values() if manifest.counts)
    return Built(folder / "shard", secrets, copies, through + len(missed))


def _with_canaries(task: Task, hosts: Mapping[int, Canary], missed: frozenset[int]) -> Task:
    plant: list[list[object]] = []
    behind: list[list[str]] = []
    first = 0
    for batch in read_batches(task.inputs[0].path):
        identifiers = batch["id"].to_pylist()
        for row, document in enumerate(document_keys(batch["id"]).tolist()):
            if document in missed:
                behind.append([identifiers[row], hosts[document].sentence])
            elif document in hosts:
                plant.append([first + row, hosts[document].sentence, hosts[document].number])
        first += batch.num_rows
    return replace(task, extra={**task.extra, "plant": plant, "missed": behind})
