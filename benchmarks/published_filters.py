"""The published quality filters beside datatrove's own: the same decisions, document by document, and the speed.

English documents of encyclopaedia, novels, web pages and e-mails, normalised, go through the profiles `gopher`, `c4`
and `fineweb` and through datatrove's GopherRepetitionFilter, GopherQualityFilter, C4QualityFilter and
FineWebQualityFilter; Korean ones through `fineweb2-ko` and datatrove's filters with the FineWeb-2 values and Kiwi's
morphemes. Speed is megabytes of UTF-8 per second of processor time of one process.

    MALMOI_PEERS=/path/to/site-packages python -m benchmarks.published_filters [path of the data folder]

The folder in MALMOI_PEERS has datatrove 0.10 with spacy, and kiwipiepy below 0.22 for the Korean part.
"""

import gzip
import html
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.clean_text import ROWS_PER_BATCH, batches_of, median_seconds
from benchmarks.machine import machine_name
from pipelines.core.arrow import string_buffers
from pipelines.text.judging import judge_documents
from pipelines.text.language import count_letters
from pipelines.text.normalisation import normalise
from pipelines.text.quality import Profile, examine, judge, load_profile

NOVEL_CHUNK = 6000  # characters
CHUNKS_PER_NOVEL = 40
KOREAN_DOCUMENTS = 150  # Kiwi takes a second for 20 kB
SHOWN = 5
_QUALITY = ("words", "word_length", "hash_marks", "ellipses", "bullet_lines", "ellipsis_lines", "words_with_letter")
GOPHER_QUALITY = frozenset({f"gopher_{name}" for name in (*_QUALITY, "stop_words")})


def english_documents(folder: Path) -> dict[str, list[str]]:
    """Texts by corpus."""
    wiki = (folder / "en_wikitext2" / "valid.txt").read_text(encoding="utf-8")
    novels = []
    for path in sorted(folder.glob("en_novels/*_*.txt")):
        text = path.read_text(encoding="utf-8")[: NOVEL_CHUNK * CHUNKS_PER_NOVEL]
        novels += [text[start : start + NOVEL_CHUNK] for start in range(0, len(text), NOVEL_CHUNK)]
    with gzip.open(folder / "en_ud_ewt" / "gold_sentences_all_documents.jsonl.gz", "rt", encoding="utf-8") as file:
        mails = [json.loads(line)["text"] for line in file]
    return {
        "en_wikitext2": re.split(r"\n (?== [^=])", wiki),
        "en_novels": novels,
        "en_ud_ewt": mails,
        "messy_warc": web_pages(folder / "messy_warc"),
    }


def web_pages(folder: Path) -> list[str]:
    """Text of crawled pages, tags taken out without any care: boilerplate is what the filters are for."""
    pages = []
    with (folder / "cc_en_head-0174.jsonl").open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            pages.append(record.get("text") or record.get("raw_content") or "")
    for record in gzip.decompress((folder / "sample-0000.warc.gz").read_bytes()).split(b"WARC/1.")[1:]:
        if b"WARC-Type: response" in record[:500]:
            body = record.split(b"\r\n\r\n", 2)[-1].decode("utf-8", "replace")
            body = re.sub(r"(?is)<(script|style|head).*?</\1>", "", body)
            body = re.sub(r"<br[^>]*>|</(p|div|li|h\d|tr|td)>", "\n", body)
            pages.append(html.unescape(re.sub(r"<[^>]+>", "", body)))
    return pages


def part(profile: Profile, prefix: str, whole_text: bool = False) -> Profile:
    """The rules of one of datatrove's filters; with ``whole_text`` on all lines, as when it runs alone."""

    def plain(name: str) -> str:
        return name.removeprefix("kept_") if whole_text else name

    chosen = []
    for rule in profile.rules:
        group = "quality" if rule.name in GOPHER_QUALITY else "repetition" if rule.name.startswith("gopher") else ""
        if (group or rule.name.split("_")[0]) == prefix:
            chosen.append(replace(rule, measure=tuple(map(plain, rule.measure)), per=rule.per and plain(rule.per)))
    return replace(profile, rules=tuple(chosen))


def peer_filters(language: str) -> dict[str, Any] | None:
    """datatrove's filters by name, None where it is not installed."""
    if "MALMOI_PEERS" in os.environ:
        sys.path.append(os.environ["MALMOI_PEERS"])
    try:
        filters: Any = import_module("datatrove.pipeline.filters")  # a peer that is not part of the environment
    except ImportError:
        return None
    if language == "en":
        return {
            "repetition": filters.GopherRepetitionFilter(),
            "quality": filters.GopherQualityFilter(),
            "c4": filters.C4QualityFilter(),
            "fineweb": filters.FineWebQualityFilter(),
        }
    rules = {rule.name: rule for rule in load_profile("fineweb2-ko").rules}
    top = tuple((size, rules[f"gopher_top_{size}_gram"].maximum) for size in (2, 3, 4))
    duplicate = tuple((size, rules[f"gopher_duplicate_{size}_grams"].maximum) for size in range(5, 11))
    return {
        "repetition": filters.GopherRepetitionFilter(
            dup_line_frac=rules["gopher_duplicate_lines"].maximum, dup_para_frac=0, dup_line_char_frac=0,
            dup_para_char_frac=0, top_n_grams=top, dup_n_grams=duplicate, language="kor_Hang",
        ),
        "fineweb": filters.FineWebQualityFilter(
            line_punct_thr=rules["fineweb_lines_ending_in_mark"].minimum, short_line_thr=999,
            char_duplicates_ratio=0.1, new_line_ratio=rules["fineweb_newlines"].maximum, language="kor_Hang",
        ),
        "quality": filters.GopherQualityFilter(
            min_avg_word_length=1, max_avg_word_length=6, language="kor_Hang", min_stop_words=2,
            max_non_alpha_words_ratio=rules["gopher_words_with_letter"].minimum,
            stop_words=list(load_profile("fineweb2-ko").function_words),
        ),
    }  # fmt: skip


def peer_decisions(filters: Mapping[str, Any], texts: list[str]) -> tuple[dict[str, list[str]], float]:
    """Reason of each filter for each text, "" where it is kept, and the seconds of all; words are cut once per text."""
    document: Any = import_module("datatrove.data").Document
    split_into_parts: Any = import_module("datatrove.utils.text").split_into_parts
    for each in filters.values():
        each.filter(document(text="Some words. More of them.", id="warm"))
    reasons: dict[str, list[str]] = {name: [] for name in filters}
    start = time.process_time()
    for text in texts:
        split_into_parts.cache_clear()
        for name, each in filters.items():
            result = each.filter(document(text=text, id="0"))
            reasons[name].append("" if result is True else result[1])
    return reasons, time.process_time() - start


def own_decisions(texts: pa.StringArray, base: Profile, parts: Mapping[str, Profile]) -> dict[str, pa.StringArray]:
    measures, _, _ = examine(texts, base)
    return {name: judge(measures, each)[1] for name, each in parts.items()}


def compare(own: Mapping[str, pa.StringArray], peer: Mapping[str, list[str]], corpora: NDArray[np.str_]) -> None:
    print(f"{'filter':14}{'documents':>10}{'dropped':>9}{'differ':>8}")
    for name, rules in own.items():
        mine = np.array(rules.to_pylist()) == ""
        theirs = np.array(peer[name]) == ""
        differ = np.flatnonzero(mine != theirs)
        print(f"{name:14}{len(theirs):10,}{int((~theirs).sum()):9,}{len(differ):8,}")
        kinds = Counter((corpora[at], rules[int(at)].as_py() or "kept", peer[name][at] or "kept") for at in differ)
        for (corpus, here, there), count in kinds.most_common(SHOWN):
            print(f"    {corpus}: {count} here {here}, there {there}")


def judge_all(batches: list[pa.StringArray], profile: Profile) -> None:
    for batch in batches:
        judge(examine(batch, profile)[0], profile)


def clean_all(batches: list[pa.StringArray], profile: Profile) -> None:
    for batch in batches:
        judge_documents(normalise(batch), {profile.language: profile}, (profile.language,), False)


def speeds(chains: Mapping[str, Callable[[], object]], megabytes: float, peer_speed: float | None) -> None:
    for name, call in chains.items():
        speed = megabytes / median_seconds(call, 5)
        times = f"{speed / peer_speed:8.0f} times" if peer_speed else ""
        print(f"{name:58}{speed:8.1f} MB/s{times}")


def english(folder: Path) -> None:
    documents = english_documents(folder)
    corpora = np.array([name for name, texts in documents.items() for _ in texts])
    texts = normalise(pa.array([text for each in documents.values() for text in each]))
    told = np.flatnonzero(count_letters(*string_buffers(texts)).any(axis=1))
    texts, corpora = texts.take(pa.array(told)), corpora[told]
    megabytes = len(string_buffers(texts)[1]) / 1e6
    print(f"\nEnglish: {len(texts):,} documents, {megabytes:.1f} MB")
    gopher, c4, fineweb = (load_profile(name) for name in ("gopher", "c4", "fineweb"))
    own = own_decisions(texts, gopher, {name: part(gopher, name) for name in ("repetition", "quality")})
    own |= own_decisions(texts, c4, {"c4": c4})
    own |= own_decisions(texts, fineweb, {"fineweb": part(fineweb, "fineweb", whole_text=True)})
    filters = peer_filters("en")
    peer_speed = None
    if filters:
        peer, seconds = peer_decisions(filters, texts.to_pylist())
        compare(own, peer, corpora)
        peer_speed = megabytes / seconds
        print(f"\n{'datatrove, the four filters':58}{peer_speed:8.2f} MB/s")
    batches = batches_of(texts.to_pylist(), min(ROWS_PER_BATCH, 256))
    chains: dict[str, Callable[[], object]] = {
        f"{profile.name}, rules alone": partial(judge_all, batches, profile)
        for profile in (gopher, c4, fineweb, load_profile("en"))
    }
    for profile in (fineweb, load_profile("en")):
        name = f"{profile.name}, normalised, language and paragraphs found, judged"
        chains[name] = partial(clean_all, batches, profile)
    speeds(chains, megabytes, peer_speed)


def korean(folder: Path) -> None:
    records = []
    for path in sorted(folder.glob("ko_petitions/*.jsonl")):
        with path.open(encoding="utf-8") as file:
            records += [json.loads(line)["content"] for line in file]
    with gzip.open(folder / "ko_nsmc_raw" / "movies.jsonl.gz", "rt", encoding="utf-8") as file:
        reviews = ["\n".join(json.loads(line)["reviews"])[:3000] for line in file]
    half = KOREAN_DOCUMENTS // 2
    chosen = records[:: len(records) // half][:half] + reviews[:: len(reviews) // half][:half]
    texts = normalise(pa.array(chosen))
    corpora = np.array(["ko_petitions"] * half + ["ko_nsmc_raw"] * half)
    told = np.flatnonzero(count_letters(*string_buffers(texts)).any(axis=1))
    texts, corpora = texts.take(pa.array(told)), corpora[told]
    megabytes = len(string_buffers(texts)[1]) / 1e6
    print(f"\nKorean: {len(texts):,} documents, {megabytes:.2f} MB")
    profile = load_profile("fineweb2-ko")
    own = own_decisions(texts, profile, {name: part(profile, name) for name in ("repetition", "fineweb", "quality")})
    filters = peer_filters("ko")
    peer_speed = None
    if filters:
        peer, seconds = peer_decisions(filters, texts.to_pylist())
        compare(own, peer, corpora)
        peer_speed = megabytes / seconds
        print(f"\n{'datatrove, three filters, Kiwi':58}{peer_speed:8.3f} MB/s")
    speeds({"fineweb2-ko, rules alone": lambda: judge(examine(texts, profile)[0], profile)}, megabytes, peer_speed)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "shared" / "data"
    print(machine_name())
    english(folder)
    korean(folder)


if __name__ == "__main__":
    main()
