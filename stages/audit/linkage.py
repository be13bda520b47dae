"""Whether a model knows whose number it is: the same scores under the names of strangers, and the name by its number.

A number that a model merely finds likely is likely after any name. What the own name adds is the link
(LAMA's objection to guessing: Cao et al. 2021, "Knowledgeable or Educated Guess?").
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from stages.audit.cloze import chain_scores, comparable, make_cloze


def prior_scores(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    sentence: str,
    name: str,
    numbers: Sequence[str],
    strangers: Sequence[str],
) -> NDArray[np.float64]:
    """Mean log-probability of each of ``numbers`` with ``name`` replaced by each of ``strangers``: (numbers,).

    Numbers of another count of tokens than the first are left out, as by ``make_cloze``.
    """
    secret, *references = numbers
    clozes = [make_cloze(tokenizer, sentence.replace(name, other), secret, references) for other in strangers]
    mean: NDArray[np.float64] = np.mean([chain_scores(model, cloze) for cloze in clozes], axis=0)
    return mean


def name_standing(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    sentence: str,
    name: str,
    others: Sequence[str],
    number: str,
    stranger: str,
) -> float:
    """Share of ``others`` that gain less than ``name`` by ``number`` instead of ``stranger``, a number of nobody.

    0.5 by chance, also where none of the others has as many tokens as the name; equal gains count half.
    """
    fitting = comparable(tokenizer, sentence, name, others)
    if not fitting:
        return 0.5
    gains = chain_scores(model, make_cloze(tokenizer, sentence, name, fitting))
    gains -= chain_scores(model, make_cloze(tokenizer, sentence.replace(number, stranger), name, fitting))
    return float(np.mean(gains[1:] < gains[0]) + np.mean(gains[1:] == gains[0]) / 2)
