"""The browser's half: our scripts and our one style sheet, as files."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "ui" / "static"


@cache
def version() -> str:
    """A word that changes when the browser's half changes, so that no old copy is kept."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
