"""What an exercise shows on paper: the contract between the book and `exercises/NAME/paper.py`.

Whatever a notebook calls for has a printed counterpart. An item has one by itself: its question.
A play also needs results to look at, and a view that is no item (a comparison, a chart) needs
everything. An exercise gives them in `paper.py`, beside its `view.py`:

    ON_PAPER  what `module.exercise(name)` shows: the name → a function that gives its `Printed`
    WORDS     words of the notebook's text that hold in JupyterLab only → what stands there on
              paper. " … " stands for whatever is between, " …" at the end for the rest of the
              paragraph. A test holds that each is found exactly once.

Numbers are computed when the book is built, from the same model; none is written down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Literal

from pydantic import JsonValue

from course.assessments import Play
from course.ui.html import Html

RUNS = 3
"""Runs that a sheet has room for, where the exercise does not say otherwise."""


@dataclass(frozen=True)
class Words:
    """Plain words; a blank line begins a new paragraph."""

    words: str
    tone: Literal["", "quiet", "note"] = ""
    title: str = ""


@dataclass(frozen=True)
class Table:
    """The first cell of each row says what the row is about."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """A chart of the exercise (`charts/NAME.json`), words for it, and the same numbers."""

    exercise: str
    name: str
    rows: Sequence[Mapping[str, Any]]
    caption: str
    alt: str
    numbers: Table


@dataclass(frozen=True)
class Piece:
    """Anything else: given the level of heading to use, it makes escaped HTML."""

    make: Callable[[int], Html]


Block = Words | Table | Chart | Piece


@dataclass(frozen=True)
class Results:
    """What may be looked at once the items named in `after` are answered."""

    title: str
    after: tuple[str, ...]
    blocks: Callable[[], tuple[Block, ...]]
    """Called when the book is built, so that reading a sheet runs no model."""


@dataclass(frozen=True)
class Lever:
    """One thing to decide. With `percent` it is written as 40%, and kept as 0.4."""

    id: str
    label: str
    minimum: float
    maximum: float
    usual: float
    hint: str = ""
    ends: tuple[str, str] = ("", "")
    percent: bool = False

    def shown(self, value: float) -> str:
        return f"{value * 100:g}%" if self.percent else f"{value:g}"

    @property
    def range(self) -> str:
        return f"{self.shown(self.minimum)} to {self.shown(self.maximum)}"


@dataclass(frozen=True)
class Line:
    """Decisions that belong together on a sheet: one run, or some rounds in one seat."""

    label: str
    levers: tuple[Lever, ...]


class Undecided(ValueError):
    """Decisions that make no run. The message is a sentence for whoever wrote them."""


@dataclass(frozen=True)
class Decisions:
    """How a play is written on a sheet.

    `runs` turns the lines that were filled in, in order, into what JupyterLab would have saved.
    It raises `Undecided`.
    """

    lines: tuple[Line, ...]
    runs: Callable[[Sequence[tuple[Line, Mapping[str, float]]]], list[JsonValue]]


@dataclass(frozen=True)
class Printed:
    """The printed counterpart of one call. The question of an item stands after `first`."""

    first: tuple[Block, ...] = ()
    hint: str | None = None
    """In place of the item's own hint, where that speaks of sliders and buttons."""
    decisions: Decisions | None = None
    """For a play; without them its settings are asked for, three times."""
    results: Results | None = None


def on_paper(exercise: str) -> Mapping[str, Callable[[], Printed]]:
    """The printed counterparts that an exercise gives."""
    found: Mapping[str, Callable[[], Printed]] = getattr(_paper(exercise), "ON_PAPER", {})
    return found


def words(exercise: str) -> Mapping[str, str]:
    """What an exercise says otherwise on paper."""
    found: Mapping[str, str] = getattr(_paper(exercise), "WORDS", {})
    return found


def _paper(exercise: str) -> ModuleType | None:
    name = f"course.exercises.{exercise.replace('-', '_')}.paper"
    return import_module(name) if find_spec(name) else None


def of_settings(item: Play) -> Decisions:
    """The settings of a play, as many times as a sheet has room for."""
    levers = tuple(Lever(s.id, s.label, s.minimum, s.maximum, s.start, s.hint, s.ends)
                   for s in item.settings)
    return Decisions(tuple(Line(f"Run {n}", levers) for n in range(1, RUNS + 1)),
                     lambda filled: [dict(values) for _, values in filled])


def complete(printed: Printed, item: object) -> Printed:
    """A play with settings and no decisions of its own has those of its settings."""
    if isinstance(item, Play) and printed.decisions is None and item.settings:
        return replace(printed, decisions=of_settings(item))
    return printed
