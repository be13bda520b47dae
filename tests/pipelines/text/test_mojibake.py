"""Mojibake: real paragraphs come back, text that only looks odd stays, and what is lost is told."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text.mojibake import repair_mojibake
from pipelines.text.normalisation import normalise

DATA = Path(__file__).parents[4] / "shared" / "data"
KOREAN = "이 도시의 오래된 시장에서는 아침마다 생선과 채소를 판다."


def as_windows_1252(raw: bytes) -> str:
    """How a browser reads bytes: Windows-1252, Latin-1 where that has no character."""
    return "".join(
        bytes([byte]).decode("cp1252" if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else "latin-1") for byte in raw
    )


def one(text: str) -> tuple[str, bool]:
    texts, broken, _ = repair_mojibake(pa.array([text]))
    return texts[0].as_py(), bool(broken[0])


@pytest.mark.parametrize(
    "wrong",
    [
        KOREAN.encode().decode("latin-1"),
        as_windows_1252(KOREAN.encode()),
        KOREAN.encode("cp949").decode("latin-1"),
        as_windows_1252(KOREAN.encode("cp949")),
    ],
)
def test_a_sentence_comes_back(wrong: str) -> None:
    assert one(wrong) == (KOREAN, False)
    assert one(f"{KOREAN}\n{wrong}\nplain")[0] == f"{KOREAN}\n{KOREAN}\nplain"


def test_english_with_broken_marks_comes_back() -> None:
    text = "It’s the boy’s “own” book – really."
    assert one(as_windows_1252(text.encode())) == (text, False)


@pytest.mark.parametrize(
    "text",
    [
        KOREAN,
        "Où êtes-vous allé? À Genève, près de l’église où naquit Rousseau.",
        "Ýmir var jötunn. Þórr ætlaði að fara út á sjó og róa til fiskjar.",
        "Nguyễn Văn Trỗi và Đặng Thùy Trâm là người Việt Nam.",
        "大韓民國의 主權은 國民에게 있고, 모든 權力은 國民으로부터 나온다.",
        "Ã is a letter, so is Â, and £ 5 or 20 °C, ½ of it — naïve café",
        "日本語の文章です。これは文字化けではありません。",
        "",
    ],
)
def test_text_that_is_right_stays(text: str) -> None:
    assert one(text) == (text, False)


def test_what_lost_its_bytes_is_beyond_repair() -> None:
    damaged = KOREAN.encode().decode("latin-1").replace("\x84", "").replace("\x9d", "").replace("\x8c", "?")
    assert one(damaged) == (damaged, True)
    assert one((KOREAN * 2).encode().decode("cp949", "replace"))[1]


@given(st.lists(st.text(max_size=30), max_size=4))
def test_any_text_is_taken(batch: list[str]) -> None:
    texts, broken, counts = repair_mojibake(pa.array(batch, pa.string()))
    assert len(texts) == len(broken) == len(batch)
    assert counts["rows_repaired"] == sum(new != old for new, old in zip(texts.to_pylist(), batch, strict=True))


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
def test_real_paragraphs_come_back() -> None:
    def paragraphs(name: str) -> list[str]:
        text = (DATA / "messy_unicode_derived" / f"ko_pud.{name}.txt").read_bytes().decode()
        return [line for line in text.split("\n") if line]

    gold = normalise(pa.array(paragraphs("nfc"))).to_pylist()
    for name, least in (("mojibake_utf8_as_latin1", 200), ("mojibake_cp949_as_latin1", 198)):
        texts, broken, counts = repair_mojibake(pa.array(paragraphs(name)))
        assert counts["rows_repaired"] == len(texts) == 200 and not broken.any()
        # Two paragraphs hold a question mark where CP949 had no character.
        assert sum(new == old for new, old in zip(normalise(texts).to_pylist(), gold, strict=False)) == least


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
def test_right_text_is_never_touched() -> None:
    petitions = []
    for path in DATA.glob("ko_petitions/*.jsonl"):
        petitions += [json.loads(line)["content"] for line in path.read_text(encoding="utf-8").splitlines()]
    for texts in (petitions, [path.read_text(encoding="utf-8") for path in DATA.glob("en_novels/[A-L]*.txt")]):
        assert repair_mojibake(pa.array(texts))[2] == {"lines_repaired": 0, "rows_repaired": 0, "rows_beyond_repair": 0}
