"""Looking at a whole page of ours: with axe, on a narrow screen, in light and dark."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = ((1366, 768), (390, 844))
"""A small hospital laptop and a telephone."""


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now."""
    # Not by a script element: our pages' policy rightly refuses one.
    page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate("""async (tags) => {
        const found = await axe.run(document, {runOnly: tags, resultTypes: ['violations']});
        return found.violations.flatMap((v) => v.nodes.map((n) =>
            `${v.id}: ${n.html.slice(0, 160)} (${n.failureSummary.slice(0, 200)})`)); }""", TAGS)
    return found


def cut_off(page: Page, width: int = 320) -> list[str]:
    """What needs scrolling sideways at a width: 320 is a 1280 screen enlarged four times."""
    page.set_viewport_size({"width": width, "height": 640})
    found: list[str] = page.evaluate("""() => [...document.querySelectorAll('body *')]
        .filter((el) => el.getBoundingClientRect().right > innerWidth + 1
            && !el.closest('.wb-scroll, .wb-sr, .wb-skip'))
        .map((el) => el.outerHTML.slice(0, 140))
        .concat(document.documentElement.scrollWidth > innerWidth + 1 ? ['the page'] : [])""")
    return found


def small_targets(page: Page) -> list[str]:
    """Buttons and links, other than those within a sentence, that are under 24 pixels."""
    found: list[str] = page.evaluate("""() => [...document.querySelectorAll(
            'button, input, select, textarea, summary, nav a, a.wb-button')]
        .filter((el) => { const box = el.getBoundingClientRect();
            return box.width && (box.width < 24 || box.height < 24); })
        .map((el) => el.outerHTML.slice(0, 140))""")
    return found


def walk(page: Page, folder: Path, name: str) -> int:
    """Every screen of an open module, from its top to its end, as pictures to be looked at."""
    view = "[...document.querySelectorAll('.jp-WindowedPanel-outer')].pop()"
    number = 0
    page.evaluate(f"{view}.scrollTop = 0")
    while True:
        number += 1
        page.wait_for_timeout(150)
        page.screenshot(path=folder / f"{name}-{number:02}.png")
        before = page.evaluate(f"{view}.scrollTop")
        page.evaluate(f"{view}.scrollTop += {view}.clientHeight - 80")
        if page.evaluate(f"{view}.scrollTop") == before:
            return number
