"""Train a WordPiece, a byte-level and a unigram tokenizer as params.yaml says and compare them on held-out documents.

No stage of the graph: a help for choosing tokenizer.family. Writes reports/tokenizer_comparison.md.
"""

from collections.abc import Mapping

from pipelines.privacy import PLACEHOLDERS
from pipelines.text.cutting import Family
from pipelines.tokenizer_comparison import compare_families
from stages.params import load_params
from stages.run import REPORTS, dataset, job, run, work_folder

HELD_OUT_SHARE = 0.1
_COLUMNS = {
    "fertility": "tokens per word",
    "characters_per_token": "characters per token",
    "unknown_rate": "unknown tokens",
    "whole_words": "whole words",
    "renyi_efficiency": "Rényi efficiency",
}


def main() -> None:
    """Print the table and write it."""
    params = load_params()
    sources = {key: dataset("split", key) for key in params.sources}
    folder = work_folder() / "tokenizer_comparison"
    part = job("tokenizer_comparison")
    found = compare_families(sources, params.tokenizer, PLACEHOLDERS, folder / "tokenizers", part, HELD_OUT_SHARE)
    text = table(found)
    print(f"\n{text}")
    REPORTS.mkdir(exist_ok=True)
    (REPORTS / "tokenizer_comparison.md").write_text(text, encoding="utf-8")


def table(found: Mapping[str, Mapping[Family, Mapping[str, float]]]) -> str:
    """The figures as a table in Markdown, a row for each language and family."""
    rows = [("language", "family", *_COLUMNS.values())]
    for language, families in found.items():
        for family, figures in families.items():
            rows.append((language, family, *(f"{figures[name]:.4f}" for name in _COLUMNS)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "".join(f"| {line} |\n" for line in lines)


if __name__ == "__main__":
    run(main, __doc__)
