"""The page loads nothing from elsewhere, escapes what it shows and stands without figures."""

import json
import re
from pathlib import Path

import pytest

from stages.report.charts import Series, bar_chart, line_chart
from stages.report.page import contaminated, render


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def test_a_project_without_figures_has_a_page(tmp_path: Path) -> None:
    page = render(["news"], ["sentiment"], tmp_path, tmp_path, tmp_path / "items.csv")
    assert "<h2>Audit</h2>" in page


def test_figures_reach_the_page_and_text_is_escaped(tmp_path: Path) -> None:
    metrics, plots = tmp_path / "metrics", tmp_path / "plots"
    write(metrics / "clean/news.json", {"documents": 1234, "dropped": {"too_short": 5}, "quarantined": {"<b>": 2}})
    write(metrics / "split.json", {"sources": {"news": {"documents": 1200, "sentences": 9000}}})
    write(metrics / "scrub.json", {"sources": {"news": {"duplicates": 27, "replaced": {"phone": 3}}}})
    plots.mkdir()
    (plots / "validation.csv").write_text("step,mlm_loss,mlm_accuracy\n1,5.0,0.1\n2,4.0,0.2\n")
    page = render(["news"], [], metrics, plots, plots / "items.csv")
    assert "1,234" in page and "too short" in page and "9,000" in page
    assert "<b>2" not in page and "&lt;b&gt;" in page
    assert "<polyline" in page


def test_a_sweep_is_drawn_where_there_is_one(tmp_path: Path) -> None:
    plots = tmp_path / "plots"
    plots.mkdir()
    options, corpus = {"preset": "tiny", "missed": "secrets"}, {"documents": 976}
    write(tmp_path / "sweep.json", {"arms": {"raw": {"share": 1.0}}, "corpus": corpus, "options": options})
    cells = [(share, repeats, 1.0 + share * repeats) for share in (0.0, 0.5, 1.0) for repeats in (0, 4, 16)]
    rows = [f"{share},{repeats},{mean},0.5,2.5" for share, repeats, mean in cells]
    (plots / "sweep.csv").write_text("\n".join(["share,repeats,mean_exposure,null_low,null_high", *rows]))
    page = render(["news"], [], tmp_path, plots, plots / "items.csv")
    assert "How good must scrubbing be?" in page and "976 documents" in page
    assert page.count("planted 16 times") == 1 and "planted 0 times" not in page
    assert page.count('class="line') == 4 and page.count('class="band"') == 2
    assert "How good" not in render(["news"], [], tmp_path / "none", tmp_path, plots / "items.csv")


def test_contaminated_items_come_once_each_with_the_documents_of_every_source(tmp_path: Path) -> None:
    names = ("task", "split", "record", "column", "source", "documents", "share")
    rows = [
        ("pairs", "test", "7", "text", "news", "2", "0.8"),
        ("pairs", "test", "7", "text_pair", "news", "3", "1"),
        ("pairs", "test", "7", "text", "blog", "1", "0.9"),
        ("pairs", "dev", "1", "text", "news", "9", "0.75"),
    ]
    found = contaminated([dict(zip(names, row, strict=True)) for row in rows])
    assert found == {
        "pairs": [
            {"split": "dev", "record": 1, "share": 0.75, "documents": {"news": 9}},
            {"split": "test", "record": 7, "share": 1.0, "documents": {"news": 3, "blog": 1}},
        ]
    }
    counts = {"items": 200, "too_short": 3, "contaminated": 2}
    content = {"action": "cut", "tasks": {"pairs": {"test": counts}}, "sources": {}}
    write(tmp_path / "metrics/decontaminate.json", content)
    (tmp_path / "items.csv").write_text("\n".join(",".join(row) for row in (names, *rows)))
    page = render(["news"], ["pairs"], tmp_path / "metrics", tmp_path, tmp_path / "items.csv")
    assert "1.0 %" in page and "news 3, blog 1" in page


def test_the_page_makes_no_request(tmp_path: Path) -> None:
    page = render(["news"], [], tmp_path, tmp_path, tmp_path / "items.csv")
    assert not re.findall(r"(?:src|href)\s*=|url\(|@import|https?://", page)


@pytest.mark.parametrize("points", [[(1.0, 2.0)], [(0.0, 0.0), (1.0, 0.0)], [(1.0, -3.0), (2.0, 5.0)]])
def test_a_line_stays_inside_the_picture(points: list[tuple[float, float]]) -> None:
    drawn = line_chart([Series("a <b>", points, "one")], "x", "y")
    assert "a &lt;b&gt;" in drawn
    (line,) = re.findall(r'<polyline[^>]*points="([^"]*)"', drawn)
    for pair in line.split():
        x, y = map(float, pair.split(","))
        assert 0 <= x <= 640 and 0 <= y <= 260


def test_empty_charts_say_so() -> None:
    assert "no points" in line_chart([], "x", "y")
    assert "no values" in bar_chart({}, "x", "y")
