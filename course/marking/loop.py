"""nbgrader's loop in plain words: release, collect, mark, feedback, export.

Each is one call that tells how far it is and returns a Report. What can be foreseen to go
wrong is raised as Trouble, with one sentence; nbgrader's own log of the run is kept in
the state folder's `logs/`.
"""

from __future__ import annotations

import glob
import itertools
import shutil
import sqlite3
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course import handin, home, programme
from course.answers import NAME
from course.dates import when
from course.marking import configure
from course.marking.report import Report, Tell, Trouble, plain, quiet

__all__ = ["Report", "Tell", "Trouble", "collect", "due", "export", "feedback", "mark", "release"]


def release(module: str, *, again: bool = False, tell: Tell = quiet) -> Report:
    """Make the fellows' version of a module and put it into the exchange.

    A module that is out already is left alone, unless `again`; its questions cannot change
    once somebody has handed it in.
    """
    from course.marking import rebuild

    _known(module)
    with _plainly("release") as log:
        rebuild.read(home.content() / "modules" / module / f"{module}.ipynb", module)
        api = _api(force=again)
        if (_exchange(api) / "outbound" / module).exists() and not again:
            return Report(f"{module} is released already; nothing was changed")
        tell(0, 2, "generating")
        made = _course(api).released(module)
        # nbgrader removes the old version before it knows whether it can make a new one.
        with _kept(made):
            log.check(api.generate_assignment(module), module)
        (made / NAME).unlink(missing_ok=True)  # by whoever tried the module out
        tell(1, 2, "releasing")
        log.check(api.release_assignment(module), module)
        tell(2, 2, "")
    return Report(f"{module} is released")


def collect(module: str, *, tell: Tell = quiet) -> Report:
    """Fetch the newest submission of each fellow from the exchange; see hooks.Collect."""
    from nbgrader.utils import capture_log, temp_attrs

    _known(module)
    with _plainly("collect") as log:
        api = _api()
        if not (_exchange(api) / "inbound").is_dir():
            return Report(f"{module}: nothing can have come in, as it has not been released yet. "
                          f"Run: course release {module}")
        with temp_attrs(api.coursedir, assignment_id=module):
            app = api.exchange.Collect(coursedir=api.coursedir,
                                       authenticator=api.authenticator, parent=api)
            app.update, app.tell = True, tell
            log.check(capture_log(app), module)
        report = Report(f"{module} collected")
        # A site may have an exchange of its own, which tells nothing; marking looks again.
        came, notes = getattr(app, "collected", []), getattr(app, "notes", {})
        here = {place.parent.name for place in _course(api).submitted(module)}
        for who in sorted(notes):
            report.about(who, notes[who])
        report.could_not = [plain(who) for who in sorted(set(notes) - here)]
        report.counts = {"new or renewed": len(came), "in all": len(here),
                         "could not be collected": len(report.could_not)}
        tell(len(came), len(came), "")
    return report


def mark(module: str, *, again: bool = False, only: Sequence[str] = (),
         tell: Tell = quiet) -> Report:
    """Mark everything that has come in; what is unchanged is left alone, unless `again`."""
    from course.marking import batch

    _known(module)
    with _plainly("mark"):
        report = batch.mark(_course(), module, again=again, only=only, tell=tell)
        _tell_fellows(_api(), module)
        return report


def feedback(module: str, *, everyone: bool = False, tell: Tell = quiet) -> Report:
    """Make feedback pages and put them into the exchange.

    A submission that waits for its tutor is left out until it is marked, unless `everyone`.
    """
    _known(module)
    with _plainly("feedback") as log:
        api = _api()
        course = _course(api)
        marked = [p.parent.name for p in sorted(
            (course.root / "autograded").glob(f"*/{module}")) if p.is_dir()]
        if not marked:
            return Report(f"{module}: nothing is marked yet. Run: course mark {module}")
        if not _exchange(api).is_dir():
            raise Trouble(f"There is no exchange to send it to. Run: course release {module}")
        waiting = set() if everyone else _waiting(api, module)
        ready = [student for student in marked if student not in waiting]
        report = Report(f"{module} feedback")
        begun = time.time() - 1  # a file's clock may be a tick behind
        if ready:
            log.add(_pages(api, module, sorted(waiting), lambda n: tell(n, len(ready), "")))
        for student in ready:
            try:
                page = course.root / "feedback" / student / module / f"{module}.html"
                if not page.is_file() or page.stat().st_mtime < begun:
                    raise Trouble("the page could not be made. "
                                  f"What nbgrader said is in {log.path}")
                # nbgrader takes a name for a pattern.
                log.check(api.release_feedback(module, glob.escape(student)), module)
            except Trouble as trouble:
                report.about(student, [f"No feedback was sent: {trouble}"])
                report.could_not.append(student)
        tell(len(ready), len(ready), "")
        _tell_fellows(api, module)
        report.counts = {"sent": len(ready) - len(report.could_not),
                         "waiting for a tutor, so not sent": len(set(marked) & waiting),
                         "could not be sent": len(report.could_not)}
    return report


def due(module: str, at: datetime | None, *, tell: Tell = quiet) -> Report:
    """Set, move or (None) take away a module's due date: for nbgrader and for the fellows."""
    from nbgrader.api import Gradebook

    _known(module)
    with _plainly("due"):
        course = _course()
        # nbgrader keeps a date without a zone, and means UTC.
        naive = at.astimezone(UTC).replace(tzinfo=None) if at else None
        with Gradebook(course.db_url, course.course_id) as gradebook:
            gradebook.update_or_create_assignment(module, duedate=naive)
        told = programme.read()
        programme.write(told.model_copy(update={
            "modules": told.modules | {module: programme.Dates(due=at)}}))
        tell(1, 1, "")
    return Report(f"{module} is due on {when(at)} ({at.astimezone():%Z})" if at else
                  f"{module} has no due date now")


def export(to: Path, *, tell: Tell = quiet) -> Report:
    """Write the marks of every module and fellow as CSV."""
    from nbgrader.api import Gradebook

    from course.marking.export import Marks

    with _plainly("export"):
        course = _course()
        if not to.parent.is_dir():
            raise Trouble(f"There is no folder {to.parent} to write to.")
        tell(0, 1, to.name)
        with Gradebook(course.db_url, course.course_id) as gradebook:
            Marks(config=course.config, to=str(to)).export(gradebook)
        tell(1, 1, "")
    return Report(f"The marks are in {to}")


# ---- inside -------------------------------------------------------------------------


def _known(module: str) -> None:
    if module not in home.modules():
        raise Trouble(f"There is no module {plain(module)}. "
                      f"There are: {', '.join(home.modules()) or 'none yet'}.")


def _api(force: bool = False) -> Any:
    """nbgrader's own programming interface, configured as its commands are."""
    from nbgrader.apps.api import NbGraderAPI

    config = configure.load()
    config.ExchangeReleaseAssignment.force = force
    return NbGraderAPI(config=config)


def _exchange(api: Any) -> Path:
    """This course's part of the exchange, wherever the site has it."""
    return Path(api.exchange_root, api.course_id)


def _course(api: Any = None) -> Any:
    from nbgrader.coursedir import CourseDirectory

    from course.marking import batch

    directory = api.coursedir if api else CourseDirectory(config=configure.load())
    return batch.Course(Path(directory.root), directory.db_url, directory.course_id,
                        directory.config)


def _pages(api: Any, module: str, without: Sequence[str], made: Callable[[int], None]) -> str:
    """Make everybody's page with one converter, which reads nbgrader's templates once."""
    from nbgrader.converters import GenerateFeedback
    from nbgrader.utils import capture_log, temp_attrs
    from traitlets.config import Config

    done = itertools.count(1)
    with temp_attrs(api.coursedir, assignment_id=module, student_id="*",
                    student_id_exclude=",".join(without)):
        app = GenerateFeedback(coursedir=api.coursedir, parent=api, force=True)
        app.update_config(Config({"HTMLExporter": {"template_name": "feedback"}}))
        app.post_convert_hook = lambda **_: made(next(done))
        result = capture_log(app)
    return f"{result.get('log', '')}\n{result.get('error', '')}"


def _waiting(api: Any, module: str) -> set[str]:
    from nbgrader.api import Assignment, SubmittedAssignment
    from sqlalchemy import select

    with api.gradebook as gradebook:
        return set(gradebook.db.scalars(
            select(SubmittedAssignment.student_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(Assignment.name == module, SubmittedAssignment.needs_manual_grade)))


def _tell_fellows(api: Any, module: str) -> None:
    """Put a note into the exchange for each submission that is marked to its end.

    An empty file under a name that only its fellow can work out; see handin.Submission.key.
    """
    course, folder = _course(api), _exchange(api) / handin.MARKED
    waiting = _waiting(api, module)
    if not _exchange(api).is_dir():
        return
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    for place in (course.root / "autograded").glob(f"*/{module}"):
        submitted = course.root / "submitted" / place.parent.name / module
        sent = handin.Submission(module, datetime.now(UTC), submitted)
        if place.parent.name not in waiting and (key := sent.key(handin.MARKED)):
            (folder / key).touch()


class _Log:
    """What nbgrader said in this run, kept in a file; only a sentence of it is shown."""

    def __init__(self, command: str) -> None:
        self.path = home.state() / "logs" / f"{command}.log"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("", encoding="utf-8")

    def add(self, words: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(words + "\n")

    def check(self, result: dict[str, Any], module: str) -> None:
        """Keep what one step of nbgrader said; raise Trouble when it failed."""
        said = f"{result.get('log', '')}\n{result.get('error', '')}"
        self.add(said)
        if not result["success"]:
            raise Trouble(_why(said, module, self.path))


def _why(said: str, module: str, log: Path) -> str:
    """nbgrader's log of a failure in one sentence."""
    known = {
        "Cannot add or remove cells": f"{module} has been handed in already, and its questions "
                                      "are no longer those that were released. Put them back, "
                                      "or give the new version a new name.",
        "Cannot modify existing": f"{module} has been handed in already, and its notebooks are no "
                                  "longer those that were released.",
        "database is locked": _LOCKED,
        "No space left": _FULL,
        SECRET_MISSING: "it did not come through the exchange, so there is no address to send to.",
        "ermission denied": "a file or folder does not allow writing.",
    }
    for words, sentence in known.items():
        if words in said:
            return sentence
    return f"nbgrader could not do it. What it said is in {log}"


SECRET_MISSING = "submission_secret.txt'"  # noqa: S105 (a file's name in an error's words)
_LOCKED = ("The gradebook is in use by another program. Close the formgrader or wait a moment, "
           "and run this again; what was done so far is kept.")
_FULL = "There is no room left on the disk. Make some, and run this again."


@contextmanager
def _plainly(command: str) -> Iterator[_Log]:
    """Turn what can be foreseen into Trouble; everything else is a mistake of ours."""
    from sqlalchemy.exc import SQLAlchemyError

    configure.find_alembic()
    configure.make_folders()
    if shutil.which("alembic") is None:
        raise Trouble("The program alembic is missing, and nbgrader needs it. "
                      "Install the course again: pip install -e .")
    log = _Log(command)
    try:
        yield log
    except Trouble as trouble:
        log.add(str(trouble))
        raise
    except (SQLAlchemyError, sqlite3.Error) as error:
        log.add(traceback.format_exc())
        words = str(error)
        raise Trouble(_LOCKED if "locked" in words else _FULL if "full" in words else
                      f"The gradebook could not be used. What it said is in {log.path}"
                      ) from error
    except OSError as error:
        log.add(traceback.format_exc())
        raise Trouble(f"{error.filename or 'A file'} could not be used "
                      f"({error.strerror or error}).") from error


@contextmanager
def _kept(folder: Path) -> Iterator[None]:
    """Put a folder back if what replaces it fails."""
    before = folder.with_name(f".{folder.name}.before")
    if before.exists() and not folder.exists():  # a run that was killed
        before.rename(folder)
    shutil.rmtree(before, ignore_errors=True)
    if folder.exists():
        folder.rename(before)
    try:
        yield
    except BaseException:
        if before.exists():
            before.rename(folder)
        raise
    shutil.rmtree(before, ignore_errors=True)
