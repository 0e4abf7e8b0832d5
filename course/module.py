"""What a notebook talks to: excerpt(), exercise(), reflection(), progress().

A module shows parts. A part is one control, figure or panel under one name; showing the
name again (the cell runs again) replaces it, and every answer is restored from the
record. When an answer is saved, every part on the page is told, so that a run opens
itself as soon as its prediction is committed. Nothing a fellow does raises here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from IPython.display import HTML, display
from pydantic import JsonValue

from course import assessments, home, scoring, trouble
from course.answers import NAME, Answers, NotSaved, Record, Sure, read
from course.assessments import Item
from course.ui import cards
from course.ui.forms import ItemForm
from course.ui.widgets import Panel


class Part(Protocol):
    """Something on the page that follows the record."""

    widget: Any

    def refresh(self) -> None:
        """Show what the record says now."""


class Points(float):
    """An item's points now: what nbgrader reads. The page shows the mark in the part."""

    def _repr_html_(self) -> str:
        return ""


class _calm:  # noqa: N801 (read as a word: with _calm(...))
    """In place of a traceback, a sentence; the trace is in the state folder's log."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        trouble.note(error, self._what)
        display(Panel(live=True, html=cards.notice(
            f"{self._what} could not be shown. Your answers are safe. Please tell your programme "
            f"({type(error).__name__}).")))
        return True


class Module:
    """One module, opened in a notebook beside its record of answers."""

    def __init__(self, name: str, folder: Path) -> None:
        self.texts = assessments.module(name)
        self.folder = folder
        self.answers = Answers(folder / NAME)
        self._parts: dict[str, Part] = {}

    @classmethod
    def open(cls, name: str) -> Module:
        """Open the module in the notebook's own folder and show its head."""
        module = cls(name, Path.cwd())
        head = Panel(html=cards.head(module.texts))
        display(head)
        for notice in read(module.answers.path).notices:  # to its end: a torn last line too
            display(Panel(html=cards.notice(notice), live=True))
        return module

    @property
    def record(self) -> Record:
        """The fellow's answers now, from every tab."""
        return self.answers.record()

    def item(self, name: str) -> Item:
        return self.texts.item(name)

    def mark(self, name: str) -> scoring.Mark:
        """The mark of one auto-marked item now."""
        return scoring.mark(self.texts, self.item(name), self.record)

    def waits_for(self, needs: tuple[str, ...]) -> str:
        """What must be answered first, in words; empty when nothing."""
        record = self.record
        missing = [self.item(n) for n in needs if n not in record]
        return cards.short(missing[0].prompt) if missing else ""

    def save(self, name: str, value: JsonValue, sure: Sure | None = None) -> str:
        """Save one answer and tell every part. Returns a sentence when it was not saved."""
        item = self.item(name)
        if problem := item.problem(value):
            return problem
        if waiting := self.waits_for(item.needs):
            return f"First answer: {waiting}"
        try:
            self.answers.save(name, value, sure)
        except NotSaved as error:
            return str(error)
        self.tell()
        return ""

    def tell(self) -> None:
        """Have every part on the page show what the record says now."""
        for part in list(self._parts.values()):
            part.refresh()

    # ---- what the cells of a notebook call ------------------------------------------

    def excerpt(self, *passages: str) -> None:
        """Show passages side by side: source, our précis, the reader's own copy if added."""
        with _calm("The passages"):
            display(HTML(cards.excerpts(passages, home.readings())))

    def exercise(self, name: str) -> Points | None:
        """Show one exercise. For an auto-marked item the result is its points now."""
        with _calm(name):
            build = self._view(name)
            self._show(name, build(self) if build else ItemForm(self, self.item(name)))
            if name not in self.texts or self.item(name).marked != "auto":
                return None
            return Points(self.mark(name).points)
        # Not None: nbgrader takes a cell with no result for full marks.
        return Points(0.0)

    def reflection(self, name: str) -> None:
        """Show the box of a reflection: a tutor marks it, by its rubric."""
        with _calm(name):
            self._show(name, ItemForm(self, self.item(name)))

    def progress(self) -> None:
        """Show what is done and what is missing, and submit."""
        from course.ui.progress import Progress

        with _calm("The list of what is done"):
            self._show("progress", Progress(self))

    # ---- inside ---------------------------------------------------------------------

    def _view(self, name: str) -> Callable[[Module], Part] | None:
        """What builds a part that the shared controls cannot draw; None where they can."""
        # A view brings its model, and that numpy: nobody waits for them before they are shown.
        if name in self.texts and self.item(name).kind != "play":
            return None
        folder = name.partition(".")[0].replace("-", "_")
        try:
            views = importlib.import_module(f"course.exercises.{folder}.view").VIEWS
        except ModuleNotFoundError:
            return None
        found: Callable[[Module], Part] | None = views.get(name)
        return found

    def _show(self, name: str, part: Part) -> None:
        self._parts[name] = part
        part.refresh()
        display(part.widget)
