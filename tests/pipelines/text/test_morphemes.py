import json
from collections import Counter, defaultdict
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import decoders

from pipelines.options import TokenizerOptions
from pipelines.text import morphemes
from pipelines.text.cutting import Family
from pipelines.text.morphemes import Morphemes, cut_words
from pipelines.text.vocabulary import train

RULES = {
    name: value.split()
    for name, value in json.loads(
        Path(morphemes.__file__).with_name("morpheme_rules.json").read_text(encoding="utf-8")
    ).items()
}
STEMS = ["말모이", "책", "길", "바다", "ab", "\u2581집", "사전", "a\u0301", "😀"]
SUFFIXES = ["", "은", "는", "이", "가", "로", "으로", "에서", "에서는", "을", "다", "습니다", "했다", "힣"]
WORDS = st.dictionaries(
    st.tuples(st.sampled_from(STEMS), st.sampled_from(SUFFIXES), st.sampled_from(SUFFIXES)).map("".join),
    st.integers(1, 9),
    min_size=1,
    max_size=40,
)


def parts(counted: dict[str, int], by: Morphemes) -> dict[tuple[str, bool], int]:
    found = cut_words(pa.array(list(counted)), np.array(list(counted.values()), np.int64), by)
    keys = list(zip(found.texts.to_pylist(), found.continued.tolist(), strict=True))
    assert keys == sorted(set(keys), key=lambda key: (key[0].encode(), key[1]))
    return dict(zip(keys, found.counts.tolist(), strict=True))


def is_syllable(character: str) -> bool:
    return "가" <= character <= "힣"


def fits(stem: str, suffix: str) -> bool:
    if not is_syllable(stem[-1]):
        return False
    final = (ord(stem[-1]) - ord("가")) % 28
    return (
        suffix in RULES["after_any"]
        or (suffix in RULES["after_consonant"] and final != 0)
        or (suffix in RULES["after_vowel"] and final == 0)
        or (suffix in RULES["after_vowel_or_rieul"] and final in (0, 8))
    )


def reference(counted: dict[str, int]) -> dict[tuple[str, bool], int]:
    """The same rules, a word and a suffix at a time."""
    candidates: dict[str, list[tuple[str, str]]] = {}
    met = defaultdict(set)
    for word in counted:
        syllables = 0
        while syllables < len(word) and is_syllable(word[-1 - syllables]):
            syllables += 1
        candidates[word] = []
        if syllables and word[len(word) - syllables :] not in RULES["whole"]:
            splits = ((word[:cut], word[cut:]) for cut in range(1 + len(word) - syllables, len(word)))
            candidates[word] = [(stem, suffix) for stem, suffix in splits if fits(stem, suffix)]
        for stem, suffix in [*candidates[word], *([(word, "")] if syllables else [])]:
            met[stem].add(suffix)
    found: Counter[tuple[str, bool]] = Counter()
    for word, count in counted.items():
        sound = [(stem, suffix) for stem, suffix in candidates[word] if len(met[stem]) >= 3]
        stem, suffix = sound[0] if sound else (word, "")
        found[stem, False] += count
        if suffix:
            found[suffix, True] += count
    return dict(found)


@given(counted=WORDS)
@settings(max_examples=200)
def test_cuts_are_those_of_the_slow_reference(counted: dict[str, int]) -> None:
    assert parts(counted, "rules") == reference(counted)


def test_particles_are_cut_off_where_the_stem_is_met_with_others() -> None:
    counted = {"말모이는": 3, "말모이를": 2, "말모이": 5, "고래는": 4, "말모이은": 1, "많이": 7, "많은": 1, "많다": 1}
    assert parts(counted, "rules") == {
        ("말모이", False): 10,
        ("는", True): 3,
        ("를", True): 2,
        ("말모이은", False): 1,  # no particle fits: 은 follows a consonant
        ("고래는", False): 4,  # its stem is met with one suffix only
        ("많이", False): 7,  # on the list of words that stay whole
        ("많은", False): 1,
        ("많다", False): 1,
    }


def test_equal_parts_of_several_words_add_up_and_the_order_does_not_matter() -> None:
    counted = {f"{stem}{suffix}": 2 for stem in ("사전", "책상") for suffix in ("", "은", "이", "에서")}
    found = parts(counted, "rules")
    assert found[("은", True)] == 4 and found[("사전", False)] == 8
    assert parts(dict(reversed(counted.items())), "rules") == found


def test_none_leaves_every_word_whole() -> None:
    words = pa.array(["말모이는", "a", "말모이를"])
    found = cut_words(words, np.array([3, 2, 1]), "none")
    assert found.texts.to_pylist() == words.to_pylist() and not found.continued.any()
    assert len(cut_words(pa.array([], pa.string()), np.zeros(0, np.int64), "rules").texts) == 0


@pytest.mark.parametrize("family", get_args(Family))
def test_no_token_is_learned_across_a_particle(family: Family) -> None:
    mark = {"wordpiece": "", "bpe": " ", "unigram": "\u2581"}[family]
    words = [f"{mark}{stem}{particle}" for stem in ("말모이", "바구니") for particle in ("", "는", "를", "에서는")]
    joined = {}
    for by in get_args(Morphemes)[:2]:
        options = replace(OPTIONS, family=family, morphemes=by)
        tokens = train(pa.array(words), np.full(len(words), 9), options).tokens
        texts = [decoders.ByteLevel().decode([token]) for token in tokens] if family == "bpe" else tokens
        joined[by] = [text for text in texts if any(end in text for end in ("이는", "니를", "이에", "니에"))]
        assert any("말모이" in text for text in texts) and any("에서는" in text for text in texts)
    assert joined["none"] and not joined["rules"]


OPTIONS = TokenizerOptions(
    family="wordpiece",
    given=None,
    vocabulary_size=400,
    minimum_frequency=2,
    minimum_character_count=1,
    unused=0,
    lowercase=False,
    split_digits=False,
    language_exponent=1.0,
    morphemes="none",
    model_max_length=64,
)


@pytest.mark.skipif(find_spec("kiwipiepy") is None, reason="needs the extra kiwi")
def test_kiwi_cuts_several_endings_and_keeps_what_is_fused() -> None:
    found = parts({"말모이는": 1, "학생들에게": 2, "abc": 1, "갔다": 1}, "kiwi")
    assert {("는", True), ("에게", True), ("abc", False), ("말모이", False)} <= set(found)
    # The past of 갔다 is within its first syllable; what is cut off of it is the ending alone.
    assert ("다", True) in found and ("갔", False) in found
