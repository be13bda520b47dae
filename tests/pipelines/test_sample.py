"""The bundled sample: the same bytes each time, gold that agrees with what was written, tasks without a trivial cue."""

import gzip
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sample.disorder import EXACT_DUPLICATE, NEAR_DUPLICATE
from pipelines.sample.draw import Draw
from pipelines.sample.options import SampleOptions
from pipelines.sample.particles import with_article, with_ending, with_particle
from pipelines.sample.personal_data import (
    VALUES,
    business_check_digit,
    corporate_check_digit,
    luhn_check_digit,
    resident_check_digit,
)
from pipelines.sample.templates import patterns, render
from pipelines.sample.world import build_world
from pipelines.sample.write import write_sample

OPTIONS = SampleOptions(seed=3, documents=500, task_rows=600)
ENCODINGS = {"korean-2.txt": "utf-8-sig", "korean-3.txt": "utf-16"}

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, OPTIONS)
    return folder


@pytest.fixture(scope="module")
def gold(sample: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows(sample / "gold" / "documents.jsonl")}


@pytest.fixture(scope="module")
def texts(sample: Path) -> dict[str, str]:
    """Every readable document by id, read the plain way."""
    return dict(read(sample / "raw"))


def rows(path: Path) -> Rows:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def read(raw: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((raw / "encyclopaedia").iterdir()):
        encoding = ENCODINGS.get(path.name, "utf-8")
        content = path.read_bytes()
        if encoding != "utf-8":
            content = content.decode(encoding).encode()
        position = 0 if encoding == "utf-8" else 3
        for text in content.removesuffix(b"\n").split(b"\n\n"):
            yield f"encyclopaedia:{path.name}#{position}", text.decode(errors="replace")
            position += len(text) + 2
    for path in sorted((raw / "notices").iterdir()):
        yield f"notices:{path.name}", path.read_text(encoding="cp949").removesuffix("\n")
    lines: list[tuple[str, str, bytes]] = []
    for path in sorted((raw / "news").iterdir()):
        lines += [("news", "url", line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    for path in sorted((raw / "comments").iterdir()):
        lines += [("comments", "id", line) for line in path.read_bytes().splitlines()]
    for source, identity, line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        text = row.get("body", row.get("paragraphs", ""))
        yield f"{source}:{row[identity]}", "\n".join(text) if isinstance(text, list) else str(text)
    for row in pq.read_table(raw / "stories" / "stories.parquet").to_pylist():
        yield f"stories:{row['id']}", row["text"]


def shingles(text: str) -> set[str]:
    joined = "".join(text.split())
    return {joined[start : start + 5] for start in range(len(joined) - 4)}


def similarity(first: str, second: str) -> float:
    one, other = shingles(first), shingles(second)
    return len(one & other) / len(one | other)


def test_the_same_options_give_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    write_sample(tmp_path, OPTIONS)
    assert digests(tmp_path) == digests(sample)


def test_another_seed_gives_other_documents(sample: Path, tmp_path: Path) -> None:
    write_sample(tmp_path, SampleOptions(seed=4, documents=500, task_rows=100))
    assert digests(tmp_path)["raw/stories/stories.parquet"] != digests(sample)["raw/stories/stories.parquet"]


def test_the_stream_of_choices_is_pinned() -> None:
    draw = Draw(1, "pinned")
    assert [draw.below(100) for _ in range(8)] == [63, 80, 82, 33, 83, 65, 71, 3]


def test_gold_names_every_readable_document_once(
    gold: dict[str, dict[str, Any]], texts: dict[str, str], sample: Path
) -> None:
    assert len(gold) == len(rows(sample / "gold" / "documents.jsonl"))
    unreadable = {key for key, row in gold.items() if row["disorder"] in ("cut_json", "invalid_utf8")}
    assert gold.keys() - texts.keys() == unreadable - texts.keys()
    assert not texts.keys() - gold.keys()
    assert Counter(row["fate"] for row in gold.values()).keys() == {
        *("kept", "exact_duplicate", "near_duplicate", "low_quality", "wrong_language", "quarantined")
    }


def test_copies_are_what_they_are_said_to_be(gold: dict[str, dict[str, Any]], texts: dict[str, str]) -> None:
    groups: dict[str, list[str]] = defaultdict(list)
    for key, row in gold.items():
        if row["group"]:
            groups[row["group"]].append(key)
    for members in groups.values():
        original = next(key for key in members if gold[key]["fate"] == "kept")
        copies = [key for key in members if key != original]
        assert copies
        for key in copies:
            if gold[key]["fate"] == EXACT_DUPLICATE:
                assert texts[key] == texts[original]
            else:
                assert gold[key]["fate"] == NEAR_DUPLICATE
                assert texts[key] != texts[original]
                assert similarity(texts[key], texts[original]) > 0.7


def test_no_two_other_documents_are_alike(gold: dict[str, dict[str, Any]], texts: dict[str, str]) -> None:
    originals = [key for key, row in gold.items() if row["fate"] == "kept" and not row["disorder"]]
    by_source: dict[tuple[str, str], list[set[str]]] = defaultdict(list)
    for key in originals:
        by_source[gold[key]["source"], gold[key]["lang"]].append(shingles(texts[key]))
    for found in by_source.values():
        for index, one in enumerate(found):
            assert all(len(one & other) < 0.7 * len(one | other) for other in found[:index])


def test_personal_data_stands_where_gold_says(sample: Path, texts: dict[str, str]) -> None:
    found = rows(sample / "gold" / "personal_data.jsonl")
    assert {row["kind"] for row in found} == VALUES.keys()
    for row in found:
        assert texts[row["id"]][row["start"] : row["end"]] == row["value"]


def test_sentences_are_the_text_in_order(sample: Path, texts: dict[str, str]) -> None:
    documents = rows(sample / "gold" / "sentences.jsonl")
    assert {row["lang"] for row in documents} == {"ko", "en"}
    for row in documents:
        assert " ".join(row["sentences"]) == texts[row["id"]].replace("\n", " ")


def test_three_fifths_are_korean(gold: dict[str, dict[str, Any]]) -> None:
    languages = Counter(row["lang"] for row in gold.values() if row["fate"] == "kept")
    assert 0.55 < languages["ko"] / (languages["ko"] + languages["en"]) < 0.65


@given(st.integers(0, 2**32))
def test_check_digits_hold(seed: int) -> None:
    draw, person = Draw(seed), ("강다비", "Dabi Kang")
    card = "".join(character for character in VALUES["card"](person, "ko", draw) if character.isdigit())
    assert int(card[-1]) == luhn_check_digit(card[:-1])
    business = VALUES["business_number"](person, "ko", draw).replace("-", "")
    assert int(business[-1]) == business_check_digit(business[:-1])
    corporate = VALUES["corporate_number"](person, "ko", draw).replace("-", "")
    assert int(corporate[-1]) == corporate_check_digit(corporate[:-1])
    resident = VALUES["resident_number"](person, "ko", draw).replace("-", "")
    assert resident[7:9] in ("97", "98", "99")
    given_before_2020 = resident[6] in "12" or int(resident[:2]) < 20
    assert not given_before_2020 or int(resident[-1]) == resident_check_digit(resident[:-1])


def test_published_check_digits() -> None:
    assert luhn_check_digit("411111111111111") == 1
    assert business_check_digit("124810099") == 8
    assert corporate_check_digit("130111000624") == 6


@pytest.mark.parametrize(
    ("word", "particle", "expected"),
    [
        ("가람시", "은", "가람시는"),
        ("예솔군", "은", "예솔군은"),
        ("서울", "로", "서울로"),
        ("가람", "로", "가람으로"),
        ("강마로", "이라는", "강마로라는"),
        ("한결", "이라는", "한결이라는"),
        ("은반지", "이었다", "은반지였다"),
        ("지도", "과", "지도와"),
        ("온빛 자전거 1", "을", "온빛 자전거 1을"),
        ("온빛 자전거 2", "을", "온빛 자전거 2를"),
        ("a@example.com", "로", "a@example.com으로"),
    ],
)
def test_particles(word: str, particle: str, expected: str) -> None:
    assert with_particle(word, particle) == expected


@given(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), st.sampled_from("은이을과"))
def test_particles_follow_the_final_consonant(syllable: str, particle: str) -> None:
    closed = (ord(syllable) - 0xAC00) % 28 > 0
    assert with_particle(syllable, particle).endswith(particle) == closed


def test_endings_and_articles() -> None:
    assert with_ending("느리", "습니다") == "느립니다"
    assert with_ending("좋", "습니다") == "좋습니다"
    assert with_ending("인상적이", "다고") == "인상적이라고"
    assert (with_article("owl"), with_article("crow")) == ("an owl", "a crow")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_pattern_can_be_told_of_every_entity_of_its_kind(language: str) -> None:
    articles, draw = patterns(f"encyclopaedia_{language}"), Draw(5)
    for entity in build_world(7):
        facts = entity.told_in(language)
        article = articles[entity.kind]
        for move in [*article["aside"], *(move for paragraph in article["article"] for move in paragraph)]:
            for pattern in move:
                sentence = render(pattern, facts, language, draw)
                assert not set("{}[]|") & set(sentence)
                assert sentence == "" or sentence[-1] in ".?!”"


@pytest.mark.parametrize("task", ["sentiment", "entailment", "entities"])
def test_splits_share_no_row(sample: Path, task: str) -> None:
    seen: set[str] = set()
    for split in ("train", "dev", "test"):
        for row in rows(sample / "tasks" / task / f"{split}.jsonl"):
            key = json.dumps([row[field] for field in sorted(row) if field not in ("label", "tags", "lang")])
            assert key not in seen
            seen.add(key)


@pytest.mark.parametrize("task", ["sentiment", "entailment"])
def test_labels_are_balanced_but_for_a_little(sample: Path, task: str) -> None:
    labels = Counter(row["label"] for row in rows(sample / "tasks" / task / "train.jsonl"))
    assert 0.5 < labels.most_common(1)[0][1] / labels.total() < 0.6


@pytest.mark.parametrize("field", ["premise", "hypothesis"])
def test_neither_half_of_a_pair_answers_alone(sample: Path, field: str) -> None:
    train, test = (rows(sample / "tasks" / "entailment" / f"{split}.jsonl") for split in ("train", "test"))
    prior = sum(row["label"] == "entailment" for row in train) / len(train)
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in train:
        for word in row[field].split():
            votes[word][row["label"]] += 1
    right = 0
    for row in test:
        leanings = [votes[word]["entailment"] - prior * votes[word].total() for word in row[field].split()]
        right += ("entailment" if sum(leanings) > 0 else "contradiction") == row["label"]
    assert right / len(test) < {"premise": 0.8, "hypothesis": 0.62}[field]


def test_entailment_follows_the_scale(sample: Path) -> None:
    scales = patterns("tasks")["entailment"]["en"]
    checked = 0
    for row in rows(sample / "tasks" / "entailment" / "train.jsonl"):
        for scale in scales if row["lang"] == "en" else ():
            steps = {value: step for step, value in enumerate(scale["values"])}
            said = [
                [steps[word] for word in row[field].rstrip(".").split() if word in steps]
                for field in ("premise", "hypothesis")
            ]
            if all(said):
                checked += 1
                assert (said[0][0] >= said[1][0]) == (row["label"] == "entailment")
    assert checked > 100


def test_tags_are_well_formed_and_partly_of_unseen_names(sample: Path) -> None:
    train, test = (rows(sample / "tasks" / "entities" / f"{split}.jsonl") for split in ("train", "test"))
    for row in train + test:
        assert len(row["tokens"]) == len(row["tags"])
        assert not any("\ue000" <= character <= "\uf8ff" for token in row["tokens"] for character in token)
        for before, tag in zip(["O", *row["tags"]], row["tags"], strict=False):
            assert not tag.startswith("I-") or before[2:] == tag[2:]
    named = [
        {token for row in split for token, tag in zip(row["tokens"], row["tags"], strict=True) if tag != "O"}
        for split in (train, test)
    ]
    assert len(named[1] - named[0]) > 0.1 * len(named[1])
