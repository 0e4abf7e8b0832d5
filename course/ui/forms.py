"""From an item's text to its form on the page: fields, states, saving, feedback.

Four states, each with a next step:
  waiting   an earlier answer is needed first
  open      not answered yet
  problem   what was entered is not saved, and why
  saved     on the disk; how to change it
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from course import privacy, scoring
from course.answers import MAX_TEXT, Saved
from course.assessments import Choice, Item, Number, Ranking, Ratings, Sentences, Text
from course.ui.widgets import Field, Form, Note, Reply

if TYPE_CHECKING:
    from course.module import Module

SURE: Field = {
    "id": "sure", "kind": "choice", "inline": True, "label": "How sure are you?",
    "options": [{"id": "guess", "text": "A guess"}, {"id": "fairly", "text": "Fairly sure"},
                {"id": "certain", "text": "Certain"}],
}


def field(item: Item) -> Field:
    """The field of one item, as the browser draws it."""
    shape: Field = {"id": item.id, "label": item.prompt, "hint": item.hint}
    if isinstance(item, Choice):
        return shape | {"kind": "choice", "options": [
            {"id": o.id, "text": o.text, "hint": o.hint} for o in item.options]}
    if isinstance(item, Ranking):
        return shape | {"kind": "ranking", "options": [
            {"id": o.id, "text": o.text} for o in item.options]}
    if isinstance(item, Number):
        bounds: Field = {"min": item.minimum, "max": item.maximum, "unit": item.unit}
        if item.step:
            return shape | bounds | {"kind": "slider", "step": item.step, "start": item.minimum}
        return shape | bounds | {"kind": "number"}
    if isinstance(item, Ratings):
        return shape | {"kind": "ratings",
                        "rows": [{"id": r.id, "label": r.name, "hint": r.says, "part": d.name}
                                 for d in item.domains() for r in d.elements],
                        "levels": [{"id": o.id, "text": o.text} for o in item.levels]}
    if isinstance(item, Sentences):
        return shape | {"kind": "sentences", "max": MAX_TEXT // len(item.rows),
                        "rows": [{"id": r.id, "label": r.text} for r in item.rows]}
    if isinstance(item, Text):
        return shape | {"kind": "text", "long": item.long, "max": MAX_TEXT}
    raise TypeError(f"{item.id}: a {item.kind} is drawn by its own view")


AUTOSAVED = (Text, Sentences, Ratings)


def in_words(item: Item, value: Any) -> str:
    """A value as the fellow would say it."""
    if item.problem(value):
        return "an answer that cannot be read"
    if isinstance(item, Choice):
        return next(o.text for o in item.options if o.id == value)
    if isinstance(item, Ranking):
        texts = {o.id: o.text for o in item.options}
        return ", then ".join(texts[v] for v in value)
    if isinstance(item, Number):
        return f"{value:g} {item.unit}".strip()
    return str(value)


class ItemForm:
    """The form of one item: it saves what is committed and restores what was saved."""

    def __init__(self, module: Module, item: Item) -> None:
        self.module, self.item = module, item
        self._problem = ""
        fields = [field(item)] + ([SURE] if item.prediction else [])
        self.widget = Form(self._answer, fields=fields, key=item.id, name=item.prompt,
                           mode="autosave" if isinstance(item, AUTOSAVED) else "commit")

    def _answer(self, what: str, values: dict[str, Any]) -> Reply:
        item, value = self.item, values.get(self.item.id)
        warnings = {}
        if isinstance(item, Text | Sentences) and (seen := privacy.look(_prose(value))):
            warnings[item.id] = seen
        errors = self._errors(what, values)
        if not errors:
            held = self.module.record.value(item.id)
            # An emptied box is a change of mind, not a missing answer.
            new = "" if value is None and isinstance(item, Text) else value
            if new is not None and (new != held or what == "commit"):
                sure = values.get("sure") if item.prediction else None
                problem = self.module.save(item.id, new, sure)
                if problem:
                    errors[item.id] = problem
        self._problem = next(iter(errors.values()), "")
        self.refresh()
        return {"ok": not errors, "errors": errors, "warnings": warnings}

    def _errors(self, what: str, values: dict[str, Any]) -> dict[str, str]:
        item, value = self.item, values.get(self.item.id)
        errors = {}
        if value is None:
            if isinstance(item, Text) and item.id not in self.module.record and what == "commit":
                errors[item.id] = "Write something first."
            elif isinstance(item, Ranking) and what == "commit":
                errors[item.id] = ("Move at least one line; or, if this order is the one you "
                                   "mean, press the button again.")
            elif not isinstance(item, Text) and what == "commit":
                errors[item.id] = item.problem(None) or "Answer first."
        elif problem := item.problem(value):
            if isinstance(item, Number) and isinstance(value, str):
                problem = f"\u201c{value}\u201d cannot be read as a number. {problem}"
                if re.fullmatch(r"[-+]?\d+,\d+", value):
                    problem += f" Write a point, not a comma: {value.replace(',', '.')}"
            errors[item.id] = problem
        if item.prediction and what == "commit" and values.get("sure") not in (
                "guess", "fairly", "certain"):
            errors["sure"] = "Choose how sure you are. There is no wrong answer to this one."
        return errors

    def refresh(self) -> None:
        item, form, record = self.item, self.widget, self.module.record
        first, latest = record.first(item.id), record.latest(item.id)
        with form.hold_sync():
            if latest is not None and not item.problem(latest.value):
                form.values = {item.id: latest.value, "sure": latest.sure}
            form.locked = False
            form.button = self._button(latest)
            if waiting := self.module.waits_for(item.needs):
                form.locked = True
                form.state, form.words = "waiting", "Not open yet"
                form.next = f"First answer: {waiting}"
            elif self._problem:
                form.state, form.words = "problem", "Not saved"
                form.next = "Put right what is marked above; nothing you typed is lost."
            elif latest is None:
                form.state, form.words, form.next = "open", "Not answered yet", self._how()
            else:
                form.state, form.words = "saved", f"Saved at {_clock(latest)}"
                form.next = self._after()
            form.feedback = self._feedback(first, latest)
            if self._settled(latest):
                form.locked, form.button = True, ""

    def _button(self, latest: Saved | None) -> str:
        item = self.item
        if isinstance(item, AUTOSAVED):
            return "Save now"
        if item.prediction:
            return "Commit my prediction" if latest is None else "Change my mind"
        if item.marked == "auto":
            return "Check my answer" if latest is None else "Check again"
        return "Save" if latest is None else "Save the change"

    def _how(self) -> str:
        item = self.item
        if isinstance(item, Text | Sentences):
            return "It saves by itself as you write."
        if isinstance(item, Ratings):
            return "It saves by itself as you choose. Leave out any you cannot judge."
        if item.prediction:
            return "Nobody is marked for being right here: commit before you look."
        return "Choose, then press the button."

    def _after(self) -> str:
        item = self.item
        if item.prediction:
            return "Your first prediction is kept; you may go on."
        if item.marked == "tutor":
            return "A tutor reads it after you submit. You can change it until then."
        if self._settled(self.module.record.latest(item.id)):
            return "Go on."
        return "You can change it."

    def _settled(self, latest: Saved | None) -> bool:
        """A check that is right has nothing left to change."""
        item = self.item
        if item.marked != "auto" or item.prediction or latest is None:
            return False
        return scoring.right(item, latest.value, self.module.record)

    def _feedback(self, first: Saved | None, latest: Saved | None) -> list[Note]:
        item = self.item
        if first is None or latest is None:
            return []
        if item.prediction:
            if first.value == latest.value:
                return []
            was, now = in_words(item, first.value), in_words(item, latest.value)
            return [{"title": "A change of mind", "tone": "",
                     "text": f"You first said: {was}. That stays on record; you now say: {now}."}]
        if item.marked != "auto":
            return []
        mark = self.module.mark(item.id)
        right = self._settled(latest)
        return [{"title": "Right" if right else "Not yet",
                 "text": f"{mark.says} {mark.points:g} of {mark.out_of:g} "
                         f"{'point' if mark.out_of == 1 else 'points'}.",
                 "tone": "good" if right else "bad"}]


def _prose(value: Any) -> str:
    """The free text in a value, however it is held."""
    return "\n".join(map(str, value.values())) if isinstance(value, dict) else str(value or "")


def _clock(saved: Saved) -> str:
    """The time in the fellow's own time zone, as a clock shows it."""
    return f"{saved.at.astimezone():%H:%M}"
