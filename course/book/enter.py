"""Enters a filled typed sheet as a fellow's submission, where `course mark` finds it.

What is written is what collecting leaves: the released notebook, the record, a time and a
secret. The sheet itself is kept too, as it came, in the course's folder `sheets/`.
"""

from __future__ import annotations

import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

from course.answers import NAME, Answers, NotSaved, Sure
from course.assessments import Item
from course.book.filled import Filled
from course.dates import when
from course.marking import configure, intake
from course.marking.intake import SECRET, TIMESTAMP, Shelf
from course.marking.report import Report, Trouble, plain

SHEETS = "sheets"


def enter(sheet: Filled, original: Path, fellow: str, *, received: datetime | None = None,
          replace: bool = False, partly: bool = False) -> Report:
    """Enter a sheet for a fellow. Raises Trouble, and then nothing was written.

    received  when it was handed in; now, if it is not said
    replace   put it in place of a submission that is there, which is set aside
    partly    enter what can be read and leave out what cannot
    """
    module = sheet.chapter.name
    if not intake.is_name(fellow):
        raise Trouble(f"{plain(fellow)} cannot be a username: letters, figures and . _ - @ only.")
    if sheet.username and sheet.username.casefold() != fellow.casefold():
        raise Trouble(f"The sheet says that it is {plain(sheet.username)}'s, and you entered it "
                      f"for {fellow}. If {fellow} is right, correct the username in the sheet. "
                      "Nothing was entered.")
    if not sheet.whole and not partly:
        raise Trouble("Nothing was entered, because not everything can be read. Put right what is "
                      "named above, or enter the rest without it: --partly")
    answers = list(sheet.answers())
    if not answers:
        raise Trouble("There is no answer in this sheet that can be read. Nothing was entered.")
    at = received or datetime.now(UTC)
    if at > datetime.now(UTC):
        raise Trouble(f"{when(at)} has not been yet. Nothing was entered.")
    configure.make_folders()
    root = Path(configure.load().CourseDirectory.root)
    release = root / "release" / module
    if not (release / f"{module}.ipynb").is_file():
        raise Trouble(f"{module} has not been released yet. Run: course release {module}")
    place = root / "submitted" / fellow / module
    before = _there(place, at, replace)
    kept = root / SHEETS / module / fellow / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.txt"
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, kept)
        _write(place, root, release, module, fellow, answers, at, bool(before))
    except (OSError, NotSaved) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Trouble(f"The sheet could not be entered ({why}).") from error
    report = Report(f"{module} of {fellow} is entered as handed in on {when(at)}. "
                    f"Mark it with: course mark {module}")
    if before:
        report.lines.append(f"{before} It was set aside, as it was, in "
                            f"{Shelf.of(root, module, fellow).folder}")
    report.lines.append(f"The sheet is kept in {kept}. When feedback is made, send the fellow "
                        f"the page {root / 'feedback' / fellow / module / f'{module}.html'}")
    return report


def _there(place: Path, at: datetime, replace: bool) -> str:
    """A sentence on what is there already, or nothing. Raises Trouble unless it may be replaced."""
    if not place.exists() and not place.is_symlink():
        return ""
    data = intake.read_plain(place / TIMESTAMP, 200) if place.is_dir() else None
    words = (data or b"").decode("utf-8", "replace").strip()
    sent = ""
    if intake.is_time(words):
        then = datetime.fromisoformat(words[:19]).replace(tzinfo=UTC)
        sent = f" of {when(then)}, which is {'newer' if then > at else 'older'}"
    said = f"There was a submission{sent}."
    if not replace:
        raise Trouble(f"{said.replace('was', 'is', 1)} Nothing was entered. To put this sheet in "
                      "its place, and set that one aside: --replace")
    return said


def _write(place: Path, root: Path, release: Path, module: str, fellow: str,
           answers: list[tuple[Item, JsonValue, Sure | None]], at: datetime,
           replace: bool) -> None:
    new = root / f".sheet-{secrets.token_hex(6)}"
    new.mkdir(parents=True)
    try:
        shutil.copyfile(release / f"{module}.ipynb", new / f"{module}.ipynb")
        record = Answers(new / NAME)
        for item, value, sure in answers:
            record.save(item.id, value, sure)
        (new / TIMESTAMP).write_text(f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC",
                                     encoding="utf-8")
        # nbgrader sends feedback to whoever has this; it stops for all when one is missing.
        (new / SECRET).write_text(secrets.token_hex(64), encoding="utf-8")
        shelf = Shelf.of(root, module, fellow)
        if replace:
            shelf.take(place)
        shelf.forget()
        place.parent.mkdir(parents=True, exist_ok=True)
        new.rename(place)
    finally:
        shutil.rmtree(new, ignore_errors=True)
