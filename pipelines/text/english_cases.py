"""English words that are no case for the rules of ``english_words``: contractions, abbreviations, emoticons."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipelines.text.english_words import find_word, hash_codes, sieve_slot

_SLOTS = 1 << 12

_SUBJECTS = "i you he she it we they"
_QUESTIONS = "who what when where why how there that this"
_DEMONSTRATIVES = "these those"
_AUXILIARIES = "ca could do does did had may might must need ought sha should wo would"
_OTHER_AUXILIARIES = "ai are is was were have has dare"
_NOT_CONTRACTED = "ill its hell shell shed were well whore"
_WHOLE = (
    "'s 's 're 'd 'll ' '' 'em 'cause 'cos 'coz 'cuz 'bout 'nuff and/or w/o ma'am o'clock lovin' havin' doin' goin' "
    "nothin' nuthin' somethin' ol' a.m. p.m. e.g. i.e. co. vs. v.s. ph.d. C++ <space>"
)
_ABBREVIATIONS = (
    "Mt Ak Ala Apr Ariz Ark Aug Calif Colo Conn Dec Del Feb Fla Ga Ia Id Ill Ind Jan Jul Jun Kan Kans Ky La Mar Mass "
    "Mich Minn Miss N.C N.D N.H N.J N.M N.Y Neb Nebr Nev Nov Oct Okla Ore Pa S.C Sep Sept Tenn Va Wash Wis Adm Bros Co "
    "Corp D.C Dr E.g E.G Gen Gov I.e I.E Inc Jr Ltd Md Messrs Mo Mont Mr Mrs Ms Ph.D Prof Rep Rev Sen St "
    "a b c d e f g h i j k l m n o p q r s t u v w x y z ä ö ü"
)
_EMOTICONS = (
    ":) :-) :)) :-)) :))) :-))) (: (-: =) (= :] :-] [: [-: [= =] :o) (o: :} :-} 8) 8-) (-8 ;) ;-) (; (-; :( :-( :(( "
    ":-(( :((( :-((( ): )-: =( >:( :') :'-) :'( :'-( :/ :-/ =/ =| :| :-| ]= =[ :1 :P :-P :p :-p :O :-O :o :-o :0 :-0 "
    ":* :-* :3 :-3 =3 :> :-> :X :-X :x :-x :D :-D ;D ;-D =D xD XD xDD XDD 8D 8-D ^_^ ^__^ ^___^ >.< >.> <.< ._. ;_; "
    "-_- -__- v.v V.V v_v V_V o_o o_O O_o O_O 0_o o_0 0_0 o.O O.o O.O o.o 0.0 o.0 0.o @_@ <3 <33 <333 </3"
)


@cache
def special_words() -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint16]]:
    """Open addressing: hash of a word that is no case for the rules (0 = empty), and a bit for each end of a part.

    The third array is a sieve: the lengths, as bits, of those words by their first and last character.
    """
    cuts: dict[str, tuple[int, ...]] = {}
    for stem, *endings in _contractions():
        for first in (stem, stem.title()):
            word, ends = first, [len(first)]
            for ending in endings:
                word += ending
                ends.append(len(word))
            cuts[word] = tuple(ends)
    for word in (*_NOT_CONTRACTED.split(), *_NOT_CONTRACTED.title().split()):
        cuts.pop(word, None)
    whole = [*_WHOLE.split(), *_EMOTICONS.split(), *(f"{word}." for word in _ABBREVIATIONS.split())]
    for word in whole:
        cuts[word] = (len(word),)
        if word[0] == "'" or "in'" in word or word in {"ma'am", "o'clock", "ol'"}:
            cuts[word.capitalize() if word[0] != "'" else "'" + word[1:].capitalize()] = (len(word),)
    cuts |= {word.replace("'", "’"): parts for word, parts in cuts.items()}
    keys, values, sieve = np.zeros(_SLOTS, np.uint64), np.zeros(_SLOTS, np.uint64), np.zeros(1 << 12, np.uint16)
    for word, parts in cuts.items():
        sieve[sieve_slot(ord(word[0]), ord(word[-1]))] |= 1 << len(word)
        codes = np.array([ord(character) for character in word], np.int32)
        key = np.uint64(hash_codes(codes, 0, len(codes)))
        slot = int(find_word(keys, key))
        keys[slot], values[slot] = key, sum(1 << end for end in parts)
    return keys, values, sieve


def _contractions() -> list[tuple[str, ...]]:
    """Parts of every contraction in lower case; the apostrophe may be missing."""
    found: list[tuple[str, ...]] = [
        ("y'", "all"), ("y", "all"), ("how", "'d", "'y"), ("not", "'ve"), ("not", "ve"), ("can", "not"),
        ("gon", "na"), ("got", "ta"), ("let", "'s"), ("c'm", "on"), ("i", "'m"), ("i", "m"), ("i", "'m", "a"),
        ("i", "m", "a"),
    ]  # fmt: skip
    subjects, questions, others = _SUBJECTS.split(), _QUESTIONS.split(), _DEMONSTRATIVES.split()
    for apostrophe in ("'", ""):
        will, would, have = f"{apostrophe}ll", f"{apostrophe}d", f"{apostrophe}ve"
        for word in [*subjects, *questions, *others]:
            found += [(word, will), (word, will, have), (word, would), (word, would, have)]
        found += [(word, have) for word in ["i", "you", "we", "they", *questions[:6], *others, "there"]]
        found += [(word, f"{apostrophe}re") for word in ["you", "we", "they", *questions[:6], *others, "there"]]
        found += [(word, f"{apostrophe}s") for word in ["he", "she", "it", *questions]]
        refusal = f"n{apostrophe}t"
        for word in _AUXILIARIES.split():
            found += [(word, refusal), (word, refusal, have)]
        found += [(word, refusal) for word in _OTHER_AUXILIARIES.split()]
        found += [(word, have) for word in ("could", "might", "must", "should", "would")]
    found += [(str(hour), half) for hour in range(1, 13) for half in ("am", "pm", "a.m.", "p.m.")]
    return found
