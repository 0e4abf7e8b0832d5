"""Ward to Board: a clinical-leadership course that runs in Jupyter.

A notebook needs one name: `module = open_module("02-rubber-band")`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course.module import Module

__all__ = ["open_module"]
__version__ = "0.1.0"


def open_module(name: str) -> Module:
    """Open a module in a notebook and show its head. See `course.module.Module`."""
    # Imported here so that marking, which imports `course`, loads no widget.
    from course.module import Module

    return Module.open(name)
