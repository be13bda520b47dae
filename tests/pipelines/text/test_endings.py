from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.hashed_weights import score
from pipelines.text import boundaries, endings
from pipelines.text.endings import ENDING, FEATURES, Lesson
from pipelines.text.sentences import split_sentences, tables


def lesson_for(text: str, ends: set[int]) -> Lesson:
    """Run the loop over ``text`` with a sentence ending before each byte of ``ends``; what it noted."""
    offsets, data = string_buffers(pa.array([text], pa.large_string()))
    labels = np.zeros(len(data) + 1, np.uint8)
    labels[list(ends)] = 1
    room = text.count(" ") + 1
    noted = np.zeros((room, FEATURES), np.int64)
    lesson = Lesson(labels, noted, np.zeros(room, np.uint8), np.zeros(room, np.int64), np.zeros(1, np.int64))
    found, stops = np.zeros(len(data) + 2, np.int64), np.zeros(2, np.int64)
    every = tables()._replace(candidates=np.ones(endings.SYLLABLES, np.bool_))
    boundaries.find_ends(data, offsets, np.full(1, boundaries.KOREAN, np.uint8), every, found, stops, lesson)
    assert set(found[: stops[1] - 1].tolist()) == ends
    return lesson


def test_the_loop_follows_the_labels_and_notes_each_space_once() -> None:
    text = "그는 왔어 나는 갔어 ㅋㅋ 정말 끝"
    ends = {len("그는 왔어 ".encode()), len("그는 왔어 나는 갔어 ㅋㅋ ".encode())}
    lesson = lesson_for(text, ends)
    used = int(lesson.used[0])
    noted = dict(zip(lesson.places[:used].tolist(), lesson.answers[:used].tolist(), strict=True))
    expected = [len(text[:place].encode()) for place in (3, 6, 9, 15, 18)]
    assert noted == {place: int(place in ends) for place in expected}


@given(
    ending=st.text("가나다요음는", min_size=1, max_size=5),
    others=st.lists(st.text("가나다요음는", min_size=1, max_size=4), min_size=2, max_size=2),
)
@settings(max_examples=50, deadline=None)
def test_what_stands_before_a_space_decides_its_first_features_alone(ending: str, others: list[str]) -> None:
    rows = [lesson_for(f"{ending} {other}", set()).features[0] for other in others]
    assert (rows[0][:ENDING] == rows[1][:ENDING]).all()
    assert (others[0] == others[1]) == bool((rows[0][ENDING:] == rows[1][ENDING:]).all())


def slow_score(features: NDArray[np.int64], weights: NDArray[np.uint16]) -> int:
    total = 0
    for feature in features.tolist():
        for entry in weights[feature % len(weights)].tolist():
            if entry >> 8 == (feature >> 56) % 256:
                weight = entry % 256
                total += weight - 256 if weight > 127 else weight
    return total


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_score_is_the_sum_of_the_weights_that_carry_the_top_byte_of_a_feature(data: Any) -> None:
    whole = st.integers(-(2**63), 2**63 - 1)
    features = np.array(data.draw(st.lists(whole, min_size=3, max_size=3)), np.int64)
    entries = st.integers(0, 2**16 - 1)
    weights = np.array(data.draw(st.lists(entries, min_size=8, max_size=8)), np.uint16).reshape(4, 2)
    for feature in features[:2].tolist():  # else no top byte would ever be met
        weights[feature % 4, 0] = (feature >> 56) % 256 << 8 | data.draw(st.integers(0, 255))
    assert score(features, 0, 3, weights) == slow_score(features, weights)


def test_what_is_hopeless_is_no_end_whatever_follows() -> None:
    words = ["그는", "영화를", "보고", "왔다", "갔어요", "재밌음", "하지만", "최고", "싶다"]
    texts = [f"{a} {b} {c} {d}" for a in words for b in words for c in words for d in words[:3]]
    found = split_sentences(pa.array(texts), "ko").to_pylist()
    for text, sentences in zip(texts, found, strict=True):
        noted = lesson_for(text, set())
        place = noted.places[0]
        first = int(score(noted.features[0], 0, FEATURES, tables().weights))
        hopeless = int(score(noted.features[0], 0, ENDING, tables().weights)) < endings.HOPELESS
        candidate = tables().candidates[ord(text.split(" ")[0][-1]) - 0xAC00]
        expected = bool(candidate) and not hopeless and first >= endings.THRESHOLD
        assert (len(sentences[0].encode()) == place) == expected
