"""The families of tokenizers beside each other: trained alike on most documents, measured on the others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pyarrow as pa

from pipelines.core.arrow import list_buffers
from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.verbs import Job
from pipelines.options import TokenizerOptions
from pipelines.text.cutting import Family
from pipelines.text.encoder import Encoder, read_tokenizer
from pipelines.text.tokenizer_metrics import Figures, WordCounts, measure_words, white_space_words
from pipelines.tokenizer import UNKNOWN, build_tokenizer, by_language, held_out

FAMILIES: tuple[Family, ...] = get_args(Family)


def compare_families(
    sources: Mapping[str, Dataset],
    options: TokenizerOptions,
    placeholders: Sequence[str],
    folder: Path,
    job: Job,
    share: float,
) -> dict[str, dict[Family, Figures]]:
    """Figures by language and family; the tokenizers are left in ``folder``, one for each family.

    ``share`` of the documents, chosen by the hash of their ids, is for measuring only. Raises MalmoiError where no
    word is held out.
    """
    texts = _held_out_words(sources, share)
    if not texts:
        raise MalmoiError("no document was held out, so there is nothing to measure on; the corpus is too small")
    found: dict[str, dict[Family, Figures]] = {language: {} for language in sorted(texts)}
    for family in FAMILIES:
        chosen = replace(options, family=family, lowercase=options.lowercase and family == "wordpiece")
        part = replace(job, name=f"{job.name}/{family}")
        build_tokenizer(sources, chosen, placeholders, folder / family, part, share)
        path = folder / family / "tokenizer.json"
        encoder, unknown = Encoder(path), read_tokenizer(path).ids[UNKNOWN]
        for language, words in texts.items():
            found[language][family] = measure_words(encoder, unknown, words)
    return found


def _held_out_words(sources: Mapping[str, Dataset], share: float) -> dict[str, WordCounts]:
    """Words of the documents held out, by language."""
    sentences: dict[str, list[pa.Array]] = {}
    for data in sources.values():
        for batch in data.batches("documents"):
            for language, rows in by_language(batch.filter(pa.array(held_out(batch["id"], share)))):
                sentences.setdefault(language, []).append(list_buffers(rows["sentences"])[1])
    counted = {language: white_space_words(arrays) for language, arrays in sentences.items()}
    return {language: words for language, words in counted.items() if len(words.words)}
