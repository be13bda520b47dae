"""Small tasks from the same world: a verdict (one sentence), entailment (two), and named entities (tags).

Of every kind of thing a part is kept out of the training rows, so that names alone carry no score.

- ``sentiment``: in the one sentence about a thing, is its verdict good or bad? Two in five sentences grant or deny
  the opposite, so that words without their order do not answer.
- ``entailment``: is it at least so much, or so early, as the hypothesis says? Each claim is right as often as it is
  wrong, so that the hypothesis alone does not answer; nor do the words of both, unless one knows which stand where.
- ``entities``: people, places and organisations, tagged B-, I- and O.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from pipelines.sample.documents import KOREAN_SHARE
from pipelines.sample.draw import Draw
from pipelines.sample.opinions import OPINION_KINDS, opinion
from pipelines.sample.templates import patterns, render
from pipelines.sample.world import Entity, World, person_name

Row = dict[str, Any]

_SPLITS = ("train", "dev", "test")
_POSITIVE_SHARE, _ENTAILED_SHARE = 0.54, 0.54
_SHAPES = {"single": 0.62, "denial": 0.19, "contrast": 0.19}
_SEEN_SHARE = 0.75
_REACH = 3
_NEW_PERSON_SHARE = 0.4
_EMPTY_SHARE = 0.1
# Marks round an entity while its sentence is rendered; private use, so that particles are fitted to the name alone.
_OPEN = {"person": "\ue000", "place": "\ue001", "organisation": "\ue002"}
_CLOSE = "\ue00f"
_KINDS = {mark: kind for kind, mark in _OPEN.items()}
_MARK = re.compile(f"[{''.join(_KINDS)}]")
_WITHOUT_MARKS = dict.fromkeys(map(ord, [*_KINDS, _CLOSE]))
_TRAILING = ".,?!”"


def task_rows(world: World, seed: int, count: int) -> Mapping[str, Mapping[str, list[Row]]]:
    """Rows of each task: ``count`` to train on, a fifth of that each for development and test; none comes twice."""
    makers: Mapping[str, Callable[[World, str, bool, Draw], Row]] = {
        "sentiment": _sentiment,
        "entailment": _entailment,
        "entities": _entities,
    }
    tasks = {}
    for task, maker in makers.items():
        known: set[str] = set()
        tasks[task] = {
            split: _rows(maker, world, split, count if split == "train" else count // 5, known, Draw(seed, task, split))
            for split in _SPLITS
        }
    return tasks


def _rows(
    maker: Callable[[World, str, bool, Draw], Row], world: World, split: str, count: int, known: set[str], draw: Draw
) -> list[Row]:
    rows: list[Row] = []
    while len(rows) < count:
        row = maker(world, "ko" if draw.chance(KOREAN_SHARE) else "en", split == "train", draw)
        text = " ".join(str(row[field]) for field in row if field not in ("label", "lang", "tags"))
        if text not in known:
            known.add(text)
            rows.append(row)
    return rows


def _open_to(entities: Sequence[Entity], training: bool) -> Sequence[Entity]:
    """All entities, or those that training may see."""
    return entities[: max(1, round(len(entities) * _SEEN_SHARE))] if training else entities


def _sentiment(world: World, language: str, training: bool, draw: Draw) -> Row:
    kind = draw.pick(OPINION_KINDS)
    positive = draw.chance(_POSITIVE_SHARE)
    entity = draw.pick(_open_to(world.entities[kind], training))
    sentence = opinion(entity, language, draw.weighted(_SHAPES), positive, draw)
    return {"text": sentence, "label": "positive" if positive else "negative", "lang": language}


def _entailment(world: World, language: str, training: bool, draw: Draw) -> Row:
    index = int(language == "en")
    facts = {
        "person": draw.pick(_open_to(world.entities["person"], training)).name[index],
        "place": draw.pick(_open_to(world.entities["town"], training)).name[index],
        "item": draw.pick(patterns("names")["specialties"])[index],
    }
    scale = draw.pick(patterns("tasks")["entailment"][language])
    values = scale["values"]
    # The claim is drawn before the fact, so that it is right as often as it is wrong whatever it says; the fact is
    # never far from it, so that the premise alone says little.
    claimed, entailed = draw.between(1, len(values) - 1), draw.chance(_ENTAILED_SHARE)
    if entailed:
        true = draw.between(claimed, min(claimed + _REACH - 1, len(values) - 1))
    else:
        true = draw.between(max(claimed - _REACH, 0), claimed - 1)
    return {
        "premise": render(draw.pick(scale["premise"]), {**facts, "value": values[true]}, language, draw),
        "hypothesis": render(draw.pick(scale["hypothesis"]), {**facts, "value": values[claimed]}, language, draw),
        "label": "entailment" if entailed else "contradiction",
        "lang": language,
    }


def _entities(world: World, language: str, training: bool, draw: Draw) -> Row:
    while True:
        kind = draw.pick(list(world.entities))
        told = _told(draw.pick(_open_to(world.entities[kind], training)), language, training, draw)
        row = _tagged(render(draw.pick(draw.pick(_moves(kind, language))), told, language, draw))
        if row["tags"].count("O") < len(row["tags"]) or draw.chance(_EMPTY_SHARE):
            return {**row, "lang": language}


def _moves(kind: str, language: str) -> list[Sequence[str]]:
    """Patterns of single sentences about an entity, from articles and from news."""
    news, articles = patterns(f"news_{language}"), patterns(f"encyclopaedia_{language}")
    moves: list[Sequence[str]] = [*articles[kind]["aside"]]
    moves += [move for paragraph in articles[kind]["article"] for move in paragraph if "" not in move]
    if kind in news["lead"]:
        moves += [news["lead"][kind]] * 4 + [news["quote"]]
    return moves


def _told(entity: Entity, language: str, training: bool, draw: Draw) -> dict[str, str]:
    """Facts of an entity with its names marked, some of the people renamed where nothing is trained on them."""
    index, types = int(language == "en"), _types(entity.kind)
    told: dict[str, str] = {}
    for slot, value in {**entity.facts, "witness": person_name(draw)}.items():
        name = types.get(slot, "")
        renamed = name == "person" and not training and draw.chance(_NEW_PERSON_SHARE)
        told[slot] = _marked((person_name(draw) if renamed else value)[index], name)
    told["date"] = (f"{draw.between(1, 12)}월 {draw.between(1, 28)}일", f"{draw.between(1, 28)} June")[index]
    return told


@cache
def _types(kind: str) -> Mapping[str, str]:
    """What each slot of an entity of this kind names."""
    bank = patterns("tasks")
    types = {slot: name for name, slots in bank["entity_slots"].items() for slot in slots}
    return types | {"name": bank["entity_kinds"].get(kind, "")}


def _marked(name: str, kind: str) -> str:
    if not kind:
        return name
    article = "the " if name.startswith("the ") else ""
    return f"{article}{_OPEN[kind]}{name.removeprefix('the ')}{_CLOSE}"


def _tagged(sentence: str) -> Row:
    """Tokens at spaces, the marks at their end cut off, and the tag of each."""
    tokens: list[str] = []
    tags: list[str] = []
    kind = ""
    for word in sentence.split():
        opened = _opened(word)
        begins = bool(opened)
        kind = opened or kind
        tag = f"{'B' if begins else 'I'}-{kind}" if kind else "O"
        if _CLOSE in word:
            kind = ""
        plain = word.translate(_WITHOUT_MARKS)
        core = plain.rstrip(_TRAILING)
        if core:
            tokens.append(core)
            tags.append(tag)
        tokens += plain[len(core) :]
        tags += ["O"] * (len(plain) - len(core))
    return {"tokens": tokens, "tags": tags}


def _opened(word: str) -> str:
    """Kind of the entity that the first opening mark of the word is for, "" where it has none."""
    found = _MARK.search(word)
    return _KINDS[found[0]] if found else ""
