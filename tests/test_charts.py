"""The charts on the disk are those the views describe, and they ask nobody for anything."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from course.ui import charts

RENDERED = charts.rendered()
HERE = charts.EXERCISES


def name(path: Path) -> str:
    return str(path.relative_to(HERE))


def inside(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key of a specification with what it holds, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from inside(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from inside(inner)


def test_there_are_charts_and_each_belongs_to_an_exercise() -> None:
    assert RENDERED
    assert {path.parent.parent.name for path in RENDERED} == {
        view.parent.name for view in HERE.glob("*/view.py")}


@pytest.mark.parametrize("path", RENDERED, ids=name)
def test_a_chart_on_the_disk_is_the_one_its_view_describes(path: Path) -> None:
    assert path.is_file(), f"{name(path)} is not there. Run: course charts"
    assert path.read_text(encoding="utf-8") == RENDERED[path], (
        f"{name(path)} is out of date. Run: course charts")


def test_no_chart_is_left_that_no_view_describes() -> None:
    left = sorted(set(HERE.glob("*/charts/*")) - set(RENDERED))
    assert [name(path) for path in left] == [], "delete these"


@pytest.mark.parametrize("path", RENDERED, ids=name)
def test_a_chart_has_local_data_only_and_no_address_of_anything(path: Path) -> None:
    spec = json.loads(RENDERED[path])
    found = list(inside(spec))
    assert [data for key, data in found if key == "data"], "it has data"
    assert all(data == {"name": "rows"} for key, data in found if key == "data")
    assert not {key for key, _ in found} & {"url", "datasets", "usermeta", "href", "loader"}
    # `$schema` names the language of the chart; nothing is fetched from it.
    addresses = [value for key, value in found if isinstance(value, str) and "//" in value
                 and key != "$schema"]
    assert addresses == []


@pytest.mark.parametrize("path", RENDERED, ids=name)
def test_a_chart_takes_its_look_from_the_style_sheet(path: Path) -> None:
    spec = json.loads(RENDERED[path])
    assert "config" not in spec
    colours = [value for key, value in inside(spec) if key in ("fill", "stroke", "background")
               or (key == "color" and isinstance(value, str))]
    assert colours == []


@pytest.mark.parametrize("path", RENDERED, ids=name)
def test_the_axes_of_a_chart_say_what_they_count(path: Path) -> None:
    axes = [(key, value) for key, value in inside(json.loads(RENDERED[path]))
            if key in ("x", "y") and isinstance(value, dict) and "field" in value]
    assert {key for key, _ in axes} == {"x", "y"}
    for key, axis in axes:
        if axis["type"] == "quantitative":
            assert len(axis["title"].split()) >= 1, key
            assert axis["title"] != axis["field"], f"{key} is titled by a name of the program"


@pytest.mark.parametrize("path", RENDERED, ids=name)
def test_a_chart_is_loaded_by_the_name_it_is_drawn_with(path: Path) -> None:
    assert charts.load(path.parent.parent.name, path.stem) == json.loads(RENDERED[path])


@pytest.mark.parametrize("view", sorted(HERE.glob("*/view.py")), ids=lambda p: p.parent.name)
def test_every_chart_a_view_loads_is_one_it_describes(view: Path) -> None:
    described = {path.stem for path in RENDERED if path.parent.parent == view.parent}
    loaded = {str(node.args[1].value) for node in ast.walk(ast.parse(view.read_text()))
              if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
              and node.func.attr == "load" and isinstance(node.args[1], ast.Constant)}
    assert loaded == described
