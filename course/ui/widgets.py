"""The three widgets everything is made of: a form, a figure, a panel.

Their browser half is `static/course.js`, served once by JupyterLab from
`share/jupyter/labextensions/ward-to-board/static/` (put there by `course setup`), so a
widget carries only the few lines that load it, and a notebook stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypedDict

import anywidget
import ipywidgets
import traitlets as t

from course import trouble
from course.assets import version

# One line of fall-back for a front end that does not serve our files (VS Code, say).
_LOADER = """
const site = JSON.parse(document.getElementById("jupyter-config-data")?.textContent || "{{}}");
const base = site.fullLabextensionsUrl || (site.baseUrl || "/") + "lab/extensions";
// Absolute: this script lives at a blob: address, which a path cannot be resolved against.
const file = new URL(`${{base}}/ward-to-board/static/course.js?v={version}`, location.href);
const part = import(file.href);
export default {{ async initialize(context) {{
  try {{ await (await part).{name}.initialize?.(context); }} catch {{ /* render says it */ }}
}}, async render(context) {{
  try {{ return (await part).{name}.render(context); }}
  catch (error) {{
    context.el.textContent = "This part of the page could not be drawn. Reload the page; if it "
      + "stays like this, ask your programme to run the command: course setup";
    console.warn("ward-to-board", error);
  }}
}} }};
"""


def _esm(name: str) -> str:
    return _LOADER.format(version=version(), name=name)


class Field(TypedDict, total=False):
    """One field of a form, as course.js draws it."""

    id: str
    kind: str
    label: str
    hint: str
    options: list[dict[str, str]]
    inline: bool
    min: float
    max: float
    step: float
    start: float
    unit: str
    percent: bool
    ends: list[str]
    long: bool
    rows: list[dict[str, str]]
    levels: list[dict[str, str]]


class Reply(TypedDict, total=False):
    """What a form answers to one packet from the browser."""

    ok: bool
    errors: dict[str, str]
    warnings: dict[str, str]


class Note(TypedDict):
    """One line of feedback under a form; tone is "good", "bad" or ""."""

    title: str
    text: str
    tone: str


@cache
def _layout() -> ipywidgets.Layout:
    """One layout for all: each widget's own would add a kilobyte of nulls to a notebook."""
    return ipywidgets.Layout()


def stack(*parts: Any) -> ipywidgets.VBox:
    """Parts one below the other."""
    return ipywidgets.VBox(list(parts), layout=_layout())


class _Widget(anywidget.AnyWidget):
    def __init__(self, **traits: Any) -> None:
        super().__init__(layout=_layout(), **traits)


class Form(_Widget):
    """Fields with native elements, at most one button, one status line.

    mode    "commit" sends on the button, "live" on every change (the newest only),
            "autosave" after a pause and on leaving the box
    state   one of the four answer states: "waiting", "open", "problem", "saved"
    words   the state in words; `next` is the next step
    """

    _esm = _esm("form")

    key = t.Unicode("").tag(sync=True)
    name = t.Unicode("").tag(sync=True)
    fields = t.List(t.Dict()).tag(sync=True)
    values = t.Dict().tag(sync=True)
    mode = t.Unicode("commit").tag(sync=True)
    button = t.Unicode("").tag(sync=True)
    locked = t.Bool(False).tag(sync=True)
    state = t.Unicode("open").tag(sync=True)
    words = t.Unicode("").tag(sync=True)
    next = t.Unicode("").tag(sync=True)
    feedback = t.List(t.Dict()).tag(sync=True)

    def __init__(self, answer: Callable[[str, dict[str, Any]], Reply], *,
                 fields: Sequence[Field], **traits: Any) -> None:
        """`answer(what, values)` is called with "commit", "live" or "draft"."""
        super().__init__(fields=list(fields), **traits)
        self._answer = answer
        self.on_msg(self._take)

    def _take(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict) or not isinstance(content.get("values"), dict):
            return
        what = str(content.get("do"))
        try:
            reply = self._answer(what, content["values"])
        except Exception as error:
            trouble.note(error, self.key)
            reply = {"ok": False}
            with self.hold_sync():
                self.state, self.words = "problem", "Not saved"
                self.next = ("The course met an error of its own. Keep this page open, and tell "
                             "your programme.")
        self.send({"ack": content.get("n"), "ok": reply.get("ok", True),
                   "errors": reply.get("errors", {}), "warnings": reply.get("warnings", {}),
                   "focus": what == "commit"})

    def play(self, what: str, values: Mapping[str, Any]) -> Reply:
        """Do what the browser would: for bots and tests, with no browser."""
        return self._answer(what, dict(values))


class Column(TypedDict, total=False):
    field: str
    title: str
    digits: int


class Figure(_Widget):
    """A Vega-Lite chart of the data set `rows`, with caption, words for it, and a table.

    spec      Vega-Lite 6, with `"data": {"name": "rows"}`
    rows      the numbers; assigning redraws in place
    columns   the table of the same numbers
    """

    _esm = _esm("figure")

    spec = t.Dict().tag(sync=True)
    rows = t.List(t.Dict()).tag(sync=True)
    columns = t.List(t.Dict()).tag(sync=True)
    caption = t.Unicode("").tag(sync=True)
    alt = t.Unicode("").tag(sync=True)

    def show(self, rows: Sequence[Mapping[str, Any]], caption: str, alt: str) -> None:
        """Put new numbers in, in one message."""
        with self.hold_sync():
            self.rows, self.caption, self.alt = [dict(r) for r in rows], caption, alt


class Panel(_Widget):
    """Words from Python. `html` must come from `course.ui.html`, which escapes."""

    _esm = _esm("panel")

    html = t.Unicode("").tag(sync=True)
    live = t.Bool(False).tag(sync=True)
