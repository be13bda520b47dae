"""Clean: every record has one row of the ledger, every kept one a document, and no other text gets through."""

import gzip
import json
import tracemalloc
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pytest
import yaml
from documents import rows_of

from pipelines.clean import check_budget, clean_function
from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.machine import Machine
from pipelines.core.schemas import DOCUMENT, LEDGER
from pipelines.core.verbs import Job, run_map
from pipelines.options import CleanOptions
from pipelines.sample.options import SampleOptions
from pipelines.sample.write import write_sample
from pipelines.sources.listing import list_files
from pipelines.sources.options import SourceOptions
from pipelines.sources.planning import plan

ROOT = Path(__file__).parents[2]
OPTIONS = CleanOptions(
    profiles={"ko": "ko", "en": "en"},
    foreign_paragraphs="drop",
    longest_run=3,
    max_document_bytes=10_000_000,
    page_seconds=30,
    error_budget=0.05,
)
KOREAN = "우리 마을 도서관은 주말마다 문을 열고 주민들은 모여서 책을 읽는다."
MORE = "올해 가을에는 작은 광장에서 책을 나누는 행사가 열린다."
ENGLISH = "The library in our village opens on weekends and people come together to read books."
FATES = {"low_quality": "dropped", "wrong_language": "dropped", "quarantined": "quarantined"}
Language = Literal["ko", "en", "auto"]
Row = dict[str, Any]


def clean(folder: Path, source: SourceOptions, options: CleanOptions = OPTIONS, key: str = "own") -> Dataset:
    tasks = plan(list_files(key, source))
    run_map(clean_function(key, source, options), tasks, folder / "out" / key, Job(key, folder / "work", Machine()))
    return Dataset.open(folder / "out" / key)


def clean_texts(
    folder: Path, texts: Sequence[str], lang: Literal["ko", "en", "auto"] = "auto", **options: Any
) -> Dataset:
    """The texts as records of one JSON Lines file, their number for id."""
    folder.mkdir(parents=True, exist_ok=True)
    records = [json.dumps({"id": number, "t": text, "n": number}) + "\n" for number, text in enumerate(texts)]
    (folder / "in.jsonl").write_text("".join(records), encoding="utf-8")
    source = SourceOptions(format="jsonl", path=f"{folder}/in.jsonl", lang=lang, text="t", id="id")
    return clean(folder, source, replace(OPTIONS, **options))


def fates(data: Dataset) -> list[tuple[str, str]]:
    return [(row["fate"], row["rule"]) for row in rows_of(data, "ledger")]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Dataset]]:
    """The bundled sample, smaller, with each of its sources cleaned as params.yaml says."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder / "data/sample", SampleOptions(seed=3, documents=500, task_rows=100))
    declared = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["sources"]
    sources = {key: {**options, "path": f"{folder}/{options['path']}"} for key, options in declared.items()}
    return folder, {key: clean(folder, SourceOptions(**options), key=key) for key, options in sources.items()}


def test_every_record_of_the_sample_meets_its_fate(sample: tuple[Path, Mapping[str, Dataset]]) -> None:
    folder, cleaned = sample
    lines = (folder / "data/sample/gold/documents.jsonl").read_text(encoding="utf-8").splitlines()
    gold = {row["id"]: row["fate"] for row in map(json.loads, lines)}
    rows = [row for data in cleaned.values() for row in rows_of(data, "ledger")]
    assert Counter(row["id"] for row in rows) == Counter(gold.keys())
    wrong = [gold[row["id"]] for row in rows if row["fate"] != FATES.get(gold[row["id"]], "kept")]
    assert set(wrong) <= {"low_quality"}
    assert len(wrong) <= 0.2 * Counter(gold.values())["low_quality"]


def test_the_ledger_and_the_counts_agree_with_the_documents(sample: tuple[Path, Mapping[str, Dataset]]) -> None:
    _, cleaned = sample
    for key, data in cleaned.items():
        rows, documents, counts = rows_of(data, "ledger"), rows_of(data), data.manifest.counts
        assert [row["id"] for row in documents] == [row["id"] for row in rows if row["fate"] == "kept"]
        assert {row["source"] for row in documents} == {key}
        assert (counts["documents"], counts["kept"]) == (len(rows), len(documents))
        groups = Counter(f"{row['fate']}/{row['rule']}" for row in rows if row["fate"] != "kept")
        assert groups == {
            name: count for name, count in counts.items() if name.split("/")[0] in ("dropped", "quarantined")
        }
        for row in rows:
            assert (row["rule"] == "") == (row["fate"] == "kept")
            if row["fate"] == "dropped" and not row["rule"].startswith("language_is_"):
                assert row["value"] != row["threshold"]
        for output, schema in (("documents", DOCUMENT), ("ledger", LEDGER)):
            assert all(batch.schema == schema for batch in data.batches(output))


def test_text_is_normalised_and_without_markup_and_other_fields_are_kept(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", KOREAN)
    data = clean_texts(tmp_path, [f"<p>{decomposed}&nbsp;</p>\r\n\u200b<b>{MORE}</b>  "])
    (row,) = rows_of(data)
    assert row == {
        "id": "own:0",
        "source": "own",
        "lang": "ko",
        "text": f"{KOREAN}\n\n{MORE}",
        "meta": '{"n":0}',
    }
    assert data.manifest.counts["normalised/hangul_syllables_composed"] > 0
    assert data.manifest.counts["markup/tags_removed"] == 4


@pytest.mark.parametrize(
    ("lang", "profiles", "languages"),
    [
        ("auto", {"ko": "ko", "en": "en"}, ["ko", "en"]),
        ("ko", {"ko": "ko", "en": "en"}, ["ko"]),
        ("auto", {"en": "en"}, ["en"]),
    ],
)
def test_documents_in_other_languages_are_dropped_by_name(
    tmp_path: Path, lang: Language, profiles: dict[str, str], languages: list[str]
) -> None:
    japanese = "村の図書館は週末に開いていて、みんなが集まって本を読みます。"
    data = clean_texts(tmp_path, [KOREAN, ENGLISH, japanese], lang, profiles=profiles)
    assert [row["lang"] for row in rows_of(data)] == languages
    expected = [
        ("kept", "") if each in languages else ("dropped", f"language_is_{each}") for each in ("ko", "en", "other")
    ]
    assert fates(data) == expected


def test_a_dropped_document_is_told_with_value_and_threshold(tmp_path: Path) -> None:
    data = clean_texts(tmp_path, [KOREAN, "목록 " * 40])
    dropped = rows_of(data, "ledger")[1]
    assert (dropped["id"], dropped["fate"]) == ("own:1", "dropped")
    assert dropped["rule"] and dropped["value"] != dropped["threshold"]
    assert [row["id"] for row in rows_of(data)] == ["own:0"]


def test_nothing_but_bad_records_is_a_result_too(tmp_path: Path) -> None:
    data = clean_texts(tmp_path, ["", " "])
    assert rows_of(data) == [] and fates(data) == [("quarantined", "empty")] * 2


def test_the_budget_counts_what_could_not_be_read_not_what_was_dropped(tmp_path: Path) -> None:
    data = clean_texts(tmp_path, [*[f"{number} {KOREAN}" for number in range(17)], "짧다", "", "  "])
    assert Counter(fate for fate, _ in fates(data)) == {"kept": 17, "dropped": 1, "quarantined": 2}
    check_budget(data, 0.1)
    with pytest.raises(MalmoiError) as caught:
        check_budget(data, 0.09)
    message = str(caught.value)
    assert "2 of 20 records could not be read (10.0%), over clean.error_budget (9.0%)" in message
    position = next(row["position"] for row in rows_of(data, "ledger") if row["rule"] == "empty")
    assert f"empty: 2, the first at position {position} of {tmp_path}/in.jsonl" in message
    assert str(data.folder / "ledger") in message


def test_no_record_at_all_is_within_the_budget(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("\n \n\n")
    data = clean(tmp_path, SourceOptions(format="text", path=f"{tmp_path}/in.txt", lang="ko"))
    check_budget(data, 0.0)
    assert rows_of(data) == rows_of(data, "ledger") == []


def test_an_absent_profile_is_told(tmp_path: Path) -> None:
    with pytest.raises(MalmoiError, match="nowhere"):
        clean_texts(tmp_path, [KOREAN], profiles={"ko": "nowhere"})


def test_a_compressed_file_is_cleaned_in_constant_memory(tmp_path: Path) -> None:
    """It is one task, however large it is."""
    line = json.dumps({"t": "모든 사람은 태어날 때부터 자유롭다. " * 40}, ensure_ascii=False).encode() + b"\n"
    most = []
    for lines in (2_000, 20_000):
        with gzip.open(tmp_path / "a.jsonl.gz", "wb", compresslevel=1) as file:
            for _ in range(lines):
                file.write(line)
        options = SourceOptions(format="jsonl", path=str(tmp_path / "a.jsonl.gz"), lang="auto", text="t")
        (task,) = plan(list_files("news", options))
        function = clean_function("news", options, OPTIONS)
        tracemalloc.start()
        held = max(pa.total_allocated_bytes() for _ in function(task))
        most.append(held + tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most[1] < most[0] + (8 << 20)
    assert most[1] < 20_000 * len(line)


def test_pages_that_are_no_articles_are_dropped_by_rule_and_cost_no_budget(tmp_path: Path) -> None:
    page = "<page><title>{0}</title><ns>{1}</ns><id>{0}</id>{2}<revision><id>1</id><text>{3}</text></revision></page>"
    article = f"{KOREAN} {MORE}\n\n== 각주 ==\n{{{{각주}}}}"
    pages = [page.format(1, 0, "", article), page.format(2, 0, '<redirect title="1" />', "#넘겨주기 [[1]]")]
    pages += [page.format(3, 4, "", article), page.format(4, 0, "", "{{동음이의}} " + article)]
    (tmp_path / "dump.xml").write_text("<mediawiki>" + "".join(pages) + "</mediawiki>")
    options = SourceOptions(format="wikipedia", path=str(tmp_path / "dump.xml"), lang="ko")
    data = clean(tmp_path, options)
    assert [row["text"] for row in rows_of(data, "documents")] == [f"{KOREAN} {MORE}"]
    expected = ["", "redirect", "other_namespace", "disambiguation_page"]
    assert sorted(fates(data)) == sorted(("dropped" if rule else "kept", rule) for rule in expected)
    assert {key: count for key, count in data.manifest.counts.items() if key.startswith("dropped/")} == {
        f"dropped/{rule}": 1 for rule in expected[1:]
    }
    check_budget(data, 0.0)


def test_text_is_repaired_and_each_repair_is_counted(tmp_path: Path) -> None:
    wrong = f"{KOREAN} {MORE}".encode().decode("latin-1")
    chatty = f"{KOREAN} ㅋㅋㅋㅋㅋㅋ 정말 좋다!!!!!"
    news = f"{KOREAN}\n{MORE}\n\n가온빛 기자 reporter@example.com\nⓒ 나라일보, 무단 전재 및 재배포 금지"
    data = clean_texts(tmp_path, [wrong, chatty, news])
    expected = [f"{KOREAN} {MORE}", f"{KOREAN} ㅋㅋㅋ 정말 좋다!!!", f"{KOREAN}\n{MORE}"]
    assert [row["text"] for row in rows_of(data)] == expected
    counts = data.manifest.counts
    assert (counts["mojibake/rows_repaired"], counts["mojibake/rows_beyond_repair"]) == (1, 0)
    assert (counts["repaired/runs_shortened"], counts["repaired/characters_in_runs_removed"]) == (2, 5)
    assert (counts["newsroom/bylines_removed"], counts["newsroom/notices_removed"]) == (1, 1)


def test_mojibake_beyond_repair_is_quarantined(tmp_path: Path) -> None:
    damaged = KOREAN.encode().decode("latin-1").replace("\x84", "").replace("\x9d", "")
    data = clean_texts(tmp_path, [KOREAN, damaged, ENGLISH])
    assert sorted(fates(data)) == [("kept", ""), ("kept", ""), ("quarantined", "mojibake")]
    assert data.manifest.counts["quarantined/mojibake"] == 1
    assert [measures["lang"] for measures in rows_of(data, "measures")] == ["", "ko", "en"]


@pytest.mark.parametrize("profile", ["gopher", "c4", "fineweb"])
def test_published_profiles_take_whole_pages_and_drop_stubs(tmp_path: Path, profile: str) -> None:
    page = ["Home", "Click here", "Our privacy policy is here."]
    sentences = [
        "The village stands on a low hill above the river, where the road to the coast crosses an old stone bridge.",
        "Farmers have grown barley and apples there for centuries, and they built most of the houses themselves.",
        "When the railway came, the market moved down to the valley and many families opened small shops.",
        "A teacher from the city founded the first school, which had twelve pupils and a single room.",
        "Her letters describe long winters, poor harvests and the kindness that strangers showed to each other.",
        "Today the school is a museum that visitors can see for free on every Sunday between May and October.",
        "Its garden, planted by former pupils, is known beyond the county for more than forty kinds of roses.",
    ]
    data = clean_texts(
        tmp_path, ["\n".join([*page, *sentences]), ENGLISH, KOREAN], profiles={"ko": "ko", "en": profile}
    )
    texts = [row["text"] for row in rows_of(data)]
    kept = "\n".join(sentences if profile != "gopher" else [*page, *sentences])
    assert texts == [kept, KOREAN]
    assert data.manifest.counts.get("lines/few_words", 0) == (0 if profile == "gopher" else 2 * (profile != "c4"))


def test_a_profile_for_another_language_is_told(tmp_path: Path) -> None:
    with pytest.raises(MalmoiError, match=r"clean.profiles.ko: gopher is a profile for 'en', not 'ko'"):
        clean_texts(tmp_path, [KOREAN], profiles={"ko": "gopher"})
