"""A question as it is read on a page, and as it is answered on a sheet."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from course.assessments import Choice, Item, Number, Play, Ranking, Ratings, Sentences, Text
from course.book import draw
from course.book.chapter import Asked, Chapter, letters
from course.book.paper import Decisions, Lever, Table
from course.ui.html import Html, join, paragraphs, tag, text

PRIVACY = ("Do not write anything that could identify a patient or a colleague: no names, dates of "
           "birth, NHS or hospital numbers, addresses, or a ward with a date.")
SURE = {"guess": "A guess", "fairly": "Fairly sure", "certain": "Certain"}
_LINES = {"sentence": 2, "short": 4, "long": 18}
"""Ruled lines on a sheet; a long answer has what is left of its page."""


def on_page(chapter: Chapter, asked: Asked, level: int) -> Html:
    """The question in its place: what is asked, of what, for how many points."""
    return tag("section", [*_head(chapter, asked, level), *_options(asked), *_levers(asked)],
               class_="wb-asked", id=asked.id, aria_labelledby=f"{asked.id}-head")


def on_sheet(chapter: Chapter, asked: Asked) -> Html:
    """The same, with room to answer."""
    long = isinstance(asked.item, Text) and asked.item.long
    return tag("section", [*_head(chapter, asked, 3), *_form(asked), *_pointer(chapter, asked)],
               class_="wb-asked wb-tall" if long or isinstance(asked.item, Ratings | Play)
               else "wb-asked", id=asked.id, aria_labelledby=f"{asked.id}-head")


def bounds(item: Number) -> str:
    """What number is asked for, in words."""
    kind = "A whole number" if item.whole else "A number"
    return f"{kind} from {item.minimum:g} to {item.maximum:g}"


def _head(chapter: Chapter, asked: Asked, level: int) -> Iterable[Html]:
    yield tag(f"h{level}", [text(f"Question {asked.number}"),
                            tag("span", f" of {len(chapter.asked)}", class_="wb-of")],
              id=f"{asked.id}-head")
    yield tag("p", chapter.facts(asked), class_="wb-facts")
    yield tag("p", " ".join(asked.item.prompt.split()), class_="wb-question")
    if asked.hint:
        yield tag("p", asked.hint, class_="wb-hint")


# ---- on a page --------------------------------------------------------------------------


def _options(asked: Asked) -> Iterable[Html]:
    item = asked.item
    if isinstance(item, Choice | Ranking):
        yield tag("ol", [tag("li", [text(o.text), *_small(o.hint)]) for o in item.options],
                  class_="wb-letters")
        if isinstance(item, Ranking):
            yield tag("p", "Put them in order.", class_="wb-hint")
    elif isinstance(item, Number):
        unit = f" ({item.unit})" if item.unit else ""
        yield tag("p", f"{bounds(item)}{unit}.", class_="wb-hint")
    elif isinstance(item, Sentences):
        yield tag("ul", [tag("li", row.text) for row in item.rows])
    elif isinstance(item, Ratings):
        levels = "; ".join(f"{letter}. {o.text}" for letter, o in
                           zip(letters(item), item.levels, strict=True))
        yield tag("p", f"For each: {levels}.", class_="wb-hint")
        for domain in item.domains():
            yield draw.table(Table(domain.name, (domain.name, "What one might say"), tuple(
                (element.name, element.says) for element in domain.elements)), caption_seen=False)
    if item.prediction:
        yield tag("p", f"And how sure are you: {_listed([w.lower() for w in SURE.values()])}?",
                  class_="wb-hint")


def _levers(asked: Asked) -> Iterable[Html]:
    found = asked.printed.decisions
    if found is None:
        return
    for levers, lines in groupby(found.lines, key=lambda line: line.levers):
        whose = _whose(asked, [line.label for line in lines])
        yield draw.table(Table(whose, ("Lever", "From … to", "To begin with", "What it does"),
                               tuple((lever.label, _range(lever), lever.shown(lever.usual),
                                      lever.hint) for lever in levers)))


def _whose(asked: Asked, labels: list[str]) -> str:
    """`The levers: Run 1, Run 2, Run 3` → `The levers`; of seats, the words they share."""
    stems = {label.partition(",")[0] for label in labels}
    return f"The levers: {stems.pop().lower()}" if len(stems) == 1 else "The levers"


def _range(lever: Lever) -> str:
    """The two ends of a lever, each with what it means."""
    return " … ".join(f"{lever.shown(value)}{f' ({means})' if means else ''}" for value, means in
                      zip((lever.minimum, lever.maximum), lever.ends, strict=True))


def _small(hint: str) -> list[Html]:
    return [tag("span", hint, class_="wb-option-hint")] if hint else []


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


# ---- on a sheet -------------------------------------------------------------------------

TICK = Html('<span class="wb-tick" aria-hidden="true"></span>')


def lines(kind: str) -> Html:
    """Ruled lines to write on: a drawing, with nothing in it to read out."""
    return tag("div", [tag("div")] * _LINES[kind], class_="wb-lines", aria_hidden="true")


def _form(asked: Asked) -> Iterable[Html]:
    item = asked.item
    if isinstance(item, Choice):
        yield _ticks([f"{letter}. {o.text}" for letter, o in
                      zip(letters(item), item.options, strict=True)],
                     [o.hint for o in item.options])
    elif isinstance(item, Ranking):
        yield tag("p", "Write 1 beside the first, 2 beside the second, and so on.",
                  class_="wb-hint")
        yield _ticks([f"{letter}. {o.text}" for letter, o in
                      zip(letters(item), item.options, strict=True)],
                     [o.hint for o in item.options])
    elif isinstance(item, Number):
        yield tag("p", f"{bounds(item)}.", class_="wb-hint")
        yield tag("p", [tag("span", "", class_="wb-blank", aria_hidden="true"),
                        text(f" {item.unit}" if item.unit else "")], class_="wb-fill")
    elif isinstance(item, Sentences):
        yield _privacy()
        for row in item.rows:
            yield tag("p", [tag("strong", row.text)])
            yield lines("sentence")
    elif isinstance(item, Text):
        yield _privacy()
        yield lines("long" if item.long else "short")
    elif isinstance(item, Ratings):
        yield from _ratings(item)
    elif asked.printed.decisions:
        yield from _decisions(asked.printed.decisions)
    if item.prediction:
        yield tag("p", [tag("strong", "How sure are you?")])
        yield _ticks(list(SURE.values()), [""] * len(SURE), beside=True)


def _ticks(words: list[str], hints: list[str], *, beside: bool = False) -> Html:
    return tag("ul", [tag("li", [TICK, tag("span", [text(w), *_small(h)])])
                      for w, h in zip(words, hints, strict=True)],
               class_="wb-ticks wb-beside" if beside else "wb-ticks")


def _privacy() -> Html:
    return tag("p", PRIVACY, class_="wb-privacy-note")


def _ratings(item: Ratings) -> Iterable[Html]:
    """One table a part of the list, a box in each cell."""
    levels = [f"{letter}. {o.text}" for letter, o in zip(letters(item), item.levels, strict=True)]
    for domain in item.domains():
        head = tag("tr", [tag("th", name, scope="col") for name in (domain.name, *levels)])
        rows = [tag("tr", [tag("th", [text(e.name), tag("span", e.says, class_="wb-option-hint")],
                               scope="row"), *[tag("td", [TICK])] * len(levels)])
                for e in domain.elements]
        yield _grid(domain.name, head, rows)


def _decisions(found: Decisions) -> Iterable[Html]:
    """A table for the lines that have the same levers, an empty cell for each."""
    for levers, group in groupby(found.lines, key=lambda line: line.levers):
        labels = [line.label for line in group]
        head = tag("tr", [tag("th", "Decide", scope="col"), *(
            tag("th", [text(lever.label), tag("span", lever.range, class_="wb-option-hint")],
                scope="col") for lever in levers)])
        rows = [tag("tr", [tag("th", label, scope="row"), *[tag("td", class_="wb-cell")]
                           * len(levers)]) for label in labels]
        yield _grid(labels[0].partition(",")[0] if "," in labels[0] else "Your decisions",
                    head, rows)


def _grid(caption: str, head: Html, rows: list[Html]) -> Html:
    return tag("div", [tag("table", [tag("caption", caption, class_="wb-sr"),
                                     tag("thead", [head]), tag("tbody", rows)],
                           class_="wb-grid")],
               class_="wb-scroll", tabindex="0", role="region", aria_label=caption)


def _pointer(chapter: Chapter, asked: Asked) -> Iterable[Html]:
    """After the last question that results wait for: where they are."""
    for number, results in chapter.results.values():
        places = [a.number for a in chapter.asked if a.item.id in results.after]
        if places and asked.number == max(places):
            yield tag("p", [tag("strong", "Now look: "), tag(
                "a", f"Results {number}, {results.title}", href=f"#results-{number}"),
                text(", at the end of this sheet.")], class_="wb-look")


def say(item: Item) -> str:
    """A question's first words, for lists and reports."""
    words = " ".join(item.prompt.split())
    return words if len(words) <= 70 else words[:70].rsplit(" ", 1)[0] + " …"


__all__ = ["PRIVACY", "SURE", "bounds", "join", "on_page", "on_sheet", "paragraphs", "say"]
