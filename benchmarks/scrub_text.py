"""Personal data: recall and precision on published cases, false finds on clean text, and speed.

Speed is megabytes of UTF-8 per second of processor time of one process, the median of the runs after the first. Beside
it stand the same patterns tried on all text, without the compiled gate, which is how pattern scrubbers work. Character
precision and recall count the characters of the gold spans of a type and of the finds of the kind. Only counts are
printed: some of these texts are posts of citizens.

The worst documents are looked for among units repeated: those of HOSTILE, and PARTS one, two or three at a time, drawn
at random. What they take for a kilobyte stands beside what the median petition takes, names included in both; each is
repeated, so that what comes with any call does not count.

    python -m benchmarks.scrub_text [path of the data folder]
"""

import csv
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa

from benchmarks.machine import machine_name
from pipelines.privacy import KINDS, find, scrub
from pipelines.privacy.detect import scrub_or_give_up
from pipelines.privacy.gate import END, START, Gate
from pipelines.privacy.window import search_everywhere

REPEATS = 5
UNGATED_BYTES = 1_000_000
DOCUMENT_BYTES, HOSTILE_BYTES = 16_000, 20_000
DOCUMENTS, HOSTILE_UNITS, WORST = 200, 1_500, 12
SEED = 5
VECTOR_KINDS = {
    "KR_RRN": ("resident_number", ""),
    "KR_FRN": ("foreigner_number", ""),
    "KR_BRN": ("business_number", "사업자등록번호 "),
    "KR_PASSPORT": ("passport", "여권 "),
    "KR_DRIVER_LICENSE": ("driver_licence", "운전면허 "),
}
HOSTILE = (
    *("1", "-", "@", "a@", "1-", "1 2 ", "1.", "1:", "1\u200b", "8(", "0(", "1I", "6/-", "2\t", "0@x.com", "0 1 0 "),
    *(
        "010-1234-5678/",
        "900101-1234567 ",
        "a@b.com ",
        "12가3456 ",
        "김철수 ",
        "김철수 씨 010-1234-5678 ",
        "계좌 12-3 ",
    ),
)
PARTS = (
    *"0123456789-./ :()+@*\n\t~_ㅡ가나다로에서이은는을일이삼사오육칠팔구공영호동층번지OoIlxX①²Ａ１\u200b\u0301",
    *(
        "다시",
        " 계좌 ",
        "주민번호 ",
        "전화 ",
        "IP ",
        "://",
        "MAC ",
        "sk-",
        "password: ",
        "생년월일 ",
        "12가 ",
        "@x.com",
    ),
    *("서울 강남구 테헤란로 ", "GB82 WEST ", "카드 ", "위도 ", "인스타 @", "김철수 ", "John Smith ", "씨 "),
)


def seconds(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median processor time of ``run``, the first run left out."""
    taken = []
    for _ in range(repeats + 1):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return statistics.median(taken[1:])


def korean_cases(folder: Path) -> Iterator[tuple[str, str, bool, bool]]:
    """Kind, "alone" or "with word", whether the value is to be found, and whether it was, for each published case."""
    for line in (folder / "presidio_kr.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        kind, word = VECTOR_KINDS[case["_entities"][0]]
        for setting, prefix in (("alone", ""), ("with word", word if case["expected_len"] else "")):
            finds = [row for row in find(pa.array([prefix + case["text"]]), "ko").to_pylist() if row["kind"] == kind]
            places = [[row["start"] - len(prefix), row["end"] - len(prefix)] for row in finds]
            yield (
                kind,
                setting,
                bool(case["expected_len"]),
                bool(places) and places == (case["expected_positions"] or places),
            )
    for line in (folder / "stdnum_kr_brn.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        finds = find(pa.array([f"사업자등록번호 {case['input']}의"]), "ko").column("kind").to_pylist()
        yield "business_number", "python-stdnum", not case["expected"].startswith("Invalid"), bool(finds)


def clean_texts(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Name, language and text of what holds no personal data to speak of."""
    yield "ko_constitution", "ko", (folder / "ko_constitution/constitution.txt").read_text(encoding="utf-8")
    yield "en_wikitext2", "en", (folder / "en_wikitext2/valid.txt").read_text(encoding="utf-8")
    lines = (folder / "ko_ud_pud/ko_pud-ud-test.conllu").read_text(encoding="utf-8").splitlines()
    yield "ko_ud_pud", "ko", "\n".join(line.partition("= ")[2] for line in lines if line.startswith("# text ="))
    for language in ("en", "zh", "ar"):
        articles = json.loads((folder / f"xquad/xquad.{language}.json").read_text(encoding="utf-8"))["data"]
        paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
        texts = [
            line
            for paragraph in paragraphs
            for line in (paragraph["context"], *(question["question"] for question in paragraph["qas"]))
        ]
        yield f"xquad {language}", "en" if language == "en" else "other", "\n".join(texts)


def petitions(folder: Path) -> list[str]:
    """Bodies of petitions."""
    return [
        json.loads(line)["content"]
        for path in sorted((folder / "ko_petitions").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def ungated(texts: list[str]) -> int:
    """Finds when every pattern is tried on all text."""
    return sum(len(search_everywhere(text, "ko", KINDS)) for text in texts)


def report_accuracy(folder: Path) -> None:
    cases: Counter[tuple[str, str, bool, bool]] = Counter(korean_cases(folder / "pii_kr_vectors"))
    print("published Korean cases             found / valid   found / invalid")
    for kind, setting in sorted({(kind, setting) for kind, setting, _, _ in cases}):
        counts = [
            f"{cases[kind, setting, wanted, True]} / {sum(cases[kind, setting, wanted, hit] for hit in (True, False))}"
            for wanted in (True, False)
        ]
        print(f"  {kind:18} {setting:15} {counts[0]:>12} {counts[1]:>14}")
    document = (folder / "pii_scrubadub/document.txt").read_text(encoding="utf-8")
    with (folder / "pii_scrubadub/known_pii.csv").open(encoding="utf-8", newline="") as rows:
        known = [row["match"] for row in csv.DictReader(rows) if row["filth_type"] in ("phone", "email")]
    scrubbed = scrub(pa.array([document]), "en")[0].as_py()
    print(f"scrubadub, phone and e-mail        {sum(value not in scrubbed for value in known)} of {len(known)}")
    print("clean text                         finds   per 100 kB")
    for name, language, text in clean_texts(folder):
        finds, size = find(pa.array([text]), language).num_rows, len(text.encode())
        print(f"  {name:18} {finds:20} {finds / size * 1e5:12.2f}")


def report_speed(folder: Path) -> None:
    texts = petitions(folder)
    array, megabytes = pa.array(texts), sum(len(text.encode()) for text in texts) / 1e6
    gate = Gate.of(KINDS)
    offsets = np.frombuffer(array.buffers()[1], np.int32, len(array) + 1).astype(np.int64)
    data = np.frombuffer(array.buffers()[2], np.uint8)
    windows, _ = gate.windows(offsets, data)
    share = int((windows[:, END] - windows[:, START]).sum()) / sum(map(len, texts))
    print(f"ko_petitions, {megabytes:.1f} MB: {share:.1%} of the characters pass the gate")
    print(f"  gate alone          {megabytes / seconds(lambda: gate.windows(offsets, data)):8.0f} MB/s")
    names_off = tuple(kind.name for kind in KINDS if kind.patterns)
    print(f"  scrub               {megabytes / seconds(lambda: scrub(array, 'ko')):8.0f} MB/s")
    print(f"  without names       {megabytes / seconds(lambda: scrub(array, 'ko', names_off)):8.0f} MB/s")
    few, size = [], 0
    for text in texts:
        if size < UNGATED_BYTES:
            few.append(text)
            size += len(text.encode())
    print(f"  without the gate    {size / 1e6 / seconds(lambda: ungated(few), 2):8.1f} MB/s")


def for_a_kilobyte(text: str, size: int) -> float:
    """Seconds of scrubbing for a kilobyte of ``text`` in rows of its own, as many as make ``size`` bytes."""
    length = len(text.encode())
    rows = max(1, size // max(1, length))
    return seconds(partial(scrub_or_give_up, pa.array([text] * rows), "ko"), 3) / (rows * length) * 1e3


def hostile_units() -> list[str]:
    random = Random(SEED)
    drawn = ["".join(random.choices(PARTS, k=random.randrange(1, 4))) for _ in range(HOSTILE_UNITS)]
    return list(dict.fromkeys((*HOSTILE, *drawn)))


def report_worst(folder: Path) -> None:
    texts = [text for text in petitions(folder) if text]
    chosen = texts[:: max(1, len(texts) // DOCUMENTS)]
    median = statistics.median(for_a_kilobyte(text, DOCUMENT_BYTES) for text in chosen)
    print(f"for a kilobyte, names included: median petition {median * 1e6:.0f} us")
    repeated = {unit: unit * (HOSTILE_BYTES // len(unit.encode())) for unit in hostile_units()}
    taken = {unit: for_a_kilobyte(text, HOSTILE_BYTES) for unit, text in repeated.items()}
    unfinished = scrub_or_give_up(pa.array([*repeated.values()]), "ko").unfinished
    worst = sorted(taken, key=lambda unit: -taken[unit])
    print(f"  {len(taken)} units repeated, of which a detector gives up {len(unfinished)}")
    print(f"  the {WORST} worst of them and some by hand")
    for unit in (*worst[:WORST], *HOSTILE):
        print(f"  {unit!a:46} {taken[unit] * 1e6:8.0f} us, {taken[unit] / median:6.1f} times the median")


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    print(machine_name())
    report_accuracy(folder)
    report_speed(folder)
    report_worst(folder)


if __name__ == "__main__":
    main()
