"""Sentences to next-sentence examples: ours against what transformers 4.57's TextDatasetForNextSentencePrediction does.

Both run in one process of their own over the same text, with the same vocabulary. Ours reads Arrow sentences, in files
of the size that the stages before it write, and writes shards: the whole verb. The other side is written after the
description of that class, which is gone from transformers since 5.0: the file read whole, one tokenizer call per line,
examples of three tensors each, all in memory. Left out of it, in its favour: the lock, the pickle that it writes, and
reading that back.

Speed is megabytes of UTF-8 per second of processor time, all threads counted, the median of the runs after the first.

    python -m benchmarks.shard [--megabytes 10] [--repeats 3]
"""

import argparse
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import peak_mebibytes

TEXT = Path(__file__).parents[2] / "shared" / "data"
VOCABULARY = 16_000
LENGTH = 128
SIDES = ("malmoi", "transformers 4.57")


def read_corpus(megabytes: float) -> Iterator[list[str]]:
    """Documents as lists of lines: Korean petitions and stretches of English novels in turn, again from the start."""
    left = megabytes * 1e6
    while left > 0:
        petitions = (
            json.loads(line)["content"]
            for path in sorted((TEXT / "ko_petitions").glob("*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
        novels = (
            text[start : start + 4_000]
            for path in sorted((TEXT / "en_novels").glob("*.txt"))
            for text in [path.read_text(encoding="utf-8")]
            for start in range(0, len(text), 4_000)
        )
        for text in itertools.chain.from_iterable(zip(petitions, novels, strict=False)):
            lines = " ".join(text.split()).replace(". ", ".\n").replace("? ", "?\n").splitlines()
            left -= sum(len(line.encode()) + 1 for line in lines)
            yield lines
            if left <= 0:
                return


def prepare(folder: Path, megabytes: float) -> float:
    """Write the corpus in both forms and a tokenizer; returns its size in megabytes of UTF-8."""
    import pyarrow as pa  # noqa: PLC0415  (each side imports only what it needs: memory is measured)
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers  # noqa: PLC0415

    from pipelines.clean import SHARD_BYTES  # noqa: PLC0415
    from pipelines.core.arrow import ShardWriter  # noqa: PLC0415
    from pipelines.core.schemas import SENTENCES  # noqa: PLC0415

    documents = list(read_corpus(megabytes))
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator((line for lines in documents[:400] for line in lines), trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    text = "\n\n".join("\n".join(lines) for lines in documents) + "\n"
    (folder / "corpus.txt").write_text(text, encoding="utf-8")
    remaining = enumerate(documents)
    for number in itertools.count():
        with ShardWriter(folder / f"sentences.{number:05d}.arrow", SENTENCES) as writer:
            for index, lines in remaining:
                row = {"id": str(index), "source": "a", "lang": "other", "sentences": lines, "meta": "{}"}
                writer.write(pa.RecordBatch.from_pylist([row], SENTENCES))
                if writer.bytes >= SHARD_BYTES:
                    break
            else:
                break
    return len(text.encode()) / 1e6


def run_malmoi(folder: Path) -> int:
    """Sentences in Arrow to shards in Arrow; returns the number of examples."""
    from pipelines.core.fingerprint import file_digest  # noqa: PLC0415
    from pipelines.core.memory import give_back_at_once  # noqa: PLC0415
    from pipelines.core.tasks import FileRange, Task  # noqa: PLC0415
    from pipelines.core.verbs import run_regroup  # noqa: PLC0415
    from pipelines.options import ShardOptions  # noqa: PLC0415
    from pipelines.shard import shard_regroup  # noqa: PLC0415
    from stages.run import job  # noqa: PLC0415

    paths = sorted(folder.glob("sentences.*.arrow"))
    options = ShardOptions(
        objective="nsp",
        max_length=LENGTH,
        short_fraction=0.1,
        duplicate_factor=1,
        negatives="corpus",
        validation_fraction=0.01,
        shard_megabytes=64,
        seed=1,
    )
    function = shard_regroup(options, folder / "tokenizer.json", sum(path.stat().st_size for path in paths))
    tasks = [Task(path.name, (FileRange(str(path), file_digest(path)),)) for path in paths]
    with tempfile.TemporaryDirectory(dir=folder) as work:
        os.environ |= {"MALMOI_WORK": str(Path(work, "work")), "MALMOI_WORKERS": "1"}
        started = job("shard")  # as the stage starts
        give_back_at_once()
        manifest = run_regroup(function, tasks, Path(work, "out"), started)
    return manifest.rows("train") + manifest.rows("validation")


def run_transformers(folder: Path) -> int:
    """Lines of text to examples in memory, a line, a sentence and an example at a time."""
    import torch  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    names = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    tokens = {f"{name}_token": token for name, token in names.items()}
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **tokens)
    documents: list[list[list[int]]] = [[]]
    with (folder / "corpus.txt").open(encoding="utf-8") as file:
        for text in file.read().splitlines():
            line = text.strip()
            if not line and documents[-1]:
                documents.append([])
            ids = tokenizer.convert_tokens_to_ids(tokenizer.tokenize(line))
            if ids:
                documents[-1].append(ids)
    examples: list[dict[str, Any]] = []
    generator = random.Random(1)
    for index in range(len(documents)):
        for first, second, is_random in _reference_pairs(documents, index, generator):
            input_ids = [tokenizer.cls_token_id, *first, tokenizer.sep_token_id, *second, tokenizer.sep_token_id]
            types = [0] * (len(first) + 2) + [1] * (len(second) + 1)
            example = {"input_ids": input_ids, "token_type_ids": types, "next_sentence_label": int(is_random)}
            examples.append({name: torch.tensor(value, dtype=torch.long) for name, value in example.items()})
    return len(examples)


def _reference_pairs(
    documents: list[list[list[int]]], index: int, generator: random.Random
) -> Iterator[tuple[list[int], list[int], bool]]:
    """The published builder: chunks up to a target, a split, and half of the time another document behind A."""
    budget = LENGTH - 3
    target = generator.randint(2, budget) if generator.random() < 0.1 else budget
    document, position = documents[index], 0
    chunk: list[list[int]] = []
    while position < len(document):
        chunk.append(document[position])
        if position == len(document) - 1 or sum(map(len, chunk)) >= target:
            split = generator.randint(1, len(chunk) - 1) if len(chunk) > 1 else 1
            first = [token for sentence in chunk[:split] for token in sentence]
            second: list[int] = []
            is_random = len(chunk) == 1 or generator.random() < 0.5
            if is_random:
                for _ in range(10):
                    other = generator.randint(0, len(documents) - 1)
                    if other != index:
                        break
                source = documents[other]
                for sentence in source[generator.randint(0, len(source) - 1) :]:
                    second.extend(sentence)
                    if len(second) >= target - len(first):
                        break
                position -= len(chunk) - split
            else:
                second = [token for sentence in chunk[split:] for token in sentence]
            yield first, second, is_random
            chunk = []
        position += 1


def _side(name: str, folder: Path, repeats: int) -> None:
    """One side in this process: a line of JSON with its times, examples and peak memory."""
    function = run_malmoi if name == SIDES[0] else run_transformers
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        examples = function(folder)
        seconds.append(time.process_time() - start)
    print(json.dumps({"seconds": seconds, "examples": examples, "peak_mib": peak_mebibytes()}))


def measure(megabytes: float, repeats: int) -> dict[str, dict[str, float]]:
    """Both sides in turn: MB/s, seconds of the first run, examples and peak memory of the process in MiB."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    found = {}
    with tempfile.TemporaryDirectory() as name:
        size = prepare(Path(name), megabytes)
        for side in SIDES:
            command = [sys.executable, "-m", "benchmarks.shard", "--side", side, "--folder", name]
            output = subprocess.run(
                [*command, "--repeats", str(repeats + 1)], check=True, env=environment, stdout=subprocess.PIPE
            ).stdout
            result = json.loads(output.splitlines()[-1])
            found[side] = {
                "megabytes": round(size, 2),
                "megabytes_per_second": round(size / statistics.median(result["seconds"][1:]), 3),
                "first_seconds": round(result["seconds"][0], 2),
                "examples": result["examples"],
                "peak_mib": round(result["peak_mib"]),
            }
    return found


def main() -> None:
    """Measure and print a table, or be one side of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        _side(arguments.side, arguments.folder, arguments.repeats)
        return
    if not (TEXT / "ko_petitions").is_dir():
        sys.exit(f"{TEXT}: not there; this benchmark needs ko_petitions and en_novels")
    found = measure(arguments.megabytes, arguments.repeats)
    for side, result in found.items():
        print(f"{side:20}", "  ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in result.items()))
    ours, theirs = (found[side] for side in SIDES)
    speed = ours["megabytes_per_second"] / theirs["megabytes_per_second"]
    print(f"speed x{speed:.1f}, memory x{ours['peak_mib'] / theirs['peak_mib']:.2f}")


if __name__ == "__main__":
    main()
