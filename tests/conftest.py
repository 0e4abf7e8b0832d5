"""For every test: errors of our own are errors here, not sentences."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.setdefault("COURSE_STRICT", "1")

# These machines are shared: how long one example takes says nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")
