"""Fellows who are programs: one plays every module rightly, one wrongly, one at random.

    record = play(folder, "02-rubber-band", "right")

An exercise brings its own right and wrong answers (`EXERCISE`); nothing here knows a module.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from course import assessments, scoring
from course.answers import NAME, Answers
from course.assessments import Choice, Item, Module, Number, Play, Ranking, Ratings, Sentences

How = Literal["right", "wrong", "random"]


def play(folder: Path, module_name: str, how: How = "right", seed: int = 0) -> Path:
    """Answer a module, one commitment after another, in a record in `folder`."""
    module = assessments.module(module_name)
    answers = Answers(folder / NAME)
    script = at_random(module, random.Random(seed)) if how == "random" else scripted(module, how)
    for item, value in script:
        answers.save(item.id, value, "fairly" if item.prediction else None)
    return answers.path


def scripted(module: Module, how: Literal["right", "wrong"]) -> Iterator[tuple[Item, JsonValue]]:
    """Every value of the exercises' own bots, in their order."""
    for name in exercises(module):
        for item_id, value in getattr(scoring.exercise(name), how).items():
            if item_id in module:
                item = module.item(item_id)
                for one in runs(item, value):
                    yield item, one


def exercises(module: Module) -> list[str]:
    """The exercises whose items a module asks, in order, each once."""
    return list(dict.fromkeys(item.exercise for item in module.items))


def runs(item: Item, value: JsonValue) -> list[JsonValue]:
    """What is saved one after the other: of a play, a list of runs."""
    return value if isinstance(item, Play) and isinstance(value, list) else [value]


def at_random(module: Module, chance: random.Random) -> Iterator[tuple[Item, JsonValue]]:
    """Valid answers in the order asked: some left out, some given twice."""
    for item in module.items:
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
            value = some_value(item, chance)
            if item.problem(value) is None:
                yield item, value


def some_value(item: Item, chance: random.Random) -> JsonValue:
    if isinstance(item, Choice):
        return chance.choice([o.id for o in item.options])
    if isinstance(item, Number):
        number = chance.uniform(item.minimum, item.maximum)
        return round(number) if item.whole else number
    if isinstance(item, Ranking):
        return list(chance.sample([o.id for o in item.options], len(item.options)))
    if isinstance(item, Sentences):
        return {row.id: "By chance." for row in item.rows if chance.random() < 0.7}
    if isinstance(item, Ratings):
        return {element.id: chance.choice([level.id for level in item.levels])
                for domain in item.domains() for element in domain.elements}
    if isinstance(item, Play):
        exercise = scoring.exercise(item.exercise)
        known = [run for bot in (exercise.right, exercise.wrong)
                 for run in runs(item, bot.get(item.id, []))]
        value = chance.choice(known)
        moved: dict[str, JsonValue] = {s.id: chance.uniform(s.minimum, s.maximum)
                                       for s in item.settings}
        return value | moved if isinstance(value, dict) else value
    return "Written by chance."
