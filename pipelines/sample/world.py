"""The invented world: people, places, companies and the rest, with the facts that are told about each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.sample.draw import Draw
from pipelines.sample.particles import with_article
from pipelines.sample.templates import Facts, patterns

Name = tuple[str, str]
"""How something is called in Korean and in English."""

_LANGUAGES = ("ko", "en")
_MODERN_PEOPLE = 120


@dataclass(frozen=True)
class Entity:
    """One thing of the world: its kind, its facts in both languages, and the entities that its facts speak of."""

    kind: str
    facts: Mapping[str, Name]
    links: tuple["Entity", ...] = ()

    @property
    def name(self) -> Name:
        return self.facts["name"]

    def told_in(self, language: str) -> Facts:
        """The facts in one language."""
        index = _LANGUAGES.index(language)
        return {slot: value[index] for slot, value in self.facts.items()}


@dataclass(frozen=True)
class World:
    """All entities, by kind."""

    entities: Mapping[str, tuple[Entity, ...]]

    def __iter__(self) -> Iterator[Entity]:
        for group in self.entities.values():
            yield from group


def build_world(seed: int) -> World:
    """The world of a seed."""
    draw = Draw(seed, "world")
    names = patterns("names")
    towns = _towns(names, draw)
    companies = _companies(names, towns, draw)
    schools = _schools(names, towns, draw)
    teams = _teams(names, towns, draw)
    products = _products(names, companies, draw)
    people = _people(names, towns, {"company": companies, "school": schools, "team": teams}, products, draw)
    return World(
        {
            "person": tuple(person for person, _ in people),
            "historical": tuple(_historical(names, towns, draw)),
            "town": tuple(towns),
            "company": tuple(companies),
            "school": tuple(schools),
            "team": tuple(teams),
            "product": tuple(products),
            "work": tuple(work for _, work in people if work is not None),
            "festival": tuple(_festivals(names, towns, draw)),
            "law": tuple(_laws(names, towns, draw)),
            "dish": tuple(_dishes(names, towns, draw)),
            "species": tuple(_species(names, towns, [person for person, _ in people], draw)),
        }
    )


def person_name(draw: Draw) -> Name:
    """A full name; English puts the given name first."""
    surname, given = draw.pick(patterns("names")["surnames"]), draw.pick(patterns("names")["given_names"])
    return surname[0] + given[0], f"{given[1]} {surname[1]}"


def _pair(item: list[str]) -> Name:
    return item[0], item[1]


def _number(value: int) -> Name:
    return str(value), str(value)


def _thousands(value: int) -> Name:
    return f"{value:,}", f"{value:,}"


def _about(prefix: str, entity: Entity, *slots: str) -> dict[str, Name]:
    """Facts of another entity under a prefix (``town``, ``town_river``)."""
    return {prefix: entity.name, **{f"{prefix}_{slot}": entity.facts[slot] for slot in slots}}


def _towns(names: dict[str, list[list[str]]], draw: Draw) -> list[Entity]:
    towns = []
    count = len(names["towns"])
    specialties = draw.shuffled([index % len(names["specialties"]) for index in range(count)])
    for index, town in enumerate(names["towns"]):
        mayor = person_name(draw)
        towns.append(
            Entity(
                "town",
                {
                    "name": _pair(town),
                    "stem": (town[0][:-1], town[1]),
                    "region": _pair(names["regions"][index % len(names["regions"])]),
                    "river": _pair(draw.pick(names["rivers"])),
                    "mountain": _pair(draw.pick(names["mountains"])),
                    "specialty": _pair(names["specialties"][specialties[index]]),
                    "landmark": _pair(draw.pick(names["landmarks"])),
                    "direction": _pair(draw.pick(names["directions"])),
                    "weather": _pair(draw.pick(names["weathers"])),
                    "neighbour": _pair(names["towns"][(index + draw.between(1, count - 1)) % count]),
                    "mayor": mayor,
                    "founded": _number(draw.between(1890, 1985)),
                    "population": _thousands(draw.between(60, 4800) * 100),
                },
            )
        )
    return towns


def _companies(names: dict[str, list[list[str]]], towns: list[Entity], draw: Draw) -> list[Entity]:
    companies = []
    count = len(names["companies"])
    for index, stem in enumerate(names["companies"]):
        industry = names["industries"][index % len(names["industries"])]
        rival = names["companies"][(index + len(names["industries"])) % count]
        town = draw.pick(towns)
        companies.append(
            Entity(
                "company",
                {
                    "name": (stem[0] + industry[0], f"{stem[1]} {industry[1]}"),
                    "rival": (rival[0] + industry[0], f"{rival[1]} {industry[1]}"),
                    "category": (industry[2], industry[3]),
                    "founder": person_name(draw),
                    "founded": _number(draw.between(1951, 2015)),
                    "staff": _thousands(draw.between(12, 900) * 10),
                    **_about("town", town, "region", "river"),
                },
                (town,),
            )
        )
    return companies


def _schools(names: dict[str, list[list[str]]], towns: list[Entity], draw: Draw) -> list[Entity]:
    schools = []
    fields = [job[2:4] for job in names_jobs("school")]
    for name in names["schools"]:
        town = draw.pick(towns)
        facts = {
            "name": _pair(name),
            "motto": _pair(draw.pick(names["mottoes"])),
            "field": _pair(draw.pick(fields)),
            "president": person_name(draw),
            "founded": _number(draw.between(1905, 1988)),
            "students": _thousands(draw.between(18, 220) * 100),
            **_about("town", town, "mountain", "landmark"),
        }
        schools.append(Entity("school", facts, (town,)))
    return schools


def _teams(names: dict[str, list[list[str]]], towns: list[Entity], draw: Draw) -> list[Entity]:
    homes = draw.sample(towns, len(names["mascots"]))
    called = [
        (f"{home.facts['stem'][0]} {mascot[0]}", f"{home.facts['stem'][1]} {mascot[1]}")
        for home, mascot in zip(homes, names["mascots"], strict=True)
    ]
    teams = []
    for index, home in enumerate(homes):
        sport = names["sports"][index % len(names["sports"])]
        facts = {
            "name": called[index],
            "sport": _pair(sport),
            "unit": (sport[2], sport[3]),
            "rival": called[(index + len(names["sports"])) % len(called)],
            "coach": person_name(draw),
            "stadium": (f"{home.facts['stem'][0]} 공원 경기장", f"{home.facts['stem'][1]} Park Stadium"),
            "founded": _number(draw.between(1961, 2004)),
            "titles": _number(draw.between(2, 9)),
            **_about("town", home, "region", "landmark"),
        }
        teams.append(Entity("team", facts, (home,)))
    return teams


def _products(names: dict[str, list[list[str]]], companies: list[Entity], draw: Draw) -> list[Entity]:
    products = []
    for index in range(36):
        company = companies[index % len(companies)]
        category = company.facts["category"]
        brand = names["products"][index % len(names["products"])]
        generation = index // len(names["products"]) + 1
        first, second = draw.sample(names["features"], 2)
        facts = {
            "name": (f"{brand[0]} {category[0]} {generation}", f"{brand[1]} {category[1]} {generation}"),
            "brand": _pair(brand),
            "category": category,
            "feature": _pair(first),
            "second_feature": _pair(second),
            "flaw": _pair(draw.pick(names["flaws"])),
            "year": _number(draw.between(2009, 2023)),
            "price": _thousands(draw.between(12, 480) * 1000),
            **_about("company", company, "town", "founder", "rival"),
        }
        products.append(Entity("product", facts, (company,)))
    return products


def names_jobs(place: str) -> list[list[str]]:
    """Jobs of one kind of place: Korean, English, field in Korean, field in English."""
    jobs: list[list[str]] = patterns("names")["jobs"][place]
    return jobs


def _people(
    names: dict[str, list[list[str]]],
    towns: list[Entity],
    places: Mapping[str, list[Entity]],
    products: list[Entity],
    draw: Draw,
) -> list[tuple[Entity, Entity | None]]:
    """People of today, and beside each artist the work."""
    called: list[Name] = []
    while len(called) < _MODERN_PEOPLE:
        name = person_name(draw)
        if name not in called:
            called.append(name)
    titles = draw.shuffled([(first, second) for first in names["work_adjectives"] for second in names["work_nouns"]])
    people = []
    for index, name in enumerate(called):
        place = ("company", "school", "art", "team")[index % 4]
        job = names_jobs(place)[index // 4 % len(names_jobs(place))]
        employer = draw.pick(places["school" if place == "art" else place])
        town, born = draw.pick(towns), draw.between(1948, 1989)
        woman = draw.chance(0.5)
        facts = {
            "name": name,
            "he": ("그", "she" if woman else "he"),
            "his": ("그의", "her" if woman else "his"),
            "born": _number(born),
            "start": _number(born + draw.between(22, 27)),
            "job": _pair(job),
            "field": (job[2], job[3]),
            "school": draw.pick(places["school"]).name,
            "award": _pair(names["awards"][4] if place == "team" else draw.pick(names["awards"])),
            "award_year": _number(born + draw.between(30, 34)),
            "hobby": _pair(draw.pick(names["hobbies"])),
            "friend": called[index ^ 1],
            "mentor": called[(index + 37) % len(called)],
            **_about("birthplace", town, "region", "river", "specialty", "landmark"),
            **_about("employer", employer, "town"),
        }
        links: tuple[Entity, ...] = (town, employer)
        work = None
        if place == "art":
            work = _work(names, titles[index // 4], facts, draw.pick(towns), draw)
            links = (*links, work)
            form = work.facts["form"]
            facts["known_for"] = (f"{form[0]} 《{work.name[0]}》", f"the {form[1]} {work.name[1]}")
        elif place == "company":
            product = draw.pick([product for product in products if product.facts["company"] == employer.name])
            links = (*links, product)
            facts["known_for"] = (f"{product.name[0]} 개발", f"the making of the {product.name[1]}")
        elif place == "team":
            facts["known_for"] = (f"{facts['award_year'][0]}년 우승", f"the championship of {facts['award_year'][0]}")
        else:
            facts["known_for"] = (f"{facts['birthplace'][0]} {job[2]} 연구", f"work on the {job[3]} of {town.name[1]}")
        people.append((Entity("person", facts, links), work))
    return people


def _work(
    names: dict[str, list[list[str]]],
    title: tuple[list[str], list[str]],
    author: Mapping[str, Name],
    town: Entity,
    draw: Draw,
) -> Entity:
    form = patterns("names")["work_kinds"][author["job"][0]]
    facts = {
        "name": (f"{title[0][0]} {title[1][0]}", f"The {title[0][1]} {title[1][1]}"),
        "form": _pair(form),
        "author": author["name"],
        "author_job": author["job"],
        "author_birthplace": author["birthplace"],
        "award": author["award"],
        "year": author["award_year"],
        "theme": _pair(draw.pick(names["themes"])),
        "hero": _pair(draw.pick(names["given_names"])),
        **_about("town", town, "landmark", "river"),
    }
    return Entity("work", facts, (town,))


def _historical(names: dict[str, list[list[str]]], towns: list[Entity], draw: Draw) -> Iterator[Entity]:
    by_name = {town.name[0]: town for town in towns}
    for row in names["historical"]:
        korean, english, he, era, era_english, office, office_english, born, town_name, *deeds = row
        deed, deed_english, _, legacy, legacy_english = deeds
        town = by_name[town_name]
        facts = {
            "name": (korean, english),
            "he": ("그", he),
            "his": ("그의", "his" if he == "he" else "her"),
            "era": (era, era_english),
            "office": (office, office_english),
            "born": _number(int(born)),
            "died": _number(int(born) + draw.between(51, 68)),
            "deed_year": _number(int(born) + draw.between(31, 44)),
            "deed": (deed, deed_english),
            "legacy": (legacy, legacy_english),
            **_about("birthplace", town, "river", "mountain", "landmark"),
        }
        yield Entity("historical", facts, (town,))


def _festivals(names: dict[str, list[list[str]]], towns: list[Entity], draw: Draw) -> Iterator[Entity]:
    for town in towns:
        specialty = town.facts["specialty"]
        facts = {
            "name": (f"{town.facts['stem'][0]} {specialty[0]} 축제", f"{town.name[1]} {specialty[1].title()} Festival"),
            "activity": _pair(draw.pick(names["activities"])),
            "season": _pair(draw.pick(names["seasons"])),
            "first": _number(draw.between(1968, 2010)),
            "visitors": _thousands(draw.between(8, 240) * 1000),
            "days": _number(draw.between(2, 9)),
            **_about("town", town, "river", "specialty", "landmark", "mayor", "region"),
        }
        yield Entity("festival", facts, (town,))


def _laws(names: dict[str, list[list[str]]], towns: list[Entity], draw: Draw) -> Iterator[Entity]:
    for index, town in enumerate(draw.sample(towns, 16)):
        subject, duty = (names[key][index % len(names["laws"])] for key in ("laws", "duties"))
        facts = {
            "name": (f"{town.name[0]} {subject[0]} 조례", f"{town.name[1]} {subject[1]} Ordinance"),
            "subject": _pair(subject),
            "duty": _pair(duty),
            "year": _number(draw.between(1996, 2022)),
            "fine": _thousands(draw.between(1, 20) * 50_000),
            **_about("town", town, "mayor", "river", "neighbour"),
        }
        yield Entity("law", facts, (town,))


def _dishes(names: dict[str, list[list[str]]], towns: list[Entity], draw: Draw) -> Iterator[Entity]:
    for dish in names["dishes"]:
        town = draw.pick(towns)
        first, second = draw.sample(names["seasonings"], 2)
        facts = {
            "name": (f"{town.facts['stem'][0]} {dish[0]}", f"{town.name[1]} {dish[1]}"),
            "a_name": (dish[0], with_article(dish[1])),
            "ingredient": (dish[2], dish[3]),
            "seasoning": _pair(first),
            "second_seasoning": _pair(second),
            "season": _pair(draw.pick(names["seasons"])),
            "minutes": _number(draw.between(3, 12) * 5),
            **_about("town", town, "river", "specialty", "region"),
        }
        yield Entity("dish", facts, (town,))


def _species(
    names: dict[str, list[list[str]]], towns: list[Entity], people: list[Entity], draw: Draw
) -> Iterator[Entity]:
    scientists = [person for person in people if person.facts["job"][0] in ("식물학자", "교수", "연구원")]
    for korean, english, kind in names["species"]:
        town, finder = draw.pick(towns), draw.pick(scientists)
        form = patterns("names")["species_kinds"][kind]
        facts = {
            "name": (korean, english),
            "form": (form[0], form[1]),
            "food": (form[2], form[3]),
            "home": (form[4], form[5]),
            "season": _pair(draw.pick(names["seasons"])),
            "year": _number(draw.between(1983, 2019)),
            "count": _number(draw.between(4, 90) * 10),
            "finder": finder.name,
            "finder_employer": finder.facts["employer"],
            **_about("town", town, "river", "mountain", "region"),
        }
        yield Entity("species", facts, (town,))
