"""Cards and words that are read, not worked: heads, excerpts, notices. All escaped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from course import corpus
from course.assessments import Module
from course.ui.html import Html, join, paragraphs, tag, text


def head(module: Module) -> Html:
    """What a module is, in one look."""
    return tag("p", [text(f"About {module.minutes} minutes, in any number of sittings: "),
                     text("every answer is saved as you make it, and is here when you return.")],
               class_="wb-quiet")


def notice(sentence: str) -> Html:
    return tag("p", sentence, class_="wb-warning")


def excerpts(passages: Sequence[str], folder: Path) -> Html:
    """Passages side by side."""
    return tag("div", [tag("div", [excerpt(p, folder) for p in passages], class_="wb-cards")],
               class_="wb")


def excerpt(name: str, folder: Path) -> Html:
    """One passage: who says it, the words if the reader's copy was added, and our précis."""
    passage = corpus.passage(name)
    reading = passage.reading
    words = corpus.excerpt(name, folder)
    source = tag("p", [
        text(f"{reading.author}, "), tag("cite", reading.title),
        text(f". {reading.publisher}, {reading.date}. {_place(passage.paragraphs)} "),
        tag("a", "Read the original", href=reading.link, target="_blank", rel="noopener"),
        tag("span", " (opens in a new tab; needs the internet)", class_="wb-sr")],
        class_="wb-source")
    if words:
        body = join(tag("blockquote", words),
                    tag("p", [tag("strong", "In short: "), text(passage.precis)]))
    else:
        body = join(paragraphs(passage.precis),
                    tag("p", "This is our summary. Your programme can add its own copy of the "
                             "reading, and the author's words then stand here.", class_="wb-quiet"))
    return tag("article", [body, source], class_="wb-card",
               aria_label=f"Excerpt {name} from {reading.author}")


def _place(paragraphs: Sequence[int]) -> str:
    if len(paragraphs) == 1:
        return f"Paragraph {paragraphs[0]}."
    return f"Paragraphs {paragraphs[0]} to {paragraphs[-1]}."


def short(words: str, most: int = 90) -> str:
    """A prompt cut at a word, for use inside a sentence."""
    words = " ".join(words.split())
    if len(words) <= most:
        return words
    return words[:most].rsplit(" ", 1)[0] + " …"
