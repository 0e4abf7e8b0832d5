"""Where a fellow stands in each module: what is done, what is missing, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from course import assessments, handin, home, privacy, programme
from course.answers import NAME, Record, read
from course.assessments import Item

State = Literal["closed", "not started", "begun", "submitted", "marked", "feedback ready"]

WORDS: dict[State, str] = {
    "closed": "Not open yet", "not started": "Not started", "begun": "Begun",
    "submitted": "Submitted", "marked": "Marked", "feedback ready": "Feedback ready"}


@dataclass(frozen=True)
class Standing:
    """One fellow in one module.

    state      the furthest they have come
    needed     the items that "complete" asks for: all that are marked
    missing    those of them not answered yet
    sent       the newest submission, if any; `changed` is whether the answers differ from it
    fresh      feedback is released that has not been opened yet
    seen       what in the free text looks like an identifier: a sentence for each such item
    """

    module: assessments.Module
    folder: Path
    state: State
    needed: tuple[Item, ...]
    missing: tuple[Item, ...]
    sent: handin.Submission | None
    changed: bool
    fresh: bool
    due: datetime | None
    notices: tuple[str, ...]
    seen: tuple[tuple[Item, str], ...]

    @property
    def name(self) -> str:
        return self.module.name

    @property
    def complete(self) -> bool:
        return not self.missing

    @property
    def overdue(self) -> bool:
        """The due date is past and nothing was handed in."""
        return self.due is not None and not self.sent and datetime.now(UTC) > self.due


def path(root: Path) -> list[Standing]:
    """Every module in order, as the fellow whose folders stand in `root` stands in it."""
    told = programme.read()
    return [_standing(name, root / name, told) for name in home.modules()]


def one(root: Path, module: str) -> Standing:
    """The same for one module. Raises KeyError where there is no such module."""
    if module not in home.modules():
        raise KeyError(module)
    return _standing(module, root / module, programme.read())


def following(path: list[Standing]) -> Standing | None:
    """The module to go on with: the first open one that is not handed in whole."""
    return next((s for s in path if s.state in ("begun", "not started")
                 or (s.sent and s.changed and s.state == "submitted")), None)


def _standing(name: str, folder: Path, told: programme.Programme) -> Standing:
    module, record = assessments.module(name), read(folder / NAME)
    sent = next(iter(handin.submissions(name)), None)
    needed = tuple(item for item in module.items if item.marked != "no")
    waiting = handin.released(sent) if sent else None
    pages = handin.fetched(folder)
    return Standing(
        module=module, folder=folder, needed=needed,
        state=_state(folder / f"{name}.ipynb", record, sent, bool(waiting or pages)),
        missing=tuple(item for item in needed if not record.answered(item.id)),
        sent=sent, changed=sent is not None and not sent.holds(record),
        fresh=waiting is not None and not _opened(waiting, folder),
        due=told.due(name), notices=tuple(record.notices), seen=_seen(module, record))


def _state(notebook: Path, record: Record, sent: handin.Submission | None,
           feedback: bool) -> State:
    if feedback:
        return "feedback ready"
    if sent:
        return "marked" if handin.marked(sent) else "submitted"
    if not notebook.is_file():
        return "closed"
    return "begun" if record.saved else "not started"


def _opened(waiting: Path, folder: Path) -> bool:
    """Whether the released page has been fetched: what the fellow has is the same."""
    try:
        new = waiting.read_bytes()
        return any(page.read_bytes() == new for page in folder.glob("feedback/*/*.html"))
    except OSError:
        return False


def _seen(module: assessments.Module, record: Record) -> tuple[tuple[Item, str], ...]:
    found = []
    for item in module.items:
        if item.kind not in ("text", "sentences"):
            continue
        value = record.value(item.id)
        words = "\n".join(map(str, value.values())) if isinstance(value, dict) else str(value or "")
        if sentence := privacy.look(words):
            found.append((item, sentence))
    return tuple(found)
