"""What a run of the loop says: plain sentences, one line a submission."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

Tell = Callable[[int, int, str], None]
"""Progress: done, of how many, and what is at hand."""


def quiet(done: int, total: int, what: str) -> None:
    """A Tell that says nothing."""


MOST = 5
"""Sentences in one line about one submission."""


class Trouble(Exception):
    """Foreseeable: nothing released, database in use, disk full. The message is for the user."""


@dataclass
class Report:
    """What was done. `lines` holds one plain line for each submission with something to say."""

    title: str
    lines: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    """What was counted, in the order to show it: marked, unchanged, waiting for a tutor, …"""
    could_not: list[str] = field(default_factory=list)
    """Who could not be served; why stands in `lines`."""

    @property
    def ok(self) -> bool:
        """Whether everything that was there could be dealt with."""
        return not self.could_not

    def about(self, who: str, sentences: list[str]) -> None:
        """Add one line about one submission, however much there is to say."""
        if sentences:
            self.lines.append(one_line(who, sentences))

    def sentences(self) -> list[str]:
        """Everything there is to say, ready to print line by line."""
        counts = ", ".join(f"{number} {what}" for what, number in self.counts.items())
        return [*self.lines, f"{self.title}: {counts}." if counts else self.title]


def one_line(who: str, sentences: list[str]) -> str:
    """One submission in one line, whatever the sentences hold."""
    more = [f"(And {len(sentences) - MOST} more.)"] if len(sentences) > MOST else []
    words = " ".join(" ".join([*sentences[:MOST], *more]).split())
    return f"{plain(who)}: {''.join(c if c.isprintable() else '?' for c in words)}"


def plain(name: object) -> str:
    """A name out of a submission, safe to print on one line."""
    text = re.sub(r"[^\w .,@+()-]", "?", str(name))
    return text if len(text) <= 60 else f"{text[:57]}..."
