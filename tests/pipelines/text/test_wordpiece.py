import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from pipelines.core.errors import MalmoiError
from pipelines.options import TokenizerOptions
from pipelines.text.encoder import Encoder
from pipelines.text.tokenizer_file import tokenizer_json
from pipelines.text.vocabulary import train
from pipelines.text.words import count_words

DATA = Path(__file__).parents[4] / "shared" / "data"
PLACEHOLDERS = ("[PHONE]", "[EMAIL]", "[PHONE", "안녕[")
TEACHING = [
    "말모이는 조선어학회가 1911년부터 만들던 우리말 사전의 원고이다. 안녕하세요, 반갑습니다! 사전을 만들었다고 한다.",
    "The manuscript was lost, and then it was found again: naïve café déjà-vu İstanbul straße ΑΒΓ.",
    "ㅋㅋㅋㅋ 정말요? ... 각 각 e\u0301 漢字 カタカナ 😀 ½ ²",
]
EDGES = [
    "",
    " ",
    "\n\r\t\u3000\u2028\u00a0",
    "\x00",
    "말\x00모\ufffd이\u200b는",
    "가" * 100 + " " + "가" * 101 + " " + "a" * 100 + "b",
    "a" * 99 + "İ",
    "\x00" * 300 + "말모이" + "\u200d" * 300,
    "[MASK][PHONE]에게[PHONE [PHON [PHONE]] [[PHONE]",
    "안녕[MASK]안녕[[MASK]] [mask] [unused0] [UNK]x",
    "漢字와 한글漢字 ㍿ 각 \u1100\u1161\u11a8 e\u0301\u0323",
    "don't-stop... 3,141.59 １２ Ⅳ ½² İİ i\u0307",
    "##다 ## # ##a",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U000e0001 \ue000 \U0010ffff \u0378",
]
LETTERS = st.sampled_from("말모이다는사전을안녕하세요 abcdehiltuTI.!?[]#'½²漢各İ\u0307\u0301\u200b\n\x00\ufffd")
TEXTS = st.text(LETTERS | st.characters(codec="utf-8"), max_size=40)
PIECES = st.lists(
    st.one_of(TEXTS, st.sampled_from([*PLACEHOLDERS, "[MASK]", "[CLS]", "[unused1]", "말모이", "manuscript", " "])),
    max_size=8,
).map("".join)


def options(**changes: Any) -> TokenizerOptions:
    values = {
        "family": "wordpiece",
        "given": None,
        "vocabulary_size": 600,
        "minimum_frequency": 1,
        "minimum_character_count": 1,
        "unused": 2,
        "lowercase": False,
        "split_digits": False,
        "language_exponent": 1.0,
        "morphemes": "none",
        "model_max_length": 512,
    }
    return TokenizerOptions(**{**values, **changes})


def make(
    folder: Path, texts: list[str], chosen: TokenizerOptions, placeholders: tuple[str, ...] = PLACEHOLDERS
) -> Path:
    words, counts = count_words(pa.array(texts), lowercase=chosen.lowercase, split_digits=chosen.split_digits)
    tokens = train(words, counts, chosen, placeholders)
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(tokenizer_json(tokens, chosen, placeholders)), encoding="utf-8")
    return path


BRACKETED = PLACEHOLDERS[:3]  # none that begins within a word, where runs of letters have to be looked through


@pytest.fixture(
    scope="module",
    params=[
        (False, False, PLACEHOLDERS),
        (True, False, BRACKETED),
        (False, True, BRACKETED),
        (True, True, PLACEHOLDERS),
    ],
    ids=str,
)
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    lowercase, split_digits, placeholders = request.param
    chosen = options(lowercase=lowercase, split_digits=split_digits)
    return make(tmp_path_factory.mktemp("tokenizer"), TEACHING, chosen, placeholders)


def reference(path: Path, texts: list[str]) -> list[list[int]]:
    encoded = Tokenizer.from_file(str(path)).encode_batch(texts, add_special_tokens=False)
    return [one.ids for one in encoded]


def test_ids_are_those_of_tokenizers_on_edge_cases(tokenizer: Path) -> None:
    assert Encoder(tokenizer).encode(pa.array(EDGES + TEACHING)).to_pylist() == reference(tokenizer, EDGES + TEACHING)


def test_ids_are_those_of_tokenizers_around_every_code_point(tokenizer: Path) -> None:
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    # Unassigned planes repeat themselves: every seventh code point beyond the first two planes is enough.
    texts = [f"다{chr(code)}at" for code in codes if code < 0x20000 or code % 7 == 0]
    texts = ["\n".join(texts[start : start + 500]) for start in range(0, len(texts), 500)]
    assert Encoder(tokenizer).encode(pa.array(texts)).to_pylist() == reference(tokenizer, texts)


@given(texts=st.lists(PIECES, max_size=4))
@settings(max_examples=150, deadline=None)
def test_ids_are_those_of_tokenizers_on_anything(tokenizer: Path, texts: list[str]) -> None:
    array = pa.array(texts, pa.string())
    assert Encoder(tokenizer).encode(array).to_pylist() == reference(tokenizer, texts)


def test_offsets_of_slices_and_of_sentence_lists_are_kept(tokenizer: Path) -> None:
    encoder = Encoder(tokenizer)
    texts = pa.array(EDGES + TEACHING, pa.large_string())
    assert encoder.encode(texts.slice(3, 5)).to_pylist() == encoder.encode(texts).to_pylist()[3:8]
    assert encoder.encode(pa.array([], pa.string())).to_pylist() == []


def test_ids_are_uint16_while_they_fit(tmp_path: Path, tokenizer: Path) -> None:
    assert Encoder(tokenizer).encode(pa.array(["말모이"])).type == pa.list_(pa.uint16())
    large = make(tmp_path, TEACHING, options(vocabulary_size=65_537))
    assert Encoder(large).encode(pa.array(["말모이"])).type == pa.list_(pa.uint32())


def change(*keys: str, value: object) -> Callable[[dict[str, Any]], None]:
    def apply(content: dict[str, Any]) -> None:
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return apply


@pytest.mark.parametrize(
    ("breaking", "named"),
    [
        (change("normalizer", "strip_accents", value=True), "strip_accents"),
        (change("normalizer", "clean_text", value=False), "clean_text"),
        (change("normalizer", value={"type": "NFC"}), "no tokenizer.json that the compiled"),
        (change("normalizer", value=None), "no tokenizer.json that the compiled"),
        (change("pre_tokenizer", value={"type": "Whitespace"}), "pre_tokenizer"),
        (change("pre_tokenizer", value=None), "no tokenizer.json that the compiled"),
        (change("model", "type", value="WordLevel"), "a model of type WordLevel"),
        (change("model", "continuing_subword_prefix", value="@@"), "continuing_subword_prefix"),
        (change("truncation", value={"max_length": 3}), "truncation"),
        (lambda content: content["added_tokens"][0].update(lstrip=True), "added_tokens"),
    ],
)
def test_what_the_kernel_does_not_do_is_refused(
    tokenizer: Path, tmp_path: Path, breaking: Callable[[dict[str, Any]], None], named: str
) -> None:
    content = json.loads(tokenizer.read_text(encoding="utf-8"))
    breaking(content)
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(MalmoiError, match=named) as refusal:
        Encoder(path)
    assert str(path) in str(refusal.value)


def test_a_missing_or_broken_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalmoiError, match="build the tokenizer first"):
        Encoder(tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(MalmoiError, match="no tokenizer"):
        Encoder(tmp_path / "tokenizer.json")


def pieces(limit: int) -> Iterator[str]:
    """The beginning of every file of the shared data, read as UTF-8 and, where that fails, as Latin-1 too."""
    for path in sorted(path for path in DATA.rglob("*") if path.is_file()):
        content = path.read_bytes()[:limit]
        yield content.decode("utf-8", "replace")
        if "\ufffd" in content.decode("utf-8", "replace"):
            yield content.decode("latin-1")


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_ids_are_those_of_tokenizers_on_real_text(tmp_path: Path) -> None:
    texts = list(pieces(3_000))
    for lowercase in (False, True):
        path = make(tmp_path, texts[::3], options(vocabulary_size=20_000, lowercase=lowercase, split_digits=lowercase))
        got = Encoder(path).encode(pa.array(texts)).to_pylist()
        assert [row for row, (one, two) in enumerate(zip(got, reference(path, texts), strict=True)) if one != two] == []
