"""What names in wikitext of the Korean and English Wikipedia mean, as hash tables for compiled loops.

All names are in small letters, with spaces for underscores, as MediaWiki compares them.
"""

from functools import cache
from typing import NamedTuple

from pipelines.core.names import NameTable, name_table

# What becomes of a template; of all others nothing is left. KEEP_FIRST and KEEP_SECOND leave the text of an argument,
# KEEP_BOTH the first two with a space between; DISAMBIGUATION says what page it is that holds the template.
KEEP_FIRST, KEEP_SECOND, KEEP_BOTH, DISAMBIGUATION = 1, 2, 3, 4
# What becomes of a tag: it goes with its content, it goes, or its content is no wikitext.
CONTENT, TAG, LITERAL = 1, 2, 3

_KEEP_FIRST = (
    "nowrap nobr nobold noitalic small smaller big bigger larger em strong abbr vanchor visible_anchor angbr vr "
    "smallcaps sc1 midsize 작게 크게 굵게 줄바꿈금지"
)
_KEEP_SECOND = "lang llang langx transl transliteration ruby color 색 한자 루비 언어 tooltip"
_KEEP_BOTH = "convert cvt val"
_DISAMBIGUATION = (
    "disambiguation disambig disamb dab disambiguation_page disambiguation_cleanup disambig_cleanup hndis "
    "human_name_disambiguation geodis place_name_disambiguation schooldis school_disambiguation roaddis "
    "airport_disambiguation hospital_disambiguation letter-number_combination_disambiguation numberdis "
    "mathematical_disambiguation mathdab chinese_title_disambiguation biology_disambiguation "
    "call_sign_disambiguation genus_disambiguation species_latin_name_abbreviation_disambiguation "
    "동음이의 동음이의어 동음이의_문서 동명이인 동명이인_문서 지명_동음이의 학교_동음이의 인명_동음이의"
)
_REMOVED_NAMESPACES = (
    "file image category template module special user user_talk talk file_talk category_talk template_talk mediawiki "
    "파일 그림 분류 틀 모듈 특수 사용자 사용자토론 토론 파일토론 분류토론 틀토론 미디어위키"
)
_CONTENT_TAGS = (
    "ref references math chem ce gallery timeline imagemap score syntaxhighlight source graph mapframe maplink "
    "templatedata templatestyles hiero inputbox categorytree includeonly indicator section style script table "
    "charinsert mapdata rss"
)
_TAGS = "poem noinclude onlyinclude"
_LITERAL_TAGS = "nowiki"
# Sections that hold references and links, no text.
_APPARATUS = (
    "references notes notes_and_references references_and_notes footnotes citations sources bibliography "
    "further_reading external_links see_also works_cited general_references reference_list explanatory_notes "
    "각주 주석 주 참고 참고_문헌 참고문헌 참고_자료 참고자료 출처 외부_링크 외부링크 바깥_고리 같이_보기 "
    "같이보기 함께_보기 더_보기 더_읽어보기 더_읽을거리 각주_및_참고_문헌 각주와_참고_문헌 인용 관련_항목 관련_문서"
)


class WikitextNames(NamedTuple):
    """Templates and tags with what becomes of them, namespaces whose links leave nothing, sections without text."""

    templates: NameTable
    tags: NameTable
    namespaces: NameTable
    sections: NameTable


@cache
def wikitext_names() -> WikitextNames:
    """All tables."""
    templates = _kinds(
        (_KEEP_FIRST, KEEP_FIRST),
        (_KEEP_SECOND, KEEP_SECOND),
        (_KEEP_BOTH, KEEP_BOTH),
        (_DISAMBIGUATION, DISAMBIGUATION),
    )
    tags = _kinds((_CONTENT_TAGS, CONTENT), (_TAGS, TAG), (_LITERAL_TAGS, LITERAL))
    return WikitextNames(
        name_table(templates),
        name_table(tags),
        name_table(_kinds((_REMOVED_NAMESPACES, 1))),
        name_table(_kinds((_APPARATUS, 1))),
    )


def _kinds(*groups: tuple[str, int]) -> dict[str, bytes]:
    return {name.replace("_", " "): bytes([kind]) for names, kind in groups for name in names.split()}
