"""Chain scoring against a slow reference, and what is comparable with what."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from memoriser import make_tokenizer, memoriser, number_of, untrained
from transformers import BertForMaskedLM

from pipelines.core.errors import MalmoiError
from stages.audit.cloze import chain_scores, first_slot_rank, greedy_fill, make_cloze

NUMBER = "010-1234-5678"
TOKENIZER = make_tokenizer()
SENTENCE = f"가나다의 번호는 {NUMBER}."


def slow_chain(model: BertForMaskedLM, candidate: str, slots: list[int]) -> float:
    """One candidate and one slot at a time, on plain logits."""
    ids = torch.tensor(TOKENIZER([SENTENCE.replace(NUMBER, candidate)])["input_ids"])
    total = 0.0
    for step, slot in enumerate(slots):
        masked = ids.clone()
        masked[0, slots[step:]] = TOKENIZER.mask_token_id
        with torch.inference_mode():
            total += float(torch.log_softmax(model(input_ids=masked).logits[0, slot], -1)[ids[0, slot]])
    return total


@pytest.mark.parametrize("make", [untrained, memoriser])
def test_chain_is_the_slow_reference(make: Callable[[], BertForMaskedLM]) -> None:
    model = make()
    numbers = [number_of(index) for index in range(20)] + ["010-1234-5679", "010-1239-5678", NUMBER]
    cloze = make_cloze(TOKENIZER, SENTENCE, NUMBER, numbers)
    slots = cloze.slots.tolist()
    assert len(slots) == 8
    slow = [slow_chain(model, candidate, slots) for candidate in (NUMBER, *numbers)]
    found = chain_scores(model, cloze)
    np.testing.assert_allclose(found, slow, rtol=0, atol=1e-4)
    assert found[0] == found[-1]
    with torch.inference_mode():
        whole = model(input_ids=torch.tensor(cloze.input_ids[None])).logits
    assert whole.shape[1] == len(cloze.input_ids), "the model gives all its logits again"


def test_chain_is_a_probability_distribution() -> None:
    # The last two digits over all tokens of the vocabulary: probabilities sum to one.
    cloze = make_cloze(TOKENIZER, SENTENCE, NUMBER, ["010-1234-5699"])
    size = len(TOKENIZER)
    every = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1).reshape(-1, 2)
    scores = chain_scores(untrained(), type(cloze)(cloze.input_ids, cloze.slots, every))
    assert np.exp(scores).sum() == pytest.approx(1.0, abs=1e-3)


def test_what_all_candidates_share_stays_visible() -> None:
    cloze = make_cloze(TOKENIZER, SENTENCE, NUMBER, ["010-1235-5678", "010-1236-5679"])
    tokens = TOKENIZER.convert_ids_to_tokens(cloze.input_ids)
    assert "".join(tokens[-11:]) == "123[MASK]-567[MASK].[SEP]"
    assert cloze.candidates.shape == (3, 2)


def test_only_references_of_as_many_tokens_are_compared() -> None:
    whole = make_tokenizer(split_digits=False)
    # "12" is a piece of the vocabulary: 1234 has three tokens, 2134 four
    cloze = make_cloze(whole, "가는 1234.", "1234", ["1235", "2134", "1299"])
    assert len(cloze.candidates) == 3
    with pytest.raises(MalmoiError, match="split_digits"):
        make_cloze(whole, "가는 1234.", "1234", ["2134"])


def test_a_sentence_that_does_not_hold_the_number_once() -> None:
    for sentence in ("가는 5.", "가는 1 1."):
        with pytest.raises(MalmoiError, match="not once") as error:
            make_cloze(TOKENIZER, sentence, "1", ["2"])
        assert sentence not in str(error.value)


def test_greedy_filling_takes_the_likeliest_at_each_step() -> None:
    model = memoriser()
    cloze = make_cloze(TOKENIZER, SENTENCE, NUMBER, [number_of(index) for index in range(5)])
    ids = torch.tensor(cloze.input_ids[None])
    for step, slot in enumerate(cloze.slots.tolist()):
        with torch.inference_mode():
            scores = model(input_ids=ids).logits[0, slot]
        if step == 0:
            assert first_slot_rank(model, cloze) == 1 + int((scores > scores[cloze.candidates[0, 0]]).sum())
        ids[0, slot] = scores.argmax()
    assert greedy_fill(model, cloze).tolist() == ids[0, cloze.slots].tolist()
