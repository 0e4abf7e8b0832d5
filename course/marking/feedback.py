"""A fellow's page of feedback, made where nbgrader would make its own.

nbgrader's page shows the notebook, code and all. Ours shows what a tutor read and said,
then what was marked at once; it is one file with no script, in the look of the course.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbconvert.filters import markdown2html

from course.assets import STATIC

_templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True,
                         undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_templates.filters["points"] = lambda number: f"{round(number, 2):g}"


class FeedbackPage(Exporter):
    """What `nbgrader generate_feedback` writes for one fellow and module.

    The cells are our own released ones, with the fellow's words made inert in them (see
    rebuild.py), so they may be rendered; a tutor's comment is words and is escaped.
    """

    file_extension = ".html"

    def from_notebook_node(self, nb: Any, resources: Any = None, **_: Any) -> tuple[str, Any]:
        """The page; `nb` has each cell's score and comment from nbgrader's GetGrades."""
        nb, resources = super().from_notebook_node(nb, resources)
        graded = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade")]
        words = {"title": _title(nb) or resources["nbgrader"]["notebook"],
                 "style": _ours((STATIC / "course.css").read_text(encoding="utf-8")),
                 "grades": resources["nbgrader"],
                 "read": [_read(cell) for cell in graded if cell.cell_type == "markdown"],
                 "checked": [_checked(cell) for cell in graded if cell.cell_type == "code"]}
        return _templates.get_template("feedback.html").render(words), resources


def _title(notebook: Any) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return str(cell.source[2:].partition("\n")[0])
    return ""


def _ours(html: str) -> Markup:
    """HTML that we made; what others wrote is inert in it."""
    return Markup(html)  # noqa: S704


def _grades(cell: Any) -> dict[str, Any]:
    tags = cell.metadata.nbgrader
    return {"score": float(tags.get("score") or 0), "points": float(tags.get("points") or 0),
            "comment": tags.get("comment") or ""}


def _read(cell: Any) -> dict[str, Any]:
    return _grades(cell) | {"words": _ours(markdown2html(cell.source))}


def _checked(cell: Any) -> dict[str, Any]:
    says = "".join(output.data.get("text/html", "") for output in cell.outputs if "data" in output)
    return _grades(cell) | {"title": cell.source.partition("\n")[0].lstrip("# "),
                            "says": _ours(says)}
