"""From a record of answers to marks: pure, no display, no kernel, never an exception.

What is objective is scored here: a prediction made before its reveal, a number, a
choice. What a tutor judges is not. Every mark comes with one sentence that names the
result or the passage behind it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from pydantic import JsonValue

from course.answers import Record
from course.assessments import Choice, Item, Module, Ranking

SECOND_TRY = 0.5
"""The share of the points for a check that is right, but not at the first try."""


@dataclass(frozen=True)
class Mark:
    """Points out of points, and why."""

    points: float
    out_of: float
    says: str


Judge = Callable[[JsonValue, Record], tuple[float, str]]
"""Scores one value: a share of the points from 0 to 1, and one sentence."""


@dataclass(frozen=True)
class Exercise:
    """What one exercise adds to its texts: how it is scored, and a bot that plays it.

    judges  maps an item id to its Judge (items with a key in the YAML need none)
    right   every answer, in the order a fellow gives them, all of it right
    wrong   the same, played badly but validly
    """

    id: str
    judges: Mapping[str, Judge] = field(default_factory=dict)
    right: Mapping[str, JsonValue] = field(default_factory=dict)
    wrong: Mapping[str, JsonValue] = field(default_factory=dict)


@cache
def exercise(name: str) -> Exercise:
    """The exercise of that id, from `course/exercises/<name>/exercise.py`."""
    folder = name.replace("-", "_")
    found = importlib.import_module(f"course.exercises.{folder}.exercise").EXERCISE
    if not isinstance(found, Exercise):
        raise TypeError(f"course/exercises/{folder}/exercise.py has no EXERCISE")
    return found


def mark(module: Module, item: Item, record: Record) -> Mark:
    """The mark of one auto-marked item; 0 with a plain sentence for what is not there."""
    share, says = _share(module, item, record)
    if not 0 <= share <= 1:  # also not a number, which nbgrader would take for full marks
        raise ValueError(f"{item.id}: the share is {share}; it must be from 0 to 1")
    return Mark(round(share * item.points, 4), item.points, says)


def right(item: Item, value: JsonValue, record: Record) -> bool:
    """Whether a value earns every point, at whichever try."""
    return _judge(item, value, record)[0] >= 1.0


def _share(module: Module, item: Item, record: Record) -> tuple[float, str]:
    first, latest = record.first(item.id), record.latest(item.id)
    if first is None or latest is None:
        return 0.0, "Not answered yet."
    if item.prediction:
        if problem := item.problem(first.value):
            return 0.0, f"This prediction could not be read. {problem}"
        reveal = next((i.id for i in module.items if item.id in i.needs), None)
        if reveal is not None and not record.before(item.id, reveal):
            return 0.0, "This prediction was made after the run, so it does not count as one."
        return 1.0, "You committed a prediction before you saw the result."
    if problem := item.problem(latest.value):
        return 0.0, f"This answer could not be read. {problem}"
    share, says = _judge(item, latest.value, record)
    if share >= 1.0 and item.kind != "play" and _judge(item, first.value, record)[0] < 1.0:
        return SECOND_TRY, f"{says} (Half the points: it was not right at the first try.)"
    return share, says


def _judge(item: Item, value: JsonValue, record: Record) -> tuple[float, str]:
    if item.problem(value):
        return 0.0, "This answer could not be read."
    judge = exercise(item.exercise).judges.get(item.id)
    if judge is not None:
        return judge(value, record)
    if isinstance(item, Choice) and item.answer:
        says = next(o.says for o in item.options if o.id == value)
        return float(value == item.answer), says
    if isinstance(item, Ranking) and item.answer:
        given = [str(v) for v in value] if isinstance(value, list) else []
        share = _in_order(item.answer, given)
        return share, (f"{share:.0%} of the pairs stand in the right order.")
    raise TypeError(f"{item.id} is auto-marked but has neither a key nor a judge")


def _in_order(key: Sequence[str], given: list[str]) -> float:
    """The share of pairs that stand in the key's order: Kendall's tau, scaled to 0…1."""
    place = {name: i for i, name in enumerate(given)}
    pairs = [(a, b) for i, a in enumerate(key) for b in key[i + 1:]]
    return sum(place[a] < place[b] for a, b in pairs) / len(pairs) if pairs else 1.0
