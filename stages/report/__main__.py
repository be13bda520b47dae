"""Write reports/index.html, one page of everything that was measured."""

from stages.params import load_params
from stages.report.page import render
from stages.run import DATA, REPORTS, run


def main() -> None:
    """Render the page; it loads nothing from elsewhere."""
    params = load_params()
    items = DATA / "decontaminate" / "items.csv"
    page = render(list(params.sources), list(params.evaluate.tasks), REPORTS / "metrics", REPORTS / "plots", items)
    (REPORTS / "index.html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__)
