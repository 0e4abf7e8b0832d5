"""An error of our own, in a fellow's notebook: never a traceback, always a trace.

`COURSE_STRICT` set (as in the tests) lets the error through instead.
"""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime

from course import home


def note(error: Exception, where: str) -> None:
    """Keep the error in the state folder's `logs/notebook.log`, if that can be written.

    Raises the error itself when `COURSE_STRICT` is set.
    """
    if os.environ.get("COURSE_STRICT"):
        raise error
    lines = traceback.format_exception(error)
    try:
        path = home.state() / "logs" / "notebook.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC).isoformat()} {where}\n{''.join(lines)}\n")
    except OSError:
        pass  # a full disk must not turn one error into two
