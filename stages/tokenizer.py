"""Count the words of all sources and train the vocabulary from the counts."""

from pipelines.core.dataset import Dataset
from pipelines.privacy import PLACEHOLDERS
from pipelines.tokenizer import build_tokenizer
from stages.params import load_params
from stages.run import DATA, job, run, write_metrics


def main() -> None:
    """Write data/tokenizer."""
    params = load_params()
    sources = {key: Dataset.open(DATA / "split" / key) for key in params.sources}
    metrics = build_tokenizer(sources, params.tokenizer, PLACEHOLDERS, DATA / "tokenizer", job("tokenizer"))
    write_metrics("tokenizer", metrics)


if __name__ == "__main__":
    run(main, __doc__)
