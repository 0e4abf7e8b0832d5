"""Marks as CSV: nbgrader's columns, safely quoted, and whether a tutor is still awaited."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin
from sqlalchemy import select
from sqlalchemy.orm import undefer

COLUMNS = ("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
           "raw_score", "late_submission_penalty", "score", "max_score", "waits_for_tutor")


class Marks(ExportPlugin):
    """What `nbgrader export` and `course export` write."""

    def export(self, gradebook: Gradebook) -> None:
        path = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", path)
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for row in self.rows(gradebook.db):
                table.writerow([_cell(value) for value in row])

    def rows(self, db: Any) -> Iterator[tuple[Any, ...]]:
        """One row for each module and fellow, handed in or not."""
        students = [s for s in db.scalars(select(Student).order_by(Student.id))
                    if not self.student or s.id in map(str, self.student)]
        for module in db.scalars(select(Assignment).order_by(Assignment.name)
                                 .options(undefer(Assignment.max_score))):
            if self.assignment and module.name not in map(str, self.assignment):
                continue
            handed_in = {s.student_id: s for s in db.scalars(
                select(SubmittedAssignment).where(SubmittedAssignment.assignment_id == module.id)
                .options(undefer(SubmittedAssignment.score),
                         undefer(SubmittedAssignment.late_submission_penalty),
                         undefer(SubmittedAssignment.needs_manual_grade)))}
            for student in students:
                sub = handed_in.get(student.id)
                raw, late = (sub.score, sub.late_submission_penalty) if sub else (0.0, 0.0)
                yield (module.name, module.duedate, sub and sub.timestamp, student.id,
                       student.last_name, student.first_name, student.email, raw, late,
                       max(0.0, raw - late), module.max_score,
                       ("yes" if sub.needs_manual_grade else "no") if sub else "")


def _cell(value: object) -> str:
    """A cell that a spreadsheet shows and does not run: names come from outside."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
