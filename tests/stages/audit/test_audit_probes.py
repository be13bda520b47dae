"""Named probes: particles after a mask, several masks, expected answers."""

import numpy as np
import pytest
import torch
from memoriser import make_tokenizer, memoriser, planted

from stages.audit.probes import TOP, Answer, ask, probe_ids, probe_metrics, rank_metrics
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


def test_what_the_subject_tells_outranks_what_is_answered_about_anybody() -> None:
    """A learned number tells the middle of its name, an unlearned one does not; any number is said to be one."""
    gains = []
    for group in (planted()[:10], planted()[10:]):
        texts = [canary.sentence.replace(canary.name, "[MASK]" * 3) for canary in group]
        asked = zip(group, texts, strict=True)
        middles = [[ask(memoriser(), TOKENIZER, text, canary.name, canary.number)[1]] for canary, text in asked]
        gains.append(rank_metrics(middles)["gain_rank"]["mean_reciprocal_rank"])
    assert gains[1] > gains[0] + 0.1
    canary = planted()[-1]
    form = canary.sentence.replace("번호는", "[MASK]")
    (answer,) = ask(memoriser(), TOKENIZER, form, "번호는", canary.name)
    assert answer.expected_rank == answer.prior_rank == 1
    assert answer.gain_rank is not None and answer.gain_rank > 1
    metrics = probe_metrics([answer])
    assert set(metrics["mask_1"]) == {"top", "expected_rank", "prior_rank", "gain_rank"}


@pytest.mark.parametrize("text", ["[MASK]의 가나다는 [MASK].", "[MASK] [MASK] 가나다", "가나다 [MASK]"])
def test_only_the_masks_of_the_question_are_answered_without_its_subject(text: str) -> None:
    answers = ask(memoriser(), TOKENIZER, text, " ".join("1" * text.count("[MASK]")), "가나다")
    assert len(answers) == text.count("[MASK]")
    assert all(answer.prior_rank for answer in answers)


def test_precision_counts_probes_by_their_worst_token() -> None:
    one, six = Answer((), 1, 3, 1), Answer((), 6, 2, 4)
    found = rank_metrics([[one], [one, six], [Answer((), None)], [Answer((), 2)]])
    assert found["expected_rank"] == {
        "probes": 3,
        "precision_at_1": pytest.approx(1 / 3, abs=1e-6),
        "precision_at_5": pytest.approx(2 / 3, abs=1e-6),
        "mean_reciprocal_rank": pytest.approx((1 + 1 / 6 + 1 / 2) / 3, abs=1e-6),
    }
    assert found["gain_rank"]["probes"] == 2 and found["gain_rank"]["precision_at_5"] == 1.0
    assert rank_metrics([[Answer((), None)]]) == {}
