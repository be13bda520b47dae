"""The families of tokenizers beside each other: trained alike on most documents, measured on the others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pyarrow as pa
from tqdm import tqdm

from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.verbs import Job
from pipelines.options import TokenizerOptions
from pipelines.text.cutting import Family
from pipelines.text.encoder import Encoder, read_tokenizer
from pipelines.text.tokenizer_metrics import TokenizerMeasure
from pipelines.tokenizer import UNKNOWN, build_tokenizer, by_language, held_out

FAMILIES: tuple[Family, ...] = get_args(Family)


def compare_families(
    sources: Mapping[str, Dataset],
    options: TokenizerOptions,
    placeholders: Sequence[str],
    folder: Path,
    job: Job,
    share: float,
) -> dict[str, dict[Family, dict[str, float]]]:
    """Figures by language and family; the tokenizers are left in ``folder``, one for each family.

    ``share`` of the documents, chosen by the hash of their ids, is for measuring only. Raises MalmoiError where no
    document is held out.
    """
    found: dict[str, dict[Family, dict[str, float]]] = {}
    for family in FAMILIES:
        chosen = options if family == "wordpiece" else _cased(options, family)
        part = replace(job, name=f"{job.name}/{family}")
        build_tokenizer(sources, replace(chosen, family=family, given=None), placeholders, folder / family, part, share)
        for language, figures in _measure(sources, folder / family / "tokenizer.json", share, family).items():
            found.setdefault(language, {})[family] = figures
    if not found:
        raise MalmoiError("no document was held out, so there is nothing to measure on; the corpus is too small")
    return dict(sorted(found.items()))


def _cased(options: TokenizerOptions, family: Family) -> TokenizerOptions:
    """Options that a family other than WordPiece can do."""
    least = 1 if family == "bpe" else options.minimum_character_count
    return replace(options, lowercase=False, minimum_character_count=least)


def _measure(sources: Mapping[str, Dataset], tokenizer: Path, share: float, family: str) -> dict[str, dict[str, float]]:
    """Figures of one tokenizer by language, on the documents held out."""
    encoder, unknown = Encoder(tokenizer), read_tokenizer(tokenizer).ids[UNKNOWN]
    measures: dict[str, TokenizerMeasure] = {}
    rows = sum(data.manifest.rows("documents") for data in sources.values())
    with tqdm(total=rows, desc=f"measure {family}", unit="document", dynamic_ncols=True) as bar:
        for data in sources.values():
            for batch in data.batches("documents"):
                for language, documents in by_language(batch.filter(pa.array(held_out(batch["id"], share)))):
                    measure = measures.setdefault(language, TokenizerMeasure(encoder, unknown))
                    measure.add(documents["sentences"])
                bar.update(batch.num_rows)
    return {language: measure.figures() for language, measure in measures.items()}
