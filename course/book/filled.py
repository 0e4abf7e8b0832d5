"""Reads a typed sheet that came back: what was understood, what is missing, what cannot be read.

A sheet has been through an editor, a mail program and a person. Nothing in it is thrown away
without a word: what stands outside every place for an answer, or in a place we do not know,
is reported. Reading never raises for what a file says, but for what it is: `NotASheet`.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from course import assessments, home, privacy
from course.answers import Sure, size
from course.assessments import Choice, Item, Number, Play, Ranking, Ratings, Sentences, Text
from course.book import chapter, typed
from course.book.chapter import Asked, Chapter, is_free_text, letters
from course.book.paper import Decisions, Lever, Line, Undecided
from course.book.questions import SURE
from course.book.typed import CLOSES, HOW_SURE, OPENS, USERNAME, tidy
from course.marking.report import plain

MAX_SHEET = 1024 * 1024
_KINDS = (
    (b"PK\x03\x04", "a Word or OpenDocument file"), (b"\xd0\xcf\x11\xe0", "an old Word file"),
    (b"{\\rtf", "a rich-text file"), (b"%PDF", "a PDF"), (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"), (b"<!doctype html", "a web page"), (b"<html", "a web page"))
_AS_TEXT = ("Open it, choose Save As, then Plain Text (in Word: .txt, UTF-8), and give that file. "
            "A sheet filled in by hand is typed into the module's typed sheet first.")
_SHOWN = 60
"""Characters of a fellow's own words shown in a report."""


class NotASheet(Exception):
    """A file that is no typed sheet. The message says what it is and what to do."""


@dataclass(frozen=True)
class Found:
    """What a sheet says to one question.

    `values` is what JupyterLab would have saved, one after the other: several of a play.
    """

    asked: Asked
    state: Literal["read", "missing", "unreadable"]
    says: str
    values: tuple[JsonValue, ...] = ()
    sure: Sure | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filled:
    """A sheet that was read: whose, for which module, and what it says to each question.

    `lost` are answers that stand where no question is: unknown ids. `notes` is what is good
    to know.
    """

    chapter: Chapter
    username: str
    found: tuple[Found, ...]
    lost: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def unreadable(self) -> tuple[Found, ...]:
        return tuple(f for f in self.found if f.state == "unreadable")

    @property
    def whole(self) -> bool:
        """Whether everything that was written could be read."""
        return not self.unreadable and not self.lost

    def answers(self) -> Iterator[tuple[Item, JsonValue, Sure | None]]:
        """What is to be recorded, in the order of the questions: predictions before plays."""
        for one in self.found:
            for value in one.values:
                yield one.asked.item, value, one.sure

    def sentences(self) -> Iterator[str]:
        """The whole report, line by line."""
        name = self.username or "no username"
        yield f"{self.chapter.name}, sheet of {plain(name)}"
        words = {"read": "", "missing": "Missing. ", "unreadable": "CANNOT BE READ. "}
        for one in self.found:
            said = f"{words[one.state]}{one.says}".rstrip()
            yield f"  {one.asked.number}. {one.asked.item.id}: {said}"
            yield from (f"     {note}" for note in one.notes)
        yield from (f"CANNOT BE READ. {sentence}" for sentence in self.lost)
        yield from self.notes
        counts = {state: sum(f.state == state for f in self.found)
                  for state in ("read", "missing", "unreadable")}
        yield (f"{counts['read']} understood, {counts['missing']} missing, "
               f"{counts['unreadable'] + len(self.lost)} that cannot be read.")


def read(path: Path) -> Filled:
    """Read a typed sheet. Raises NotASheet with a sentence for whoever gave the file."""
    words, notes = _text(path)
    lines = _unquoted(words.split("\n"))
    one = _module(lines, path.name)
    places, outside = _places(one, lines)
    written = _collect(one, places)
    found = tuple(_answer(asked, written) for asked in one.asked)
    notes += _out_of_order(one, found)
    notes += _foreign(one, outside)
    username = "".join(written.text(USERNAME)).strip()
    if not username:
        notes.append("The sheet does not say whose it is (ANSWER username).")
    return Filled(one, username, found, tuple(written.lost), tuple(notes))


# ---- from a file to lines ---------------------------------------------------------------


def _text(path: Path) -> tuple[str, list[str]]:
    try:
        if path.is_dir():
            raise NotASheet(f"{path.name} is a folder: give one typed sheet at a time.")
        length = path.stat().st_size
        if length > MAX_SHEET:
            raise NotASheet(f"{path.name} is {size(length)}; a filled sheet is a few pages of "
                            f"text, at most {size(MAX_SHEET)}. Nothing was read. Is it the right "
                            "file?")
        data = path.read_bytes()
    except OSError as error:
        raise NotASheet(f"{path.name} could not be opened ({error.strerror}). Check its name and "
                        "folder.") from None
    if not data.strip():
        raise NotASheet(f"{path.name} is empty.")
    start = data.lstrip(b"\xef\xbb\xbf \r\n\t")[:20].lower()
    for head, kind in _KINDS:
        if start.startswith(head.lower()):
            raise NotASheet(f"{path.name} is {kind}, not plain text. {_AS_TEXT}")
    words, note = _decoded(data)
    if "\x00" in words:
        raise NotASheet(f"{path.name} is not plain text. {_AS_TEXT}")
    return words.replace("\r\n", "\n").replace("\r", "\n"), [note] if note else []


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), ""
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), (
            "The file is not in UTF-8; it was read as Windows text. If letters with accents look "
            "wrong below, save it again as UTF-8.")


def _unquoted(lines: list[str]) -> list[str]:
    """A sheet that came back in a reply to an e-mail has "> " before every line of ours."""
    ours = [line for line in lines if re.match(r"^[> ]*(ANSWER|END OF ANSWER)\b", line, re.I)]
    if ours and sum(line.startswith(">") for line in ours) > len(ours) / 2:
        return [re.sub(r"^> ?", "", line) for line in lines]
    return lines


def _module(lines: list[str], name: str) -> Chapter:
    known = home.modules()
    for line in lines:
        if (title := typed.TITLE.match(tidy(line))) and title[1] in known:
            return chapter.read(title[1])
    opened = [m[1].lower() for line in lines if (m := OPENS.match(tidy(line)))]
    counts = {module: sum(item.id in opened for item in assessments.module(module).items)
              for module in known}
    best = max(counts, key=lambda module: counts[module], default="")
    if not best or not counts[best]:
        raise NotASheet(f"{name} is not a typed sheet of this course: no line in it begins with "
                        "ANSWER and the name of one of our questions.")
    return chapter.read(best)


# ---- from lines to places ---------------------------------------------------------------


@dataclass
class _Place:
    name: str
    part: str
    lines: list[str] = field(default_factory=list)


def _places(one: Chapter, lines: list[str]) -> tuple[list[_Place], list[str]]:
    """Every place with what stands in it, and the lines outside all of them."""
    known = {(USERNAME, "")} | {(a.item.id, p) for a in one.asked for p in typed.parts(a.item)}
    ours = {tidy(line) for line in typed.blank(one).split("\n")
            if line.startswith(("QUESTION ", "SECTION: ", "END OF THE SHEET"))}
    places: list[_Place] = []
    outside: list[str] = []
    here: _Place | None = None
    for line in lines:
        plain_line = tidy(line)
        opens = OPENS.match(plain_line)
        name = (opens[1].lower(), (opens[2] or "").lower()) if opens else ("", "")
        if here and CLOSES.match(plain_line):
            here = None
        elif opens and (here is None or name in known):
            # A lost END OF ANSWER ends at the next place of ours.
            here = _Place(*name)
            places.append(here)
            if opens[3]:
                here.lines.append(line[line.index(":") + 1:].strip())
        elif here and plain_line in ours:
            here = None
            outside.append(line)
        elif here:
            here.lines.append(line)
        else:
            outside.append(line)
    return places, outside


class _Written:
    """What stands in the places, each once; what stands there twice, or has no question."""

    def __init__(self) -> None:
        self.places: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.lost: list[str] = []

    def text(self, name: str, part: str = "") -> list[str]:
        """The different answers in the places of that name, without empty ones."""
        return self.places.get((name, part), [])


def _collect(one: Chapter, places: list[_Place]) -> _Written:
    written = _Written()
    items = {a.item.id: a.item for a in one.asked}
    for place in places:
        text = _trimmed(place.lines)
        item = items.get(place.name)
        if place.name != USERNAME and (item is None or place.part not in typed.parts(item)):
            if text.strip():
                written.lost.append(_unknown(one, place, text))
            continue
        key = (place.name, place.part)
        if text.strip() and text not in written.places[key]:
            written.places[key].append(text)
    return written


def _trimmed(lines: list[str]) -> str:
    """The lines of an answer without the empty ones before and after; inside nothing changes."""
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return "\n".join(lines[start:end])


def _unknown(one: Chapter, place: _Place, text: str) -> str:
    name = f"{place.name} {place.part}".strip()
    names = [f"{a.item.id} {p}".strip() for a in one.asked for p in typed.parts(a.item)]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean ANSWER {near[0]}?" if near else \
        "Look up the right name in the module's typed sheet."
    return (f"There is no place ANSWER {plain(name)} in {one.name}; there it says "
            f"{_quoted(text)}. {hint}")


def _foreign(one: Chapter, outside: list[str]) -> list[str]:
    """Words outside every place that are not ours: perhaps an answer in the wrong line."""
    _, ours = _places(one, typed.blank(one).split("\n"))
    known, there = {tidy(line) for line in ours}, {tidy(line) for line in outside}
    # Whole lines first: word by word, a long text would take minutes. A mail program breaks
    # lines anew, so that words are looked at too.
    old = [word for line in ours if tidy(line) not in there
           for word in tidy(line).split()]
    new = [word for line in outside if tidy(line) not in known for word in tidy(line).split()]
    added = [" ".join(new[j1:j2])
             for kind, _, _, j1, j2 in difflib.SequenceMatcher(a=old, b=new, autojunk=False)
             .get_opcodes() if kind in ("insert", "replace")]
    return [f"Outside every place for an answer stands {_quoted(words)}. It is not read; if it is "
            "an answer, move it between its ANSWER line and END OF ANSWER."
            for words in added[:10]]


def _out_of_order(one: Chapter, found: tuple[Found, ...]) -> list[str]:
    given = {f.asked.item.id for f in found if f.values}
    notes = []
    for f in found:
        missing = [n for n in f.asked.item.needs if n not in given]
        if f.values and missing:
            notes.append(f"Question {f.asked.number} is answered and {one.numbered(missing)}, "
                         "which should come before it, "
                         f"{'is' if len(missing) == 1 else 'are'} not.")
    return notes


# ---- from places to values ----------------------------------------------------------------


def _answer(asked: Asked, written: _Written) -> Found:
    item = asked.item
    if isinstance(item, Sentences):
        return _sentences(asked, item, written)
    texts = written.text(item.id)
    if isinstance(item, Ratings | Play):
        # Their places are never empty: each thing to fill in has its line.
        empty = {tidy(line) for line in typed.inside(asked)}
        texts = [text for text in texts
                 if not {tidy(line) for line in text.split("\n")} <= {*empty, ""}]
    if not texts:
        return Found(asked, "missing", _wanted(item))
    if len(texts) > 1:
        return _twice(asked, texts)
    try:
        values = _values(asked, texts[0])
        for value in values:
            if problem := item.problem(value):
                raise Undecided(problem)
    except Undecided as problem:
        return Found(asked, "unreadable", str(problem))
    sure, notes = _sure(item, written)
    notes += _looks_private(item, texts[0])
    if asked.printed.decisions:
        notes += [f"{line.label}: {_levers(line, given)}." for line, given in
                  _given(texts[0], asked.printed.decisions)]
    return Found(asked, "read", _said(asked, values, sure), tuple(values), sure, tuple(notes))


def _twice(asked: Asked, texts: list[str]) -> Found:
    return Found(asked, "unreadable", "It is answered more than once, differently: "
                 f"{' and '.join(_quoted(text) for text in texts[:3])}. Leave one of them.")


def _sentences(asked: Asked, item: Sentences, written: _Written) -> Found:
    value: dict[str, JsonValue] = {}
    for row in item.rows:
        texts = written.text(item.id, row.id)
        if len(texts) > 1:
            return _twice(asked, texts)
        if texts:
            value[row.id] = texts[0]
    if not value:
        return Found(asked, "missing", "")
    if problem := item.problem(value):
        return Found(asked, "unreadable", problem)
    notes = _looks_private(item, "\n".join(map(str, value.values())))
    empty = [row.text for row in item.rows if row.id not in value]
    says = f"{len(value)} of {len(item.rows)} sentences"
    return Found(asked, "read", says + (f"; empty: {', '.join(empty)}" if empty else ""),
                 (value,), None, tuple(notes))


def _values(asked: Asked, text: str) -> list[JsonValue]:
    item = asked.item
    if isinstance(item, Choice):
        return [_option(text, letters(item), {o.id: o.text for o in item.options})]
    if isinstance(item, Ranking):
        return [_order(text, item)]
    if isinstance(item, Number):
        return [_number(text, item.unit, item.whole)]
    if isinstance(item, Text):
        return [text]
    if isinstance(item, Ratings):
        return [dict(_rated(text, item))]
    decisions = asked.printed.decisions
    assert decisions is not None
    return decisions.runs(_given(text, decisions))


def _option(text: str, by_letter: Mapping[str, str], by_id: Mapping[str, str]) -> str:
    """One option, named by its letter, its words, or both."""
    said = tidy(text).strip("\"'.,;:!()[] ").casefold()
    words = {tidy(o).strip("\"'.,;:!()[] ").casefold(): id_ for id_, o in by_id.items()}
    for found in (by_letter.get(said.upper()), words.get(said), said if said in by_id else None):
        if found:
            return found
    if lettered := re.match(r"^\(?([a-z])[\s).:,-]+(.+)$", said):
        found = by_letter.get(lettered[1].upper())
        rest = lettered[2].strip("\"'.,;:!()[] -")
        if found and words.get(rest) == found:
            return found
        if found and any(o.startswith(rest) and id_ == found for o, id_ in words.items()):
            return found
    known = list(by_letter)
    raise Undecided(f"{_quoted(text)} is not one of the letters {', '.join(known[:-1])} or "
                    f"{known[-1]}. Type the letter of one of them and nothing else.")


def _order(text: str, item: Ranking) -> JsonValue:
    by_letter = letters(item)
    given = re.findall(r"[A-Za-z]", tidy(text)) if re.fullmatch(
        r"[A-Za-z\s,;.>)(-]+", tidy(text)) else []
    if sorted(g.upper() for g in given) != sorted(by_letter):
        raise Undecided(f"{_quoted(text)} is not an order of the letters {', '.join(by_letter)}. "
                        "Type each of them once, the first one first.")
    return [by_letter[g.upper()] for g in given]


def _number(text: str, unit: str = "", whole: bool = False) -> JsonValue:
    said = tidy(text).strip("\"' ").rstrip(".").casefold()
    if unit and said.endswith(unit.casefold()):
        said = said[:-len(unit)].strip()
    said = re.sub(r",(?=\d{3}(?!\d))", "", said)
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", said):
        comma = f" Type a point, not a comma: {said.replace(',', '.')}" \
            if re.fullmatch(r"[-+]?\d+,\d+", said) else ""
        raise Undecided(f"{_quoted(text)} cannot be read as a number. Type the number in figures "
                        f"and nothing else.{comma}")
    number = float(said)
    return int(number) if number == int(number) and (whole or "." not in said) else number


def _fields(text: str, titles: set[str], labels: set[str]
            ) -> Iterator[tuple[str, str, str]]:
    """The lines of a place: under which title, what is filled in, with what."""
    title = ""
    for line in text.split("\n"):
        said = tidy(line)
        folded = said.casefold().rstrip(":. ")
        if not said:
            continue
        if found := next((t for t in titles if tidy(t).casefold() == folded), None):
            title = found
            continue
        label = max((one for one in labels if folded.startswith(tidy(one).casefold())),
                    key=len, default=None)
        head, colon, value = said.rpartition(":")
        if label is None or not colon or not head.casefold().startswith(tidy(label).casefold()):
            raise Undecided(f"The line {_quoted(line)} is not one of the sheet's. Put back the "
                            "line as it was, and type after its colon.")
        yield title, label, value.strip()


def _rated(text: str, item: Ratings) -> Iterator[tuple[str, JsonValue]]:
    elements = {e.name: e.id for d in item.domains() for e in d.elements}
    levels = {o.id: o.text for o in item.levels}
    for _, label, value in _fields(text, {d.name for d in item.domains()}, set(elements)):
        if value:
            try:
                yield elements[label], _option(value, letters(item), levels)
            except Undecided as problem:
                raise Undecided(f"{label}: {problem}") from None


def _given(text: str, decisions: Decisions) -> list[tuple[Line, dict[str, float]]]:
    """The lines of a play that are filled in, in the sheet's order."""
    lines = {line.label: line for line in decisions.lines}
    labels = {lever.label for line in decisions.lines for lever in line.levers}
    given: dict[str, dict[str, float]] = defaultdict(dict)
    for title, label, value in _fields(text, set(lines), labels):
        line = lines.get(title)
        lever = next((v for v in line.levers if v.label == label), None) if line else None
        if line is None or lever is None:
            raise Undecided(f"The line “{label}” does not stand under “{title or 'anything'}” on "
                            "the sheet. Put the lines back in their places.")
        if value:
            given[title][lever.id] = _lever(lever, title, value)
    return [(line, given[label]) for label, line in lines.items()
            if label in given and _all_of(line, given[label])]


def _lever(lever: Lever, title: str, value: str) -> float:
    said = tidy(value)
    try:
        number = _number(said.rstrip("% ") if lever.percent else said)
    except Undecided as problem:
        raise Undecided(f"{title}, {lever.label}: {problem}") from None
    assert isinstance(number, int | float)
    if lever.percent:
        if number == 1 and "%" not in said:
            raise Undecided(f"{title}, {lever.label}: “1” may be 1% or 100%. Type the sign %.")
        if "%" in said or number > 1:
            number /= 100
    if not lever.minimum <= number <= lever.maximum:
        raise Undecided(f"{title}, {lever.label}: “{said}” is outside {lever.range}.")
    return number


def _all_of(line: Line, values: Mapping[str, float]) -> bool:
    missing = [lever.label for lever in line.levers if lever.id not in values]
    if missing:
        raise Undecided(f"{line.label} lacks {', '.join(missing)}. Fill in every line of it, or "
                        "none.")
    return True


def _sure(item: Item, written: _Written) -> tuple[Sure | None, list[str]]:
    if not item.prediction:
        return None, []
    texts = written.text(item.id, HOW_SURE)
    if not texts:
        return None, ["How sure is not said; the prediction counts all the same."]
    try:
        found = {_option(text, typed.SURE_LETTERS, SURE) for text in texts}
    except Undecided as problem:
        return None, [f"How sure: {problem} The prediction counts all the same."]
    if len(found) > 1:
        return None, ["How sure is said twice, differently; the prediction counts all the same."]
    [sure] = found
    return _as_sure(sure), []


def _as_sure(word: str) -> Sure:
    known: dict[str, Sure] = {"guess": "guess", "fairly": "fairly", "certain": "certain"}
    return known[word]


def _looks_private(item: Item, text: str) -> list[str]:
    """What in free text looks like an identifier, as the page in JupyterLab says it."""
    if not is_free_text(item) or not (seen := privacy.look(text)):
        return []
    return [seen.partition(". ")[0] + ". Ask the fellow to change it if it could identify a "
            "person."]


# ---- in words ---------------------------------------------------------------------------


def _wanted(item: Item) -> str:
    return {"auto": f"It has {item.points:g} point{'' if item.points == 1 else 's'}.",
            "tutor": f"It has {item.points:g} points.", "no": "It is not marked."}[item.marked]


def _said(asked: Asked, values: list[JsonValue], sure: Sure | None) -> str:
    """A value as whoever reads the report would say it."""
    how = f"; {SURE[sure].lower()}" if sure else ""
    return _in_words(asked.item, values) + how


def _in_words(item: Item, values: list[JsonValue]) -> str:
    value = values[0]
    if isinstance(item, Choice):
        letter = next(x for x, id_ in letters(item).items() if id_ == value)
        return f"{letter}. {next(o.text for o in item.options if o.id == value)}"
    if isinstance(item, Ranking) and isinstance(value, list):
        texts = {o.id: o.text for o in item.options}
        return ", then ".join(texts[str(v)] for v in value)
    if isinstance(item, Number):
        return f"{value:g} {item.unit}".strip()
    if isinstance(item, Ratings) and isinstance(value, dict):
        return f"{len(value)} of {sum(len(d.elements) for d in item.domains())} rated"
    if isinstance(item, Play):
        return f"{len(values)} {'step' if len(values) == 1 else 'steps'}, as JupyterLab keeps them"
    count = len(str(value).split())
    return f"{count} word{'' if count == 1 else 's'}: {_quoted(str(value))}"


def _levers(line: Line, given: Mapping[str, float]) -> str:
    return ", ".join(f"{v.label} {v.shown(given[v.id])}" for v in line.levers)


def _quoted(text: str) -> str:
    words = " ".join(text.split())
    words = "".join(c if c.isprintable() else "?" for c in words)
    return f"“{words}”" if len(words) <= _SHOWN else f"“{words[:_SHOWN]} …”"
