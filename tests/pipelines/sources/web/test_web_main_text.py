"""Main text: the compiled choice of lines against a slow one, and what it does with typical pages."""

import html
import re
from typing import Any

import pyarrow as pa
from archive import page
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.web.extractor import marked_text
from pipelines.sources.web.main_text import main_text

TAG = re.compile(r"<[^>]*>")
SENTENCE_END = re.compile(r"""[.?!…。]["')\]’”]*$""")
SPACES = re.compile("[ \t\r\v\f\xa0\u3000]+")
PARAGRAPH = "모람시는 올해 봄부터 도서관을 밤 열 시까지 열기로 하고, 이를 위하여 사서 열두 명을 새로 뽑는다고 밝혔다."


def slow_main_text(marked: str) -> str:
    lines: list[list[Any]] = []
    linked = False
    for line in marked.split("\n"):
        size = in_links = 0
        for piece in re.split(r"(<[^>]*>)", line):
            if piece.startswith("<"):
                name = re.match(r"</?(\w*)", piece)
                if name and name[1] == "a":
                    linked = not piece.startswith("</")
                continue
            weight = len(SPACES.sub("", html.unescape(piece)).encode())
            # A reference weighs as much as it takes in the text.
            weight += sum(len(found) - 1 for found in re.findall("&(?:lt|gt|amp|quot);", piece))
            size, in_links = size + weight, in_links + weight * linked
        text = SPACES.sub(" ", html.unescape(TAG.sub("", line))).strip(" ")
        if not size:
            continue
        if in_links * 10 > size * 7:
            kind = "links" if size < 300 else "short"
        else:
            kind = "text" if size >= 60 or (size >= 24 and SENTENCE_END.search(text)) else "short"
        lines.append([text, kind, "<h" in line])
    for start in range(len(lines)):
        if lines[start][1] == "links" and (start == 0 or lines[start - 1][1] != "links"):
            stop = start
            while stop < len(lines) and lines[stop][1] == "links":
                stop += 1
            if stop - start < 3:
                for few in lines[start:stop]:
                    few[1] = "short"
    kept = []
    for index, (text, kind, heading) in enumerate(lines):
        before, after = index, index
        while before >= 0 and lines[before][1] == "short":
            before -= 1
        while after < len(lines) and lines[after][1] == "short":
            after += 1
        left = lines[before][1] if before >= 0 else "edge"
        right = lines[after][1] if after < len(lines) else "edge"
        if kind == "text" or (
            kind == "short"
            and (
                left == right != "links"
                or (right == "text" and after - index <= 4)
                or (left == "text" and index - before <= 2 and not heading)
            )
        ):
            kept.append(text)
    return "\n".join(kept)


PIECES = st.sampled_from(
    [
        *(
            "짧다",
            "끝났다.",
            "그는 말했다.”",
            "word",
            "word " * 5,
            PARAGRAPH,
            "x" * 70,
            "긴 줄" * 8 + "…",
            "끝。",
            "  ",
            "\xa0",
            "\u3000",
        ),
        *(
            '<a href="/x?a=1&amp;b=&gt;">',
            "</a>",
            "<h2>",
            "</h2>",
            "<p>",
            "</p>",
            "<li>",
            "&lt;",
            "&amp;amp;",
            "&quot;",
            "&gt;",
        ),
        *(
            "\n",
            "\n\n",
            "\n  ",
            "\t\t",
            '<a href="/">메뉴</a>\n',
            '<a href="/">메뉴</a>\n<a href="/">메뉴</a>\n<a href="/">메뉴</a>\n',
        ),
    ]
)


@given(st.lists(st.lists(PIECES, max_size=40).map("".join), max_size=4))
def test_the_compiled_choice_is_the_slow_one(texts: list[str]) -> None:
    assert main_text(pa.array(texts, pa.string())).to_pylist() == [slow_main_text(text) for text in texts]


@given(st.lists(st.text(alphabet=st.sampled_from("가.<>&;/ahltgqmpuo1\n \u2026\u201d"), max_size=60), max_size=3))
def test_any_text_goes_through(texts: list[str]) -> None:
    main_text(pa.array(texts, pa.string())).validate(full=True)


def extract(*pages: str) -> list[str]:
    found: list[str] = main_text(pa.array([marked_text(one) for one in pages], pa.string())).to_pylist()
    return found


def test_menus_footers_and_scripts_go_and_paragraphs_stay() -> None:
    assert extract(
        page("모람시 도서관, 밤에도 연다", PARAGRAPH, "둘째 문단은 <a href='/'>링크</a>로 &lt;끝&gt;난다 &amp; 그렇다.")
    ) == [f"모람시 도서관, 밤에도 연다\n{PARAGRAPH}\n둘째 문단은 링크로 <끝>난다 & 그렇다."]


def test_what_markup_names_furniture_or_hides_goes() -> None:
    furniture = [
        *(
            "<nav>{}</nav>",
            "<aside>{}</aside>",
            "<footer>{}</footer>",
            "<button>{}</button>",
            "<noscript>{}</noscript>",
        ),
        *("<div class='gnb wide'>{}</div>", "<ul id=lnb><li>{}</li></ul>", "<div role=navigation>{}</div>"),
        *("<div style='color: red; display:none'>{}</div>", "<div hidden>{}</div>", "<!-- {} -->", "<style>{}</style>"),
    ]
    boxes = "".join(one.format(PARAGRAPH.replace("모람시", "가구")) for one in furniture)
    assert extract(f"<body class='nav'>{boxes}<main><h1>제목</h1><p>{PARAGRAPH}</p></main>{boxes}</body>") == [
        f"제목\n{PARAGRAPH}"
    ]


def test_related_links_inside_an_article_go_and_a_list_of_sentences_stays() -> None:
    related = "".join(f"<li><a href='/{number}'>관련 기사 제목 {number}번이 여기 있다</a></li>" for number in range(5))
    steps = "".join(f"<li>{number}번 단계에서는 반죽을 <a href='/'>고루</a> 섞는다.</li>" for number in range(5))
    (found,) = extract(f"<div><p>{PARAGRAPH}</p><ul>{related}</ul><p>{PARAGRAPH}</p><ol>{steps}</ol></div>")
    assert "관련 기사" not in found
    assert found.count("섞는다.") == 5


def test_a_page_of_short_lines_only_is_kept_and_one_of_links_only_is_empty() -> None:
    assert extract("<p>짧은 시</p><p>한 줄</p><p>두 줄</p>") == ["짧은 시\n한 줄\n두 줄"]
    assert extract("<ul>" + "<li><a href=/>메뉴 하나</a></li>" * 9 + "</ul>") == [""]
    assert extract("", "<html></html>", "<frameset><frame src=x></frameset>") == ["", "", ""]


def test_line_breaks_and_cells() -> None:
    (found,) = extract(f"<div>{PARAGRAPH}<br><br>{PARAGRAPH}<table><tr><td>하나<td>둘</table>{PARAGRAPH}</div>")
    assert found == f"{PARAGRAPH}\n{PARAGRAPH}\n하나 둘\n{PARAGRAPH}"
