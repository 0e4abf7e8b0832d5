"""Small pieces of HTML, escaped where they are made. Nothing else writes tags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NewType

Html = NewType("Html", str)


def text(words: object) -> Html:
    """Plain words, escaped."""
    return Html(escape(str(words), quote=True))


def tag(name: str, content: str | Iterable[Html] = "", /, **attributes: str) -> Html:
    """One element. A string is escaped; a sequence of pieces is taken as made."""
    inside = escape(content, quote=True) if isinstance(content, str) else "".join(content)
    marks = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value, quote=True)}"'
                    for key, value in attributes.items())
    return Html(f"<{name}{marks}>{inside}</{name}>")


def paragraphs(words: str, class_: str = "") -> Html:
    """Each blank-line-separated block of plain words as a paragraph."""
    marks = {"class_": class_} if class_ else {}
    return Html("".join(tag("p", " ".join(block.split()), **marks)
                        for block in words.split("\n\n") if block.strip()))


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Html:
    """A table with a caption, column heads and a row head in each first column."""
    body = [tag("tr", [tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:])])
            for row in rows]
    return tag("div", [tag("table", [
        tag("caption", caption, class_="wb-sr"),
        tag("thead", [tag("tr", [tag("th", h, scope="col") for h in head])]),
        tag("tbody", body)])], class_="wb-scroll", tabindex="0", role="region", aria_label=caption)


def join(*pieces: Html) -> Html:
    return Html("".join(pieces))
