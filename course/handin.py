"""Handing a module in and fetching its feedback: nbgrader's own commands, in plain words.

They run as programs of their own: nbgrader takes seconds to import and has no place in a
fellow's kernel or server. What has been handed in is read from nbgrader's own receipts: the
copy of each submission that it keeps for the fellow.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from course import home, programme
from course.answers import NAME, Record, read
from course.dates import distance, when

PATIENCE = 120  # seconds
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Submission:
    """One submission that went out: nbgrader's receipt for it."""

    module: str
    at: datetime
    folder: Path

    @property
    def number(self) -> str:
        """A short number of exactly these answers, to quote when there is a question."""
        digest = hashlib.sha256(repr(_values(read(self.folder / NAME))).encode()).hexdigest()
        return f"{digest[:4]}-{digest[4:8]}".upper()

    def holds(self, record: Record) -> bool:
        """Whether the answers are still those that were handed in."""
        return _values(read(self.folder / NAME)) == _values(record)

    def key(self, about: str) -> str:
        """The name under which the exchange keeps something for this fellow alone.

        nbgrader's own way (its `notebook_hash`): only whoever has the receipt's secret can
        tell which file is theirs. Empty when there is no secret.
        """
        try:
            secret = (self.folder / "submission_secret.txt").read_bytes()
        except OSError:
            return ""
        return hashlib.md5(secret + about.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Outcome:
    """What came of submitting: a sentence, and whether it is with the tutor now."""

    done: bool
    says: str


@dataclass(frozen=True)
class Page:
    """One page of feedback: its path below the folder the server opens, and its date."""

    path: str
    when: str


@dataclass(frozen=True)
class Feedback:
    says: str
    pages: tuple[Page, ...]


def submissions(module: str) -> list[Submission]:
    """Every submission of a module, the newest first."""
    found = []
    for folder in (home.receipts() / home.COURSE_ID).glob(f"*+{module}+*"):
        at = _moment(folder.name.rpartition("+")[2])
        if at and (folder / "timestamp.txt").is_file():  # written last: the copy is whole
            found.append(Submission(module, at, folder))
    return sorted(found, key=lambda s: s.at, reverse=True)


def submit(folder: Path) -> Outcome:
    """Submit the module in `folder`, unless just these answers are with the tutor already."""
    with _one_at_a_time:  # two presses of a button are one wish
        record, before = read(folder / NAME), submissions(folder.name)
        if before and before[0].holds(record):
            return Outcome(True, f"You submitted these answers on {when(before[0].at)}, and "
                                 "nothing has changed since. Your tutor has them.")
        done, log = _nbgrader("submit", folder)
    if not done:
        return Outcome(False, f"Not submitted. {_reason(log)} Your answers are safe on your own "
                              "space, and you can submit again at any time.")
    sent = submissions(folder.name)
    at = sent[0].at if sent else datetime.now(UTC)
    late = lateness(folder.name, at)
    return Outcome(True, f"Submitted on {when(at)}. {late}Your tutor has your answers as they are "
                         "now. You may change them and submit again; the last one counts.")


def lateness(module: str, at: datetime) -> str:
    """A sentence on a submission after the due date, or nothing."""
    due = programme.read().due(module)
    if due is None or at <= due:
        return ""
    return (f"That is {distance(due, at).removesuffix(' ago')} after the due date, "
            f"{when(due)}; your programme decides what follows. ")


def fetch_feedback(folder: Path) -> Feedback:
    """Fetch what has been released for the module, and list every page there is."""
    done, log = _nbgrader("fetch_feedback", folder)
    pages = fetched(folder)
    if pages:
        return Feedback("Your feedback is here.", pages)
    if done:
        return Feedback("No feedback has been released yet. It appears here when your tutor "
                        "releases it.", ())
    return Feedback("No feedback yet. " + _reason(log), ())


def fetched(folder: Path) -> tuple[Page, ...]:
    """The pages of feedback that are in a module's folder, the newest first."""
    return tuple(Page(f"{_below(folder)}/feedback/{page.parent.name}/{page.name}",
                      _when(page.parent.name))
                 for page in sorted(folder.glob("feedback/*/*.html"), reverse=True))


def released(submission: Submission) -> Path | None:
    """The feedback that lies in the exchange for a submission, if it is there."""
    key = submission.key(submission.module)
    path = home.exchange() / home.COURSE_ID / "feedback" / f"{key}.html"
    return path if key and path.is_file() else None


def marked(submission: Submission) -> bool:
    """Whether the programme has told that a submission is marked (see marking.notices)."""
    key = submission.key(MARKED)
    return bool(key) and (home.exchange() / home.COURSE_ID / MARKED / key).exists()


MARKED = "marked"
"""The folder of the exchange in which an empty file says: this submission is marked."""


def _values(record: Record) -> dict[str, object]:
    """What a fellow holds now, item by item, and what was committed first."""
    return {item: (values[0].value, values[0].sure, values[-1].value)
            for item, values in sorted(record.saved.items())}


def _nbgrader(command: str, folder: Path) -> tuple[bool, str]:
    # `submit` copies a folder by its name below the current folder.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}"
                                         f"{os.environ.get('PATH', '')}"}
    try:
        done = subprocess.run(  # noqa: S603 (our own program, a folder name of ours)
            [sys.executable, "-m", "nbgrader", command, folder.name], cwd=folder.parent,
            env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False, "timed out"
    return done.returncode == 0, done.stdout + done.stderr


def _reason(log: str) -> str:
    if "timed out" in log:
        return "The course's exchange did not answer in time. Please try again in a minute."
    if "No space left" in log:
        return "There is no room left on the course's disk. Please tell your programme."
    if "not exist" in log or "No such file" in log or "nwritable" in log or "ermission" in log \
            or "not found" in log:
        return ("The course's exchange could not be reached. Please try again later, and tell "
                "your programme if it stays away.")
    return "The course's exchange answered with an error. Please tell your programme."


def _below(folder: Path) -> str:
    """The module's folder as the server names it: below the folder it opens."""
    session = os.environ.get("JPY_SESSION_NAME", "")
    if session and not Path(session).is_absolute() and Path(session).parent.name == folder.name:
        return str(Path(session).parent)
    return folder.name


def _when(stamp: str) -> str:
    at = _moment(stamp)
    return when(at) if at else stamp


def _moment(stamp: str) -> datetime | None:
    """The moment in nbgrader's own writing: `2026-11-22 17:04:05.123456 UTC`."""
    try:
        at = datetime.fromisoformat(re.sub(r" UTC$", "", stamp.strip()))
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC)
