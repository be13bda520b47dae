"""By-lines and notices go as lines; sentences about reporters and copyright stay."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text.bylines import drop_bylines
from pipelines.text.normalisation import normalise

DATA = Path(__file__).parents[4] / "shared" / "data"
BYLINES = [
    "가온빛 기자 reporter@example.com", "가온빛 기자", "(서울=가나통신) 가온빛 기자", "[나라일보 가온빛 기자]",
    "가온빛기자",
    "가온빛 기자 = reporter@example.com", "서울 가온빛 특파원", "가온빛 기자 / 노을빛 기자", "By Ada Lovelace",
    "By Ada B. Lovelace and Bob Lee", "BY ADA LOVELACE",
]  # fmt: skip
NOTICES = [
    "ⓒ 나라일보, 무단 전재 및 재배포 금지", "<저작권자(c) 가나통신, 무단 전재-재배포 금지>", "무단전재 및 재배포 금지",
    "Copyright ⓒ 나라일보. All rights reserved. 무단 전재 및 재배포 금지", "저작권자 © 나라, 무단전재 및 재배포 금지",
    "© 2019 The Village Times", "All rights reserved.", "Copyright 2004 Village Press. All Rights Reserved",
]  # fmt: skip
SENTENCES = [
    "기자", "나는 기자다.", "가온빛 기자는 말했다.", "그는 기자 출신의 정치인이다.", "기자 회견이 열렸다.",
    "나는 기자", "우리 동네 기자",
    "최고의연기자 아무개", "저작물을 무단으로 복제하는 것을 금지한다.", "이 법은 저작권자의 권리를 보호한다.",
    "저작권자는 2005년 3월 1일에 소송을 냈다.", "By the river he sat down", "By Tuesday the news had spread.",
    "By 1990 it was gone",
    "By Jove, he said.", "copyright law is complex", "By and By",
]  # fmt: skip
ABOVE, BELOW = "앞 문단이다.", "뒤 문단이다."


@pytest.mark.parametrize("line", [*BYLINES, *NOTICES])
def test_lines_of_the_newsroom_go(line: str) -> None:
    texts, counts = drop_bylines(
        pa.array([f"{ABOVE}\n\n{line}\n\n{BELOW}", f"{line}\n{ABOVE}", f"{ABOVE}\n{line}", line])
    )
    assert texts.to_pylist() == [f"{ABOVE}\n\n{BELOW}", ABOVE, ABOVE, ""]
    bylines = 4 * (line in BYLINES)
    assert counts == {"bylines_removed": bylines, "notices_removed": 4 - bylines, "rows_changed": 4}


@pytest.mark.parametrize("line", SENTENCES)
def test_sentences_stay(line: str) -> None:
    text = f"{ABOVE}\n\n{line}\n{BELOW}"
    texts, counts = drop_bylines(pa.array([text, line]))
    assert texts.to_pylist() == [text, line] and not any(counts.values())


@given(st.lists(st.lists(st.sampled_from([*BYLINES, *NOTICES, *SENTENCES, "", ABOVE]), max_size=8), max_size=3))
def test_what_is_left_is_normal_and_stays(batch: list[list[str]]) -> None:
    texts, _ = drop_bylines(normalise(pa.array(["\n".join(lines) for lines in batch], pa.string())))
    again, counts = drop_bylines(texts)
    assert again.to_pylist() == texts.to_pylist() == normalise(texts).to_pylist()
    assert not any(counts.values())
    for text, lines in zip(texts.to_pylist(), batch, strict=True):
        gone = {*BYLINES, *NOTICES}
        assert [line for line in text.split("\n") if line] == [line for line in lines if line and line not in gone]


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
def test_no_line_of_an_encyclopaedia_or_a_law_goes() -> None:
    for name in ("en_wikitext2/valid.txt", "ko_constitution/constitution.txt"):
        text = (DATA / name).read_text(encoding="utf-8")
        assert drop_bylines(normalise(pa.array([text])))[1]["rows_changed"] == 0
