"""The classes that stock nbgrader is configured to use. nbgrader itself is as installed."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters.base import NbGraderException
from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseAssignment
from nbgrader.utils import check_directory

from course import home
from course.answers import NAME
from course.marking import intake, rebuild
from course.marking.intake import Shelf, Tabs
from course.marking.report import Tell, Trouble, one_line, plain, quiet


def leave_answers_out(assignment: str, student: str, notebooks: list[str]) -> None:
    """After generate_assignment: what somebody answered while trying a module stays here."""
    (home.classroom() / "release" / assignment / NAME).unlink(missing_ok=True)


class Release(ExchangeReleaseAssignment):
    """Releases as nbgrader does, in an exchange with whatever permissions its owner gave it.

    nbgrader insists on 0777 and stops where it may not set that: on a network volume, or
    in a private folder of one person's, where nobody else should be let in.
    """

    def ensure_root(self) -> None:
        try:
            Path(self.root).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.fail(f"The exchange {self.root} cannot be made ({error.strerror}).")
        if not check_directory(self.root, write=True, execute=True):
            self.fail(f"The exchange {self.root} is not writable.")


class Collect(ExchangeCollect):
    """Collects as nbgrader does, but copies only a submission's own files, and no links.

    Anybody may write to the exchange: nbgrader's copy follows links with the collector's
    rights, and one bad folder ends the collection for everybody.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notes: dict[str, list[str]] = {}
        self.collected: list[str] = []
        self.tell: Tell = quiet

    def _path_to_record(self, path: str) -> dict[str, Any]:
        try:
            if not stat.S_ISDIR(Path(path).lstat().st_mode):
                raise ValueError("it is not a folder")
            found: dict[str, Any] = super()._path_to_record(path)
            name, module, sent = Path(path).name.rsplit("+", 3)[:3]
            if not (intake.is_name(name) and module == self.coursedir.assignment_id
                    and intake.is_time(sent)):
                raise ValueError("its name is not one that nbgrader gives")
            return found
        except Exception as error:
            self._note(Path(path).name, [f"This entry of the exchange was left alone: {error}."])
            # nbgrader wants something for each entry; init_src below drops what has no name.
            return {"username": "", "filename": "", "timestamp": datetime.min}

    def init_src(self) -> None:
        super().init_src()
        self.src_records: list[dict[str, Any]] = [r for r in self.src_records if r["username"]]

    def copy_files(self) -> None:
        self._total = len(self.src_records)
        super().copy_files()

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        source, place = Path(src), Path(dest)
        student, _, sent = source.name.rsplit("+", 3)[:3]
        self.tell(len(self.collected), self._total, student)
        course = Path(self.coursedir.root)
        release = Path(self.coursedir.format_path(
            self.coursedir.release_directory, ".", self.coursedir.assignment_id))
        shelf = Shelf.of(course, self.coursedir.assignment_id, student)
        try:
            notes = _owner(source, student)
            notes += intake.receive(source, place, release, sent)
            notes += intake.tidy(place, release, shelf).notes
        except OSError as error:
            shutil.rmtree(place, ignore_errors=True)  # half of one is none; it is asked for again
            self._note(student, [f"The submission could not be copied ({error.strerror})."])
            return
        shelf.forget()
        shelf.keep(notes)
        self.collected.append(student)
        self._note(student, notes)

    def _note(self, who: str, notes: list[str]) -> None:
        for note in notes:
            self.log.warning("%s", one_line(who, [note]))
            self.notes.setdefault(who, []).append(note)


def _owner(source: Path, student: str) -> list[str]:
    """Whose folder it is, where that can be told: where not everybody is one account."""
    owner = source.lstat().st_uid
    if owner == os.getuid():
        return []
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = str(owner)
    return [] if name == student else [
        f"It came in under this name, but from the account {plain(name)}."]


class FromRelease(NotebookExporter):
    """The exporter of `nbgrader autograde`: the released notebook, filled from the record.

    nbgrader hands over the path of the notebook that was submitted; it is never opened.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._releases: dict[str, rebuild.Released] = {}
        self._tabs = Tabs()
        self._said: set[str] = set()
        if hasattr(self.parent, "coursedir"):
            self._tidy()

    def _tidy(self) -> None:
        """Before nbgrader touches the first submission, make all of them safe to touch."""
        course = self.parent.coursedir
        pattern = course.format_path(course.submitted_directory, course.student_id,
                                     course.assignment_id)
        for path in sorted(glob.glob(pattern)):
            place = Path(path)
            shelf = Shelf.of(Path(course.root), place.name, place.parent.name)
            release = Path(course.format_path(course.release_directory, ".", place.name))
            try:
                looked = intake.tidy(place, release, shelf)
                shelf.keep(looked.notes)
                if not looked.markable:
                    self._say(place, place.name, place.parent.name)
            except OSError as error:
                self.log.warning("%s: could not be looked at (%s).", plain(place.parent.name),
                                 error.strerror)
        # A submission without a notebook has one now, and one that was a link is gone.
        self.parent.init_notebooks()

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> tuple[str, Any]:
        place = Path(filename).parent
        about = resources["nbgrader"]
        found = intake.record(place)
        cells, notes = rebuild.marked_cells(self._released(about["assignment"]), found)
        self._say(place, about["assignment"], about["student"],
                  [*found.notices, *notes], self._tabs.copies(about["student"], found))
        resources["metadata"] = {"name": Path(filename).stem, "path": str(place)}
        notebook = self._released(about["assignment"]).with_cells(cells)
        output: tuple[str, Any] = self.from_notebook_node(notebook, resources=resources, **kw)
        return output

    def _released(self, assignment: str) -> rebuild.Released:
        if assignment not in self._releases:
            course = self.parent.coursedir
            folder = Path(course.format_path(course.release_directory, ".", assignment))
            try:
                self._releases[assignment] = rebuild.read(
                    folder / f"{assignment}.ipynb", assignment)
            except Trouble as trouble:
                raise NbGraderException(str(trouble)) from trouble
        return self._releases[assignment]

    def _say(self, place: Path, assignment: str, student: str, *notes: list[str]) -> None:
        if student in self._said:  # nbgrader comes twice for each notebook
            return
        self._said.add(student)
        shelf = Shelf.of(Path(self.parent.coursedir.root), assignment, student)
        said = [*shelf.notes(), *(note for some in notes for note in some)]
        if said:
            self.log.warning("%s", one_line(student, said))
