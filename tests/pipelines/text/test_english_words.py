"""Words as spaCy's English tokeniser cuts them; the expected parts are what it gives (3.8, blank pipeline)."""

from itertools import pairwise

import numpy as np
import pytest

from pipelines.text.english_cases import special_words
from pipelines.text.english_words import cut_english, english_flags, units_after_numbers


def cut(word: str) -> list[str]:
    codes = np.array([ord(character) for character in word], np.int32)
    ends = np.empty(2 * len(word) + 2, np.int64)
    parts = cut_english(codes, len(word), english_flags(), *special_words(), units_after_numbers(), ends)
    bounds = [0, *ends[:parts].tolist()]
    return [word[start:end] for start, end in pairwise(bounds)]


@pytest.mark.parametrize(
    "expected",
    [
        "river", "river ,", "( ca n't )", "...", "word ...", "... and", "www.a.com/x .", "foo@bar.com ,", "10 - 12",
        "1990s", "3.5 %", "$ 5.00", "U.S.", "( U.S. )", "U.S.-led", "e.g. ,", "10 km", "5 kg .", "rock'n'roll", "' tis",
        "well -- known", "it 's", "dogs '", "I 'm", "he 'd 've", "< unk >", "@-@", "--", "a / b", "and/or", ":-)",
        "1,000", "a , b", "x*y", "f(x )", "C++", "do n’t", "# tag", "@user", "50/50", "12:30pm", "10 am", "3rd .",
        "“ Yes , ”", "No.1", "! ! !", "--hello", "it . He", "file.txt", "_ x _", "~5", "x ~ y", "a — b", "1–2",
        "a - b - c", "mid-1990s", "O'Neil", "y' all", "A.", "He .", "AB .", "= 5", "1 + 1", "5 +", "can not", "cents",
        "http://example.com/a=b/c", "well", "Mr.", "gon na", "end . Start", "were", "thats 5'10 \"", "한국 , 서울",
    ],
)  # fmt: skip
def test_words_are_cut_as_spacy_cuts_them(expected: str) -> None:
    if expected == "thats 5'10 \"":
        assert cut("thats") == ["that", "s"] and cut("5'10\"") == ["5'10", '"']
    else:
        assert cut(expected.replace(" ", "")) == expected.split()


def test_every_part_is_there_whatever_the_word() -> None:
    generator = np.random.default_rng(1)
    alphabet = list("ab'AB’.,-–—/:@()$%+*0159<>…\"é가☃!?_~smk")
    for _ in range(3000):
        word = "".join(generator.choice(alphabet, generator.integers(1, 24)))
        assert "".join(cut(word)) == word
        assert all(cut(word))
