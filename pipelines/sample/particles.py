"""How words fit each other: Korean particles and endings by final consonant, English articles by first sound."""

_RIEUL, _BIEUP = 8, 17
_DIGIT_FINALS = {"0": 21, "1": _RIEUL, "2": 0, "3": 16, "4": 0, "5": 0, "6": 1, "7": _RIEUL, "8": _RIEUL, "9": 0}
_LETTER_FINALS = {"l": _RIEUL, "m": 16, "n": 4, "r": _RIEUL}
_PAIRS = {"은": ("은", "는"), "이": ("이", "가"), "을": ("을", "를"), "과": ("과", "와"), "로": ("으로", "로")}
_ENDINGS = frozenset({"습니다", "네요", "다고", "다는", "지", "고"})
_COPULA_AFTER_VOWEL = {"이었": "였", "이에": "예", "이라": "라"}


def final_consonant(word: str) -> int:
    """Index of the final consonant (0: none, 8: rieul) of a word as read aloud: Hangul, a digit or a Latin letter."""
    for character in reversed(word):
        if "가" <= character <= "힣":
            return (ord(character) - 0xAC00) % 28
        if character in _DIGIT_FINALS:
            return _DIGIT_FINALS[character]
        if character.isascii() and character.isalpha():
            return _LETTER_FINALS.get(character.lower(), 0)
    raise ValueError("no letter or digit to attach a particle to")


def with_particle(word: str, particle: str) -> str:
    """The word with its particle, which is named in the form that follows a consonant (로: 으로).

    Everything longer that starts with 이 is a form of the copula (이다, 이라는, 이었다), shortened after a vowel where
    written Korean shortens it.
    """
    final = final_consonant(word)
    if particle == "로":
        return word + _PAIRS[particle][final in (0, _RIEUL)]
    if particle in _PAIRS:
        return word + _PAIRS[particle][final == 0]
    if not particle.startswith("이"):
        raise ValueError(f"unknown particle {particle}")
    return word + (particle if final else _COPULA_AFTER_VOWEL.get(particle[:2], particle[:2]) + particle[2:])


def with_ending(stem: str, ending: str) -> str:
    """A regular adjective, or a noun with 이 for the copula, with an ending in the form that follows a consonant."""
    if ending == "습니다" and not final_consonant(stem):
        return stem[:-1] + chr(ord(stem[-1]) + _BIEUP) + "니다"
    if stem.endswith("이") and ending.startswith("다"):
        return stem + "라" + ending[1:]
    return stem + ending


def inflected(word: str, form: str) -> str:
    """The word with a particle, or the stem with an ending."""
    return with_ending(word, form) if form in _ENDINGS else with_particle(word, form)


def with_article(word: str) -> str:
    """The word after ``a`` or ``an``."""
    return f"{'an' if word[0].lower() in 'aeio' else 'a'} {word}"
