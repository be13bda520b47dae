import json
import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.errors import MalmoiError
from pipelines.options import TokenizerOptions
from pipelines.text.vocabulary import SPECIAL_TOKENS, train

COUNTED = st.dictionaries(st.text("abc가나", min_size=1, max_size=9), st.integers(1, 9), min_size=1, max_size=25)


def options(**changes: Any) -> TokenizerOptions:
    values = {
        "family": "wordpiece",
        "given": None,
        "vocabulary_size": 60,
        "minimum_frequency": 2,
        "minimum_character_count": 1,
        "unused": 3,
        "lowercase": False,
        "split_digits": False,
        "language_exponent": 1.0,
        "morphemes": "none",
        "model_max_length": 512,
    }
    return TokenizerOptions(**{**values, **changes})


def reference(counted: dict[str, int], room: int, minimum: int) -> list[str]:
    """The same vocabulary, counting all pairs anew before each merge."""
    tokens = sorted({character for word in counted for character in word})
    tokens += [f"##{c}" for c in sorted({character for word in counted if len(word) > 1 for character in word})]
    ids = {token: index for index, token in enumerate(tokens)}
    cut = {word: [c if i == 0 else f"##{c}" for i, c in enumerate(word)] for word in counted}
    while len(ids) < room:
        pairs: Counter[tuple[int, int]] = Counter()
        for word, pieces in cut.items():
            for one, two in pairwise(pieces):
                pairs[ids[one], ids[two]] += counted[word]
        ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
        if not ranked or ranked[0][1] < minimum:
            break
        tokens = list(ids)
        left, right = (tokens[index] for index in ranked[0][0])
        ids.setdefault(left + right[2:], len(ids))
        for pieces in cut.values():
            position = 0
            while position + 1 < len(pieces):
                if pieces[position] == left and pieces[position + 1] == right:
                    pieces[position : position + 2] = [left + right[2:]]
                position += 1
    return list(ids)


def trained(counted: dict[str, int], chosen: TokenizerOptions) -> list[str]:
    return train(pa.array(list(counted)), np.array(list(counted.values()), np.int64), chosen, ["[PHONE]"]).tokens


@given(counted=COUNTED, minimum=st.integers(1, 4))
@settings(max_examples=300, deadline=None)
def test_merges_equal_the_slow_reference(counted: dict[str, int], minimum: int) -> None:
    tokens = trained(counted, options(minimum_frequency=minimum))
    assert len(tokens) == len(set(tokens)) == 60
    reserved = [*SPECIAL_TOKENS, "[PHONE]", "[unused0]", "[unused1]", "[unused2]"]
    learned = reference(counted, 60 - len(reserved), minimum)
    padding = [f"[unused{index}]" for index in range(3, 3 + 60 - len(reserved) - len(learned))]
    assert tokens == reserved + learned + padding


@given(counted=COUNTED, order=st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_words_does_not_matter(counted: dict[str, int], order: Any) -> None:
    items = list(counted.items())
    order.shuffle(items)
    assert trained(dict(items), options()) == trained(counted, options())


def test_two_fresh_processes_give_the_same_vocabulary() -> None:
    program = (
        "import sys, json, numpy as np, pyarrow as pa\n"
        "from pipelines.options import TokenizerOptions\n"
        "from pipelines.text.vocabulary import train\n"
        "rng = np.random.default_rng(7)\n"
        "words = {''.join(chr(0xAC00 + c) for c in rng.integers(0, 40, rng.integers(1, 7))) for _ in range(4000)}\n"
        "options = TokenizerOptions(family='wordpiece', given=None, vocabulary_size=900, minimum_frequency=2,\n"
        "                           minimum_character_count=1, unused=0, lowercase=False,\n"
        "                           split_digits=False, language_exponent=1.0,\n"
        "                           morphemes='none', model_max_length=512)\n"
        "print(json.dumps(train(pa.array(list(words)), np.full(len(words), 3), options).tokens))\n"
    )
    outputs = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", program]
        outputs.append(subprocess.run(command, capture_output=True, check=True, text=True, env=environment).stdout)
    assert outputs[0] == outputs[1]
    assert len(json.loads(outputs[0])) == 900


def test_counts_beyond_32_bits_still_merge() -> None:
    tokens = trained({"abc": 5_000_000_000, "bcd": 3_000_000_000, "xy": 10}, options())
    merges = tokens[tokens.index("##y") + 1 :]
    assert merges[:4] == ["ab", "abc", "bc", "bcd"]


def test_rare_characters_are_left_out_with_their_words_only_when_asked() -> None:
    counted = {"말모이": 50, "말힣": 1, "힣": 1}
    assert "힣" in trained(counted, options()) and "##힣" in trained(counted, options())
    tokens = trained(counted, options(minimum_character_count=3))
    assert "힣" not in tokens and "말모이" in tokens


def test_one_character_words_get_no_continuation() -> None:
    tokens = trained({"漢": 9, "7": 9, "말모": 9}, options())
    assert "漢" in tokens and "##漢" not in tokens and "##7" not in tokens and "##말" in tokens


def test_an_alphabet_that_does_not_fit_is_an_error_with_its_remedy() -> None:
    with pytest.raises(MalmoiError, match=r"tokenizer.vocabulary_size to 109 or more"):
        trained({"".join(chr(0xAC00 + index) for index in range(50)): 1}, options())


def test_no_words_give_a_vocabulary_of_reserved_tokens() -> None:
    tokens = train(pa.array([], pa.string()), np.zeros(0, np.int64), options()).tokens
    assert tokens[:5] == list(SPECIAL_TOKENS) and len(tokens) == 60
