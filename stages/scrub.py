"""Drop the copies of all sources, cut what recurs or is of evaluation items, and replace personal data."""

from pipelines.core.schemas import nested
from pipelines.core.verbs import run_map_by_source
from pipelines.privacy.canaries import generate
from pipelines.privacy.kinds import PERSON_NAME
from pipelines.privacy.replacing import Replacement
from pipelines.public_names import public_by_shard
from pipelines.scrub import Scrub, check_finished, scrub_tasks
from stages.params import load_params
from stages.run import DATA, dataset, job, run, write_metrics


def main() -> None:
    """Write data/scrub/<source> for every source of params.yaml."""
    params = load_params()
    work = job("scrub")  # before the first array: from then on pyarrow does not import pandas
    audit = params.audit
    planted = generate(audit.seed, audit.repeats, audit.per_repeat, 0)[0] if audit.plant != "none" else ()
    cleaned, copies = ({key: dataset(name, key) for key in params.sources} for name in ("clean", "dedup"))
    kinds = params.scrub.kinds
    searched = [*params.sources] if kinds is None or PERSON_NAME in kinds else []
    found = {key: dataset("names", "found", key) for key in searched}
    tasks = scrub_tasks(
        cleaned,
        copies,
        dataset("decontaminate"),
        public_by_shard(dataset("names", "public")),
        planted,
        found,
    )
    key = Replacement.by(params.scrub.replacement).fingerprint
    manifests = run_map_by_source(Scrub(params.scrub, audit.plant, key), tasks, DATA / "scrub", work)
    write_metrics("scrub", {"sources": {key: nested(manifest.counts) for key, manifest in manifests.items()}})
    check_finished(manifests, params.clean.error_budget)


if __name__ == "__main__":
    run(main, __doc__)
