"""One module for paper: its parts in order, its questions and its results numbered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from course import assessments
from course.assessments import Item, Module, Play, Ratings, Sentences, Text
from course.book import notebook, paper
from course.book.notebook import Call, NotOnPaper, Prose
from course.book.paper import Printed, Results

IN_JUPYTERLAB = {
    "If you see text but no questions …": "",
    "A good place to stop. Everything is saved.": "A good place to stop.",
    "Write in the box below this text.": "Write it on the sheet.",
}
"""Words of any module that hold in JupyterLab only, and what stands for them on paper."""
_NOTHING = Printed()


@dataclass(frozen=True)
class Excerpts:
    passages: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A question: an item with its number and the heading it stands under."""

    number: int
    item: Item
    printed: Printed
    section: str

    @property
    def id(self) -> str:
        return self.item.grade_id

    @property
    def hint(self) -> str:
        return self.item.hint if self.printed.hint is None else self.printed.hint


@dataclass(frozen=True)
class Seen:
    """A view that is no item: something to look at."""

    name: str
    printed: Printed

    @property
    def id(self) -> str:
        return self.name.replace(".", "-")


@dataclass(frozen=True)
class Head:
    """Where a notebook opens: how to answer."""


@dataclass(frozen=True)
class Foot:
    """Where a notebook shows progress and submits: what to send in."""


Part = Prose | Excerpts | Asked | Seen | Head | Foot


@dataclass(frozen=True)
class Chapter:
    """A module as it stands on paper."""

    texts: Module
    parts: tuple[Part, ...]
    stale: tuple[str, ...] = ()
    """Words that paper.py would say otherwise and that are not in the text, or stand twice."""

    @property
    def name(self) -> str:
        return self.texts.name

    @property
    def title(self) -> str:
        """What the module is called in lists: `Module 2: Why people lead`, or `Start here`."""
        number = int(self.name[:2])
        return f"Module {number}: {self.texts.title}" if number else self.texts.title

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        return tuple(part for part in self.parts if isinstance(part, Asked))

    @cached_property
    def results(self) -> Mapping[str, tuple[int, Results]]:
        """The results, numbered, by the id of the part they belong to."""
        found = [part for part in self.parts if isinstance(part, Asked | Seen)
                 and part.printed.results]
        return {part.id: (number, part.printed.results) for number, part in enumerate(found, 1)
                if part.printed.results}

    def numbered(self, items: Sequence[str]) -> str:
        """`question 3`, or `questions 4, 5 and 6`."""
        numbers = [str(a.number) for a in self.asked if a.item.id in items]
        if len(numbers) < 2:
            return f"question {''.join(numbers)}"
        return f"questions {', '.join(numbers[:-1])} and {numbers[-1]}"

    def points(self) -> str:
        """`18 questions; 13 of them are marked, for 24 points: 14 by rule, 10 by a tutor`."""
        by = {who: sum(a.item.points for a in self.asked if a.item.marked == who)
              for who in ("auto", "tutor")}
        marked = [a for a in self.asked if a.item.marked != "no"]
        total, count = sum(by.values()), len(self.asked)
        said = f"{count} question{'s' if count > 1 else ''}"
        if not marked:
            return f"{said}; none of them is marked"
        parts = [f"{points:g} {how}" for points, how in (
            (by["auto"], "by rule"), (by["tutor"], "by a tutor")) if points]
        shares = f": {', '.join(parts)}" if len(parts) > 1 else f" {parts[0].split(' ', 1)[1]}"
        return (f"{said}; {len(marked)} {'is' if len(marked) == 1 else 'are'} marked, for "
                f"{total:g} point{'' if total == 1 else 's'}{shares}")

    def facts(self, asked: Asked) -> str:
        """Who marks a question, for how many points, and what comes before it."""
        item = asked.item
        points = f"{item.points:g} point{'' if item.points == 1 else 's'}"
        said = {"auto": f"{points}, marked by rule.", "tutor": f"{points}, marked by a tutor.",
                "no": "Not marked."}[item.marked]
        if item.prediction:
            said = f"A prediction: {points} for making it before you look, right or wrong."
        if item.needs:
            said += f" Answer {self.numbered(item.needs)} first."
        return said


def read(name: str) -> Chapter:
    """A module for paper. Raises NotOnPaper when something in it has no printed counterpart."""
    texts = assessments.module(name)
    exercises = list(dict.fromkeys(item.exercise for item in texts.items))
    otherwise = {old: new for one in exercises for old, new in paper.words(one).items()}
    raw = [_elsewhere(part, otherwise) for part in notebook.parts(name)]
    return Chapter(texts, tuple(_parts(texts, raw)), tuple(otherwise))


def _elsewhere(part: Prose | Call, otherwise: dict[str, str]) -> Prose | Call:
    """The text of a cell with the words that hold on paper; what was used is taken out."""
    if isinstance(part, Call):
        return part
    words = part.words
    for old, new in IN_JUPYTERLAB.items():
        words = _pattern(old).sub(lambda _, new=new: new, words)  # type: ignore[misc]
    for old, new in list(otherwise.items()):
        words, times = _pattern(old).subn(lambda _, new=new: new, words)  # type: ignore[misc]
        if times == 1:
            del otherwise[old]
    return Prose(words)


def _pattern(words: str) -> re.Pattern[str]:
    """Words however their lines are broken; see `paper.py` for what ` …` stands for."""
    pieces = [r"\s+".join(map(re.escape, piece.split()))
              for piece in words.removesuffix(" …").split(" … ")]
    rest = r"(?:(?!\n\s*\n).)*" if words.endswith(" …") else ""
    return re.compile(".*?".join(pieces) + rest, re.DOTALL)


def _parts(texts: Module, raw: list[Prose | Call]) -> Iterator[Part]:
    section, number = texts.title, 0
    for part in raw:
        if isinstance(part, Prose):
            headings = re.findall(r"^## (.+)$", part.words, flags=re.M)
            section = headings[-1] if headings else section
            if part.words.strip():
                yield part
            continue
        match part:
            case Call("open_module"):
                yield Head()
            case Call("progress"):
                yield Foot()
            case Call("excerpt", passages):
                yield Excerpts(passages)
            case Call("exercise" | "reflection", (name,)):
                printed = _printed(name)
                if name in texts:
                    item = texts.item(name)
                    number += 1
                    yield Asked(number, item, _asks(item, printed), section)
                elif printed is None:
                    raise NotOnPaper(
                        f"{texts.name} shows {name}, which has no printed counterpart. Give it one "
                        f"in ON_PAPER of the exercise's paper.py (see course/book/paper.py).")
                else:
                    yield Seen(name, printed)
            case _:
                raise NotOnPaper(f"{texts.name} calls module.{part.what}, which the book does not "
                                 "know. Teach it in course/book/chapter.py.")


def _printed(name: str) -> Printed | None:
    make = paper.on_paper(name.partition(".")[0]).get(name)
    return make() if make else None


def _asks(item: Item, printed: Printed | None) -> Printed:
    found = paper.complete(printed or _NOTHING, item)
    if isinstance(item, Play) and (printed is None or found.decisions is None):
        raise NotOnPaper(f"{item.id} is a play. Say in ON_PAPER of the exercise's paper.py what "
                         "there is to look at, and how it is written on a sheet.")
    return found


def letters(item: Item) -> dict[str, str]:
    """What the letters of a question's options stand for: letter → option's id."""
    options = item.levels if isinstance(item, Ratings) else getattr(item, "options", ())
    return {chr(ord("A") + place): option.id for place, option in enumerate(options)}


def is_free_text(item: Item) -> bool:
    return isinstance(item, Text | Sentences)
