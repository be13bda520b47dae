"""Plant personal data of every kind in every disguise, and measure what the detectors find of it.

What is planted is measured and dropped: no stage reads it.
"""

from pipelines.privacy.hosts import choose_hosts, plant_in_documents
from pipelines.privacy.recall import measure_recall, planted_values
from stages.params import load_params
from stages.run import dataset, run, write_metrics


def main() -> None:
    """Write reports/metrics/recall.json."""
    params = load_params()
    options, kinds = params.recall, params.scrub.kinds
    planted = planted_values(options.seed, options.values, kinds)
    if options.hosts == "corpus":
        hosts = choose_hosts((dataset("clean", key) for key in params.sources), options.seed)
        planted = plant_in_documents(planted, hosts, params.clean.longest_run, options.seed)
    write_metrics("recall", {"hosts": options.hosts, **measure_recall(planted, kinds)})


if __name__ == "__main__":
    run(main, __doc__)
