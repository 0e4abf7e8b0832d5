"""Marks a whole cohort in one process: what `nbgrader autograde` writes, without a kernel.

For each batch: look at every submission, fill the released notebook from its record, write
nbgrader's own tables in one transaction, then put the marked folders in place. In that
order: a folder that is in place says that its marks are in the gradebook.

A submission whose marked folder would come out the same, byte for byte, is left alone:
a tutor's marks on it stay finished. (`again` marks it anew, after a changed due date or
penalty, say; what a tutor gave by hand survives, and waits to be looked at again, as it
does with nbgrader.)
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from nbgrader import utils
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import LateSubmissionPlugin
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from traitlets.utils.importstring import import_item

from course.answers import MAX_FILE, NAME
from course.marking import intake, rebuild
from course.marking.intake import SECRET, TIMESTAMP, Shelf, Tabs
from course.marking.report import Report, Tell, Trouble, plain, quiet

BATCH = 50
_SPACE = ".marking-"
MARKED, UNCHANGED = "marked", "unchanged since they were marked"
WAITING, COULD_NOT = "waiting for a tutor", "could not be marked"


@dataclass(frozen=True)
class Course:
    """The folders of one course and its configuration, as nbgrader has them."""

    root: Path
    db_url: str
    course_id: str
    config: Any

    def released(self, name: str) -> Path:
        return self.root / "release" / name

    def submitted(self, name: str) -> list[Path]:
        """Every submission of a module, links among them: those are looked at, not followed."""
        try:
            with os.scandir(self.root / "submitted") as entries:
                return sorted(Path(e.path, name) for e in entries
                              if not e.name.startswith(".")
                              and (e.is_symlink() or os.path.lexists(Path(e.path, name))))
        except FileNotFoundError:
            return []


@dataclass(frozen=True)
class Filled:
    """One submission, marked in memory."""

    student: str
    cells: list[Any]
    sent: datetime | None
    new: Path | None
    """Its marked folder, ready to be put in place; None when the same is there already."""


def mark(course: Course, name: str, *, again: bool = False, only: Sequence[str] = (),
         tell: Tell = quiet) -> Report:
    """Mark every submission of a module that has come in. Raises Trouble, never stops halfway."""
    places = [p for p in course.submitted(name) if not only or p.parent.name in only]
    if not places:
        return Report(f"{name}: nothing has come in yet. Run: course collect {name}")
    released = rebuild.read(course.released(name) / f"{name}.ipynb", name)
    others = dict(_others(course.released(name)))
    report = Report(f"{name} marked",
                    counts=dict.fromkeys((MARKED, UNCHANGED, WAITING, COULD_NOT), 0))
    tabs = Tabs()
    queue = iter(places)
    done = 0
    with _alone(course.root), Gradebook(course.db_url, course.course_id) as gradebook:
        ledger = _Ledger(gradebook, released, name, course.config)
        while batch := list(islice(queue, BATCH)):
            with tempfile.TemporaryDirectory(prefix=_SPACE, dir=course.root) as space:
                filled = []
                for place in batch:
                    tell(done, len(places), place.parent.name)
                    done += 1
                    one = _look(course, released, place, others, tabs, Path(space), report)
                    filled += [one] if one else []
                _enter(course, name, ledger, filled, again, report)
    tell(done, len(places), "")
    report.counts[COULD_NOT] = len(report.could_not)
    return report


def _look(course: Course, released: rebuild.Released, place: Path, others: Mapping[str, bytes],
          tabs: Tabs, space: Path, report: Report) -> Filled | None:
    student, name = place.parent.name, place.name
    try:
        if not intake.is_name(student):
            raise _Cannot("the folder's name is not one a fellow can have")
        shelf = Shelf.of(course.root, name, student)
        looked = intake.tidy(place, course.released(name), shelf)
        shelf.keep(looked.notes)
        if not looked.markable:
            raise _Cannot("there is nothing to mark")
        found = intake.record(place)
        cells, notes = rebuild.marked_cells(released, found)
        files = {**others, **dict(_own(place)), f"{name}.ipynb": released.write(cells).encode()}
        new = None
        if not _in_place(course.root / "autograded" / student / name, files):
            new = space / student
            _write(new, files)
        report.about(student, [*shelf.notes(), *found.notices, *notes,
                               *tabs.copies(student, found)])
        return Filled(student, list(cells.values()), _time(files.get(TIMESTAMP)), new)
    except Exception as error:
        # Whatever is wrong with one submission, or with our scoring of it, the rest is marked.
        why = str(error) if isinstance(error, _Cannot) else _in_a_word(error)
        said = Shelf.of(course.root, name, student).notes() if intake.is_name(student) else []
        report.about(student, [*said, f"It could not be marked: {why}."])
        report.could_not.append(plain(student))
        return None


def _enter(course: Course, name: str, ledger: _Ledger, filled: list[Filled], again: bool,
           report: Report) -> None:
    rows = ledger.rows([one.student for one in filled])
    counts = dict.fromkeys((MARKED, UNCHANGED, WAITING), 0)
    for one in filled:
        row = rows.get(one.student)
        if not (again or one.new) and row is not None and ledger.agrees(row, one):
            counts[UNCHANGED] += 1
        else:
            row = row or ledger.new(one.student)
            ledger.save(row, one)
            counts[MARKED] += 1
        counts[WAITING] += ledger.waits(row)
    ledger.commit()
    for one in filled:
        if one.new:
            _put(one.new, course.root / "autograded" / one.student / name)
    for what, number in counts.items():
        report.counts[what] += number


class _Cannot(Exception):
    """One submission cannot be marked; the message is the reason."""


class _Ledger:
    """nbgrader's tables for one module, written through its own models."""

    def __init__(self, gradebook: Gradebook, released: rebuild.Released, name: str,
                 config: Any) -> None:
        self.db = gradebook.db
        assignment = self.db.scalar(select(Assignment).where(Assignment.name == name))
        notebooks = [] if assignment is None else self.db.scalars(
            select(Notebook).where(Notebook.assignment_id == assignment.id)).all()
        if [n.name for n in notebooks] != [name]:
            raise Trouble(f"{name} is not in the gradebook as it was released. "
                          f"Run: course release {name} --again")
        self.assignment_id, self.notebook_id = assignment.id, notebooks[0].id
        cells = self.db.execute(select(BaseCell.type, BaseCell.name, BaseCell.id)
                                .where(BaseCell.notebook_id == self.notebook_id)).all()
        self.graded = {n: i for t, n, i in cells if t in ("GradeCell", "TaskCell")}
        self.commented = {n: i for t, n, i in cells if t in ("SolutionCell", "TaskCell")}
        if set(self.graded) != {item.grade_id for item in released.graded.values()}:
            raise Trouble(f"The gradebook and the released notebook of {name} do not have the "
                          f"same questions. Run: course release {name} --again")
        section = config.AssignLatePenalties if config else {}
        plugin = section.get("plugin_class", LateSubmissionPlugin)
        self.plugin = (import_item(plugin) if isinstance(plugin, str) else plugin)(config=config)

    def rows(self, students: Sequence[str]) -> dict[str, Any]:
        """The rows of these fellows, with grades and comments, in four questions."""
        self.db.expunge_all()  # the last batch, so that memory stays flat
        self.due = self.db.scalar(select(Assignment.duedate)
                                  .where(Assignment.id == self.assignment_id))
        self.known = set(self.db.scalars(select(Student.id).where(Student.id.in_(students))))
        inside = selectinload(SubmittedAssignment.notebooks)
        found = self.db.scalars(
            select(SubmittedAssignment)
            .where(SubmittedAssignment.assignment_id == self.assignment_id,
                   SubmittedAssignment.student_id.in_(students))
            .options(inside.selectinload(SubmittedNotebook.grades),
                     inside.selectinload(SubmittedNotebook.comments)))
        return {row.student_id: row for row in found}

    def new(self, student: str) -> Any:
        """A row for a first submission, and for a fellow the gradebook has not met."""
        if student not in self.known:
            self.db.add(Student(id=student))
        row = SubmittedAssignment(assignment_id=self.assignment_id, student_id=student)
        self.db.add(row)
        row.notebooks.append(SubmittedNotebook(notebook_id=self.notebook_id))
        return row

    def notebook(self, row: Any) -> Any:
        return next(n for n in row.notebooks if n.notebook_id == self.notebook_id)

    def agrees(self, row: Any, one: Filled) -> bool:
        """Whether the gradebook has these marks: it may be an older copy than the folders."""
        have = {g.cell_id: g.auto_score for g in self.notebook(row).grades}
        want = {self.graded[_id(c)]: utils.determine_grade(c)[0] for c in one.cells}
        return have == want and (one.sent is None or row.timestamp == one.sent)

    def save(self, row: Any, one: Filled) -> None:
        """What nbgrader's SaveAutoGrades and AssignLatePenalties do, on rows in memory."""
        notebook = self.notebook(row)
        if one.sent is not None:
            row.timestamp = one.sent
        grades = {g.cell_id: g for g in notebook.grades}
        comments = {c.cell_id: c for c in notebook.comments}
        for cell in one.cells:
            grade = grades.get(self.graded[_id(cell)])
            if grade is None:
                grade = Grade(cell_id=self.graded[_id(cell)])
                notebook.grades.append(grade)
            grade.auto_score, _ = utils.determine_grade(cell)
            grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
            if utils.is_solution(cell):
                comment = comments.get(self.commented[_id(cell)])
                if comment is None:
                    comment = Comment(cell_id=self.commented[_id(cell)])
                    notebook.comments.append(comment)
                untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                comment.auto_comment = "No response." if untouched else None
        notebook.late_submission_penalty = self._penalty(row, notebook)

    def _penalty(self, row: Any, notebook: Any) -> float | None:
        due = self.due + row.extension if self.due and row.extension else self.due
        late = (row.timestamp - due).total_seconds() if row.timestamp and due else 0
        if late <= 0:
            return None
        score = sum((g.manual_score if g.manual_score is not None else g.auto_score or 0)
                    + (g.extra_credit or 0) for g in notebook.grades)
        penalty = self.plugin.late_submission_penalty(row.student_id, score, late)
        return None if penalty is None else min(max(penalty, 0), score)

    def waits(self, row: Any) -> bool:
        return any(g.needs_manual_grade for g in self.notebook(row).grades)

    def commit(self) -> None:
        self.db.commit()


def _id(cell: Any) -> str:
    name: str = cell.metadata.nbgrader["grade_id"]
    return name


# ---- files --------------------------------------------------------------------------


def _others(release: Path) -> Iterator[tuple[str, bytes]]:
    """What was released beside the notebook, such as pictures."""
    for path in sorted(release.rglob("*")):
        if path.is_file() and path.suffix != ".ipynb":
            yield str(path.relative_to(release)), path.read_bytes()


def _own(place: Path) -> Iterator[tuple[str, bytes]]:
    for name in (NAME, TIMESTAMP, SECRET):
        data = intake.read_plain(place / name, MAX_FILE)
        if data is not None:
            yield name, data


def _time(data: bytes | None) -> datetime | None:
    if data is None or not intake.is_time(text := data.decode("utf-8", "replace")):
        return None
    found: datetime = utils.parse_utc(text.strip())
    return found


def _in_place(folder: Path, files: Mapping[str, bytes]) -> bool:
    return all(intake.read_plain(folder / name, len(data) + 1) == data
               for name, data in files.items())


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o444)  # as nbgrader leaves them: marked, not to be edited


def _put(new: Path, place: Path) -> None:
    """Put a marked folder in place whole: no reader meets half of one."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(place):
        place.rename(new.with_name(f"{new.name}+before"))
    new.rename(place)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Two runs at once would put each other's folders in place."""
    with (root / "marking.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Trouble("Marking is already under way in another window. "
                          "Wait for it to end, and run this again.") from error
        except OSError:
            pass  # a file system without locks: as nbgrader, which has none
        for left in root.glob(f"{_SPACE}*/"):  # by a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield


def _in_a_word(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{Path(str(error.filename or '')).name or 'a file'}: {error.strerror}"
    return f"an error of ours ({type(error).__name__}: {str(error)[:120]})"
