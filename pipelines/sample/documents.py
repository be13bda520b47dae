"""Documents of the invented world: for each source the genre that it holds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pipelines.sample.draw import Draw
from pipelines.sample.opinions import OPINION_KINDS, thread
from pipelines.sample.personal_data import VALUES, Mention, mention
from pipelines.sample.templates import Facts, patterns, render
from pipelines.sample.world import Entity, World, person_name

KOREAN_SHARE = 0.6
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MINIMUM_WORDS = 70
_NEWS_KINDS = ("person", "company", "product", "team", "festival", "town", "law", "species", "work", "school")
_NOTICE_KINDS = ("company", "law", "town", "school")


@dataclass(frozen=True)
class Sentence:
    """A sentence and the personal data in it."""

    text: str
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True)
class Document:
    """A document before it is written: paragraphs of sentences, joined by newlines and spaces."""

    source: str
    language: str
    title: str
    paragraphs: tuple[tuple[Sentence, ...], ...]

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its paragraphs as text."""
        return tuple(" ".join(sentence.text for sentence in paragraph) for paragraph in self.paragraphs)

    @property
    def sentences(self) -> list[str]:
        return [sentence.text for paragraph in self.paragraphs for sentence in paragraph]

    @property
    def mentions(self) -> list[Mention]:
        """Personal data, in characters of the paragraphs joined by newlines."""
        found, position = [], 0
        for sentence in (sentence for paragraph in self.paragraphs for sentence in paragraph):
            found += [item.moved(position) for item in sentence.mentions]
            position += len(sentence.text) + 1
        return found


@dataclass(frozen=True)
class _Telling:
    """What a genre needs to tell of one entity."""

    entity: Entity
    language: str
    draw: Draw

    @property
    def facts(self) -> Facts:
        return self.entity.told_in(self.language)

    def bank(self, genre: str) -> Mapping[str, Mapping[str, list[list[list[str]]]]]:
        bank: Mapping[str, Mapping[str, list[list[list[str]]]]] = patterns(f"{genre}_{self.language}")
        return bank

    def paragraph(self, moves: Sequence[Sequence[str]], facts: Facts) -> list[str]:
        """One sentence for each move; an empty pattern is a move left out."""
        sentences = (render(self.draw.pick(move), facts, self.language, self.draw) for move in moves)
        return [sentence for sentence in sentences if sentence]

    def asides(self, entity: Entity, count: int) -> list[str]:
        """A few plain facts of an entity."""
        moves = patterns(f"encyclopaedia_{self.language}")[entity.kind]["aside"]
        return self.paragraph(self.draw.sample(moves, count), entity.told_in(self.language))

    def summary(self) -> str:
        """What kind of thing the document is about."""
        return self.paragraph([patterns("summaries")[self.language][self.entity.kind]], self.facts)[0]

    def date(self) -> str:
        month, day = self.draw.between(1, len(_MONTHS)), self.draw.between(1, 28)
        return f"{month}월 {day}일" if self.language == "ko" else f"{day} {_MONTHS[month - 1]}"

    def someone(self) -> str:
        return person_name(self.draw)[self.language == "en"]


def documents(world: World, seed: int, count: int) -> Iterator[Document]:
    """``count`` documents, three in five Korean, in the proportions of ``GENRES``."""
    for source, (share, kinds, genre) in GENRES.items():
        order = Draw(seed, source, "order")
        subjects: list[tuple[Entity, str]] = []
        for index in range(max(1, round(count * share))):
            if not subjects:
                entities = order.shuffled([entity for entity in world if entity.kind in kinds])
                korean = round(len(entities) * KOREAN_SHARE)
                subjects = [(entity, "ko") for entity in entities[:korean]]
                subjects += [(entity, "en") for entity in entities[korean:]]
                subjects = order.shuffled(subjects)
            entity, language = subjects.pop()
            draw = Draw(seed, source, index)
            document = genre(_Telling(entity, language, draw))
            yield _with_personal_data(document, _PERSONAL_DATA[source], world, draw)


def _encyclopaedia(telling: _Telling) -> Document:
    entity, facts, draw = telling.entity, telling.facts, telling.draw
    article = [telling.paragraph(moves, facts) for moves in telling.bank("encyclopaedia")[entity.kind]["article"]]
    if entity.links:
        article.append([aside for link in draw.sample(entity.links, 3) for aside in telling.asides(link, 3)])
    article[0].append(telling.summary())
    return _document("encyclopaedia", telling, facts["name"], [[facts["name"]], *article])


def _news(telling: _Telling) -> Document:
    entity, draw, kind = telling.entity, telling.draw, telling.entity.kind
    bank = patterns(f"news_{telling.language}")
    facts = dict(telling.facts)
    angle = draw.below(len(bank["lead"][kind]))
    facts["topic"] = render(bank["topic"][kind][angle], facts, telling.language, draw)
    facts |= {"date": telling.date(), "reporter": telling.someone()}
    title = telling.paragraph([bank["headline"]], facts)[0]
    body = telling.paragraph(draw.shuffled(bank["body"][kind]), facts)
    quotes = [
        telling.paragraph([[pattern]], {**facts, "witness": telling.someone()})[0]
        for pattern in draw.sample(bank["quote"], draw.between(1, 2))
    ]
    background = telling.asides(entity, draw.between(2, 3))
    for link in draw.sample(entity.links, 2):
        background += telling.asides(link, 2)
    background[0] = draw.pick(bank["background_opening"]) + background[0]
    background.append(telling.summary())
    paragraphs = [
        [render(bank["lead"][kind][angle], facts, telling.language, draw), body[0]],
        [*body[1:], quotes[0]],
        background,
        [*quotes[1:], *telling.paragraph([bank["close"]], facts)],
        telling.paragraph([bank["byline"]], facts),
    ]
    return _document("news", telling, title, paragraphs)


def _comments(telling: _Telling) -> Document:
    facts = dict(telling.facts)
    facts["visit_season"] = telling.draw.pick(patterns("names")["seasons"])[telling.language == "en"]
    title = facts["name"]
    return _document("comments", telling, title, thread(telling.entity, telling.language, facts, telling.draw))


def _notice(telling: _Telling) -> Document:
    entity, draw = telling.entity, telling.draw
    facts = {**telling.facts, "date": telling.date(), "year_now": str(draw.between(2015, 2024))}
    paragraphs = [telling.paragraph(moves, facts) for moves in patterns(f"notices_{telling.language}")[entity.kind]]
    paragraphs += [telling.asides(entity, 3), *(telling.asides(link, 3) for link in entity.links)]
    document = _document("notices", telling, paragraphs[0][0], [paragraph for paragraph in paragraphs if paragraph])
    return _with_straight_quotes(document) if telling.language == "en" else document


def _with_straight_quotes(document: Document) -> Document:
    """The document in ASCII: English with a few characters of CP949 between is not what legacy files look like."""
    straight = str.maketrans("“”", '""')
    paragraphs = (tuple(Sentence(item.text.translate(straight)) for item in part) for part in document.paragraphs)
    return replace(document, paragraphs=tuple(paragraphs))


def _story(telling: _Telling) -> Document:
    draw, town = telling.draw, telling.entity
    words, index = patterns("words")[telling.language], int(telling.language == "en")
    hero, friend = draw.sample(patterns("names")["given_names"], 2)
    facts = {f"town_{slot}": value for slot, value in telling.facts.items()}
    facts |= {
        "town": town.name[index],
        "neighbour_town": town.facts["neighbour"][index],
        "hero": hero[index],
        "friend": friend[index],
        "season_day": _season_day(telling),
    }
    paragraphs = []
    for plot in draw.sample(["search", "journey", "contest"], 2):
        facts |= {slot: draw.pick(words[slot]) for slot in ("object", "elder", "beast")}
        paragraphs += [telling.paragraph(moves, facts) for moves in patterns(f"stories_{telling.language}")[plot]]
    paragraphs.insert(1, telling.asides(town, 3))
    title = f"{facts['hero']}{'의' if telling.language == 'ko' else ' and the'} {facts['object']}"
    return _document("stories", telling, title, paragraphs)


def _season_day(telling: _Telling) -> str:
    season: str = telling.draw.pick(patterns("names")["seasons"])[telling.language == "en"]
    return f"{season}날" if telling.language == "ko" else f"{season} day"


def _document(source: str, telling: _Telling, title: str, paragraphs: list[list[str]]) -> Document:
    """The document, with facts of its entity and of what that speaks of until it is long enough to be worth keeping."""
    told = {sentence for paragraph in paragraphs for sentence in paragraph}
    words = sum(len(sentence.split()) for paragraph in paragraphs for sentence in paragraph)
    known = {id(entity): entity for link in telling.entity.links for entity in (link, *link.links)}
    for entity in (telling.entity, *known.values()):
        if words < _MINIMUM_WORDS:
            more = [sentence for sentence in telling.asides(entity, 4) if sentence not in told]
            paragraphs.append(more)
            words += sum(len(sentence.split()) for sentence in more)
    spoken = tuple(tuple(Sentence(text) for text in paragraph) for paragraph in paragraphs if paragraph)
    return Document(source, telling.language, title, spoken)


def _with_personal_data(document: Document, share: float, world: World, draw: Draw) -> Document:
    """The document, in ``share`` of all cases with one to three sentences that give personal data away."""
    if not draw.chance(share):
        return document
    paragraphs = list(document.paragraphs)
    for _ in range(draw.between(1, 3)):
        person = draw.pick(world.entities["person"]).name
        kind = draw.weighted({kind: 4 if kind in ("email", "phone") else 1 for kind in VALUES})
        text, found = mention(kind, person, document.language, draw)
        place = len(paragraphs) - 1 if document.source == "notices" else draw.between(1, len(paragraphs) - 1)
        paragraphs[place] = (*paragraphs[place], Sentence(text, (found,)))
    return replace(document, paragraphs=tuple(paragraphs))


GENRES: Mapping[str, tuple[float, Sequence[str], Callable[[_Telling], Document]]] = {
    "encyclopaedia": (
        0.28,
        (*_NEWS_KINDS, "historical", "dish"),
        _encyclopaedia,
    ),
    "news": (0.3, _NEWS_KINDS, _news),
    "comments": (0.17, OPINION_KINDS, _comments),
    "stories": (0.21, ("town",), _story),
    "notices": (0.04, _NOTICE_KINDS, _notice),
}
"""The sources: their share of all documents, the kinds of entities that they tell of, and how."""

_PERSONAL_DATA = {"encyclopaedia": 0.02, "news": 0.12, "comments": 0.2, "stories": 0.01, "notices": 0.7}
