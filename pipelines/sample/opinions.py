"""Sentences that judge something, for the comments and for the classification task."""

from pipelines.sample.draw import Draw
from pipelines.sample.templates import Facts, patterns, render
from pipelines.sample.world import Entity

OPINION_KINDS = ("product", "dish", "work", "team", "town", "festival")

_POSITIVE, _NEGATIVE = 1, 2


def subject(entity: Entity, language: str) -> str:
    """What is judged, as it stands in a sentence (in English: after ``the``)."""
    if language == "ko":
        return entity.name[0]
    name = entity.name[1].removeprefix("The ")
    return f"town of {name}" if entity.kind == "town" else name


def opinion(entity: Entity, language: str, shape: str, positive: bool, draw: Draw) -> str:
    """One sentence whose verdict on an aspect of the entity is positive or negative.

    ``shape`` is ``single`` (the verdict alone), ``denial`` (the opposite, denied), ``contrast`` (the opposite granted
    of another aspect) or ``informal``.
    """
    bank = patterns(f"opinions_{language}")
    aspect, other = draw.sample(bank["aspects"][entity.kind], 2)
    side, opposite = (_POSITIVE, _NEGATIVE) if positive else (_NEGATIVE, _POSITIVE)
    facts = {
        "subject": subject(entity, language),
        "aspect": aspect[0],
        "verdict": draw.pick(aspect[side]),
        "other": other[0],
        "opposite": draw.pick((other if shape == "contrast" else aspect)[opposite]),
        "other_verdict": draw.pick(bank["verdict_words"]["positive" if positive else "negative"]),
    }
    return render(draw.pick(bank[shape]), facts, language, draw)


def thread(entity: Entity, language: str, facts: Facts, draw: Draw) -> list[list[str]]:
    """Comments on an entity, each a list of sentences; no line of chat comes twice."""
    bank = patterns(f"opinions_{language}")
    chat, short = draw.shuffled(bank["chat"][entity.kind]), draw.shuffled(bank["short"])
    favour = draw.pick([0.15, 0.5, 0.85])
    comments = []
    for _ in range(draw.between(6, 14)):
        comment: list[str] = []
        positive = draw.chance(favour)
        for _ in range(draw.between(1, 3)):
            shape = draw.weighted({"chat": 5, "single": 2, "denial": 1, "contrast": 2, "informal": 3, "short": 1})
            if shape == "chat" and chat:
                comment.append(render(chat.pop(), facts, language, draw))
            elif shape == "short" and short:
                comment.append(short.pop())
            else:
                shape = "informal" if shape in ("chat", "short") else shape
                comment.append(opinion(entity, language, shape, positive, draw))
        comments.append(comment)
    return comments
