"""Start here: a practice question, a practice box, and the baseline self-rating."""

from __future__ import annotations

from course.assessments import framework
from course.scoring import Exercise

_ELEMENTS = [element.id for domain in framework().domains for element in domain.elements]

EXERCISE = Exercise(
    id="start-here",
    right={
        "start-here.practice": "kept",
        "start-here.hope": "Patients know on the day they are seen what happens next.",
        "start-here.baseline": {e: str(1 + i % 4) for i, e in enumerate(_ELEMENTS)},
    },
    wrong={
        "start-here.practice": "lost",
        "start-here.baseline": {_ELEMENTS[0]: "1"},
    },
)
