"""What makes a module begin fast, held without a clock: see bench/opening.py for the times.

A fellow waits for every module that Python loads before the first control, and for every
widget that is made, also for those that are not shown.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from ipywidgets import Box, Layout, Widget
from ipywidgets.widgets.widget import _instances

from course import assessments, home
from course import module as talk
from course.module import Module
from course.ui import charts
from tests import bots
from tests.test_contracts import loaded

MODULES = home.modules()
VIEWS = sorted(charts.EXERCISES.glob("*/view.py"))
HOW: tuple[Literal["right", "wrong"] | None, ...] = (None, "right", "wrong")


def calls(module: Module) -> Iterator[tuple[str, str]]:
    """The calls of a module's notebook that show something of ours, in order."""
    from course import lab

    for source in lab.code_of(module.texts.name):
        what, _, rest = source.splitlines()[-1].removeprefix("module.").partition("(")
        if what in ("exercise", "reflection", "progress"):
            yield what, rest.rstrip(")").strip('"')


def in_all(widget: Widget) -> set[Widget]:
    """A widget and everything in it."""
    children = widget.children if isinstance(widget, Box) else ()
    return {widget}.union(*(in_all(child) for child in children))


@pytest.mark.parametrize("name", MODULES)
def test_the_first_control_waits_for_no_model(tmp_path: Path, name: str) -> None:
    first = assessments.module(name).items[0]
    assert first.kind != "play"
    code = (f"from course import open_module\nmodule = open_module({name!r})\n"
            f"module.exercise({first.id!r})")
    assert loaded(code, tmp_path, "numpy") == []
    # And numpy would be seen: a play has a model.
    if any(item.kind == "play" for item in assessments.module(name).items):
        play = next(item.id for item in assessments.module(name).items if item.kind == "play")
        assert loaded(f"{code}\nmodule.exercise({play!r})", tmp_path, "numpy") == ["numpy"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_made_that_is_not_shown(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str,
        how: Literal["right", "wrong"] | None) -> None:
    if how:
        bots.play(tmp_path, name, how)
    shown: list[Any] = []
    monkeypatch.setattr(talk, "display", shown.append)
    before = set(_instances)
    module = Module(name, tmp_path)
    for what, item in calls(module):
        getattr(module, what)(*filter(None, [item]))
    made = {_instances[one] for one in set(_instances) - before
            if not isinstance(_instances[one], Layout)}
    assert len(made) > 5
    unseen = made - set[Widget]().union(*map(in_all, shown))
    assert [type(one).__name__ for one in unseen] == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda path: path.parent.name)
def test_a_view_is_only_for_what_the_shared_controls_cannot_draw(view: Path) -> None:
    """They are asked first, so that no model is loaded for them; a view would not be seen."""
    views = set(importlib.import_module(f"course.exercises.{view.parent.name}.view").VIEWS)
    items = {item.id: item for name in MODULES for item in assessments.module(name).items}
    assert {name for name in views if name in items and items[name].kind != "play"} == set()
    assert views & {name for name, item in items.items() if item.kind == "play"}
