"""Tables, charts and screens as HTML that needs no script. Everything is escaped here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import count
from typing import Any

import mistune
import vl_convert
from bs4 import BeautifulSoup, Tag

from course.assets import STATIC
from course.book.paper import Block, Chart, Piece, Table, Words
from course.ui import charts
from course.ui.html import Html, join, paragraphs, tag, text

WIDE, NARROW = 740, 310
"""Widths of a chart in pixels: on a page and on paper, and on a telephone."""
LOW = 200
"""The least height of a chart: room for the words along its upright axis."""
_FIGURE = re.compile(r"[-+−]?\d[\d.,]*%?")
_INKS = ("ink", "line", "grid", "series-1", "series-2", "series-3", "series-4")


def blocks(found: Iterable[Block], level: int, *, open_: bool) -> Html:
    """Blocks one below the other; `open_` shows the numbers of a chart without being asked."""
    return join(*(block(one, level, open_=open_) for one in found))


def block(one: Block, level: int, *, open_: bool) -> Html:
    if isinstance(one, Table):
        return table(one)
    if isinstance(one, Chart):
        return chart(one, open_=open_)
    if isinstance(one, Piece):
        return one.make(level)
    title = [tag(f"h{level}", one.title)] if one.title else []
    said = join(*title, paragraphs(one.words, "wb-quiet" if one.tone == "quiet" else ""))
    return tag("div", [said], class_="wb-note") if one.tone == "note" else said


def table(one: Table, *, caption_seen: bool = True) -> Html:
    """A table that may scroll in its own frame, by keyboard too."""
    figures = [bool(one.rows) and all(_FIGURE.fullmatch(row[n]) for row in one.rows)
               for n in range(len(one.head))]
    marks = [{"class_": "wb-num"} if n and right else {} for n, right in enumerate(figures)]
    head = tag("tr", [tag("th", name, scope="col", **mark)
                      for name, mark in zip(one.head, marks, strict=True)])
    body = [tag("tr", [tag("th", row[0], scope="row"), *(
        tag("td", cell, **mark) for cell, mark in zip(row[1:], marks[1:], strict=True))])
            for row in one.rows]
    hidden = {} if caption_seen else {"class_": "wb-sr"}
    return tag("div", [tag("table", [tag("caption", one.caption, **hidden),
                                     tag("thead", [head]), tag("tbody", body)])],
               class_="wb-scroll", tabindex="0", role="region", aria_label=one.caption)


def chart(one: Chart, *, open_: bool) -> Html:
    """One picture for a page and one for a telephone, the words for it, and the numbers."""
    numbers = table(one.numbers)
    if not open_:
        numbers = tag("details", [tag("summary", "Show the numbers as a table"), numbers],
                      class_="wb-numbers")
    pictures = [tag("div", [svg(one, width)], class_=f"wb-chart wb-{name}")
                for name, width in (("wide", WIDE), ("narrow", NARROW))]
    return tag("figure", [*pictures, tag("figcaption", one.caption, class_="wb-caption"), numbers],
               class_="wb-figure")


def svg(one: Chart, width: int) -> Html:
    """The chart as inline SVG in the colours of the page: light, dark or printed."""
    ours = charts.load(one.exercise, one.name)
    spec: dict[str, Any] = {
        **ours, "width": width, "height": max(ours.get("height", LOW), LOW),
        "autosize": {"type": "fit-x", "contains": "padding"},
        "datasets": {"rows": [dict(row) for row in one.rows]}, "config": _config(width)}
    drawn = str(vl_convert.vegalite_to_svg(spec))
    # The picture is one image with one description; its parts have nothing to say themselves.
    drawn = re.sub(r' (?:aria-\w+|role|aria-roledescription|class)="[^"]*"', "", drawn)
    drawn = _own_ids(drawn, f"{one.exercise}-{one.name}-{width}")
    for name, colour in _colours().items():
        drawn = drawn.replace(f'"{colour}"', f'"var(--wb-{name}, {colour})"')
    start = tag("svg", "", role="img", aria_label=one.alt).removesuffix("></svg>")
    return Html(drawn.replace("<svg", start, 1))


def _own_ids(drawn: str, stem: str) -> str:
    """Ids of this chart alone, in the order they come: two charts may share a page."""
    number = count(1)
    for old in dict.fromkeys(re.findall(r'\bid="([^"]+)"', drawn)):
        new = f"{stem}-{next(number)}"
        drawn = drawn.replace(f'id="{old}"', f'id="{new}"').replace(f"url(#{old})", f"url(#{new})")
    return drawn


def _config(width: int) -> dict[str, Any]:
    ink = _colours()
    words, line, grid = ink["ink"], ink["line"], ink["grid"]
    return {
        "background": "transparent", "font": "sans-serif", "view": {"stroke": "transparent"},
        "axis": {"labelColor": words, "titleColor": words, "domainColor": line, "tickColor": line,
                 "gridColor": grid, "labelFontSize": 13, "titleFontSize": 13,
                 "titleFontWeight": 600, "labelLimit": 260, "titleLimit": 500},
        "legend": {"labelColor": words, "labelFontSize": 13, "labelLimit": 320, "orient": "top",
                   "symbolStrokeWidth": 3, "symbolSize": 400, "columnPadding": 28,
                   "direction": "horizontal" if width == WIDE else "vertical"},
        "range": {"category": [ink[f"series-{n}"] for n in range(1, 5)]},
        "mark": {"color": ink["series-1"]}, "line": {"strokeWidth": 2.5}, "rule": {"color": line},
    }


@cache
def _colours() -> dict[str, str]:
    """The style sheet's light colours, by name: in a chart each is replaced by its name."""
    css = (STATIC / "course.css").read_text(encoding="utf-8")
    found = dict(re.findall(r"--wb-([\w-]+):\s*light-dark\((#[0-9a-f]{6}),", css))
    return {name: found[name] for name in _INKS}


# ---- a notebook's own text ------------------------------------------------------------

_markdown = mistune.create_markdown(escape=True, plugins=["table"])


def prose(words: str) -> Html:
    """A text cell as HTML: tables with captions and row heads, headings that can be linked to."""
    page = BeautifulSoup(str(_markdown(words)), "html.parser")
    about = ""
    for found in page(["h1", "h2", "h3", "h4", "table"]):
        assert isinstance(found, Tag)
        if found.name == "table":
            _finish(found, about)
            found.wrap(page.new_tag("div", attrs={"class": "wb-scroll", "tabindex": "0",
                                                  "role": "region", "aria-label": about}))
        else:
            about = found.get_text()
            found["id"] = slug(about)
    return Html(str(page))


def _finish(found: Tag, about: str) -> None:
    caption = Tag(name="caption", attrs={"class": "wb-sr"})
    caption.string = about
    found.insert(0, caption)
    for cell in found("th"):
        cell["scope"] = "col"
        if not cell.get_text(strip=True):  # the corner is no head of anything
            cell.name = "td"
            del cell["scope"]
    for row in found.select("tbody tr"):
        first = row.find("td")
        assert isinstance(first, Tag)
        first.name = "th"
        first["scope"] = "row"


def slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def headings(html: Html) -> Iterator[tuple[int, str, str]]:
    """Level, id and words of every heading in a piece of prose."""
    for found in BeautifulSoup(html, "html.parser")(re.compile("^h[1-6]$")):
        assert isinstance(found, Tag)
        yield int(found.name[1]), str(found.get("id", "")), found.get_text()


def plain(words: str) -> str:
    """A heading's Markdown as plain words."""
    return BeautifulSoup(str(_markdown(f"# {words}")), "html.parser").get_text().strip()


__all__ = ["Words", "block", "blocks", "chart", "headings", "plain", "prose", "slug", "svg",
           "table", "text"]
