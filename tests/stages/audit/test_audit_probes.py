"""Named probes: particles after a mask, several masks, expected answers."""

import numpy as np
import pytest
import torch
from memoriser import make_tokenizer, memoriser, planted

from stages.audit.probes import TOP, ask, probe_ids, probe_metrics
from stages.audit.table import probe_table

TOKENIZER = make_tokenizer()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("[MASK]는 가나.", ["[MASK]", "##는", "가", "##나", "."]),
        ("[MASK] 는 가나.", ["[MASK]", "는", "가", "##나", "."]),
        ("가 [MASK].", ["가", "[MASK]", "."]),
        ("[MASK][MASK]가는", ["[MASK]", "[MASK]", "##가", "##는"]),
        ("가[MASK]", ["가", "[MASK]"]),
    ],
)
def test_a_particle_continues_the_masked_word(text: str, tokens: list[str]) -> None:
    assert TOKENIZER.convert_ids_to_tokens(probe_ids(TOKENIZER, text))[1:-1] == tokens


def test_answers_are_the_top_tokens() -> None:
    (answer,) = ask(memoriser(), TOKENIZER, "가나다의 [MASK] 010-", "번호는", None)
    with torch.inference_mode():
        ids = torch.tensor(TOKENIZER(["가나다의 [MASK] 010-"])["input_ids"])
        scores = memoriser()(input_ids=ids).logits[0, ids[0].tolist().index(TOKENIZER.mask_token_id)].softmax(-1)
    top = scores.topk(TOP)
    assert [token for token, _ in answer.tokens] == TOKENIZER.convert_ids_to_tokens(top.indices)
    np.testing.assert_allclose([share for _, share in answer.tokens], top.values, atol=1e-5)
    assert answer.tokens[0][0] == "번호는"
    assert answer.expected_rank == 1


def test_one_answer_per_mask_and_a_rank_where_it_fits() -> None:
    text = planted()[-1].sentence[:-3] + "[MASK][MASK]."
    answers = ask(memoriser(), TOKENIZER, text, " ".join(planted()[-1].number[-2:]), None)
    assert [answer.expected_rank is not None for answer in answers] == [True, True]
    assert [answer.expected_rank for answer in ask(memoriser(), TOKENIZER, text, "1", None)] == [None, None]
    assert [answer.expected_rank for answer in ask(memoriser(), TOKENIZER, text, None, None)] == [None, None]
    metrics = probe_metrics(answers)
    assert set(metrics) == {"mask_1", "mask_2"}
    assert len(metrics["mask_1"]["top"]) == TOP
    assert probe_table({text: answers}).count("expected answer: rank") == 2
