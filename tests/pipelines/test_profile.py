"""Thresholds tried on stored measures do what a run with them would do; a fitted profile keeps its sample."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from test_clean import ENGLISH, KOREAN, OPTIONS, clean_texts, fates

from pipelines.clean import clean_function
from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.profile import (
    _side_by_side,
    changed,
    check_counted,
    effects,
    fitted,
    sample_measures,
    stored_measures,
    tries,
    write_profile,
)
from pipelines.sources.listing import list_files
from pipelines.sources.options import SourceOptions
from pipelines.sources.planning import plan
from pipelines.text.quality import judge, load_profile, measure, profile_path

KOREAN_PROFILE = load_profile("ko")
TEXTS = [
    *[f"{number} 번째 이야기다. {KOREAN}" for number in range(6)],
    "짧다",
    "굿 최고",
    ENGLISH,
    "",
    "★★★ 대박 ★★★ 이벤트 ◆◆◆ 세일 ◆◆◆ !!! ▶▶▶▶▶▶",
    "가격은 12000 34000 56000 78000 90000 11000 원 이다 1234 5678",
    "12 34 56 78 최고",
]


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return clean_texts(tmp_path_factory.mktemp("clean"), TEXTS)


def test_every_ledger_row_has_its_measures(cleaned: Dataset) -> None:
    [measures] = cleaned.batches("measures")
    [ledger] = cleaned.batches("ledger")
    assert measures.num_rows == ledger.num_rows == len(TEXTS)
    by_id = dict(zip(ledger["id"].to_pylist(), measures.to_pylist(), strict=True))
    for number, text in enumerate(TEXTS):
        row = by_id[f"own:{number}"] if text else next(row for row in by_id.values() if row["lang"] == "")
        language = row.pop("lang")
        if not text:
            assert not any(row.values())
            continue
        expected = measure(pa.array([text]), load_profile(language)).to_pylist()[0]
        assert row == {name: expected[name] for name in row}


@pytest.mark.parametrize(
    "settings", [(), ("too_short.minimum=2",), ("mostly_digits.maximum=0.1", "word_length.maximum=3.4")]
)
def test_the_answer_is_what_a_run_would_do(cleaned: Dataset, settings: tuple[str, ...], tmp_path: Path) -> None:
    profile = changed(KOREAN_PROFILE, settings)
    found = effects(stored_measures(cleaned, "ko"), profile, near=2)
    path = tmp_path / "tried.json"
    rules = [
        json.loads(line.strip().rstrip(","))
        for line in profile_path("ko").read_text().splitlines()
        if '"measure"' in line
    ]
    for rule in rules:
        tried = next(each for each in profile.rules if each.name == rule["name"])
        rule |= {bound: getattr(tried, bound) for bound in ("minimum", "maximum") if bound in rule}
    write_profile(path, "tried", profile_path("ko"), rules)
    run = clean_texts(tmp_path, TEXTS, profiles={"ko": str(path), "en": "en"})
    reported = [rule for fate, rule in fates(run) if fate == "dropped" and not rule.startswith("language")]
    assert found.documents == 11
    assert found.kept == sum(fate == "kept" for fate, _ in fates(run)) - 1  # the one in English
    for name in {side.rule.name for side in found.sides}:
        assert sum(side.reported for side in found.sides if side.rule.name == name) == reported.count(name)
    np.testing.assert_array_equal(found.joint, found.joint.T)
    for index, side in enumerate(found.sides):
        assert side.alone <= side.falls == found.joint[index, index] <= found.documents
        assert all((value < side.threshold) == (side.bound == "minimum") for _, value in side.beyond)
        assert min(2, side.falls) == len(side.beyond)


def test_rows_meet_however_the_files_are_cut(tmp_path: Path) -> None:
    source = clean_texts(tmp_path, [f"{number} {KOREAN}" for number in range(40)])
    [ledger], [measures] = source.batches("ledger"), source.batches("measures")

    def cut(batch: pa.RecordBatch, *sizes: int) -> Iterator[pa.RecordBatch]:
        start = 0
        for size in (*sizes, batch.num_rows):
            yield batch.slice(start, size)
            start += size

    met = list(_side_by_side(cut(ledger, 7, 0, 20), cut(measures, 25, 1)))
    assert [position for rows, _ in met for position in rows["position"].to_pylist()] == ledger["position"].to_pylist()
    assert [words for _, counts in met for words in counts["words"].to_pylist()] == measures["words"].to_pylist()
    with pytest.raises(MalmoiError, match="not the same rows"):
        list(_side_by_side(cut(ledger.slice(0, 39)), cut(measures)))


def test_near_misses_are_the_nearest(cleaned: Dataset) -> None:
    found = effects(stored_measures(cleaned, "ko"), KOREAN_PROFILE, near=1)
    side = next(side for side in found.sides if side.rule.name == "too_short")
    assert side.beyond == (("own:7", 2.0),) and side.within[0][1] == 3.0


def test_tries_cover_the_range_and_agree_with_the_effects(cleaned: Dataset) -> None:
    found = tries(stored_measures(cleaned, "ko"), KOREAN_PROFILE, "too_short", "minimum")
    whole = effects(stored_measures(cleaned, "ko"), KOREAN_PROFILE, near=0)
    given = next(each for each in found if each.threshold == 3)
    side = next(side for side in whole.sides if side.rule.name == "too_short")
    assert (given.falls, given.alone, given.kept) == (side.falls, side.alone, whole.kept)
    assert [each.falls for each in found] == sorted(each.falls for each in found)
    assert all(each.kept + each.alone == found[0].kept + found[0].alone for each in found)


def test_a_fitted_profile_keeps_its_sample_and_can_be_selected(tmp_path: Path) -> None:
    (tmp_path / "trusted.txt").write_text("\n\n".join(TEXTS[:6]), encoding="utf-8")
    source = SourceOptions(format="text", path=str(tmp_path / "trusted.txt"), lang="auto")
    function = clean_function("sample", source, OPTIONS)
    rules, documents = fitted(
        sample_measures(function, plan(list_files("sample", source)), "ko"), KOREAN_PROFILE, 0.01, "x"
    )
    assert documents == 6
    path = tmp_path / "own-ko.json"
    write_profile(path, path.stem, profile_path("ko"), rules)
    profile = load_profile(str(path))
    assert (profile.name, profile.language, len(profile.rules)) == ("own-ko", "ko", len(KOREAN_PROFILE.rules))
    kept, _, _, _ = judge(measure(pa.array(TEXTS[:6]), profile), profile)
    assert kept.all()
    assert not judge(measure(pa.array(["가격은 12 34 56 78 90 11 원 이다 1234 5678 그리고 또 99"]), profile), profile)[
        0
    ].any()
    bounds = {rule.name: rule.minimum or 0.0 for rule in profile.rules}
    assert bounds["too_short"] > 3 and bounds["word_length"] > 2


def test_mistakes_are_told() -> None:
    for setting, message in (
        ("nothing.maximum=3", "no rule of ko; there are too_short"),
        ("too_short.middle=3", "RULE.minimum=NUMBER"),
        ("too_short.minimum=few", "'few' is no number"),
    ):
        with pytest.raises(MalmoiError, match=message):
            changed(KOREAN_PROFILE, [setting])
    with pytest.raises(MalmoiError, match="no document of x is in 'ko'"):
        fitted([], KOREAN_PROFILE, 0.1, "x")
    check_counted(replace(KOREAN_PROFILE, rules=()), KOREAN_PROFILE)
    for other in ("gopher", "c4", "en"):
        with pytest.raises(MalmoiError, match="counts other words or lines"):
            check_counted(load_profile(other), KOREAN_PROFILE)
