"""Names of the measures, where each stands in a row of counts, and what the counting has to know of a character."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipelines.text.unicode import character_classes

MEASURES = (
    "bytes",
    "characters",
    "visible_characters",
    "letters",
    "hangul",
    "latin",
    "digits",
    "punctuation",
    "symbols",
    "replacement_characters",
    "hashes",
    "ellipses",
    "links",
    "words",
    "words_not_punctuation",
    "characters_of_words",
    "words_with_letter",
    "capitalised_words",
    "words_before_separator",
    "longest_word",
    "function_words",
    "distinct_function_words",
    "sentences",
    "lines",
    "lines_blank_included",
    "newlines",
    "line_characters",
    "lines_ending_in_punctuation",
    "lines_ending_in_sentence_mark",
    "bullet_lines",
    "bullet_or_hyphen_lines",
    "ellipsis_lines",
    "short_lines",
    "duplicate_lines",
    "duplicate_line_characters",
    "paragraphs",
    "duplicate_paragraphs",
    "duplicate_paragraph_characters",
    "distinct_words",
    "most_frequent_word",
    "top_2_gram_characters",
    "top_3_gram_characters",
    "top_4_gram_characters",
    "duplicate_5_gram_characters",
    "duplicate_6_gram_characters",
    "duplicate_7_gram_characters",
    "duplicate_8_gram_characters",
    "duplicate_9_gram_characters",
    "duplicate_10_gram_characters",
)
(
    BYTES,
    CHARACTERS,
    VISIBLE,
    LETTERS,
    HANGUL_LETTERS,
    LATIN_LETTERS,
    DIGITS,
    PUNCTUATION_MARKS,
    SYMBOLS,
    REPLACEMENTS,
    HASHES,
    ELLIPSES,
    LINKS,
    WORDS,
    WORDS_NOT_PUNCTUATION,
    CHARACTERS_OF_WORDS,
    WORDS_WITH_LETTER,
    CAPITALISED_WORDS,
    WORDS_BEFORE_SEPARATOR,
    LONGEST_WORD,
    FUNCTION_WORDS,
    DISTINCT_FUNCTION_WORDS,
    SENTENCES,
    LINES,
    LINES_BLANK_INCLUDED,
    NEWLINES,
    LINE_CHARACTERS,
    LINES_ENDING_IN_PUNCTUATION,
    LINES_ENDING_IN_SENTENCE_MARK,
    BULLET_LINES,
    BULLET_OR_HYPHEN_LINES,
    ELLIPSIS_LINES,
    SHORT_LINES,
    DUPLICATE_LINES,
    DUPLICATE_LINE_CHARACTERS,
    PARAGRAPHS,
    DUPLICATE_PARAGRAPHS,
    DUPLICATE_PARAGRAPH_CHARACTERS,
    DISTINCT_WORDS,
) = range(39)

KEPT_MEASURES = (
    "kept_words",
    "kept_sentences",
    "kept_lines",
    "kept_newlines",
    "kept_line_characters",
    "kept_short_lines",
    "kept_lines_ending_in_sentence_mark",
    "kept_duplicate_line_characters",
)
"""The same of those lines that a profile does not take out, one newline between them."""
(
    KEPT_WORDS,
    KEPT_SENTENCES,
    KEPT_LINES,
    KEPT_NEWLINES,
    KEPT_LINE_CHARACTERS,
    KEPT_SHORT_LINES,
    KEPT_LINES_ENDING_IN_SENTENCE_MARK,
    KEPT_DUPLICATE_LINE_CHARACTERS,
) = range(len(MEASURES), len(MEASURES) + len(KEPT_MEASURES))

# A character's class in the low four bits of its flags; lines are told apart by how they begin and end.
CLASS, TERMINAL, BULLET, MARK, SENTENCE_MARK = 15, 16, 32, 64, 128
TERMINAL_CHARACTERS = ".!?…\"'”’»›。！？｡．」』〉》）)]~"
BULLET_CHARACTERS = "-*–•·‣⁃◦∙▪▫■□▶▷►◀◁●○◆◇★☆※✓✔ㆍ・"
# What datatrove takes for punctuation, and the marks of the Unicode property Sentence_Terminal.
SENTENCE_MARKS = ".!?。．｡！？﹒﹖﹗‼‽⁇⁈⁉।॥؟۔։։።፧፨។៕᠃᠉၊။⸮"
MARK_CHARACTERS = (
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~—”：％１〈（、━【「」，】；“《„’∶´．–？！～«〉》）。…►»" + SENTENCE_MARKS
)


@cache
def measure_flags() -> NDArray[np.uint8]:
    flags = character_classes().copy()
    for characters, flag in (
        (TERMINAL_CHARACTERS, TERMINAL),
        (BULLET_CHARACTERS, BULLET),
        (MARK_CHARACTERS, MARK),
        (SENTENCE_MARKS, SENTENCE_MARK),
    ):
        for character in characters:
            flags[ord(character)] |= flag
    return flags
