"""For every test: errors of our own are errors here, not sentences."""

from __future__ import annotations

import os

os.environ.setdefault("COURSE_STRICT", "1")
