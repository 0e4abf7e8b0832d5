"""What `nbgrader_config.py` sets: where things are, and which of our classes nbgrader uses.

Everything is named by dotted string, so that a fellow's `fetch_assignment` and `submit`
do not import what only marking needs.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

from course import home
from course.answers import NAME

_SHARE = Path(__file__).resolve().parent / "share"


def configure(c: Any) -> None:
    """Set nbgrader up for this course. `c` is a traitlets Config; calling twice is harmless."""
    find_alembic()
    # nbgrader's formgrader takes MathJax from a CDN, whatever is configured. A template of that
    # name in a Jupyter folder is found first.
    _first("JUPYTER_PATH", _SHARE)
    with contextlib.suppress(OSError):  # the command that needs them says so better
        make_folders()

    c.CourseDirectory.course_id = home.COURSE_ID
    c.CourseDirectory.root = str(home.classroom())
    c.CourseDirectory.source_directory = str(home.content() / "modules")
    c.CourseDirectory.db_url = home.gradebook()
    c.Exchange.root = str(home.exchange())
    # nbgrader keeps a fellow's receipts in their Jupyter folder; state is one folder.
    c.Exchange.cache = str(home.receipts())

    # It would put "YOUR ANSWER HERE" in place of a reflection's prompt. Ours hold no solutions.
    c.ClearSolutions.enabled = False
    c.GenerateAssignment.post_convert_hook = "course.marking.hooks.leave_answers_out"
    c.ExchangeFactory.release_assignment = "course.marking.hooks.Release"
    c.ExchangeFactory.collect = "course.marking.hooks.Collect"
    # Our Collect looks at owners itself, without following links.
    c.ExchangeCollect.check_owner = False

    c.Autograde.exporter_class = "course.marking.hooks.FromRelease"
    c.Autograde.sanitize_preprocessors = [
        f"nbgrader.preprocessors.{name}"
        for name in ("OverwriteKernelspec", "OverwriteCells", "CheckCellMetadata")]
    c.Autograde.autograde_preprocessors = [
        f"nbgrader.preprocessors.{name}"
        for name in ("SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata")]
    c.GenerateFeedback.exporter_class = "course.marking.feedback.FeedbackPage"
    c.GenerateFeedback.preprocessors = ["nbgrader.preprocessors.GetGrades"]
    # A record left in modules/ by somebody trying a module out must not replace a fellow's.
    c.Autograde.exclude_overwriting = {name: [NAME] for name in home.modules()}

    # By default the formgrader prints the whole configuration, the database's address too.
    c.FormgradeExtension.debug = False
    c.ExportApp.plugin_class = "course.marking.export.Marks"


def find_alembic() -> None:
    """Put this environment's programs on PATH.

    nbgrader runs `alembic` by name for a new gradebook. Without it the first command fails
    halfway, and leaves tables that no later version can upgrade.
    """
    _first("PATH", Path(sys.executable).parent, os.defpath)


def make_folders() -> None:
    """Create what is missing of the state folder; a new one is private to its owner."""
    if not home.state().exists():
        home.state().mkdir(parents=True, mode=0o700)
    home.classroom().mkdir(parents=True, exist_ok=True)


def load() -> Any:
    """The configuration `course` commands use: ours, then the site's own.

    The site's is read from Jupyter's configuration folders, never from the current one:
    that could be a submission.
    """
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    config = Config()
    configure(config)
    for folder in reversed(jupyter_config_path()):
        if (Path(folder) / "nbgrader_config.py").is_file():
            config.merge(PyFileConfigLoader("nbgrader_config.py", path=folder).load_config())
    return config


def _first(variable: str, folder: Path, otherwise: str = "") -> None:
    """Put a folder in front of a search path of this process, once."""
    path = [p for p in os.environ.get(variable, otherwise).split(os.pathsep) if p]
    if str(folder) not in path:
        os.environ[variable] = os.pathsep.join([str(folder), *path])
