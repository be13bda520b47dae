"""Canaries are the same for the same seed, distinct, found by the scrubber, and spread so that few move."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from pipelines.core.errors import MalmoiError
from pipelines.privacy import find
from pipelines.privacy.canaries import candidates, generate, place, plant, templates

REPEATS = (1, 2, 4, 8)


def test_counts_languages_and_no_name_or_number_twice() -> None:
    planted, controls = generate(7, REPEATS, per_repeat=25, controls=400)
    assert [canary.repeats for canary in planted] == [count for count in REPEATS for _ in range(25)]
    assert [canary.repeats for canary in controls] == [0] * 400
    everyone = planted + controls
    assert {canary.language for canary in everyone} == {"ko", "en"}
    assert len({canary.name for canary in everyone}) == len({canary.number for canary in everyone}) == len(everyone)
    assert generate(7, REPEATS, per_repeat=25, controls=400) == (planted, controls)
    assert not {canary.name for canary in everyone} >= {canary.name for canary in generate(8, (1,), 50, 0)[0]}


def test_golden_values() -> None:
    """The stage that plants and the stage that audits, run apart, have to mean the same people."""
    first, second = generate(1, (1,), per_repeat=2, controls=0)[0]
    assert (first.name, first.number, first.language) == ("복담넘", "010-0065-9985", "ko")
    assert (second.number, second.language) == ("010-4221-8303", "en")
    assert candidates(first, 2, 1) == ("010-8940-1936", "010-3410-6546")


def test_the_scrubber_finds_the_number_in_every_sentence() -> None:
    for canary in generate(3, (1,), per_repeat=60, controls=0)[0]:
        assert canary.sentence in [
            template.format(name=canary.name, number=canary.number) for template in templates(canary.language)
        ]
        for template in templates(canary.language):
            sentence = template.format(name=canary.name, number=canary.number)
            start = sentence.index(canary.number)
            assert find(pa.array([sentence]), canary.language, (canary.kind,)).to_pylist() == [
                {"row": 0, "start": start, "end": start + len(canary.number), "kind": canary.kind}
            ]


def test_references_are_distinct_and_never_the_secret() -> None:
    canary = generate(5, (1,), per_repeat=1, controls=0)[0][0]
    references = candidates(canary, 5_000, seed=5)
    assert len(set(references)) == len(references) == 5_000
    assert canary.number not in references
    assert references[:100] == candidates(canary, 100, seed=5)
    assert references != candidates(canary, 5_000, seed=6)
    middle = np.array([int(reference[4:8]) for reference in references])
    assert abs(middle.mean() - 4_999.5) < 150


def test_each_copy_has_a_document_of_its_own_and_its_language() -> None:
    planted, _ = generate(1, REPEATS, per_repeat=10, controls=0)
    keys = np.arange(1_000, dtype=np.uint64) * np.uint64(2**40 + 1)
    languages = ["ko" if index % 3 else "en" for index in range(1_000)]
    hosts = place(planted, keys, pa.chunked_array([languages]))
    language_of = dict(zip(keys.tolist(), languages, strict=True))
    assert all(language_of[key] == canary.language for key, canary in hosts.items())
    for canary in planted:
        assert sum(host == canary for host in hosts.values()) == canary.repeats
    order = np.random.default_rng(0).permutation(1_000)
    assert place(planted, keys[order], pa.chunked_array([[languages[index] for index in order]])) == hosts


def test_one_more_document_moves_few() -> None:
    planted, _ = generate(1, REPEATS, per_repeat=10, controls=0)
    keys = np.arange(3_000, dtype=np.uint64)
    hosts = place(planted, keys, pa.chunked_array([["ko", "en"] * 1_500]))
    for extra in range(10_000, 10_020):
        more = place(planted, np.append(keys, np.uint64(extra)), pa.chunked_array([["ko", "en"] * 1_500, ["ko"]]))
        assert sum(more.get(key) != canary for key, canary in hosts.items()) <= 4


def test_too_few_documents_is_an_error() -> None:
    planted, _ = generate(1, (4,), per_repeat=2, controls=0)
    with pytest.raises(MalmoiError, match="8 copies of canaries to plant but only 7 documents"):
        place(planted, np.arange(7, dtype=np.uint64), pa.chunked_array([["ko"] * 3 + ["en"] * 4]))
    hosts = place(planted, np.arange(8, dtype=np.uint64), pa.chunked_array([["ko"] * 4 + ["en"] * 4]))
    assert len(hosts) == 8


def test_the_sentence_becomes_a_line_of_its_own() -> None:
    texts = pa.array(["하나", "둘\n셋\n넷", "다섯"])
    planted = plant(texts, 1, "심은 문장이다.")
    assert planted.to_pylist()[::2] == ["하나", "다섯"]
    lines = planted.to_pylist()[1].split("\n")
    assert lines[0] == "둘"
    assert [line for line in lines if line != "심은 문장이다."] == ["둘", "셋", "넷"]
    assert plant(texts, 1, "심은 문장이다.") == planted
    places = {plant(texts, 1, f"문장 {index}")[1].as_py().split("\n").index(f"문장 {index}") for index in range(40)}
    assert places == {1, 2, 3}


def test_no_compiler_is_needed() -> None:
    code = (
        "import sys; import pipelines.privacy.canaries; from pipelines.privacy import PLACEHOLDERS, ScrubOptions; "
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_canaries_of_a_language_that_the_corpus_lacks_live_with_the_others() -> None:
    planted, _ = generate(3, (2,), 4, 0)
    hosts = place(planted, np.arange(1, 30, dtype=np.uint64), pa.chunked_array([["ko"] * 29]))
    assert len(hosts) == 8
    assert {canary.name for canary in hosts.values()} == {canary.name for canary in planted}
