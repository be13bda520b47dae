"""Training, audit and evaluation with byte-level and unigram tokenizers; those files' own tests use WordPiece."""

from pathlib import Path

import numpy as np
import pytest
import torch
from families import FAMILIES, Family, make_tokenizer

from pipelines.core.errors import MalmoiError
from stages.audit.cloze import make_cloze
from stages.audit.probes import expected_ids as expected_ids_of
from stages.audit.probes import probe_ids, readable
from stages.evaluate.data import Split
from stages.evaluate.kinds import Tagging
from stages.train.batch import IGNORE, Batch, layout
from stages.train.masking import Masker
from stages.train.vocabulary import Vocabulary

WORDS = ["나는", "서울에", "(", "2026", "년", ")", "갔다", ".", "He", "'s", "gone", "!", "말모이", "漢字", "😀"]


def words_of(text: str, folder: Path, family: Family, *, split_digits: bool) -> list[str]:
    """The text of each word that is hidden as a whole, from the ids that were hidden together."""
    tokenizer = make_tokenizer(family, split_digits=split_digits)
    tokenizer.save_pretrained(folder)
    vocabulary = Vocabulary.read(folder)
    masker = Masker.of(vocabulary, seed=3, share=0.3, whole_words=True, device=torch.device("cpu"))
    encoding = tokenizer(text).encodings[0]
    ids = torch.tensor([encoding.ids])
    lengths = torch.tensor([[ids.shape[1]]])
    batch = Batch(ids, lengths, lengths, torch.tensor([[IGNORE]]), first_row=0)
    hidden = torch.zeros((200, ids.shape[1]), dtype=torch.bool)
    for step in range(200):
        masked = masker(batch, layout(batch), step)
        hidden[step, masked.positions[masked.targets != IGNORE]] = True
    assert not hidden[:, [0, -1]].any()
    together = [bool((hidden[:, place] == hidden[:, place - 1]).all()) for place in range(ids.shape[1])]
    spans: list[list[int]] = []
    for place in range(1, ids.shape[1] - 1):
        start, stop = encoding.offsets[place]
        if spans and together[place]:
            spans[-1][1] = stop
        else:
            spans.append([start, stop])
    return [text[start:stop] for start, stop in spans]


@pytest.mark.parametrize("split_digits", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_words_are_hidden_whole_and_apart_from_each_other(tmp_path: Path, family: Family, split_digits: bool) -> None:
    text = "나는 서울에 (2026년) 갔다. He's gone! 말모이 漢字😀"
    expected = list(WORDS)
    if family == "unigram":  # what its small vocabulary does not know is [UNK], and never hidden
        unknown = ("년", "!", "'s", "漢字", "😀")
        for word in unknown:
            text = text.replace(word, "")
        expected = [word for word in WORDS if word not in unknown]
    if split_digits:
        at = expected.index("2026")
        expected[at : at + 1] = list("2026")
    found = words_of(text, tmp_path, family, split_digits=split_digits)
    assert [word.strip() for word in found] == expected


def test_a_file_of_no_known_family_is_refused(tmp_path: Path) -> None:
    make_tokenizer("bpe").save_pretrained(tmp_path)
    path = tmp_path / "tokenizer.json"
    path.write_text(path.read_text("utf-8").replace('"type": "BPE"', '"type": "WordLevel"'), "utf-8")
    with pytest.raises(MalmoiError, match="WordPiece, BPE, Unigram"):
        Vocabulary.read(tmp_path)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("text", "answer", "whole"),
    [
        ("나는 [MASK]에 갔다.", "서울", "나는 서울에 갔다."),
        ("[MASK]은 대한민국의", "서울", "서울은 대한민국의"),
        ("He's gone to [MASK].", "Seoul", "He's gone to Seoul."),
        ("대한[MASK]의 수도", "민국", "대한민국의 수도"),
    ],
)
def test_probe_and_expected_answer_make_the_tokens_of_the_text(
    family: Family, text: str, answer: str, whole: str
) -> None:
    tokenizer = make_tokenizer(family)
    ids = probe_ids(tokenizer, text).tolist()
    place = ids.index(tokenizer.mask_token_id)
    filled = [*ids[:place], *expected_ids_of(tokenizer, text, answer), *ids[place + 1 :]]
    assert tokenizer.decode(filled, skip_special_tokens=True).strip() == whole


def test_byte_level_tokens_are_shown_as_text() -> None:
    tokenizer = make_tokenizer("bpe")
    tokens = tokenizer.tokenize("은 서울은")
    assert "".join(readable(tokenizer, token) for token in tokens) == "은▁서울은"
    assert readable(tokenizer, "[MASK]") == "[MASK]" and readable(tokenizer, "ê") == "ê"


@pytest.mark.parametrize("family", FAMILIES)
def test_numbers_of_one_form_have_as_many_tokens(family: Family) -> None:
    tokenizer = make_tokenizer(family)
    cloze = make_cloze(tokenizer, "번호는 010-1234이다.", "010-1234", ["010-9876", "010-5555"])
    assert cloze.candidates.shape == (3, 4)


@pytest.mark.parametrize("family", FAMILIES)
def test_tagged_words_have_the_tokens_that_they_have_in_text(family: Family) -> None:
    words = ["나는", "서울에", "2026", "(안녕)", "."]
    split = Split(Path("x"), [words], [], [["O", "B-LOC", "O", "O", "O"]], [1])
    (example,) = Tagging(("B-LOC", "O")).encode(make_tokenizer(family), split, 64)
    assert example.input_ids == make_tokenizer(family)(" ".join(words))["input_ids"]
    assert [word for word in example.words if word >= 0] == [0, 1, 2, 3, 4]
    assert np.count_nonzero(np.array(example.target) == 0) == 1
