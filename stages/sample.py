"""Write the bundled sample: raw sources of an invented world, their gold, and small tasks."""

from pipelines.core.files import anew
from pipelines.sample.write import write_sample
from stages.params import load_params
from stages.run import DATA, run, write_metrics


def main() -> None:
    """Write data/sample."""
    params = load_params()
    with anew(DATA / "sample") as folder:
        write_metrics("sample", write_sample(folder, params.sample))


if __name__ == "__main__":
    run(main, __doc__)
