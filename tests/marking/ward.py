"""What the tests of marking share: a small module, and a cohort that hands it in."""

from __future__ import annotations

import io
import json
import logging
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course import assessments, home, scoring
from tests import bots

REPOSITORY = Path(__file__).resolve().parents[2]
TRIAL = "90-trial"

TEXTS = """
name: 90-trial
title: A trial
question: Does marking work?
minutes: 5
items:
  - id: trial.predict
    kind: choice
    marked: auto
    points: 1
    prediction: true
    prompt: Will the queue grow?
    options: [{id: grows, text: It grows}, {id: same, text: It stays the same}]
  - id: trial.run
    kind: play
    prompt: Run the ward
    needs: [trial.predict]
    settings: [{id: beds, label: Beds, minimum: 0, maximum: 50, step: 1, start: 10}]
  - id: trial.sum
    kind: number
    marked: auto
    points: 2
    prompt: How many are left?
    minimum: 0
    maximum: 100
  - id: trial.difference
    kind: text
    prompt: The difference in one sentence
  - id: trial.reflection
    kind: text
    long: true
    marked: tutor
    points: 3
    rubric: trial
    prompt: What surprised you?
"""
EXERCISE = '''
from course.scoring import Exercise
EXERCISE = Exercise(
    id="trial",
    judges={"trial.sum": lambda value, record: (float(value == 12), "Twenty less eight.")},
    right={"trial.predict": "grows", "trial.run": {"beds": 12}, "trial.sum": 12,
           "trial.difference": "One counts beds, the other people.",
           "trial.reflection": "I expected the queue to shrink & it did not."},
    wrong={"trial.run": {"beds": 12}, "trial.predict": "same", "trial.sum": 13},
)
'''


def graded(name: str, points: float, solution: bool) -> dict[str, Any]:
    return {"nbgrader": {"grade": True, "solution": solution, "locked": not solution,
                         "task": False, "points": points, "grade_id": name, "schema_version": 3}}


def trial_notebook() -> Any:
    mark = ("scoring.mark(texts, texts.item({0!r}), answers.read(Path('answers.jsonl'))).points")
    return new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)",
                                 "language": "python"}},
        cells=[
            new_markdown_cell("# A trial"),
            new_code_cell("# Open this module\nfrom pathlib import Path\n"
                          "from course import answers, assessments, scoring\n"
                          f"texts = assessments.module({TRIAL!r})"),
            new_code_cell(mark.format("trial.predict"),
                          metadata=graded("trial-predict", 1, False)),
            new_code_cell(mark.format("trial.sum"), metadata=graded("trial-sum", 2, False)),
            new_markdown_cell("**What surprised you?**",
                              metadata=graded("trial-reflection", 3, True)),
        ])


class Ward:
    """One cohort: hands submissions in, marks them, and reads the gradebook."""

    def __init__(self, state: Path, module: str = TRIAL) -> None:
        self.state, self.module = state, module
        self.course = state / "course"
        self.notebook = f"{module}.ipynb"
        self.original = self.course / "release" / module / self.notebook

    def hand_in(self, student: str, answers: str | bytes | None = "", *,
                notebook: bytes | None = b"same", sent: str = "2026-11-22 18:04:11.402000 UTC",
                into: Path | None = None) -> Path:
        """Put a submission among those collected, as `collect` leaves it."""
        place = into or self.course / "submitted" / student / self.module
        place.mkdir(parents=True)
        if notebook is not None:
            (place / self.notebook).write_bytes(
                self.original.read_bytes() if notebook == b"same" else notebook)
        if answers is not None:
            data = answers.encode() if isinstance(answers, str) else answers
            (place / "answers.jsonl").write_bytes(data)
        (place / "timestamp.txt").write_text(sent)
        (place / "submission_secret.txt").write_text(secrets.token_hex(64))
        return place

    def send(self, student: str, answers: str | bytes | None = "", *,
             sent: str = "2026-11-22 18:04:11.402000 UTC",
             notebook: bytes | None = b"same") -> Path:
        """Put a submission into the exchange, as `nbgrader submit` leaves it."""
        inbound = self.state / "exchange" / home.COURSE_ID / "inbound"
        name = f"{student}+{self.module}+{sent}+{secrets.token_urlsafe(9)}"
        return self.hand_in(student, answers, sent=sent, notebook=notebook, into=inbound / name)

    def marked(self, student: str) -> Any:
        path = self.course / "autograded" / student / self.module / self.notebook
        return nbformat.read(path, as_version=4)

    def cell(self, student: str, name: str) -> Any:
        return next(c for c in self.marked(student).cells
                    if c.metadata.get("nbgrader", {}).get("grade_id") == name)

    def scores(self, student: str) -> dict[str, tuple[float | None, float | None, bool]]:
        """For each cell: the automatic score, the tutor's, and whether a tutor is awaited."""
        with self.gradebook() as book:
            notebook = book.find_submission_notebook(self.module, self.module, student)
            return {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade)
                    for g in notebook.grades}

    def gradebook(self) -> Any:
        from nbgrader.api import Gradebook

        return Gradebook(f"sqlite:///{self.course / 'gradebook.db'}", home.COURSE_ID)

    def students(self) -> set[str]:
        return {p.parent.name for p in (self.course / "autograded").glob(f"*/{self.module}")}


def new_ward(released: Callable[[str], Path], module: str, tmp_path: Path,
             monkeypatch: pytest.MonkeyPatch) -> Ward:
    shutil.copytree(released(module), tmp_path / "state")
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "state"))
    return Ward(tmp_path / "state", module)


def lines(values: Mapping[str, Any] | list[tuple[str, Any]], tab: str | None = None) -> str:
    """A record of these answers, as the page writes it."""
    tab = tab or secrets.token_hex(4)
    pairs = values.items() if isinstance(values, Mapping) else values
    return "".join(json.dumps({"v": 1, "item": item, "value": value, "seq": n, "tab": tab,
                               "at": "2026-11-22T18:04:11.402Z"}) + "\n"
                   for n, (item, value) in enumerate(pairs, 1))


def bot(module: str, how: Any) -> str:
    """The record of a bot that plays a module `right`, `wrong`, or leaves it `untouched`."""
    if how == "untouched":
        return ""
    return lines([(item.id, value) for item, value in
                  bots.scripted(assessments.module(module), how)])


def nbgrader(*argv: str) -> tuple[int, str]:
    """Run an nbgrader command in this process: its exit code and its log."""
    from jupyter_core.application import NoStart
    from nbgrader.apps import NbGraderApp

    said, path = io.StringIO(), list(sys.path)
    app = NbGraderApp.instance()
    try:
        app.initialize(list(argv))
        app.init_logging(logging.StreamHandler, [said], color=False, subapps=True)
        app.start()
        code = 0
    except NoStart:
        code = 0
    except SystemExit as error:
        code = int(error.code or 0)
    finally:
        app.reset()
        sys.path[:] = path
    return code, said.getvalue()


def run_nbgrader(site: Path, *argv: str, cwd: Path | None = None,
                 **more: str) -> subprocess.CompletedProcess[str]:
    """Run an nbgrader command as a program of its own."""
    environment = {k: v for k, v in os.environ.items() if k != "JUPYTER_CONFIG_PATH"}
    environment |= {"PYTHONPATH": str(site), **more}
    return subprocess.run([str(Path(sys.executable).parent / "nbgrader"), *argv],
                          cwd=cwd or site, env=environment, text=True, timeout=120,
                          capture_output=True, check=False)


def real_modules() -> list[str]:
    """The repository's own modules whose notebook, texts and exercises are all there."""
    found = []
    for path in sorted((REPOSITORY / "modules").glob("*/*.ipynb")):
        if path.stem == path.parent.name:
            try:
                for item in assessments.module(path.stem).items:
                    scoring.exercise(item.exercise)
            except (OSError, ImportError, ValueError):
                continue
            found.append(path.stem)
    return found
