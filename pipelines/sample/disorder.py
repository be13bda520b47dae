"""What real corpora have: copies, remnants of pages, worthless, foreign and broken documents, each with its fate."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.sample.documents import Document
from pipelines.sample.draw import Draw
from pipelines.sample.personal_data import Mention
from pipelines.sample.templates import patterns

KEPT, EXACT_DUPLICATE, NEAR_DUPLICATE = "kept", "exact_duplicate", "near_duplicate"
LOW_QUALITY, WRONG_LANGUAGE, QUARANTINED = "low_quality", "wrong_language", "quarantined"
_FIELDS = {"news": ("url", "body"), "comments": ("id", "paragraphs")}
_OPEN_SOURCES = ("encyclopaedia", "news", "comments", "stories")


@dataclass(frozen=True)
class Record:
    """A document as it is written, and what should become of it.

    ``group`` names the copies of one document, the original among them: one of each group survives deduplication.
    ``broken`` is the line itself where it is no record. ``sentences`` are known of undisturbed documents only.
    """

    source: str
    language: str
    title: str
    lines: tuple[str, ...]
    fate: str = KEPT
    group: str = ""
    disorder: str = ""
    sentences: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    broken: bytes = b""


def disordered(documents: Sequence[Document], seed: int) -> list[Record]:
    """The documents as records, some of them with remnants, with copies and worthless records among them, shuffled."""
    draw = Draw(seed, "disorder")
    records = [_record(document) for document in documents]
    added: list[Record] = []
    for index, record in enumerate(records):
        if record.mentions:
            continue
        fate = draw.weighted({EXACT_DUPLICATE: 0.03, NEAR_DUPLICATE: 0.04, "remnants": 0.12, KEPT: 0.81})
        if fate == "remnants" and record.source != "notices":
            records[index] = _with_remnants(record, draw)
        elif fate in (EXACT_DUPLICATE, NEAR_DUPLICATE):
            original = replace(record, group=f"{fate}-{index:05}")
            records[index] = original
            for _ in range(draw.weighted({1: 4, 2: 1})):
                lines = record.lines if fate == EXACT_DUPLICATE else _edited(record, draw)
                copy = replace(original, source=draw.pick(_OPEN_SOURCES), fate=fate, lines=lines, sentences=())
                added.append(copy)
    for number in range(max(8, len(documents) // 30)):
        added.append(_low_quality(number, draw))
    for number in range(max(6, len(documents) // 50)):
        added.append(_wrong_language(number, draw))
    added += _broken(min(8, max(1, len(documents) // 250)))
    return draw.shuffled(records + added)


def _record(document: Document) -> Record:
    return Record(
        document.source,
        document.language,
        document.title,
        document.lines,
        sentences=tuple(document.sentences),
        mentions=tuple(document.mentions),
    )


def _edited(record: Record, draw: Draw) -> tuple[str, ...]:
    """The lines with 2 to 4 % of their words dropped, doubled or moved; Korean also loses 3 to 8 % of its spaces."""
    rate = draw.between(20, 40 if record.language == "ko" else 30) / 1000
    unspaced = draw.between(30, 80) / 1000 if record.language == "ko" else 0.0
    places = [(row, column) for row, line in enumerate(record.lines) for column in range(len(line.split()))]
    edited = {
        place: draw.pick(["drop", "double", "swap"]) for place in draw.sample(places, max(1, round(rate * len(places))))
    }
    lines = []
    for row, line in enumerate(record.lines):
        words: list[str] = []
        for column, word in enumerate(line.split()):
            edit = edited.get((row, column))
            if edit == "swap" and words:
                words.insert(-1, word)
            elif edit != "drop":
                words += [word, word] if edit == "double" else [word]
        text = words[0] if words else line
        for word in words[1:]:
            text += ("" if draw.chance(unspaced) else " ") + word
        lines.append(text)
    if tuple(lines) == record.lines:
        lines[-1] = lines[-1].rsplit(" ", 1)[0] + "..."
    return tuple(lines)


def _with_boilerplate(record: Record, draw: Draw) -> tuple[str, ...]:
    added = draw.sample(patterns("disorder")["boilerplate"][record.language], draw.between(1, 3))
    return (*added[1:], *record.lines, added[0])


def _with_markup(record: Record, draw: Draw) -> tuple[str, ...]:
    dressings: Sequence[Callable[[str], str]] = (
        lambda line: f"<p>{line}</p>",
        lambda line: f"{line}<br>",
        lambda line: line.replace(" ", "&nbsp;", 3),
        lambda line: f'<div class="text">{line}</div>',
        lambda line: f"<b>{line.split()[0]}</b>{line[len(line.split()[0]) :]} &amp; more" if line.split() else line,
    )
    return tuple(draw.pick(dressings)(line) if draw.chance(0.6) else line for line in record.lines)


def _decomposed(record: Record, draw: Draw) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFD", line) for line in record.lines)


def _with_invisible(record: Record, draw: Draw) -> tuple[str, ...]:
    marks = ("\u200b", "\u00ad", "\ufeff", "\u0007", "\u2060", "\u00a0 ")
    lines = []
    for line in record.lines:
        words = line.split(" ")
        lines.append(" ".join(word + draw.pick(marks) if draw.chance(0.05) else word for word in words))
    return tuple(lines)


_REMNANTS: Mapping[str, Callable[[Record, Draw], tuple[str, ...]]] = {
    "boilerplate": _with_boilerplate,
    "markup": _with_markup,
    "decomposed": _decomposed,
    "invisible": _with_invisible,
}


def _with_remnants(record: Record, draw: Draw) -> Record:
    disorder = draw.pick(list(_REMNANTS))
    return replace(record, disorder=disorder, lines=_REMNANTS[disorder](record, draw), sentences=())


def _source(draw: Draw) -> str:
    return draw.pick(_OPEN_SOURCES)


def _low_quality(number: int, draw: Draw) -> Record:
    bank = patterns("disorder")
    language = "ko" if draw.chance(0.6) else "en"
    disorder = ("short", "repeated", "symbols", "keywords")[number % 4]
    if disorder == "short":
        lines = [f"{draw.pick(bank['short'][language])} {number}"]
    elif disorder == "repeated":
        lines = [draw.pick(bank["repeated"][language])] * draw.between(15, 40) + [str(number)]
    elif disorder == "symbols":
        lines = ["".join(draw.pick(bank["symbols"]) for _ in range(60)) for _ in range(draw.between(4, 9))]
    else:
        lines = [", ".join(draw.pick(bank["keywords"][language]) for _ in range(draw.between(90, 200)))]
    return Record(_source(draw), language, lines[0][:20], tuple(lines), LOW_QUALITY, disorder=disorder)


def _wrong_language(number: int, draw: Draw) -> Record:
    bank = patterns("disorder")["syllables"]
    disorder = list(bank)[number % len(bank)]

    def sentence() -> str:
        if disorder == "kana":
            return "".join(draw.pick(bank["kana"]) for _ in range(draw.between(8, 24))) + "。"
        lengths = (draw.between(1, 3) for _ in range(draw.between(5, 15)))
        words = ("".join(draw.pick(bank[disorder]) for _ in range(length)) for length in lengths)
        return " ".join(words).capitalize() + "."

    lines = tuple(" ".join(sentence() for _ in range(draw.between(4, 8))) for _ in range(draw.between(3, 6)))
    return Record(_source(draw), "other", lines[0][:20], lines, WRONG_LANGUAGE, disorder=disorder)


def _broken(lines_of_a_source: int) -> Iterator[Record]:
    """Lines that are no record: cut JSON, a missing or ill-typed text field, bytes that are not UTF-8."""
    for source, (identity, field) in _FIELDS.items():
        broken: list[Record] = []
        for number in range(2):
            key = f"broken-{source}-{number}"
            bad_bytes = b"\xed\xa0\x80 \xff\xfe caf\xe9"
            lines = {
                "cut_json": _json({identity: f"{key}-a", field: "끊긴 기록입니다."})[:-9],
                "missing_field": _json({identity: f"{key}-b", "title": "본문이 없는 기록"}),
                "wrong_type": _json({identity: f"{key}-c", field: 7}),
                "invalid_utf8": _json({identity: f"{key}-d", field: "@"}).replace(b"@", bad_bytes),
            }
            broken += [
                Record(source, "other", "", (), QUARANTINED, disorder=disorder, broken=line)
                for disorder, line in lines.items()
            ]
        yield from broken[:lines_of_a_source]
    text = "깨진 글\n이 글은 ".encode() + b"\xff\xfe."
    yield Record("encyclopaedia", "ko", "", (), QUARANTINED, disorder="invalid_utf8", broken=text)


def _json(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()
