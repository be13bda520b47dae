"""Plant personal data of every kind in every disguise, and measure what the detectors find of it."""

from pipelines.privacy.recall import measure_recall
from stages.params import load_params
from stages.run import run, write_metrics


def main() -> None:
    """Write reports/metrics/recall.json."""
    params = load_params()
    write_metrics("recall", measure_recall(params.recall.seed, params.recall.values, params.scrub.kinds))


if __name__ == "__main__":
    run(main, __doc__)
