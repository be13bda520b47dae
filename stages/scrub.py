"""Drop the copies of one source, cut what recurs or is of evaluation items, and replace personal data."""

from pipelines.core.dataset import Dataset
from pipelines.core.schemas import nested
from pipelines.core.verbs import run_map
from pipelines.privacy.canaries import generate
from pipelines.scrub import Scrub, scrub_tasks
from stages.params import load_params
from stages.run import DATA, job, pick, run, write_metrics


def main(source: str) -> None:
    """Write data/scrub/<source>."""
    params = load_params()
    work = job("scrub", source)  # before the first array: from then on pyarrow does not import pandas
    pick(params.sources, source, "sources")
    audit = params.audit
    planted = generate(audit.seed, audit.repeats, audit.per_repeat, 0)[0] if audit.plant != "none" else ()
    cleaned, copies = ({key: Dataset.open(DATA / name / key) for key in params.sources} for name in ("clean", "dedup"))
    tasks = scrub_tasks(source, cleaned, copies, Dataset.open(DATA / "decontaminate"), planted)
    manifest = run_map(Scrub(params.scrub, audit.plant), tasks, DATA / "scrub" / source, work)
    write_metrics(f"scrub/{source}", nested(manifest.counts))


if __name__ == "__main__":
    run(main, __doc__, "source")
