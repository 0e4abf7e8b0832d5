"""The browser's half of the widgets, as files; needs no widget library to find."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"
