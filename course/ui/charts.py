"""Vega-Lite specifications, written ahead of time with altair and read as JSON.

`course charts` writes `course/exercises/<name>/charts/*.json` from the `charts()` of each
exercise's view; a test fails when one is stale. So the kernel never imports altair, whose
import is what a fellow would wait for.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair

EXERCISES = Path(__file__).parent.parent / "exercises"


@cache
def load(exercise: str, name: str) -> dict[str, Any]:
    """The specification of one chart of an exercise."""
    found: dict[str, Any] = json.loads(_path(exercise, name).read_text(encoding="utf-8"))
    return found


def _path(exercise: str, name: str) -> Path:
    return EXERCISES / exercise.replace("-", "_") / "charts" / f"{name}.json"


def rendered() -> dict[Path, str]:
    """Every chart of every exercise: the file it belongs in and what it should hold."""
    files = {}
    for view in sorted(EXERCISES.glob("*/view.py")):
        module = import_module(f"course.exercises.{view.parent.name}.view")
        for name, chart in module.charts().items():
            files[_path(view.parent.name, name)] = json.dumps(plain(chart), indent=1) + "\n"
    return files


def plain(chart: altair.Chart) -> dict[str, Any]:
    """A chart as Vega-Lite with no theme of its own: the page's style sheet gives colours."""
    spec: dict[str, Any] = chart.to_dict()
    spec.pop("config", None)
    return spec


def lines(x: str, x_title: str, y: str, y_title: str, *, series: str | None = None,
          names: list[str] | None = None, height: int = 200, y_max: float | None = None,
          rule: float | None = None) -> altair.Chart:
    """A line chart of the data set `rows`; series differ by colour and by dash.

    Domains are fixed where given, so that a redraw moves the line and not the axes.
    """
    import altair as alt

    scale = alt.Scale(domain=[0, y_max], nice=False) if y_max else alt.Scale(zero=True)
    line: Any = alt.Chart(alt.NamedData(name="rows")).mark_line(aria=False, clip=True).encode(
        x=alt.X(f"{x}:Q", title=x_title, axis=alt.Axis(grid=False, tickCount=8),
                scale=alt.Scale(nice=False, zero=False)),
        y=alt.Y(f"{y}:Q", title=y_title, scale=scale, axis=alt.Axis(tickCount=5)))
    if series is not None:
        # The same domain for both: only then do colour and dash share one legend.
        order = alt.Scale(domain=names)
        line = line.encode(
            color=alt.Color(f"{series}:N", title=None, scale=order),
            strokeDash=alt.StrokeDash(f"{series}:N", title=None, scale=order))
    if rule is not None:
        line = line + alt.Chart(alt.NamedData(name="rows")).mark_rule(
            strokeDash=[6, 4], aria=False).encode(y=alt.datum(rule))
    return line.properties(height=height)


def dots(x: str, x_title: str, y: str, y_title: str, *, rule: float,
         height: int = 240) -> altair.Chart:
    """Dots of the data set `rows`, with a line across at `rule`."""
    import altair as alt

    rows = alt.NamedData(name="rows")
    points: Any = alt.Chart(rows).mark_circle(aria=False, size=45, opacity=1).encode(
        x=alt.X(f"{x}:Q", title=x_title, axis=alt.Axis(grid=False, tickCount=10),
                scale=alt.Scale(nice=False, padding=6)),
        y=alt.Y(f"{y}:Q", title=y_title, axis=alt.Axis(tickCount=6)))
    line = alt.Chart(rows).mark_rule(aria=False).encode(y=alt.datum(rule))
    return (line + points).properties(height=height)


def bars(x: str, x_title: str, y: str, *, height: int = 160,
         x_max: float | None = None) -> altair.Chart:
    """A bar chart lying down, its names in full and in the order given."""
    import altair as alt

    scale = alt.Scale(domain=[0, x_max], nice=False) if x_max else alt.Scale(zero=True)
    return alt.Chart(alt.NamedData(name="rows")).mark_bar(aria=False).encode(
        x=alt.X(f"{x}:Q", title=x_title, scale=scale, axis=alt.Axis(tickCount=6)),
        y=alt.Y(f"{y}:N", title=None, sort=None)).properties(height=height)
