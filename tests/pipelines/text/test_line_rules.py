"""The line rules of C4 against a slow reference."""

import re

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text.line_rules import LINE_RULES, keep_lines
from pipelines.text.normalisation import normalise

LIMITS = {"long_word": 12, "citations": 0, "no_end_mark": 0, "few_words": 3, "javascript": 0, "policy": 0}
POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
CITATION = re.compile(r"\[\d*]|\[edit]|\[citation needed]")
pieces = st.sampled_from(
    [
        "a", "word ", " ", "\n", "\n\n", ". ", ".", "...", '"', "?", "[12]", "[]", "[edit]", "[citation needed]", "[a]",
        "JavaScript ", "lorem ipsum", "Lorem", "{", "terms of use", "Cookie Policy ", "use cookies",
        "averyveryverylong", "é가", "one two three. ", "'",
    ]
)  # fmt: skip
texts = st.lists(pieces, max_size=25).map("".join)


def reference(text: str, limits: dict[str, int]) -> tuple[list[str], list[bool], dict[str, int], list[int]]:
    """Kept lines, what is dropped of the lines that are not blank, how often each rule was met, what condemns pages."""
    kept, dropped, counts, pages = [], [], dict.fromkeys(LINE_RULES, 0), [0, 0]
    for line in text.split("\n"):
        words = line.split()
        if not words:
            kept.append(line)
            continue
        if "citations" in limits:
            counts["citations"] += len(CITATION.findall(line))
        plain = CITATION.sub("", line) if "citations" in limits else line
        lowered, rule = plain.lower(), ""
        if "long_word" in limits and max(map(len, words)) > limits["long_word"]:
            rule = "long_word"
        elif "no_end_mark" in limits and (not plain.endswith((".", "?", "!", '"', "'")) or plain.endswith("...")):
            rule = "no_end_mark"
        elif "few_words" in limits and len(words) < limits["few_words"]:
            rule = "few_words"
        else:
            pages[0] += "lorem ipsum" in lowered
            if "javascript" in limits and "javascript" in lowered:
                rule = "javascript"
            else:
                pages[1] += "{" in plain
                if "policy" in limits and any(policy in lowered for policy in POLICIES):
                    rule = "policy"
        dropped.append(rule != "")
        if rule:
            counts[rule] += 1
        else:
            kept.append(plain)
    return kept, dropped, {name: count for name, count in counts.items() if count}, pages


@given(st.lists(texts, max_size=3), st.sets(st.sampled_from(LINE_RULES)))
def test_lines_equal_the_reference(batch: list[str], rules: set[str]) -> None:
    limits = {name: LIMITS[name] for name in rules}
    normal = normalise(pa.array(batch, pa.string()))
    kept = keep_lines(normal, limits)
    dropped: list[bool] = []
    counts: dict[str, int] = {}
    for row, text in enumerate(normal.to_pylist()):
        lines, gone, met, pages = reference(text, limits)
        assert kept.texts[row].as_py() == "\n".join(lines).rstrip("\n")
        assert kept.pages[:, row].tolist() == pages
        dropped += gone
        counts = {name: counts.get(name, 0) + met.get(name, 0) for name in {*counts, *met}}
    np.testing.assert_array_equal(kept.dropped, dropped)
    assert kept.counts == counts
