"""Every colour of the course can be told from what it stands on, by everybody.

The colours are read out of course.css; contrast is reckoned as WCAG 2.2 does it, and
colour blindness as Machado, Oliveira and Fernandes (2009) do. What a page stands on is
JupyterLab's own ground, which our style sheet does not paint.
"""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CSS = re.sub(r"/\*.*?\*/", "", (ROOT / "course" / "ui" / "static" / "course.css").read_text(),
             flags=re.S)
CHARTS = sorted((ROOT / "course" / "exercises").glob("*/charts/*.json"))
THEMES = ("light", "dark")
LAB = {"light": ("#ffffff",), "dark": ("#111111", "#212121")}
"""JupyterLab's grounds: of a notebook, and of what floats above it."""

TEXT = {  # 4.5 to 1
    "ink": ("lab", "paper", "tint", "warn-tint"),
    "soft": ("lab", "paper", "tint", "warn-tint"),
    "accent": ("lab", "paper", "tint", "warn-tint"),
    "bad": ("lab", "paper", "tint"),
    "on-accent": ("accent",),
}
SHAPES = {  # 3 to 1: the edges of controls, states, lights, lines of a chart
    "line": ("lab", "paper", "tint"),
    "accent": ("lab", "paper", "tint"),
    "good": ("lab", "paper", "tint"),
    "bad": ("lab", "paper", "tint"),
    "warn": ("lab", "paper", "tint", "warn-tint"),
    "series-1": ("lab", "paper", "tint"),
    "series-2": ("lab", "paper", "tint"),
    "series-3": ("lab", "paper", "tint"),
    "series-4": ("lab", "paper", "tint"),
}
FOCUS = ("focus", "focus-ink")  # two bands, so that one of them shows on any ground
DECORATION = {"grid"}  # a chart's grid, lines between rows, the edge of a button that is off
GROUNDS = {"paper", "tint", "warn-tint"}
SERIES = ("series-1", "series-2", "series-3", "series-4")
APART, APART_IN_GREY = 15, 7
"""How far two lines of a chart are apart in CIE L*a*b*; about 2 can just be seen."""

BLIND = {
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "grey print": ((0.2126, 0.7152, 0.0722),) * 3,
}
Rgb = tuple[float, ...]


def colours(theme: str) -> dict[str, str]:
    """The colours of a theme: a name has one for both, or one for each."""
    colour = r"(#[0-9a-fA-F]{6})\b"
    found = {name: (one, one) for name, one in re.findall(rf"--wb-([\w-]+):\s*{colour}", CSS)}
    found |= {name: (light, dark) for name, light, dark in re.findall(
        rf"--wb-([\w-]+):\s*light-dark\({colour}, {colour}\)", CSS)}
    return {name: pair[THEMES.index(theme)] for name, pair in found.items()}


def linear(colour: str) -> Rgb:
    parts = (int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)


def mixed(rows: tuple[Rgb, ...], colour: Rgb) -> Rgb:
    return tuple(min(1.0, max(0.0, sum(a * b for a, b in zip(row, colour, strict=True))))
                 for row in rows)


def contrast(one: str, other: str) -> float:
    a, b = sorted(mixed((BLIND["grey print"][0],), linear(c))[0] for c in (one, other))
    return (b + 0.05) / (a + 0.05)


def lab(colour: Rgb) -> Rgb:
    """CIE L*a*b* under daylight (D65)."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = (sum(a * b for a, b in zip(row, colour, strict=True)) for row in rows)
    x, y, z = (v ** (1 / 3) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116
               for v in (c / white for c, white in zip(xyz, (0.9505, 1, 1.089), strict=True)))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: Rgb, other: Rgb) -> float:
    return sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True)) ** 0.5


def grounds(theme: str, names: tuple[str, ...]) -> list[str]:
    known = colours(theme)
    return [g for name in names for g in (LAB[theme] if name == "lab" else (known[name],))]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (SHAPES, 3.0)], ids=["text", "shapes"])
def test_every_ink_can_be_told_from_every_ground_it_stands_on(
        theme: str, pairs: dict[str, tuple[str, ...]], least: float) -> None:
    known = colours(theme)
    weak = [f"{ink} {known[ink]} on {ground}: {found:.2f}, not {least}"
            for ink, names in pairs.items() for ground in grounds(theme, names)
            if (found := contrast(known[ink], ground)) < least]
    assert not weak, "\n".join(weak)


@pytest.mark.parametrize("theme", THEMES)
def test_the_focus_shows_on_every_ground(theme: str) -> None:
    known = colours(theme)
    bands = known["focus"], known["focus-ink"]
    assert contrast(*bands) >= 3
    for ground in grounds(theme, ("lab", *GROUNDS, "accent")):
        assert max(contrast(band, ground) for band in bands) >= 3, ground


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", BLIND)
def test_the_lines_of_a_chart_differ_for_every_eye_and_in_grey(theme: str, eye: str) -> None:
    known, least = colours(theme), APART_IN_GREY if eye == "grey print" else APART
    seen = {name: mixed(BLIND[eye], linear(known[name])) for name in SERIES}
    close = [f"{a} and {b}: {found:.1f}, not {least}" for a, b in combinations(SERIES, 2)
             if (found := distance(seen[a], seen[b])) < least]
    assert not close, "\n".join(close)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda path: f"{path.parts[-3]} {path.stem}")
def test_no_line_of_a_chart_is_told_by_colour_alone(chart: Path) -> None:
    spec = json.loads(chart.read_text(encoding="utf-8"))
    for layer in [spec, *spec.get("layer", [])]:
        encoding = layer.get("encoding", {})
        if by_colour := encoding.get("color", {}).get("field"):
            others = (encoding.get(k, {}).get("field") for k in ("strokeDash", "shape", "x", "y"))
            assert by_colour in others
            names = encoding["color"].get("sort") or []
            assert len(names) <= len(SERIES), "there are no more colours than this"


def test_every_colour_of_the_style_sheet_is_checked_here() -> None:
    for theme in THEMES:
        assert set(colours(theme)) == {*TEXT, *SHAPES, *FOCUS, *DECORATION, *GROUNDS}


def test_a_colour_is_named_once_and_used_by_its_name() -> None:
    outside = re.sub(r"--wb-[\w-]+:[^;]*;", "", CSS)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", outside) == []
    used = set(re.findall(r"var\(--wb-([\w-]+)\)", CSS))
    assert used <= set(re.findall(r"--wb-([\w-]+):", CSS)), "a name that stands for nothing"


def test_contrast_is_reckoned_as_the_standard_has_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert lab(linear("#ffffff")) == pytest.approx((100, 0, 0), abs=0.1)
    green, red = (mixed(BLIND["deuteranopia"], linear(c)) for c in ("#7a9a01", "#d07c2e"))
    assert distance(green, red) < distance(linear("#7a9a01"), linear("#d07c2e")) / 3
