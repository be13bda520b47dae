"""Count in how many documents and sources the names of persons stand, and keep those that are public."""

from pipelines.privacy.kinds import PERSON_NAME
from pipelines.public_names import count_names
from stages.params import load_params
from stages.run import DATA, dataset, job, run, write_metrics


def main() -> None:
    """Write data/names; nothing is read where names are no kind of personal data that ``scrub`` replaces."""
    params = load_params()
    kinds = params.scrub.kinds
    keys = [*params.sources] if kinds is None or PERSON_NAME in kinds else []
    cleaned, copies = ({key: dataset(name, key) for key in keys} for name in ("clean", "dedup"))
    counts = count_names(cleaned, copies, params.names, DATA / "names", job("names")).manifest.counts
    write_metrics("names", {name: counts.get(name, 0) for name in ("names", "public")})


if __name__ == "__main__":
    run(main, __doc__)
