"""From the released notebook and a record of answers to the marked notebook: pure.

The cells, their code and their texts are the release's. Of a submission only the record
enters: as points and a sentence in the output of an auto-marked cell, and as text, made
inert, below the prompt of a reflection.
"""

from __future__ import annotations

import copy
import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4.rwbase import split_lines
from pydantic import JsonValue

from course import assessments, scoring
from course.answers import MAX_TEXT, Record
from course.assessments import Choice, Item, Module, Number, Play, Ranking, Sentences, Text
from course.marking.report import Trouble

IGNORED_BY_MATHJAX = "tex2jax_ignore mathjax_ignore"
_EVIDENCE = 600
"""Characters of one other text shown beside a reflection."""
_NOT_SHOWN = "\ufffd"


@dataclass(frozen=True)
class Released:
    """A module as it was released: its notebook, its texts, and which cell asks which item."""

    module: Module
    notebook: Any
    graded: Mapping[int, Item]
    """Position of each graded cell, and the item it marks."""

    @cached_property
    def _written(self) -> list[str]:
        return [_write_cell(cell) for cell in self.notebook.cells]

    def write(self, marked: Mapping[int, Any]) -> str:
        """The notebook's file with these cells in place of the released ones.

        The bytes are those that nbgrader writes, so that what it has marked is recognised.
        Most cells are the same for every fellow; each of those is written once.
        """
        cells = ",\n".join(_write_cell(marked[i]) if i in marked else text
                           for i, text in enumerate(self._written))
        rest = _json({k: v for k, v in self.notebook.items() if k != "cells"})
        return f'{{\n "cells": [\n{cells}\n ],\n{rest.removeprefix("{")[1:]}\n'

    def with_cells(self, marked: Mapping[int, Any]) -> Any:
        """The same as a notebook in memory."""
        notebook = copy.deepcopy(self.notebook)
        for position, cell in marked.items():
            notebook.cells[position] = cell
        return notebook


def read(path: Path, name: str) -> Released:
    """Read a module's notebook and check it against the module's texts. Raises Trouble."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError as error:
        raise Trouble(f"{name} has not been released yet. Run: course release {name}") from error
    except (OSError, ValueError) as error:
        raise Trouble(f"The released notebook {path} cannot be read. "
                      f"Run: course release {name} --again") from error
    module = _texts(name)
    items = {item.grade_id: item for item in module.items if item.marked != "no"}
    graded: dict[int, Item] = {}
    for position, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("nbgrader", {})
        if not (tags.get("grade") or tags.get("solution") or tags.get("task")):
            continue
        item = items.pop(tags.get("grade_id", ""), None)
        if item is None:
            raise Trouble(f"The cell {tags.get('grade_id')} of {name} is marked, but is not a "
                          f"marked item of assessments/{name}.yml (or stands twice).")
        if problem := _misfit(cell, tags, item):
            raise Trouble(f"The cell {item.grade_id} of {name} does not fit "
                          f"assessments/{name}.yml: {problem}.")
        graded[position] = item
    if items:
        raise Trouble(f"{name} has no cell for {', '.join(sorted(items))}, so its points could "
                      "never be earned.")
    return Released(module, notebook, graded)


def _texts(name: str) -> Module:
    try:
        return assessments.module(name)
    except FileNotFoundError as error:
        raise Trouble(f"There is no assessments/{name}.yml, so {name} cannot be marked.") from error
    except ValueError as error:
        first = str(error).strip().splitlines()[0]
        raise Trouble(f"assessments/{name}.yml is not valid ({first}).") from error


def _misfit(cell: Any, tags: Any, item: Item) -> str:
    if tags.get("task"):
        return "it is a task cell"
    if float(tags.get("points", 0)) != item.points:
        return f"{tags.get('points')} points in the notebook, {item.points:g} in the assessment"
    want = ("code", False) if item.marked == "auto" else ("markdown", True)
    if (cell.cell_type, bool(tags.get("solution"))) != want:
        return ("an auto-marked item is a code cell without a solution" if item.marked == "auto"
                else "an item a tutor marks is a markdown cell with a solution")
    return ""


def marked_cells(released: Released, record: Record) -> tuple[dict[int, Any], list[str]]:
    """The graded cells filled from the record, by position, and what could not be read."""
    cells: dict[int, Any] = {}
    notes: list[str] = []
    for position, item in released.graded.items():
        cell = copy.deepcopy(released.notebook.cells[position])
        if item.marked == "auto":
            _score(cell, scoring.mark(released.module, item, record))
        else:
            words, note = _words(item, record.value(item.id))
            notes += [note] if note else []
            if words:
                _fill(cell, words, list(evidence(released.module, item, record)))
        cells[position] = cell
    return cells, notes


def _score(cell: Any, mark: scoring.Mark) -> None:
    # nbgrader takes the points from text/plain, and gives full marks for what is no number.
    if not 0 <= mark.points <= mark.out_of:
        raise ValueError(f"{mark.points} of {mark.out_of} points cannot be")
    unit = "point" if mark.out_of == 1 else "points"
    says = inert(f"{mark.points:g} of {mark.out_of:g} {unit}. {mark.says}")
    cell.execution_count = None
    cell.outputs = [nbformat.from_dict({
        "output_type": "execute_result", "execution_count": None, "metadata": {},
        "data": {"text/plain": repr(float(mark.points)),
                 "text/html": f'<p class="{IGNORED_BY_MATHJAX}">{says}</p>'}})]


def _words(item: Item, value: JsonValue) -> tuple[str, str]:
    """The fellow's words for a reflection, and a sentence when they are not as they came."""
    if value is None:
        return "", ""
    if not isinstance(value, str):
        return "", f"The answer to {item.id} is not text, so it counts as not given."
    # What shows nothing on the page is no answer, whatever it is made of.
    if not any(unicodedata.category(c)[0] in "LNPSM" for c in value):
        return "", ""
    if len(value) > MAX_TEXT:
        return value[:MAX_TEXT], (f"The answer to {item.id} has {len(value):,} characters; the "
                                  f"first {MAX_TEXT:,} are shown.")
    return value, ""


def _fill(cell: Any, words: str, rests_on: list[str]) -> None:
    # Each block stands on one line: a blank line would end it and let markdown back in.
    answer = (f'<pre class="wb-answer {IGNORED_BY_MATHJAX}" '
              f'style="white-space:pre-wrap">{inert(words)}</pre>')
    cell.source += f"\n\n**Answer**\n\n{answer}\n"
    if rests_on:
        lines = "".join(f"<li>{inert(line)}</li>" for line in rests_on)
        cell.source += (f'\n**What this rests on**\n\n'
                        f'<ul class="wb-evidence {IGNORED_BY_MATHJAX}">{lines}</ul>\n')


def evidence(module: Module, reflection: Item, record: Record) -> Iterator[str]:
    """What the fellow predicted, ran and wrote in the same exercise, one line each."""
    for item in module.items:
        if item.exercise != reflection.exercise or item.id == reflection.id:
            continue
        first, latest = record.first(item.id), record.latest(item.id)
        if first is None or latest is None or item.problem(latest.value):
            continue
        if item.prediction and not item.problem(first.value):
            sure = f" ({first.sure})" if first.sure else ""
            yield f"Predicted: {item.prompt} – {in_words(item, first.value)}{sure}"
        elif isinstance(item, Play):
            runs = len(record.all(item.id))
            yield f"Ran: {item.prompt} – {runs} time{'s' if runs != 1 else ''}"
        elif isinstance(item, Text | Sentences) and item.marked == "no":
            yield f"Wrote: {item.prompt} – {in_words(item, latest.value)}"


def in_words(item: Item, value: JsonValue) -> str:
    """A valid value as a reader would say it."""
    if isinstance(item, Choice):
        return next((o.text for o in item.options if o.id == value), "")
    if isinstance(item, Ranking) and isinstance(value, list):
        texts = {o.id: o.text for o in item.options}
        return "; ".join(texts.get(str(v), "") for v in value)
    if isinstance(item, Sentences) and isinstance(value, dict):
        value = " ".join(f"{row.text}: {value[row.id]}" for row in item.rows if row.id in value)
    if isinstance(item, Number) and isinstance(value, int | float):
        return f"{value:g} {item.unit}".strip()
    text = " ".join(str(value).split())
    return text if len(text) <= _EVIDENCE else f"{text[:_EVIDENCE]} …"


def inert(words: str) -> str:
    """Text as HTML on one line that nothing acts on: no tag, markdown, link or formula.

    Every ASCII punctuation mark becomes a numeric entity, so that each renderer between
    here and the tutor's eye (markdown, HTML, link finders) sees letters and entities only.
    What has no shape of its own, or turns the writing round, becomes a visible sign.
    """
    lines = words.replace("\r\n", "\n").replace("\r", "\n")
    return lines.translate(_INERT)


def _signs() -> dict[int, str]:
    signs: dict[int, str] = {}
    for code in range(0x80):
        char = chr(code)
        if code < 0x20:
            signs[code] = chr(0x2400 + code)
        elif not char.isalnum() and char != " ":
            signs[code] = f"&#{code};"
    signs |= {ord("\n"): "&#10;", ord("\t"): "&#9;", 0x7f: "\u2421"}
    signs |= dict.fromkeys(range(0x80, 0xa0), _NOT_SHOWN)
    signs |= dict.fromkeys((0x85, 0x2028, 0x2029), "&#10;")
    # Marks that reorder or hide what stands around them, and halves of characters.
    signs |= dict.fromkeys((0x61c, 0x200e, 0x200f, *range(0x202a, 0x202f),
                            *range(0x2066, 0x206a), 0xfeff), _NOT_SHOWN)
    signs |= dict.fromkeys(range(0xd800, 0xe000), _NOT_SHOWN)
    return signs


_INERT = _signs()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)


def _write_cell(cell: Any) -> str:
    one = nbformat.from_dict({"cells": [copy.deepcopy(cell)]})
    return "  " + _json(split_lines(one).cells[0]).replace("\n", "\n  ")
