"""Encoding, counting words and training a vocabulary beside `tokenizers`, each tokenizer family, one thread each.

Speed is megabytes of UTF-8 per second of processor time, the median of the runs after the first; both sides encode
the same texts with the same tokenizer.json, and the ids are compared.

    python -m benchmarks.encode [path of the data folder]
    python -m benchmarks.encode PATH --every-file   # compares the ids of every file below PATH instead
"""

import argparse
import gzip
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

# Read by tokenizers when it first encodes: one thread, as the compiled loop has.
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import pyarrow as pa
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from tqdm import tqdm

from benchmarks.clean_text import corpora, median_seconds, sample_of
from benchmarks.machine import machine_name
from pipelines.options import TokenizerOptions
from pipelines.text.cutting import Family
from pipelines.text.encoder import Encoder
from pipelines.text.tokenizer_file import save_tokenizer
from pipelines.text.vocabulary import train
from pipelines.text.words import count_words

VOCABULARY = 30_000
REFERENCE_REPEATS = 3
PIECE = 20_000  # characters compared at a time


def options_of(family: Family) -> TokenizerOptions:
    return TokenizerOptions(
        family=family,
        given=None,
        vocabulary_size=VOCABULARY,
        minimum_frequency=2,
        minimum_character_count=1,
        unused=100,
        lowercase=False,
        split_digits=False,
        language_exponent=1.0,
        morphemes="none",
        model_max_length=512,
    )


def untrained(family: Family) -> tuple[Tokenizer, trainers.Trainer]:
    """`tokenizers` with an empty model, the rules that ours have, and its trainer."""
    common: dict[str, Any] = {"vocab_size": VOCABULARY, "show_progress": False}
    if family == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=False, lowercase=False)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        return tokenizer, trainers.WordPieceTrainer(min_frequency=2, **common)
    if family == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        return tokenizer, trainers.BpeTrainer(initial_alphabet=tokenizer.pre_tokenizer.alphabet(), **common)
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    return tokenizer, trainers.UnigramTrainer(unk_token="[UNK]", special_tokens=["[UNK]"], **common)


def count_in_python(texts: list[str], tokenizer: Tokenizer) -> Counter[str]:
    """What one writes without a kernel: normaliser, pre-tokeniser, Counter."""
    counts: Counter[str] = Counter()
    for text in texts:
        normal = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
        counts.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal))
    return counts


def report_training(texts: list[str], family: Family, folder: Path) -> None:
    options = options_of(family)
    words, counts = count_words(pa.array(texts, pa.large_string()), lowercase=False, split_digits=False, family=family)
    save_tokenizer(train(words, counts, options), options, folder)
    seconds = median_seconds(lambda: train(words, counts, options), REFERENCE_REPEATS)
    line = f"\n{family}: vocabulary of {VOCABULARY:,} from {len(words):,} distinct words: {seconds:.2f} s from counts"
    if family == "unigram":  # tokenizers' trainer takes minutes for all of the text
        print(line)
        return
    start = time.process_time()
    tokenizer, trainer = untrained(family)
    tokenizer.train_from_iterator(texts, trainer)
    print(f"{line};\ntokenizers' trainer, its own counting included: {time.process_time() - start:.1f} s")


def report_speed(name: str, texts: list[str], tokenizer_json: Path, family: Family) -> None:
    encoder, reference = Encoder(tokenizer_json), Tokenizer.from_file(str(tokenizer_json))
    array = pa.array(texts, pa.large_string())
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    sample = sample_of(texts)
    sample_megabytes = sum(len(text.encode()) for text in sample) / 1e6
    ids = encoder.encode(array).to_pylist()
    expected = reference.encode_batch_fast(texts, add_special_tokens=False)
    different = sum(ours != theirs.ids for ours, theirs in zip(ids, expected, strict=True))
    rows = {
        "encode": (
            megabytes / median_seconds(lambda: encoder.encode(array)),
            sample_megabytes
            / median_seconds(lambda: reference.encode_batch_fast(sample, add_special_tokens=False), REFERENCE_REPEATS),
        ),
        "count words": (
            megabytes / median_seconds(lambda: count_words(array, lowercase=False, split_digits=False, family=family)),
            sample_megabytes / median_seconds(lambda: count_in_python(sample, reference), REFERENCE_REPEATS),
        ),
    }
    print(f"\n{name}: {len(texts):,} texts, {megabytes:.1f} MB; texts with other ids than tokenizers: {different}")
    print(f"{'':12}{'MB/s':>8}{'tokenizers MB/s':>18}{'times':>8}")
    for step, (ours, theirs) in rows.items():
        print(f"{step:12}{ours:8.0f}{theirs:18.2f}{ours / theirs:8.1f}")


def compare_every_file(folder: Path, tokenizer_json: Path) -> None:
    """Compare the ids of all files below ``folder``, read as UTF-8 and, where they are not, as Latin-1 too."""
    encoder, reference = Encoder(tokenizer_json), Tokenizer.from_file(str(tokenizer_json))
    different, size = [], 0
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in tqdm(files, desc=f"{reference.model.__class__.__name__}", unit="file", dynamic_ncols=True):
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        texts = [content.decode("utf-8", "replace")]
        texts += [content.decode("latin-1")] if "\ufffd" in texts[0] else []
        for text in texts:
            pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
            size += len(text.encode())
            expected = reference.encode_batch_fast(pieces, add_special_tokens=False)
            got = encoder.encode(pa.array(pieces, pa.large_string())).to_pylist()
            if any(ours != theirs.ids for ours, theirs in zip(got, expected, strict=True)):
                different.append(str(path.relative_to(folder)))
    print(f"{len(files):,} files, {size / 1e6:.0f} MB: other ids than tokenizers in {different or 'none'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--every-file", action="store_true")
    arguments = parser.parse_args()
    print(machine_name())
    texts = corpora(arguments.data)
    families: tuple[Family, ...] = ("wordpiece", "bpe", "unigram")
    for family in families:
        with tempfile.TemporaryDirectory() as temporary:
            path = Path(temporary, "tokenizer.json")
            everything = [text for group in texts.values() for text in group]
            if arguments.every_file:
                words, counts = count_words(
                    pa.array(everything, pa.large_string()), lowercase=False, split_digits=False, family=family
                )
                save_tokenizer(train(words, counts, options_of(family)), options_of(family), Path(temporary))
                compare_every_file(arguments.data, path)
                continue
            report_training(everything, family, Path(temporary))
            report_speed("ko_petitions + ko_nsmc_raw", texts["ko_petitions"] + texts["ko_nsmc_raw"], path, family)
            report_speed("en_novels", texts["en_novels"], path, family)


if __name__ == "__main__":
    main()
