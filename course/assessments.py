"""The texts of the exercises, the framework and the rubrics: loaded and validated.

One YAML file a module in `assessments/`: what is asked, in what order, for how many
points, who marks it and which claims of the readings it works on. An item is asked in
the notebook by `module.exercise("rubber-band.predict-keen")`, kept in the record under
the same id, and marked in nbgrader under the same words with a hyphen.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from course import home
from course.answers import MAX_TEXT

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(_Shape):
    """One thing to choose. `says` is shown once the choice has been checked."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    text: str
    hint: str = ""
    says: str = ""


class _Item(_Shape):
    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}\.[a-z0-9-]{1,60}$")]
    prompt: str
    hint: str = ""
    why: str = ""
    """Why we ask: what it is for, who sees it."""
    marked: Literal["auto", "tutor", "no"] = "no"
    points: Annotated[float, Field(ge=0)] = 0
    needs: tuple[str, ...] = ()
    """Items to answer first: how a prediction comes before its reveal."""
    prediction: bool = False
    """A prediction asks how sure you are, and its first value is the one that counts."""
    claims: tuple[str, ...] = ()
    rubric: str = ""

    @model_validator(mode="after")
    def _points_have_a_marker(self) -> _Item:
        if (self.points > 0) != (self.marked != "no"):
            raise ValueError(f"{self.id}: an item has points exactly when somebody marks it")
        if (self.marked == "tutor") != bool(self.rubric):
            raise ValueError(f"{self.id}: an item a tutor marks names its rubric, and no other")
        return self

    @property
    def exercise(self) -> str:
        return self.id.partition(".")[0]

    @property
    def grade_id(self) -> str:
        """nbgrader's name of the cell: the same words with a hyphen."""
        return self.id.replace(".", "-")


class Choice(_Item):
    """One of several; the value is the option's id."""

    kind: Literal["choice"]
    options: tuple[Option, ...]
    answer: str = ""

    @model_validator(mode="after")
    def _answer_is_an_option(self) -> Choice:
        ids = [o.id for o in self.options]
        if len(set(ids)) != len(ids) or len(ids) < 2 or (self.answer and self.answer not in ids):
            raise ValueError(f"{self.id}: options are at least two, each once, with the answer")
        return self

    def problem(self, value: JsonValue) -> str | None:
        if value not in [o.id for o in self.options]:
            return "Choose one of the answers."
        return None


class Number(_Item):
    """A number within bounds. With `step` it is shown as a slider."""

    kind: Literal["number"]
    minimum: float
    maximum: float
    unit: str = ""
    whole: bool = False
    step: float = 0

    def problem(self, value: JsonValue) -> str | None:
        unit = f" {self.unit}" if self.unit else ""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"Enter a number from {self.minimum:g} to {self.maximum:g}{unit}."
        if not self.minimum <= value <= self.maximum:
            return (f"{value:g} is outside the range. Enter a number from {self.minimum:g} to "
                    f"{self.maximum:g}{unit}.")
        if self.whole and value != int(value):
            return f"{value:g} is not a whole number. Enter a whole number."
        return None


class Ranking(_Item):
    """Options in order; the value is the list of their ids."""

    kind: Literal["ranking"]
    options: tuple[Option, ...]
    answer: tuple[str, ...] = ()

    def problem(self, value: JsonValue) -> str | None:
        ids = [o.id for o in self.options]
        if not isinstance(value, list) or sorted(map(str, value)) != sorted(ids):
            return "Put every line in an order."
        return None


class Text(_Item):
    """Free text, autosaved; `long` for a reflection."""

    kind: Literal["text"]
    long: bool = False
    lead: Literal["question", "tell"] = "question"

    def problem(self, value: JsonValue) -> str | None:
        if not isinstance(value, str):
            return "Write your answer in words."
        if len(value) > MAX_TEXT:
            return (f"Your answer has {len(value):,} characters; the most that can be kept is "
                    f"{MAX_TEXT:,}. Please shorten it.")
        return None


class Sentences(_Item):
    """A sentence for each of several rows; the value maps row id to text."""

    kind: Literal["sentences"]
    rows: tuple[Option, ...]

    def problem(self, value: JsonValue) -> str | None:
        rows = {row.id for row in self.rows}
        if not isinstance(value, dict) or not value or not set(value) <= rows:
            return "Write at least one sentence."
        if not all(isinstance(words, str) for words in value.values()):
            return "Write each answer in words."
        if sum(len(str(words)) for words in value.values()) > MAX_TEXT:
            return f"Together these may have up to {MAX_TEXT:,} characters. Please shorten them."
        return None


class Ratings(_Item):
    """A level for each row of a list; the value maps row id to level. Rows may be left out."""

    kind: Literal["ratings"]
    rows_from: Literal["framework"]
    levels: tuple[Option, ...]

    def domains(self) -> tuple[Domain, ...]:
        return framework().domains

    def problem(self, value: JsonValue) -> str | None:
        rows = {element.id for domain in self.domains() for element in domain.elements}
        levels = {o.id for o in self.levels}
        if not isinstance(value, dict) or not set(value) <= rows:
            return "Rate the elements in the list."
        if any(not isinstance(level, str) or level not in levels for level in value.values()):
            return "Choose one of the levels for each element."
        return None


class Setting(_Shape):
    """One lever of a model that the fellow plays with."""

    id: str
    label: str
    hint: str = ""
    minimum: float
    maximum: float
    step: float
    start: float
    unit: str = ""
    ends: tuple[str, str] = ("", "")
    """What the two ends of the slider mean, in words."""


class Play(_Item):
    """A run of a model; the value is what was decided, never what came out."""

    kind: Literal["play"]
    settings: tuple[Setting, ...] = ()

    def problem(self, value: JsonValue) -> str | None:
        if not isinstance(value, dict):
            return "A run is a set of decisions."
        for setting in self.settings:
            found = value.get(setting.id)
            if isinstance(found, bool) or not isinstance(found, int | float):
                return f"{setting.label}: a number is needed."
            if not setting.minimum <= found <= setting.maximum:
                return (f"{setting.label}: {found:g} is outside {setting.minimum:g} to "
                        f"{setting.maximum:g}.")
        return None


Item = Annotated[Choice | Number | Ranking | Text | Sentences | Ratings | Play,
                 Field(discriminator="kind")]


class Module(_Shape):
    """One module: `assessments/NN-name.yml`."""

    name: Annotated[str, Field(pattern=r"^\d\d-[a-z-]+$")]
    title: str
    question: str
    """The question it answers, for lists of modules."""
    minutes: int
    claims: tuple[str, ...] = ()
    words: dict[str, str] = {}
    """Texts an exercise shows that are not a question: rules, what to notice, debriefs."""
    items: tuple[Item, ...]

    @model_validator(mode="after")
    def _ids_are_unique_and_in_order(self) -> Module:
        seen: set[str] = set()
        for item in self.items:
            if item.id in seen:
                raise ValueError(f"{item.id} stands twice")
            unknown = [n for n in item.needs if n not in seen]
            if unknown:
                raise ValueError(f"{item.id} needs {unknown}, which does not come before it")
            seen.add(item.id)
        return self

    def item(self, name: str) -> Item:
        """The item of that id. Raises KeyError with the known ids."""
        for item in self.items:
            if item.id == name:
                return item
        raise KeyError(f"{name} is not in {self.name}; it has {[i.id for i in self.items]}")

    def __contains__(self, name: object) -> bool:
        return any(item.id == name for item in self.items)


class Element(_Shape):
    """One of the framework's twenty elements; the name is the framework's, the words ours."""

    id: str
    name: str
    says: str


class Domain(_Shape):
    id: str
    name: str
    elements: tuple[Element, ...]


class Framework(_Shape):
    """The five domains and twenty elements against which progress is seen, continually."""

    source: str
    domains: tuple[Domain, ...]


class Level(_Shape):
    score: Annotated[float, Field(ge=0)]
    name: str
    says: str


class Criterion(_Shape):
    id: str
    name: str
    levels: tuple[Level, ...]


class Anchor(_Shape):
    """An answer we wrote, the levels it reaches, and why: what tutors calibrate on."""

    strength: Literal["weak", "sound", "strong"]
    answer: str
    levels: dict[str, float]
    why: str


class Rubric(_Shape):
    id: str
    title: str
    guide: str
    criteria: tuple[Criterion, ...]
    anchors: tuple[Anchor, ...]

    @property
    def points(self) -> float:
        """The most a reflection can earn: every criterion at its top level."""
        return sum(max(level.score for level in c.levels) for c in self.criteria)


def _load(path: Path) -> object:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)  # noqa: S506 (a safe one)


def _folder() -> Path:
    return home.content() / "assessments"


@cache
def module(name: str) -> Module:
    """The module of that name. Raises FileNotFoundError or pydantic.ValidationError."""
    return Module.model_validate(_load(_folder() / f"{name}.yml"))


@cache
def framework() -> Framework:
    return Framework.model_validate(_load(_folder() / "framework.yml"))


@cache
def rubric(name: str) -> Rubric:
    return Rubric.model_validate(_load(_folder() / "rubrics" / f"{name}.yml"))
