"""Line and bar charts as inline SVG: the page makes no request, so no chart library can be loaded."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 26, 40
_TICKS = 5


@dataclass(frozen=True)
class Series:
    """A named line; ``style`` is the class that the page's style sheet colours."""

    name: str
    points: Sequence[tuple[float, float]]
    style: str


def line_chart(
    series: Sequence[Series], x_label: str, y_label: str, band: Sequence[tuple[float, float, float]] = ()
) -> str:
    """Lines over common axes, and a shaded ``band`` of (x, low, high) behind them."""
    xs = [x for line in series for x, _ in line.points] + [x for x, _, _ in band]
    ys = [y for line in series for _, y in line.points] + [y for _, low, high in band for y in (low, high)]
    if not xs:
        return '<p class="empty">no points yet</p>'
    across, up = _Scale(min(xs), max(xs), _LEFT, WIDTH - _RIGHT), _Scale(*_padded(ys), HEIGHT - _BOTTOM, _TOP)
    parts = [_axes(across, up, x_label, y_label)]
    if band:
        outline = [(x, high) for x, _, high in band] + [(x, low) for x, low, _ in reversed(band)]
        parts.append(f'<polygon class="band" points="{_points(outline, across, up)}"/>')
    for line in series:
        parts.append(f'<polyline class="line {line.style}" points="{_points(line.points, across, up)}"/>')
    legend = "".join(f'<span class="key {line.style}">{escape(line.name)}</span>' for line in series)
    return f"<figure>{_svg(parts)}<figcaption>{legend}</figcaption></figure>"


def bar_chart(bars: Mapping[str, float], x_label: str, y_label: str) -> str:
    """One bar per entry, in order."""
    if not bars:
        return '<p class="empty">no values yet</p>'
    up = _Scale(0.0, max(bars.values()) or 1.0, HEIGHT - _BOTTOM, _TOP)
    step = (WIDTH - _LEFT - _RIGHT) / len(bars)
    every = math.ceil(len(bars) / 12)
    parts = [_up_axis(up, y_label)]
    for index, (name, value) in enumerate(bars.items()):
        x, y = _LEFT + index * step, up(value)
        height = HEIGHT - _BOTTOM - y
        title = f"<title>{escape(name)}: {value:,.6g}</title>"
        parts.append(
            f'<rect class="bar" x="{x + 1:.1f}" y="{y:.1f}" width="{step - 2:.1f}" height="{height:.1f}">{title}</rect>'
        )
        if index % every == 0:
            parts.append(f'<text class="tick middle" x="{x + step / 2:.1f}" y="{HEIGHT - 24}">{escape(name)}</text>')
    parts.append(f'<text class="label middle" x="{(WIDTH + _LEFT) / 2}" y="{HEIGHT - 6}">{escape(x_label)}</text>')
    return f"<figure>{_svg(parts)}</figure>"


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low or 1.0
        return self.start + (value - self.low) / span * (self.stop - self.start)

    def ticks(self) -> list[float]:
        return [self.low + (self.high - self.low) * index / (_TICKS - 1) for index in range(_TICKS)]


def _padded(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = (high - low or abs(high) or 1.0) * 0.05
    return low - margin, high + margin


def _axes(across: _Scale, up: _Scale, x_label: str, y_label: str) -> str:
    parts = [_up_axis(up, y_label)]
    for tick in across.ticks():
        parts.append(f'<text class="tick middle" x="{across(tick):.1f}" y="{HEIGHT - 24}">{_tick(tick)}</text>')
    parts.append(f'<text class="label middle" x="{(WIDTH + _LEFT) / 2}" y="{HEIGHT - 6}">{escape(x_label)}</text>')
    return "".join(parts)


def _up_axis(up: _Scale, label: str) -> str:
    parts = [f'<text class="label" x="{_LEFT - 48}" y="12">{escape(label)}</text>']
    for tick in up.ticks():
        y = up(tick)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick end" x="{_LEFT - 6}" y="{y + 4:.1f}">{_tick(tick)}</text>')
    return "".join(parts)


def _tick(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _points(points: Sequence[tuple[float, float]], across: _Scale, up: _Scale) -> str:
    return " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)


def _svg(parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'
