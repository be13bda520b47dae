"""Count the words of all sources and train the vocabulary from the counts."""

import sys
from pathlib import Path

from pipelines.privacy import PLACEHOLDERS
from pipelines.tokenizer import build_tokenizer
from stages.params import load_params
from stages.run import DATA, dataset, job, run, unwatched, write_metrics


def main() -> None:
    """Write data/tokenizer."""
    params = load_params()
    given = params.tokenizer.given
    for warning in unwatched([] if given is None else [Path(given)], "tokenizer"):
        print(f"warning: {warning}", file=sys.stderr)
    sources = {key: dataset("split", key) for key in params.sources}
    metrics = build_tokenizer(sources, params.tokenizer, PLACEHOLDERS, DATA / "tokenizer", job("tokenizer"))
    write_metrics("tokenizer", metrics)


if __name__ == "__main__":
    run(main, __doc__)
