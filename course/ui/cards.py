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


def gate(waiting: str) -> Html:
    """What must be done before a part opens; nothing where nothing is waited for."""
    if not waiting:
        return Html("")
    return tag("p", f"This opens when you have done: {waiting}", class_="wb-note")


def excerpts(passages: Sequence[str], folder: Path) -> Html:
    """Passages side by side, with one line on what is ours and what is the author's."""
    found = {name: corpus.excerpt(name, folder) for name in passages}
    cards = [tag("div", [_card(name, words) for name, words in found.items()], class_="wb-cards")]
    if not all(found.values()):
        cards.append(tag("p", "What stands here without quotation marks is our own summary. Where "
                              "a programme adds its copy of a reading, the author's words stand "
                              "here too.", class_="wb-quiet"))
    return tag("div", cards, class_="wb")


def _card(name: str, words: str | None) -> Html:
    """One passage: the words if the reader's copy was added, our précis, and who says it."""
    passage = corpus.passage(name)
    reading = passage.reading
    who = f"{passage.by} under " if passage.by else f"{reading.author}, "
    source = tag("p", [
        text(who), tag("cite", reading.title),
        text(f". {reading.publisher}, {reading.date}. "),
        tag("a", "Read the original", href=reading.link, target="_blank", rel="noopener"),
        tag("span", " (opens in a new tab; needs the internet)", class_="wb-sr"),
        text(f" {reading.to_find}" if reading.to_find else "")],
        class_="wb-source")
    if words:
        body = join(tag("blockquote", f"\u201c{words}\u201d"),
                    tag("p", [tag("strong", "In short: "), text(passage.precis)]))
    else:
        body = paragraphs(passage.precis)
    return tag("article", [body, source], class_="wb-card",
               aria_label=f"Excerpt {name} from {reading.title}")


def short(words: str, most: int = 90) -> str:
    """A prompt cut at a word, for use inside a sentence."""
    words = " ".join(words.split())
    if len(words) <= most:
        return words
    return words[:most].rsplit(" ", 1)[0] + " …"
