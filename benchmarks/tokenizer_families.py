"""The tokenizer families side by side: trained at the same size from the same text, measured on the same held-out text.

    python -m benchmarks.tokenizer_families [DATA] [--size 30000] [--out reports/benchmarks/tokenizer_families.json]

Every twentieth text of the corpora that benchmarks/clean_text.py reads is held out. The figures are those of
``pipelines.text.tokenizer_metrics``.
"""

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from tqdm import tqdm

from benchmarks.clean_text import corpora
from benchmarks.encode import options_of
from pipelines.text.cutting import Family
from pipelines.text.encoder import Encoder, read_tokenizer
from pipelines.text.tokenizer_file import save_tokenizer
from pipelines.text.tokenizer_metrics import TokenizerMeasure
from pipelines.text.vocabulary import train
from pipelines.text.words import count_words

HELD_OUT = 20
LANGUAGES = {"ko": ("ko_petitions", "ko_nsmc_raw"), "en": ("en_novels",)}
FAMILIES: tuple[Family, ...] = ("wordpiece", "bpe", "unigram")


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--size", type=int, default=30_000)
    parser.add_argument("--out", type=Path, default=Path("reports/benchmarks/tokenizer_families.json"))
    arguments = parser.parse_args()
    read = corpora(arguments.data)
    texts = {language: [text for name in names for text in read[name]] for language, names in LANGUAGES.items()}
    held = {language: rows[::HELD_OUT] for language, rows in texts.items()}
    seen = [text for rows in texts.values() for index, text in enumerate(rows) if index % HELD_OUT]
    table: dict[str, dict[str, dict[str, float]]] = {language: {} for language in LANGUAGES}
    for family in tqdm(FAMILIES, desc="families", dynamic_ncols=True):
        options = replace(options_of(family), vocabulary_size=arguments.size)
        array = pa.array(seen, pa.large_string())
        words, counts = count_words(array, lowercase=False, split_digits=False, family=family)
        with tempfile.TemporaryDirectory() as folder:
            save_tokenizer(train(words, counts, options), options, Path(folder))
            path = Path(folder, "tokenizer.json")
            for language, rows in held.items():
                measured = TokenizerMeasure(Encoder(path), read_tokenizer(path).ids["[UNK]"])
                measured.add(pa.array([[text] for text in rows], pa.list_(pa.string())))
                table[language][family] = measured.figures()
    for language, rows_of in table.items():
        names = list(next(iter(rows_of.values())))
        print(f"\n{language}: {len(held[language]):,} texts held out, vocabulary of {arguments.size:,}")
        print(f"{'':12}" + "".join(f"{name:>22}" for name in names))
        for family_name, figures in rows_of.items():
            print(f"{family_name:12}" + "".join(f"{figures[name]:22.4f}" for name in names))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
