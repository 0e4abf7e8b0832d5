"""The typed sheet: plain text for screen readers, Word and e-mail, and what its marks mean.

Each place for an answer is between two lines of its own:

    ANSWER rubber-band.predict-keen:

    END OF ANSWER

The first may name a part of an answer: `how-sure` of a prediction, a row of sentences.
Inside the place of a rating or a play stands one line for each thing to fill in, which ends
in a colon. Everything else is there to be read. `filled.py` reads what comes back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

from course import programme
from course.assessments import Choice, Item, Number, Ranking, Ratings, Sentences
from course.book.chapter import Asked, Chapter, is_free_text, letters
from course.book.draw import plain
from course.book.paper import Line
from course.book.questions import PRIVACY, SURE, bounds

USERNAME = "username"
HOW_SURE = "how-sure"
TITLE = re.compile(r"^TYPED SHEET: (\d\d-[a-z-]+)$")
OPENS = re.compile(r"^ANSWER +(username|[a-z0-9-]+\.[a-z0-9-]+)(?: +([a-z0-9-]+))? *(?::(.*))?$",
                   re.IGNORECASE)
CLOSES = re.compile(r"^END +OF +ANSWER\W*$", re.IGNORECASE)
_AS_TYPED = str.maketrans({
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u2018\u2019\u201b", "'"), **dict.fromkeys("\u201c\u201d\u201f", '"'),
    **dict.fromkeys("\u200b\u2060\ufeff")})
SURE_LETTERS = dict(zip("ABC", SURE, strict=True))


def tidy(line: str) -> str:
    """A line of ours as it was, whatever an editor made of its spaces, dashes and quotes."""
    # Not NFKC: it makes 102 of 10².
    return " ".join(unicodedata.normalize("NFC", line).translate(_AS_TYPED).split())


def blank(one: Chapter) -> str:
    """The typed sheet of a module, with nothing filled in. It ends in a new line."""
    return "\n".join([*_head(one), *_questions(one)]) + "\n"


def place(name: str, part: str = "", lines: tuple[str, ...] = ("",)) -> list[str]:
    """One place for an answer."""
    return [f"ANSWER {name}{f' {part}' if part else ''}:", *lines, "END OF ANSWER", ""]


def parts(item: Item) -> tuple[str, ...]:
    """The names that may follow an item's id in its places; "" for the place without one."""
    if isinstance(item, Sentences):
        return tuple(row.id for row in item.rows)
    return ("", HOW_SURE) if item.prediction else ("",)


def _head(one: Chapter) -> Iterator[str]:
    contact = programme.read().contact
    yield from (
        "WARD TO BOARD", f"TYPED SHEET: {one.name}", one.title,
        f"{one.points()}.", "", "HOW TO FILL THIS IN", "",
        f"1. Read the module beside it: {one.name}.html holds the passages, the tables, the charts "
        "and the results. \"Above\" in a question means above on that page.",
        "2. Type each answer on the empty line between the line that begins with ANSWER and the "
        "line END OF ANSWER. Leave those two lines as they are. An answer in words may have as "
        "many lines and paragraphs as you like.",
        "3. Where there are choices, type the letter of one.",
        "4. Where a line ends in a colon, type after the colon.",
        "5. Answer in order. Make your predictions before you open the results.",
        "6. Leave empty what you do not want to answer.",
        f"7. {PRIVACY}",
        "8. Save it as plain text: in Word, choose Save As, then Plain Text, then UTF-8. Send it "
        f"to your programme{f': {contact}' if contact else ''}.", "",
        "Your course username, not your name.", *place(USERNAME))


def _questions(one: Chapter) -> Iterator[str]:
    for section, asked in groupby(one.asked, key=lambda a: a.section):
        yield from (f"SECTION: {plain(section)}", "")
        for question in asked:
            yield from _question(one, question)
    yield f"END OF THE SHEET FOR {one.name}"


def _question(one: Chapter, asked: Asked) -> Iterator[str]:
    item = asked.item
    yield f"QUESTION {asked.number} of {len(one.asked)}. {one.facts(asked)}"
    yield " ".join(item.prompt.split())
    if asked.hint:
        yield " ".join(asked.hint.split())
    if isinstance(item, Number):
        yield f"{bounds(item)}{f' ({item.unit})' if item.unit else ''}."
    if isinstance(item, Choice | Ranking | Ratings):
        texts = {o.id: o for o in (item.levels if isinstance(item, Ratings) else item.options)}
        yield from (f"{letter}. {' '.join(texts[id_].text.split())}"
                    f"{f' ({texts[id_].hint})' if texts[id_].hint else ''}"
                    for letter, id_ in letters(item).items())
    if isinstance(item, Ranking):
        yield "Type all the letters in your order, the first one first, such as B, A, C."
    if is_free_text(item):
        yield PRIVACY
    yield ""
    yield from _places(asked)
    for number, results in one.results.values():
        if asked.number == max((a.number for a in one.asked if a.item.id in results.after),
                               default=0):
            yield from (f"Now look at Results {number}, {results.title}, on the page "
                        f"{one.name}.html.", "")


def _places(asked: Asked) -> Iterator[str]:
    item = asked.item
    if isinstance(item, Sentences):
        for row in item.rows:
            yield row.text
            yield from place(item.id, row.id)
    else:
        yield from place(item.id, lines=inside(asked) or ("",))
    if item.prediction:
        yield "How sure are you?"
        yield from (f"{letter}. {SURE[id_]}" for letter, id_ in SURE_LETTERS.items())
        yield from place(item.id, HOW_SURE)


def inside(asked: Asked) -> tuple[str, ...]:
    """What stands in a place before anything is typed: the lines of a rating or a play."""
    if isinstance(asked.item, Ratings):
        return tuple(_ratings(asked.item))
    if asked.printed.decisions:
        return tuple(line for one in asked.printed.decisions.lines for line in _levers(one))
    return ()


def _ratings(item: Ratings) -> Iterator[str]:
    for domain in item.domains():
        yield domain.name
        yield from (f"{element.name} ({element.says.rstrip('.')}):" for element in domain.elements)
        yield ""


def _levers(line: Line) -> Iterator[str]:
    yield line.label
    for lever in line.levers:
        low, high = lever.ends
        ends = f"; {lever.shown(lever.minimum)} is {low}, {lever.shown(lever.maximum)} is {high}" \
            if low else ""
        yield f"{lever.label} ({lever.range}{ends}):"
    yield ""
