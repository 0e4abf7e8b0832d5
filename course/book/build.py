"""Writes the book: one page a module, one sheet to print, one typed sheet, and the way in.

Everything is computed from what the course has now: its notebooks, texts and models. A page
needs no script and no network; every address is relative, so that the folder works from a
disk, a stick or any static host.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from course import __version__, corpus, home, programme
from course.assets import STATIC
from course.book import chapter as chapters
from course.book import draw, questions, typed
from course.book.chapter import Asked, Chapter, Excerpts, Foot, Head, Seen
from course.book.notebook import Prose
from course.marking.report import Tell, Trouble, quiet
from course.ui import cards
from course.ui.html import Html, join, tag, text

MAKER = "Ward to Board, reading edition"

_pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True,
                     undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_pages.filters["day"] = lambda day: f"{day:%-d %B %Y}"


@dataclass(frozen=True)
class Book:
    """What was written: where, which pages, and whether passages of readings are in them."""

    folder: Path
    modules: tuple[str, ...]
    readings: bool


def write(to: Path | None = None, *, readings: bool = True, day: date | None = None,
          tell: Tell = quiet) -> Book:
    """Write the book into a folder: by default `book/` in the folder of state.

    Raises Trouble for a folder that holds somebody else's pages or cannot be written. What is
    there already and not ours is left alone.
    """
    folder = (to or home.state() / "book").expanduser().resolve()
    _ours(folder)
    names = home.modules()
    tell(0, len(names), "")
    found = [chapters.read(name) for name in names]
    words = home.readings() if readings else None
    with_words = any(_has_words(one, words) for one in found)
    shared = {"maker": MAKER, "programme": programme.read(), "readings": with_words,
              "day": day or date.today(), "version": __version__}
    files: dict[str, str] = {}
    for place, one in enumerate(found):
        tell(place, len(names), one.texts.title)
        files |= _module(one, found, place, words, shared)
    files["index.html"] = _pages.get_template("index.html").render(
        chapters=found, here="index", **shared)
    files["course.css"] = (STATIC / "course.css").read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            _put(folder / name, content)
    except OSError as error:
        raise Trouble(f"The book could not be written to {folder} ({error.strerror}). "
                      "Choose another folder with --to.") from error
    tell(len(names), len(names), "")
    return Book(folder, names, with_words)


def _module(one: Chapter, all_: list[Chapter], place: int, words: Path | None,
            shared: Mapping[str, object]) -> dict[str, str]:
    blocks = {number: results.blocks() for number, results in one.results.values()}

    def results(number: int, level: int, open_: bool) -> Html:
        return draw.blocks(blocks[number], level, open_=open_)

    body = Markup(join(*_body(one, words, results)))  # noqa: S704 (escaped piece by piece)
    sheet = [(draw.plain(section), [Markup(questions.on_sheet(one, a)) for a in asked])  # noqa: S704
             for section, asked in groupby(one.asked, key=lambda a: a.section)]
    found = [(number, r, one.numbered(r.after), Markup(results(number, 4, True)))  # noqa: S704
             for number, r in one.results.values()]
    return {
        f"{one.name}.html": _pages.get_template("module.html").render(
            it=one, here=one.name, body=body, before=all_[place - 1] if place else None,
            after=all_[place + 1] if place + 1 < len(all_) else None, **shared),
        f"{one.name}-sheet.html": _pages.get_template("sheet.html").render(
            it=one, here="sheet", sections=sheet, results=found, **shared),
        # Marked as UTF-8 and with Windows' ends of lines, which every editor and browser reads.
        f"{one.name}-sheet.txt": "\ufeff" + typed.blank(one).replace("\n", "\r\n"),
    }


# ---- the page of a module -------------------------------------------------------------


def _body(one: Chapter, words: Path | None,
          results: Callable[[int, int, bool], Html]) -> Iterator[Html]:
    level = 1
    for part in one.parts:
        if isinstance(part, Prose):
            html = draw.prose(part.words)
            level = ([found for found, _, _ in draw.headings(html)] or [level])[-1]
            yield html
        elif isinstance(part, Head):
            yield _head(one)
        elif isinstance(part, Foot):
            yield _foot(one)
        elif isinstance(part, Excerpts):
            # A folder that is not there has no words in it.
            yield cards.excerpts(part.passages, words or Path(os.devnull))
        else:
            below = min(level + 1, 5)
            yield draw.blocks(part.printed.first, below, open_=False)
            if isinstance(part, Asked):
                yield questions.on_page(one, part, below)
            if part.id in one.results:
                yield _reveal(one, part, below, results)


def _reveal(one: Chapter, part: Asked | Seen, level: int,
            results: Callable[[int, int, bool], Html]) -> Html:
    """Results, closed until they are asked for."""
    number, found = one.results[part.id]
    mark = {} if isinstance(part, Asked) else {"id": part.id}
    return join(
        tag("details", [
            tag("summary", [tag("strong", f"Results {number}: {found.title}."), text(
                f" Open them when you have answered {one.numbered(found.after)}.")]),
            tag("div", [tag(f"h{level}", f"Results {number}", class_="wb-sr"),
                        results(number, min(level + 1, 6), False)],
                class_="wb-opened")], class_="wb-reveal", **mark),
        tag("p", f"Results {number}, {found.title}, are printed at the end of the sheet.",
            class_="wb-print-only"))


def _head(one: Chapter) -> Html:
    """How to answer here, and what the page holds."""
    places = [(id_, words) for part in one.parts if isinstance(part, Prose)
              for level, id_, words in draw.headings(draw.prose(part.words)) if level == 2]
    return join(
        tag("div", [
            tag("p", [tag("strong", "How to answer. "), text("Write on the "), tag(
                "a", "sheet to print", href=f"{one.name}-sheet.html"), text(" or in the "), tag(
                "a", "typed sheet", href=f"{one.name}-sheet.txt"), text(
                ", and send it to your programme. It is marked in the same way as answers given "
                "in JupyterLab.")]),
            tag("p", f"There are {one.points()}.")], class_="wb-note"),
        tag("nav", [tag("h2", "On this page"), tag("ul", [tag("li", [tag(
            "a", words, href=f"#{id_}")]) for id_, words in places])],
            class_="wb-contents", aria_label="On this page"))


def _foot(one: Chapter) -> Html:
    return join(
        tag("h2", "Send your sheet in", id="send-your-sheet-in"),
        tag("p", [text("Look through your "), tag("a", "sheet", href=f"{one.name}-sheet.html"),
                  text(" (or the "), tag("a", "typed one", href=f"{one.name}-sheet.txt"), text(
                      f"): {one.points()}. What is left empty earns no points, and you may send "
                      "it again later; the last one counts. Keep a copy.")]))


def _has_words(one: Chapter, words: Path | None) -> bool:
    return words is not None and any(
        corpus.excerpt(name, words) for part in one.parts if isinstance(part, Excerpts)
        for name in part.passages)


# ---- files ----------------------------------------------------------------------------


def _ours(folder: Path) -> None:
    """Stop before anybody else's pages are written over."""
    if folder.exists() and not folder.is_dir():
        raise Trouble(f"{folder} is a file. Name a folder with --to.")
    first = folder / "index.html"
    if first.exists() and MAKER not in first.read_text(encoding="utf-8", errors="replace")[:4000]:
        raise Trouble(f"{folder} holds other pages (an index.html that is not ours). Name an "
                      "empty folder with --to; nothing was written.")


def _put(path: Path, content: str) -> None:
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    new.write_bytes(content.encode("utf-8"))
    new.replace(path)
