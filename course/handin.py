"""Handing a module in and fetching its feedback: nbgrader's own commands, in plain words.

They run as programs of their own: nbgrader takes seconds to import and has no place in
a fellow's kernel.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

PATIENCE = 120  # seconds


@dataclass(frozen=True)
class Page:
    """One page of feedback: its path below the folder the server opens, and its date."""

    path: str
    when: str


@dataclass(frozen=True)
class Feedback:
    says: str
    pages: tuple[Page, ...]


def submit(folder: Path) -> str:
    """Submit the module in `folder`; a sentence that says what happened."""
    done, log = _nbgrader("submit", folder)
    if done:
        stamp = re.search(r"Submitted as: \S+ \S+ (\S+ \S+)", log)
        return (f"Submitted on {_when(stamp[1] if stamp else None)}. Your tutor has your answers "
                "as they are now. You may change them and submit again; the last one counts.")
    return "Not submitted. " + _reason(log) + " Your answers are safe on your own space."


def fetch_feedback(folder: Path) -> Feedback:
    """Fetch what has been released for the module, and list every page there is."""
    done, log = _nbgrader("fetch_feedback", folder)
    pages = tuple(Page(f"{_below(folder)}/feedback/{page.parent.name}/{page.name}",
                       _when(page.parent.name))
                  for page in sorted(folder.glob("feedback/*/*.html"), reverse=True))
    if pages:
        return Feedback("Your feedback is here.", pages)
    if done:
        return Feedback("No feedback has been released yet. It appears here when your tutor "
                        "releases it.", ())
    return Feedback("No feedback yet. " + _reason(log), ())


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
    if "not exist" in log or "No such file" in log or "nwritable" in log or "ermission" in log:
        return ("The course's exchange could not be reached. Please try again later, and tell "
                "your programme if it stays away.")
    if "No space left" in log:
        return "There is no room left on the course's disk. Please tell your programme."
    return "The course's exchange answered with an error. Please tell your programme."


def _below(folder: Path) -> str:
    """The module's folder as the server names it: below the folder it opens."""
    session = os.environ.get("JPY_SESSION_NAME", "")
    if session and not Path(session).is_absolute() and Path(session).parent.name == folder.name:
        return str(Path(session).parent)
    return folder.name


def _when(stamp: str | None) -> str:
    """A date in British order and the fellow's own time zone."""
    at = datetime.now(UTC)
    if stamp:
        try:
            at = datetime.fromisoformat(stamp.replace(" UTC", "").strip())
        except ValueError:
            return stamp
        at = at.replace(tzinfo=at.tzinfo or UTC)
    return f"{at.astimezone():%-d %B %Y at %H:%M}"
