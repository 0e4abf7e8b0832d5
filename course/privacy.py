"""A local look for what could identify a person. It advises; nothing leaves the page.

It knows what has a shape: NHS numbers (by their check digit), dates of birth, postcodes,
e-mail addresses and telephone numbers. It cannot know a name or a rare case, and says so
nowhere louder than the reminder beside every box does.
"""

from __future__ import annotations

import re

_SHAPES = (
    ("an e-mail address", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.]+")),
    ("a full date", re.compile(
        r"\b\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d\d\b"
        r"|\b\d{1,2}(?:st|nd|rd|th)?\s+(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
        r"\s+(?:19|20)\d\d\b", re.I)),
    ("a postcode", re.compile(
        r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2}\b", re.I)),
    ("a telephone number", re.compile(
        r"(?<!\d)(?:\+44\s?|0)\d{2,4}[\s-]?\d{3,4}[\s-]?\d{3,4}(?!\d)")),
)
_TEN_DIGITS = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")


def look(text: str) -> str:
    """One sentence naming what looks like an identifier, or an empty string."""
    found = ["an NHS number"] if any(_is_nhs_number(m) for m in _TEN_DIGITS.findall(text)) else []
    found += [name for name, shape in _SHAPES if shape.search(text)]
    if "an NHS number" in found and "a telephone number" in found:
        found.remove("a telephone number")
    if not found:
        return ""
    *most, last = found
    what = f"{', '.join(most)} and {last}" if most else last
    return (f"This may contain {what}. If it could identify a person, please change it. It is "
            "saved on your own space only, until you submit.")


def _is_nhs_number(digits: str) -> bool:
    from stdnum.gb import nhs

    return bool(nhs.is_valid(digits))
