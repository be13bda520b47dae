"""Byte-level BPE and unigram: trained, saved, and encoded with the ids of `tokenizers`."""

import json
import math
from collections import Counter
from collections.abc import Callable
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from pipelines.core.arrow import string_buffers
from pipelines.core.errors import MalmoiError
from pipelines.options import TokenizerOptions
from pipelines.text.byte_pairs import byte_characters
from pipelines.text.cutting import Family, spaces_forward
from pipelines.text.encoder import Encoder
from pipelines.text.tokenizer_file import save_tokenizer
from pipelines.text.unigram_vocabulary import logarithm
from pipelines.text.vocabulary import SPECIAL_TOKENS, Vocabulary, train
from pipelines.text.words import count_words

DATA = Path(__file__).parents[4] / "shared" / "data"
PLACEHOLDERS = ("[PHONE]", "[EMAIL]", "[PHONE", "안녕[", "'s[")
TEACHING = [
    "말모이는 조선어학회가 1911년부터 만들던 우리말 사전의 원고이다. 안녕하세요, 반갑습니다! 사전을 만들었다고 한다.",
    "The manuscript was lost, and then it wasn't found again: naïve café déjà-vu İstanbul; they'll've.",
    "ㅋㅋㅋㅋ 정말요? ... 각 각 e\u0301 漢字 カタカナ 😀 ½ ²",
] * 3
EDGES = [
    "",
    " ",
    "\n\r\t\u3000\u2028\u00a0",
    "\x00",
    "말\x00모\ufffd이\u200b는",
    "ㅋ" * 300 + " " + "가나다" * 60 + "x",
    "a" * 5000,
    "[MASK][PHONE]에게[PHONE [PHON [PHONE]] [[PHONE] 에게",
    "안녕[MASK]안녕[[MASK]] [mask] [unused0] [UNK]x it's[PHONE]",
    "漢字와 한글漢字 ㍿ 각 \u1100\u1161\u11a8 e\u0301\u0323",
    "don't-stop... 3,141.59 １２ Ⅳ ½² 'll 've' ''s 'S 'r [MASK]'s 'l",
    "a  b \n\n c\u3000\u3000d \u3000e  ",
    "▁ ▁▁가▁ ▁",
    "2",
    "가 2026",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U000e0001 \ue000 \U0010ffff \u0378",
]
LETTERS = st.sampled_from("말모이다는사전을ㅋ abcdehilstuvTI.!?'[]#½²2漢İ\u0301\u200b\n\u3000\x00\ufffd▁")
PIECES = st.lists(
    st.one_of(
        st.text(LETTERS | st.characters(codec="utf-8"), max_size=40),
        st.sampled_from([*PLACEHOLDERS, "[MASK]", "말모이", "manuscript", " ", "  ", "'s", "'ll"]),
    ),
    max_size=8,
).map("".join)
COUNTED = st.dictionaries(st.text("abc가나 ", min_size=1, max_size=9), st.integers(1, 9), min_size=1, max_size=25)


def options(family: Family, **changes: Any) -> TokenizerOptions:
    values = {
        "family": family,
        "given": None,
        "vocabulary_size": 620,
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


def make(folder: Path, texts: list[str], chosen: TokenizerOptions) -> Path:
    words, counts = count_words(
        pa.array(texts),
        lowercase=False,
        split_digits=chosen.split_digits,
        family=chosen.family,
        placeholders=PLACEHOLDERS,
    )
    save_tokenizer(train(words, counts, chosen, PLACEHOLDERS), chosen, folder, PLACEHOLDERS)
    return folder / "tokenizer.json"


@pytest.fixture(scope="module", params=[("bpe", False), ("bpe", True), ("unigram", False), ("unigram", True)], ids=str)
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    family, digits = request.param
    return make(tmp_path_factory.mktemp(family), TEACHING, options(family, split_digits=digits))


def reference(path: Path, texts: list[str]) -> list[list[int]]:
    encoded = Tokenizer.from_file(str(path)).encode_batch(texts, add_special_tokens=False)
    return [one.ids for one in encoded]


def test_ids_are_those_of_tokenizers_on_edge_cases(tokenizer: Path) -> None:
    texts = EDGES + TEACHING
    assert Encoder(tokenizer).encode(pa.array(texts)).to_pylist() == reference(tokenizer, texts)


def test_ids_are_those_of_tokenizers_around_every_code_point(tokenizer: Path) -> None:
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    # Unassigned planes repeat themselves: every seventh code point beyond the first two planes is enough.
    texts = [f"다{chr(code)}a {chr(code)}1!{chr(code)}!" for code in codes if code < 0x20000 or code % 7 == 0]
    texts = ["".join(texts[start : start + 500]) for start in range(0, len(texts), 500)]
    assert Encoder(tokenizer).encode(pa.array(texts)).to_pylist() == reference(tokenizer, texts)


@given(texts=st.lists(PIECES, max_size=4))
@settings(max_examples=200, deadline=None)
def test_ids_are_those_of_tokenizers_on_anything(tokenizer: Path, texts: list[str]) -> None:
    assert Encoder(tokenizer).encode(pa.array(texts, pa.string())).to_pylist() == reference(tokenizer, texts)


def test_what_was_encoded_before_does_not_matter(tokenizer: Path) -> None:
    encoder = Encoder(tokenizer)
    texts = pa.array([*EDGES, *TEACHING, "말모이는 사전을 만들었다고 한다. " * 50])
    first = encoder.encode(texts).to_pylist()
    assert (
        encoder.encode(pa.array(["사전의 말모이 lost"] * 2000)).to_pylist()[0]
        == reference(tokenizer, ["사전의 말모이 lost"])[0]
    )
    assert encoder.encode(texts).to_pylist() == first


def test_a_document_has_the_tokens_of_its_sentences(tokenizer: Path) -> None:
    documents = [
        ["말모이는 사전이다. ", "사전을  ", "\n만들었다. ", "  "],
        ["The manuscript. "],
        ["lost\n", "and found."],
    ]
    sentences = [sentence for document in documents for sentence in document]
    document_offsets = np.cumsum([0, *(len(document) for document in documents)])
    offsets, data = string_buffers(pa.array(sentences))
    moved = spaces_forward(document_offsets, offsets, data)
    assert moved[document_offsets].tolist() == offsets[document_offsets].tolist()
    encoder = Encoder(tokenizer)
    rows = encoder.encode_buffers(moved, data).to_pylist()
    whole = encoder.encode(pa.array(["".join(document) for document in documents])).to_pylist()
    parts = [list(chain(*rows[start:stop])) for start, stop in pairwise(document_offsets.tolist())]
    assert parts == whole


def test_transformers_loads_it_and_decodes_what_was_encoded(tokenizer: Path) -> None:
    loaded = AutoTokenizer.from_pretrained(tokenizer.parent)
    names = [*SPECIAL_TOKENS, *PLACEHOLDERS, "[unused0]", "[unused1]"]
    assert loaded.convert_tokens_to_ids(names) == list(range(len(names)))
    assert len(loaded) == 620 and set(PLACEHOLDERS) <= set(loaded.all_special_tokens)
    texts = ["말모이는 사전이다. wasn't lost", "말 [PHONE]으로 말"]
    assert (
        loaded(texts, add_special_tokens=False)["input_ids"] == Encoder(tokenizer).encode(pa.array(texts)).to_pylist()
    )
    assert loaded.decode(loaded(texts[0])["input_ids"], skip_special_tokens=True) == texts[0]
    pair = loaded("말모이는", "사전을")
    assert pair["token_type_ids"][0] == 0 and pair["token_type_ids"][-1] == 1


@pytest.mark.parametrize(
    ("family", "breaking", "named"),
    [
        ("bpe", lambda c: c["model"].update(dropout=0.1), "model.dropout"),
        ("bpe", lambda c: c["model"].update(ignore_merges=True), "model.ignore_merges"),
        ("bpe", lambda c: c["model"].update(end_of_word_suffix="</w>"), "model.end_of_word_suffix"),
        ("bpe", lambda c: c["model"]["vocab"].pop("Ġ"), "bytes are missing"),
        ("bpe", lambda c: c.update(normalizer={"type": "NFC"}), "normalizer"),
        ("bpe", lambda c: c["pre_tokenizer"].update(add_prefix_space=True), "pre_tokenizer"),
        ("bpe", lambda c: c.update(pre_tokenizer=None), "no tokenizer.json"),
        ("unigram", lambda c: c["model"].update(byte_fallback=True), "model.byte_fallback"),
        ("unigram", lambda c: c["model"].update(unk_id=None), "model.unk_id"),
        ("unigram", lambda c: c["pre_tokenizer"].update(prepend_scheme="always"), "pre_tokenizer"),
        ("unigram", lambda c: c.update(normalizer=None), "normalizer"),
        ("unigram", lambda c: c["added_tokens"][0].update(lstrip=True), "added_tokens"),
        ("unigram", lambda c: c.update(truncation={"max_length": 3}), "truncation"),
    ],
)
def test_what_the_kernels_do_not_do_is_refused(
    tmp_path: Path, family: Family, breaking: Callable[[dict[str, Any]], Any], named: str
) -> None:
    path = make(tmp_path, TEACHING, options(family))
    content = json.loads(path.read_text(encoding="utf-8"))
    breaking(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(MalmoiError, match=named.replace(".", r"\.")):
        Encoder(path)


def test_scores_of_many_digits_are_read_as_tokenizers_reads_them(tmp_path: Path) -> None:
    path = make(tmp_path, TEACHING, options("unigram"))
    content = json.loads(path.read_text(encoding="utf-8"))
    choose = np.random.default_rng(3)
    # Runs of one letter have many cuts that score the same but for rounding.
    runs = {"ㅋ" * length: -3.0 * length for length in (1, 2, 4, 8, 16)}
    vocabulary = [[token, score - choose.random()] for token, score in content["model"]["vocab"]]
    vocabulary = [pair for pair in vocabulary if set(pair[0]) != {"ㅋ"}]
    content["model"]["vocab"] = vocabulary + [[token, score / 3.7] for token, score in runs.items()]
    path.write_text(json.dumps(content), encoding="utf-8")
    texts = ["ㅋ" * length for length in range(1, 200)]
    assert Encoder(path).encode(pa.array(texts)).to_pylist() == reference(path, texts)


def trained(counted: dict[str, int], chosen: TokenizerOptions) -> Vocabulary:
    return train(pa.array(list(counted)), np.array(list(counted.values()), np.int64), chosen)


def reference_merges(counted: dict[str, int], room: int, minimum: int) -> list[tuple[str, str]]:
    """Byte-pair merges, counting all pairs anew before each."""
    characters = byte_characters()
    ids = {token: index for index, token in enumerate(characters)}
    cut = {word: [characters[byte] for byte in word.encode()] for word in counted}
    merges: list[tuple[str, str]] = []
    while len(ids) < room:
        pairs: Counter[tuple[int, int]] = Counter()
        for word, pieces in cut.items():
            for one, two in pairwise(pieces):
                pairs[ids[one], ids[two]] += counted[word]
        ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
        if not ranked or ranked[0][1] < minimum:
            break
        names = list(ids)
        left, right = (names[index] for index in ranked[0][0])
        merges.append((left, right))
        ids.setdefault(left + right, len(ids))
        for pieces in cut.values():
            position = 0
            while position + 1 < len(pieces):
                if (pieces[position], pieces[position + 1]) == (left, right):
                    pieces[position : position + 2] = [left + right]
                position += 1
    return merges


@given(counted=COUNTED, minimum=st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_byte_pairs_equal_the_slow_reference(counted: dict[str, int], minimum: int) -> None:
    vocabulary = trained(counted, options("bpe", vocabulary_size=290, minimum_frequency=minimum))
    assert vocabulary.merges == reference_merges(counted, 290 - 7, minimum)
    assert len(vocabulary.tokens) == len(set(vocabulary.tokens)) == 290


@pytest.mark.parametrize("family", ["bpe", "unigram"])
@given(counted=COUNTED, order=st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_words_does_not_matter(family: Family, counted: dict[str, int], order: Any) -> None:
    items = list(counted.items())
    order.shuffle(items)
    chosen = options(family, vocabulary_size=300)
    assert trained(dict(items), chosen) == trained(counted, chosen)


def test_unigram_finds_the_words_of_a_text_without_spaces() -> None:
    choose = np.random.default_rng(5)
    parts = ["학교", "에서", "친구", "와", "공부", "한다", "우리말", "사전"]
    counted = Counter("▁" + "".join(choose.choice(parts, 3)) for _ in range(3000))
    vocabulary = trained(dict(counted), options("unigram", vocabulary_size=135, minimum_frequency=2))
    scores = dict(zip(vocabulary.tokens, vocabulary.scores, strict=True))
    assert all(part in scores for part in parts)
    # One syllable that only stands inside its word is not worth a likely token.
    assert all(scores["학교"] > scores[letter] + 3 for letter in "학교")
    learned = [score for token, score in scores.items() if token not in (*SPECIAL_TOKENS, "[unused0]", "[unused1]")]
    assert sum(math.exp(score) for score in learned) == pytest.approx(1, abs=0.01)


def test_unigram_pieces_hold_letters_of_one_kind() -> None:
    vocabulary = trained({"▁말했다.": 50, "▁말abc": 50, "▁1911년": 50}, options("unigram"))
    assert "▁말" in vocabulary.tokens and "▁말했다" in vocabulary.tokens
    assert not {"다.", "말a", "1년", "▁말했다."} & set(vocabulary.tokens)


def test_a_text_that_spells_a_reserved_token_is_no_reserved_token(tmp_path: Path) -> None:
    path = make(tmp_path, TEACHING, options("unigram"))
    assert min(Encoder(path).encode(pa.array(["[unused0] [unused1]"])).to_pylist()[0]) > len(SPECIAL_TOKENS) + 5


@given(values=st.lists(st.floats(1e-300, 1e300), min_size=1, max_size=20))
def test_the_logarithm_is_one(values: list[float]) -> None:
    np.testing.assert_allclose(logarithm(np.array(values)), np.log(values), rtol=1e-14, atol=1e-15)


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize("family", ["bpe", "unigram"])
def test_ids_are_those_of_tokenizers_on_real_text(family: Family, tmp_path: Path) -> None:
    files = sorted(path for path in DATA.rglob("*") if path.is_file())
    texts = [path.read_bytes()[:2000].decode("utf-8", "replace") for path in files]
    path = make(tmp_path, texts[::3], options(family, vocabulary_size=12_000, split_digits=True))
    got = Encoder(path).encode(pa.array(texts)).to_pylist()
    assert [row for row, (one, two) in enumerate(zip(got, reference(path, texts), strict=True)) if one != two] == []
