"""What is done and what is missing in a module; submit; read feedback."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from course import handin
from course.ui import cards
from course.ui.html import Html, join, table, tag, text
from course.ui.widgets import Form, Panel, Reply, stack

if TYPE_CHECKING:
    from course.module import Module


class Progress:
    """The list of answers with their states, and the two buttons under it."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._list = Panel()
        self._told = Panel(live=True)
        self._submit = Form(self._on_submit, fields=[], key="submit", name="Submit this module",
                            button="Submit this module")
        self._read = Form(self._on_read, fields=[], key="feedback", name="Feedback",
                          button="Look for feedback")
        self.widget: Any = stack(self._list, self._submit, self._read, self._told)
        self._busy = threading.Lock()
        for form in (self._submit, self._read):
            form.mode = "live"  # a button only: it has no state line of its own

    def refresh(self) -> None:
        record, rows, missing = self.module.record, [], 0
        for item in self.module.texts.items:
            done = record.answered(item.id)
            needed = item.marked != "no"
            missing += needed and not done
            rows.append((cards.short(item.prompt), "Done" if done else "Not yet",
                         {"auto": "Marked at once", "tutor": "Marked by a tutor"}.get(
                             item.marked, "Not marked")))
        say = ("Everything that is marked is answered." if not missing else
               f"{missing} of the answers that are marked {'is' if missing == 1 else 'are'} "
               "still to do. You may submit before then, and submit again later.")
        self._list.html = join(table("Your answers in this module",
                                     ("What is asked", "Where you are", "Who marks it"), rows),
                               tag("p", say))

    def _on_submit(self, _what: str, _values: dict[str, Any]) -> Reply:
        self._start(lambda: self._say(handin.submit(self.module.folder).says), "Submitting …")
        return {"ok": True}

    def _on_read(self, _what: str, _values: dict[str, Any]) -> Reply:
        self._start(lambda: self._feedback(handin.fetch_feedback(self.module.folder)),
                    "Looking …")
        return {"ok": True}

    def _start(self, work: Any, words: str) -> None:
        if not self._busy.acquire(blocking=False):
            return
        self._say(words)

        def run() -> None:
            try:
                work()
            finally:
                self._busy.release()

        # Not in the kernel's own thread: it must go on saving answers meanwhile.
        threading.Thread(target=run, daemon=True).start()

    def _say(self, words: str) -> None:
        self._told.html = tag("p", words, class_="wb-note")

    def _feedback(self, found: handin.Feedback) -> None:
        pieces: list[Html] = [tag("p", found.says)]
        if found.pages:
            pieces.append(tag("ul", [
                tag("li", [tag("a", f"Open the feedback of {page.when}", href="#",
                               data_wb_file=page.path, target="_blank"),
                           text(" (opens in a new tab)")]) for page in found.pages]))
        self._told.html = tag("div", pieces, class_="wb-note")
