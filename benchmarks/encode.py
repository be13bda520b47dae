"""WordPiece encoding, counting words and training a vocabulary beside `tokenizers`, one thread each.

Speed is megabytes of UTF-8 per second of processor time, the median of the runs after the first; both sides encode
the same texts with the same tokenizer.json, and the ids are compared.

    python -m benchmarks.encode [path of the data folder]
"""

import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

# Read by tokenizers when it first encodes: one thread, as the compiled loop has.
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import pyarrow as pa
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from benchmarks.clean_text import corpora, median_seconds, sample_of
from benchmarks.machine import machine_name
from pipelines.options import TokenizerOptions
from pipelines.text.encoder import Encoder
from pipelines.text.tokenizer_file import save_tokenizer
from pipelines.text.vocabulary import train
from pipelines.text.words import count_words

VOCABULARY = 30_000
REFERENCE_REPEATS = 3


def wordpiece() -> Tokenizer:
    """`tokenizers` with an empty WordPiece model and the rules that ours have."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=False, lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def count_in_python(texts: list[str], tokenizer: Tokenizer) -> Counter[str]:
    """What one writes without a kernel: normaliser, pre-tokeniser, Counter."""
    counts: Counter[str] = Counter()
    for text in texts:
        normal = tokenizer.normalizer.normalize_str(text)
        counts.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal))
    return counts


def report_training(texts: list[str], options: TokenizerOptions, folder: Path) -> None:
    words, counts = count_words(pa.array(texts, pa.large_string()), lowercase=False, split_digits=False)
    seconds = median_seconds(lambda: train(words, counts, options), REFERENCE_REPEATS)
    tokens = train(words, counts, options)
    save_tokenizer(tokens, options, folder)
    trainer = trainers.WordPieceTrainer(vocab_size=VOCABULARY, min_frequency=2, show_progress=False)
    start = time.process_time()
    wordpiece().train_from_iterator(texts, trainer)
    reference = time.process_time() - start
    print(f"vocabulary of {VOCABULARY:,} from {len(words):,} distinct words: {seconds:.2f} s from their counts;")
    print(f"tokenizers' trainer, its own counting included: {reference:.1f} s")


def report_speed(name: str, texts: list[str], tokenizer_json: Path) -> None:
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
            megabytes / median_seconds(lambda: count_words(array, lowercase=False, split_digits=False)),
            sample_megabytes / median_seconds(lambda: count_in_python(sample, reference), REFERENCE_REPEATS),
        ),
    }
    print(f"\n{name}: {len(texts):,} texts, {megabytes:.1f} MB; texts with other ids than tokenizers: {different}")
    print(f"{'':12}{'MB/s':>8}{'tokenizers MB/s':>18}{'times':>8}")
    for step, (ours, theirs) in rows.items():
        print(f"{step:12}{ours:8.0f}{theirs:18.2f}{ours / theirs:8.1f}")


def main(folder: Path) -> None:
    print(machine_name())
    texts = corpora(folder)
    options = TokenizerOptions(
        family="wordpiece",
        vocabulary_size=VOCABULARY,
        minimum_frequency=2,
        minimum_character_count=1,
        unused=100,
        lowercase=False,
        split_digits=False,
        model_max_length=512,
    )
    with tempfile.TemporaryDirectory() as temporary:
        report_training([text for group in texts.values() for text in group], options, Path(temporary))
        path = Path(temporary, "tokenizer.json")
        report_speed("ko_petitions + ko_nsmc_raw", texts["ko_petitions"] + texts["ko_nsmc_raw"], path)
        report_speed("en_novels", texts["en_novels"], path)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
