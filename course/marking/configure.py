"""What `nbgrader_config.py` sets: where things are, and which of our classes nbgrader uses.

Everything is named by dotted string, so that a fellow's `fetch_assignment` and `submit`
do not import what only marking needs.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

from course import home
from course.answers import NAME

_TEMPLATES = Path(__file__).resolve().parent / "templates"


def configure(c: Any) -> None:
    """Set nbgrader up for this course. `c` is a traitlets Config; calling twice is harmless."""
    find_alembic()
    make_folders()

    c.CourseDirectory.course_id = home.COURSE_ID
    c.CourseDirectory.root = str(home.classroom())
    c.CourseDirectory.source_directory = str(home.content() / "modules")
    c.CourseDirectory.db_url = home.gradebook()
    c.Exchange.root = str(home.exchange())
    # nbgrader keeps a fellow's receipts in their Jupyter folder; state is one folder.
    c.Exchange.cache = str(home.state() / "cache")

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
    # A record left in modules/ by somebody trying a module out must not replace a fellow's.
    c.Autograde.exclude_overwriting = {name: [NAME] for name in home.modules()}

    # nbgrader's templates, with MathJax and its CDN taken out by name.
    c.HTMLExporter.extra_template_basedirs = [str(_TEMPLATES), _nbgraders_templates()]
    # By default the formgrader prints the whole configuration, the database's address too.
    c.FormgradeExtension.debug = False
    c.ExportApp.plugin_class = "course.marking.export.Marks"


def find_alembic() -> None:
    """Put this environment's programs on PATH.

    nbgrader runs `alembic` by name for a new gradebook. Without it the first command fails
    halfway, and leaves tables that no later version can upgrade.
    """
    here = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if here not in path:
        os.environ["PATH"] = os.pathsep.join([here, *path])


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


def _nbgraders_templates() -> str:
    spec = importlib.util.find_spec("nbgrader")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return str(Path(places[0], "server_extensions", "formgrader", "templates")) if places else ""
