"""A fellow's own pages, served beside JupyterLab: home, submitting, feedback, help.

Ordinary pages that need no kernel and no script: they open at once, and are ours from the
first word to the last, so that they can be, and are, tested as full pages.
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "course.fellow"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Jupyter Server calls this where its configuration names `course.fellow`."""
    from course.fellow.handlers import handlers

    server.web_app.add_handlers(".*$", handlers(server.web_app.settings["base_url"]))
