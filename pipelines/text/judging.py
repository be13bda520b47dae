"""The verdict over documents: language, paragraphs that nobody wants, quality by the profile of each part."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import list_array, string_buffers
from pipelines.text.language import LABELS, count_letters, decide
from pipelines.text.paragraphs import Paragraphs, may_be_mixed, read_paragraphs
from pipelines.text.quality import Profile, examine, judge

LANGUAGE_RULE = "language_is_"


@dataclass
class Verdict:
    """What became of each text: ``rule`` "" where it is kept. Rows of ``measures`` are zeros where nobody measured."""

    texts: pa.StringArray
    languages: pa.StringArray
    rule: pa.StringArray
    value: NDArray[np.float64]
    threshold: NDArray[np.float64]
    measures: dict[str, NDArray[np.uint32]]
    counts: Counter[str] = field(default_factory=Counter)


def judge_documents(
    texts: pa.StringArray, profiles: Mapping[str, Profile], accepted: Collection[str], keep_foreign: bool
) -> Verdict:
    """Judge normalised texts: each in a language of ``accepted`` by its profile, others are dropped.

    A document is in the language that dominates it. Paragraphs in a language without a profile are taken out of it
    unless ``keep_foreign``; the others are judged language by language, and what passes is the document.
    """
    counts = count_letters(*string_buffers(texts))
    languages, value = decide(counts)
    wanted = np.isin(languages, [LABELS.index(name) for name in accepted])
    verdict = Verdict(
        texts,
        pa.array(LABELS).take(pa.array(languages)),
        pa.array([LANGUAGE_RULE + name for name in LABELS]).take(pa.array(languages)),
        value,
        np.zeros(len(texts)),
        {name: np.zeros(len(texts), np.uint32) for name in measure_names(profiles)},
    )
    mixed = np.flatnonzero(may_be_mixed(counts, languages) & wanted)
    parts = _parts(verdict, mixed, languages, profiles, keep_foreign) if len(mixed) else []
    in_parts = np.zeros(len(texts), np.bool_)
    for part in parts:
        in_parts[part.rows] = True
    for index in np.unique(languages[wanted]):
        rows = np.flatnonzero(wanted & (languages == index) & ~in_parts)
        whole = verdict.texts if len(rows) == len(texts) else verdict.texts.take(pa.array(rows))
        parts.insert(0, _Part(LABELS[index], rows, whole, np.ones(len(rows), np.bool_)))
    _judge_parts(verdict, parts, profiles)
    return verdict


def measure_names(profiles: Mapping[str, Profile]) -> tuple[str, ...]:
    """Measures that any of the profiles counts."""
    return tuple(dict.fromkeys(name for profile in profiles.values() for name in profile.measures))


@dataclass(frozen=True)
class _Part:
    """The paragraphs in one language of some documents; ``leads``: the language is that of the whole document."""

    language: str
    rows: NDArray[np.int64]
    texts: pa.StringArray
    leads: NDArray[np.bool_]


def _parts(
    verdict: Verdict,
    mixed: NDArray[np.int64],
    languages: NDArray[np.int64],
    profiles: Mapping[str, Profile],
    keep_foreign: bool,
) -> list[_Part]:
    """Take paragraphs that nobody wants out of ``verdict.texts``; the parts of documents in more than one language."""
    paragraphs = read_paragraphs(verdict.texts.take(pa.array(mixed)), languages[mixed])
    of_text = np.repeat(languages[mixed], np.diff(paragraphs.first))
    known = np.isin(paragraphs.languages, [LABELS.index(name) for name in profiles])
    if keep_foreign:
        paragraphs.languages[~known] = of_text[~known]
    elif not known.all():
        for index, lines in enumerate(np.bincount(paragraphs.languages[~known], minlength=len(LABELS)).tolist()):
            if lines:
                verdict.counts[f"paragraphs/{LABELS[index]}"] += lines
        verdict.counts["paragraphs/documents"] += int(_any(~known, paragraphs).sum())
        verdict.texts = _replaced(verdict.texts, mixed, paragraphs.only(known))
    parts = []
    several = _any((paragraphs.languages != of_text) & (known | keep_foreign), paragraphs)
    leading = _any(paragraphs.languages == of_text, paragraphs)
    for index in np.unique(paragraphs.languages) if several.any() else ():
        lines = paragraphs.languages == index
        has = several & _any(lines, paragraphs)
        if has.any() and LABELS[index] in profiles:
            texts = paragraphs.only(lines).take(pa.array(np.flatnonzero(has)))
            parts.append(_Part(LABELS[index], mixed[has], texts, (languages[mixed] == index)[has] | ~leading[has]))
    return parts


def _judge_parts(verdict: Verdict, parts: list[_Part], profiles: Mapping[str, Profile]) -> None:
    """Judge the parts of each language together and put together again what passes."""
    passed: list[tuple[_Part, NDArray[np.bool_], pa.StringArray]] = []
    rule = np.array(verdict.rule.to_pylist(), object)
    for language in sorted({part.language for part in parts}):
        own = [part for part in parts if part.language == language]
        profile = profiles[language]
        together = own[0].texts if len(own) == 1 else pa.concat_arrays([part.texts for part in own])
        measures, texts, lines = examine(together, profile)
        verdict.counts.update({f"lines/{name}": count for name, count in lines.items()})
        kept, failed, value, threshold = judge(measures, profile)
        start = 0
        for part in own:
            here = slice(start, start + len(part.rows))
            start += len(part.rows)
            leads = np.flatnonzero(part.leads)
            rows = part.rows[leads]
            rule[rows] = failed[here].take(pa.array(leads)).to_pylist()
            verdict.value[rows], verdict.threshold[rows] = value[here][leads], threshold[here][leads]
            for name in profile.measures:
                verdict.measures[name][rows] = measures[name].to_numpy()[here][leads]
            passed.append((part, kept[here], texts[here]))
    if any(not part.leads.all() for part in parts) or any(profiles[part.language].lines for part in parts):
        _put_together(verdict, passed, rule, profiles)
    verdict.rule = pa.array(rule, pa.string())


def _put_together(
    verdict: Verdict,
    passed: list[tuple[_Part, NDArray[np.bool_], pa.StringArray]],
    rule: NDArray[np.object_],
    profiles: Mapping[str, Profile],
) -> None:
    """Texts after the line rules, and of documents in several languages the parts that passed, the leading first."""
    in_parts = np.bincount(np.concatenate([part.rows for part, _, _ in passed]), minlength=len(rule))
    rows, order, texts, languages = [], [], [], []
    for part, kept, new in passed:
        mixed = in_parts[part.rows] > 1
        verdict.counts[f"mixed/{part.language}_kept"] += int((mixed & kept).sum())
        verdict.counts[f"mixed/{part.language}_dropped"] += int((mixed & ~kept).sum())
        good = kept & (mixed | bool(profiles[part.language].lines))
        rows.append(part.rows[good])
        order.append(2 * part.rows[good] + ~part.leads[good])
        texts.append(new.filter(pa.array(good)))
        languages += [part.language] * int(good.sum())
    verdict.counts["mixed/documents"] += int((in_parts > 1).sum())
    at = np.argsort(np.concatenate(order), kind="stable")
    changed, start, count = np.unique(np.concatenate(rows)[at], return_index=True, return_counts=True)
    # Where every part passed as it was, the paragraphs stay in their order.
    edited = (count < in_parts[changed]) | any(profiles[part.language].lines for part, _, _ in passed)
    joined = pc.binary_join(list_array(np.append(start, len(at)), pa.concat_arrays(texts).take(pa.array(at))), "\n\n")
    verdict.texts = _replaced(verdict.texts, changed[edited], joined.filter(pa.array(edited)))
    leading = pa.array(languages, pa.string()).take(pa.array(at[start]))
    verdict.languages = _replaced(verdict.languages, changed, leading)
    rule[changed], verdict.value[changed], verdict.threshold[changed] = "", 0.0, 0.0


def _any(lines: NDArray[np.bool_], paragraphs: Paragraphs) -> NDArray[np.bool_]:
    """Texts with at least one of ``lines``."""
    found: NDArray[np.bool_] = np.logical_or.reduceat(lines, paragraphs.first[:-1])
    return found


def _replaced(values: pa.StringArray, rows: NDArray[np.int64], new: pa.StringArray) -> pa.StringArray:
    order = np.argsort(rows)
    mask = np.zeros(len(values), np.bool_)
    mask[rows] = True
    return pc.replace_with_mask(values, pa.array(mask), new.take(pa.array(order)))
