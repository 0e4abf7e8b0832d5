"""Looks at what was handed in, without following, running, rendering or deleting any of it.

A submission is a notebook, a record, a time and nbgrader's secret. Two doors:

    receive  copies those four, and only those, from the exchange
    tidy     does the same for a folder that is already among the submissions:
             what does not belong is moved to `set-aside/`, as it is

Both give plain sentences, which are kept beside what was set aside, so that whoever
marks next month reads them too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from course import answers
from course.answers import MAX_FILE, NAME, Record, size
from course.marking.report import plain

TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # noqa: S105 (nbgrader's name of a file)
SET_ASIDE = "set-aside"
MAX_NOTEBOOK = 16 * 1024 * 1024
MAX_COMPARED = 4 * 1024 * 1024
"""A notebook above this is not compared with the released one; parsing costs memory."""
_MOST = {NAME: MAX_FILE, TIMESTAMP: 200, SECRET: 1000}
_QUIETLY = (".ipynb_checkpoints", ".virtual_documents", "feedback", ".DS_Store", "Thumbs.db",
            "desktop.ini")
"""What Jupyter, nbgrader and the fellow's computer leave beside a notebook."""
_WHY = "why.txt"
_NAME = re.compile(r"\w[\w.@+ -]{0,127}")
# A zone may be a path to nbgrader's parser, so only names of zones pass.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?"
                   r"( ?([A-Z]{1,5}|[+-]\d\d:?\d\d|[A-Za-z]+(/[A-Za-z_]+){1,2}))?")


@dataclass
class Looked:
    """What was found, in sentences; whether there is a submission to mark."""

    notes: list[str] = field(default_factory=list)
    markable: bool = True


@dataclass(frozen=True)
class Shelf:
    """Where what does not belong to one fellow's submission is kept."""

    folder: Path

    @classmethod
    def of(cls, course: Path, assignment: str, student: str) -> Shelf:
        return cls(course / SET_ASIDE / assignment / student)

    def take(self, thing: Path) -> Path:
        """Move a thing here as it is; a link is moved, not followed."""
        day = self.folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
        day.mkdir(parents=True, exist_ok=True)
        os.rename(thing, day / thing.name)
        return day / thing.name

    def keep(self, notes: Iterable[str]) -> None:
        """Remember sentences for whoever marks later."""
        new = [note for note in notes if note not in self.notes()]
        if new:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / _WHY).open("a", encoding="utf-8") as file:
                file.writelines(f"{note}\n" for note in new)

    def forget(self) -> None:
        """A new submission has come; what was said of the last one is no longer so."""
        (self.folder / _WHY).unlink(missing_ok=True)

    def notes(self) -> list[str]:
        try:
            return (self.folder / _WHY).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []


def is_name(name: str) -> bool:
    """Whether a folder's name can be a fellow's: no `..`, no path, nothing to expand."""
    return _NAME.fullmatch(name) is not None


def is_time(text: str) -> bool:
    """Whether nbgrader can read this time, and reads nothing else on the way."""
    if not _TIME.fullmatch(text.strip()):
        return False
    try:
        # Neither end of the calendar: turning a zone round there overflows.
        return 2000 <= datetime.fromisoformat(text.strip()[:19]).year <= 2200
    except ValueError:
        return False


# ---- from the exchange --------------------------------------------------------------


def receive(source: Path, place: Path, release: Path, sent: str) -> list[str]:
    """Copy a submission from the exchange to `place`, which is new.

    `sent` is the time in the folder's name. The rest stays in the exchange, untouched.
    Opened through the folder itself, so that nobody can put a link in its place meanwhile.
    """
    notes: list[str] = []
    stray: list[str] = []
    known = names(release)
    place.mkdir(parents=True)
    handle = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        owner = os.fstat(handle).st_uid
        for name in sorted(os.listdir(handle)):
            if name not in known:
                stray += [] if name in _QUIETLY else [name]
                continue
            data, note = _contents(name, handle, owner)
            if data is not None:
                (place / name).write_bytes(data)
            notes += [note] if note else []
    finally:
        os.close(handle)
    if stray:
        notes.append(f"{_listed(stray)} {_do(stray, 'does', 'do')} not belong to a submission "
                     f"and {_do(stray, 'was', 'were')} left in the exchange.")
    if not _valid_time(place) and is_time(sent):
        (place / TIMESTAMP).write_text(sent, encoding="utf-8")
    return notes


def _contents(name: str, folder: int, owner: int) -> tuple[bytes | None, str]:
    """A file's bytes up to what it may have, and a sentence if that is not all."""
    most = _MOST.get(name, MAX_NOTEBOOK)
    try:
        # NONBLOCK: a named pipe must not keep a whole cohort waiting.
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC,
                       dir_fd=folder)
    except OSError as error:
        try:
            link = stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        except OSError:
            link = False
        return None, (f"{name} is a link to another file; it was not followed." if link
                      else f"{name} could not be opened ({error.strerror}).")
    try:
        now = os.fstat(file)
        if not stat.S_ISREG(now.st_mode):
            return None, f"{name} is not an ordinary file; it was not read."
        if now.st_uid != owner:
            # A hard link to somebody else's file looks like a file of one's own.
            return None, f"{name} belongs to another account than the submission; it was not read."
        with os.fdopen(os.dup(file), "rb") as stream:
            data = stream.read(most)
        if now.st_size > most and name != NAME:
            return None, f"{name} is {size(now.st_size)}, too large to be one; it was not read."
        return data, _too_long(now.st_size) if now.st_size > most else ""
    except OSError as error:
        return None, f"{name} could not be read ({error.strerror})."
    finally:
        os.close(file)


# ---- among the submissions ----------------------------------------------------------


def tidy(place: Path, release: Path, shelf: Shelf) -> Looked:
    """Make `submitted/<student>/<assignment>` safe to mark, moving what does not belong."""
    looked = Looked()
    for folder in (place.parent, place):
        kind = _kind(folder)
        if kind != stat.S_IFDIR:
            looked.markable = False
            if kind is not None:
                what = "a link to another place" if kind == stat.S_IFLNK else "not a folder"
                shelf.take(folder)
                looked.notes.append(f"The submission is {what}; it was set aside and not followed.")
            return looked
    looked.notes += _clear(place, names(release), shelf)
    for name, original in _notebooks(release).items():
        looked.notes += _look_at_notebook(place / name, original, shelf)
    if _kind(place / TIMESTAMP) and not _valid_time(place):
        shelf.take(place / TIMESTAMP)
        looked.notes.append(f"{TIMESTAMP} is not a time nbgrader writes, so the submission "
                            "counts as in time.")
    return looked


def _clear(place: Path, known: set[str], shelf: Shelf) -> list[str]:
    notes: list[str] = []
    stray: list[str] = []
    with os.scandir(place) as entries:
        found = sorted(entries, key=lambda e: e.name)
    for entry in found:
        now = entry.stat(follow_symlinks=False)
        most = _MOST.get(entry.name, MAX_NOTEBOOK)
        if entry.name not in known:
            stray += [] if entry.name in _QUIETLY else [entry.name]
            shelf.take(Path(entry.path))
        elif entry.is_symlink():
            shelf.take(Path(entry.path))
            notes.append(f"{entry.name} is a link to another file; it was not followed.")
        elif not stat.S_ISREG(now.st_mode):
            shelf.take(Path(entry.path))
            notes.append(f"{entry.name} is not an ordinary file; it was not read.")
        elif now.st_size > most:
            whole = shelf.take(Path(entry.path))
            if entry.name == NAME:
                (place / NAME).write_bytes(read_plain(whole, most) or b"")
                notes.append(_too_long(now.st_size))
            else:
                notes.append(f"{entry.name} is {size(now.st_size)}, too large to be one; "
                             "it was not read.")
    if stray:
        notes.append(f"{_listed(stray)} {_do(stray, 'does', 'do')} not belong to a submission "
                     f"and {_do(stray, 'was', 'were')} set aside unread.")
    return notes


def _look_at_notebook(path: Path, original: Path, shelf: Shelf) -> list[str]:
    kind = _kind(path)
    if kind is None:
        shutil.copyfile(original, path)
        return ["No notebook came with it; the answers were marked in the released one."]
    if path.stat().st_size > MAX_COMPARED:
        return [f"{path.name} is {size(path.stat().st_size)} and was not looked into; the "
                "answers were marked in the released one."]
    data = read_plain(path, MAX_COMPARED)
    cells = _cells(data) if data is not None else None
    if cells is None:
        shelf.take(path)
        shutil.copyfile(original, path)
        return ["The notebook is damaged; the answers were marked in the released one."]
    return differences(cells, _cells(original.read_bytes()) or [])


def differences(theirs: list[Any], ours: list[Any]) -> list[str]:
    """What was changed in the code, or typed into a question's own cell. Nothing else counts."""
    notes: list[str] = []
    code, released = (Counter(_source(c) for c in cells if c.get("cell_type") == "code")
                      for cells in (theirs, ours))
    added, gone = (code - released).total(), (released - code).total()
    if added or gone:
        how = [f"{added} code cell{'s' if added > 1 else ''} added or changed"] * bool(added)
        how += [f"{gone} missing"] * bool(gone)
        notes.append(f"The notebook was changed ({', '.join(how)}); none of it was run, and the "
                     "answers were marked in the released one.")
    asked = {_grade_id(c): _source(c) for c in ours if c.get("cell_type") == "markdown"}
    for cell in theirs:
        name = _grade_id(cell)
        if name and name in asked and _source(cell) != asked[name]:
            notes.append(f"Something was typed into the cell {name} itself instead of its box; "
                         "that is not marked. It stands in the notebook that was handed in.")
            break
    return notes


def _cells(data: bytes) -> list[Any] | None:
    """The cells of a notebook, or None when it is not one. Never raises for what it says."""
    try:
        # Bounded in depth and in the length of numbers, unlike json.loads.
        notebook = from_json(data, cache_strings=False)
    except (ValueError, RecursionError):
        return None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(c, dict) for c in cells):
        return None
    return cells


def _source(cell: Any) -> str:
    source = cell.get("source")
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else json.dumps(source, default=str)


def _grade_id(cell: Any) -> str:
    metadata = cell.get("metadata")
    tags = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = tags.get("grade_id") if isinstance(tags, dict) else None
    return name if isinstance(name, str) else ""


def record(place: Path) -> Record:
    """The answers that came with a submission; a notice says so when none did."""
    found = answers.read(place / NAME)
    if _kind(place / NAME) is None:
        found.notice(f"No {NAME} came with it, so every question counts as not answered.")
    return found


class Tabs:
    """Which fellow's record holds which kernel's lines: two never share one honestly."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def copies(self, student: str, found: Record) -> list[str]:
        """A sentence for each other fellow whose record holds the same lines. No more."""
        others = {self._first.setdefault(tab, student) for tab in sorted(found.tabs())}
        return [f"This record and that of {plain(other)} hold lines written in one sitting: one "
                "file is a copy of the other, or of part of it. Both were marked as they are."
                for other in sorted(others - {student})]


# ---- small things -------------------------------------------------------------------


def read_plain(path: Path, most: int) -> bytes | None:
    """Up to `most` bytes of an ordinary file; None for a link, a device or nothing."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(file, "rb") as stream:
        return stream.read(most) if stat.S_ISREG(os.fstat(file).st_mode) else None


def names(release: Path) -> set[str]:
    """The files a submission of this release may have."""
    return {*_notebooks(release), *_MOST}


def _notebooks(release: Path) -> dict[str, Path]:
    return {path.name: path for path in release.glob("*.ipynb")}


def _kind(path: Path) -> int | None:
    try:
        return stat.S_IFMT(path.lstat().st_mode)
    except OSError:
        return None


def _valid_time(place: Path) -> bool:
    data = read_plain(place / TIMESTAMP, _MOST[TIMESTAMP])
    return data is not None and is_time(data.decode("utf-8", "replace"))


def _too_long(length: int) -> str:
    return (f"{NAME} is {size(length)}, larger than any real record; only its first "
            f"{size(MAX_FILE)} were read.")


def _listed(stray: list[str]) -> str:
    more = f" and {len(stray) - 3} more" if len(stray) > 3 else ""
    return ", ".join(plain(name) for name in stray[:3]) + more


def _do(things: list[str], one: str, many: str) -> str:
    return one if len(things) == 1 else many
