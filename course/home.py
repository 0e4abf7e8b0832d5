"""Where things are: the content we ship and the one folder of state.

Content is `modules/`, `assessments/` and `corpus/`: in a checkout they stand beside
`course/`; an installed wheel carries them in `course/content/`.

State is everything that running the course makes: a fellow's workspace, the exchange,
submissions, the gradebook, the reader's own excerpts, logs. It is one folder: deleting
it resets everything, copying it backs everything up. It is `$COURSE_HOME` when set,
otherwise `state/` in the checkout, otherwise `ward-to-board/` in the user's home.
"""

from __future__ import annotations

import os
from pathlib import Path

COURSE_ID = "ward-to-board"
_HERE = Path(__file__).resolve().parent


def content() -> Path:
    """The folder that holds `modules/`, `assessments/` and `corpus/`."""
    packaged = _HERE / "content"
    return packaged if packaged.is_dir() else _HERE.parent


def state() -> Path:
    """The one folder of state. It may not exist yet."""
    chosen = os.environ.get("COURSE_HOME")
    if chosen:
        return Path(chosen).expanduser().resolve()
    if (_HERE.parent / "pyproject.toml").is_file():
        return _HERE.parent / "state"
    return Path.home() / COURSE_ID


def readings() -> Path:
    """Where excerpts cut from the reader's own copies are kept."""
    return state() / "readings"


def workspace() -> Path:
    """The folder JupyterLab opens: where a local fellow's own notebooks are."""
    return state() / "workspace"


def classroom() -> Path:
    """nbgrader's course directory: release, submitted, autograded, feedback, gradebook."""
    return state() / "course"


def exchange() -> Path:
    """nbgrader's exchange, where modules go out and submissions come in."""
    return state() / "exchange"


def receipts() -> Path:
    """Where nbgrader keeps a copy of everything this fellow has submitted."""
    return state() / "cache"


def gradebook() -> str:
    """The gradebook's database address: SQLite in the state folder unless one is set."""
    return os.environ.get("COURSE_GRADEBOOK") or f"sqlite:///{classroom() / 'gradebook.db'}"


def modules() -> tuple[str, ...]:
    """The names of the modules, in order: `00-start-here`, `02-rubber-band`, …"""
    return tuple(sorted(p.parent.name for p in (content() / "modules").glob("*/*.ipynb")
                        if p.stem == p.parent.name))
