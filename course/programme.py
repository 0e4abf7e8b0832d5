"""What a programme tells its fellows: whom to ask, when a module opens and when it is due.

One small file in the exchange, beside the modules, so that every fellow can read it and
only whoever runs the course can write it. nbgrader keeps a due date too, in the gradebook,
which no fellow may open; `course due` sets both.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from course import home

NAME = "programme.json"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Dates(_Shape):
    """A module's dates, in UTC."""

    due: AwareDatetime | None = None


class Programme(_Shape):
    name: Annotated[str, Field(max_length=200)] = ""
    contact: Annotated[str, Field(max_length=500)] = ""
    """Whom a fellow asks: a person's role, an address, a telephone number."""
    modules: dict[str, Dates] = {}

    def due(self, module: str) -> AwareDatetime | None:
        found = self.modules.get(module)
        return found.due if found else None


def path() -> Path:
    return home.exchange() / home.COURSE_ID / NAME


def read() -> Programme:
    """What has been told; nothing when there is no such file or it cannot be read."""
    try:
        return Programme.model_validate_json(path().read_bytes()[:1 << 20])
    except (OSError, ValidationError):
        return Programme()


def write(programme: Programme) -> None:
    """Tell it. Raises OSError when the exchange cannot be written."""
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f".{NAME}.{secrets.token_hex(4)}")
    new.write_text(programme.model_dump_json(indent=1), encoding="utf-8")
    os.chmod(new, 0o644)
    new.replace(target)
