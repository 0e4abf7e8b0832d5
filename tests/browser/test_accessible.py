"""What we draw, looked at with axe and measured: light, dark, and on a narrow screen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from course import home
from tests.browser import looks
from tests.browser.conftest import Desk, Lab

MODULES = home.modules()
STATEMENT = Path(__file__).parents[2] / "ACCESSIBILITY.md"
OURS = ".jp-OutputArea-output .wb"
# Only our parts are looked at; JupyterLab's own failures are in docs and not ours to mend.
AXE = """async (ours) => {
    const found = await axe.run({include: [[ours]]}, {resultTypes: ['violations']});
    return found.violations.flatMap((v) => v.nodes
        .filter((n) => document.querySelector(n.target[0])?.closest('.wb'))
        .map((n) => `${v.id}: ${n.html.slice(0, 160)} (${n.failureSummary.slice(0, 200)})`));
}"""
# What is wider than it may be, inside our parts; a table may scroll in its own frame.
SPILLED = """() => [...document.querySelectorAll('.wb *')].filter((el) => {
    if (el.closest('.wb-scroll, .wb-sr, svg, [hidden], details:not([open])')) return false;
    const box = el.getBoundingClientRect(), room = el.closest('.jp-OutputArea-output');
    if (!box.width || !room) return false;
    return box.right > room.getBoundingClientRect().right + 2
        || (el.scrollWidth > el.clientWidth + 2 && getComputedStyle(el).overflowX !== 'visible'
            && el.tagName !== 'TEXTAREA' && el.clientWidth > 0);
  }).map((el) => el.outerHTML.slice(0, 140))"""
SKIPPED = """() => {
    const levels = [...document.querySelectorAll('.jp-Notebook :is(h1, h2, h3, h4, h5, h6)')]
        .filter((h) => h.getBoundingClientRect().height)
        .map((h) => [Number(h.tagName[1]), h.textContent.slice(0, 60)]);
    return levels.filter(([level], i) => i && level > levels[i - 1][0] + 1).map((l) => l[1]); }"""


@pytest.mark.parametrize("module", MODULES)
def test_with_everything_open_axe_finds_nothing_in_what_we_draw(
        lab: Lab, desk: Callable[..., Desk], module: str, screenshots: Path) -> None:
    laid = desk(module, "right")
    lab.open(laid.address.replace("lab/tree", "doc/tree")).run()
    if module != MODULES[0]:
        lab.page.wait_for_selector(".wb-chart svg")
    lab.page.evaluate("document.querySelectorAll('.wb details').forEach((d) => { d.open = true; })")
    lab.page.wait_for_timeout(1000)
    lab.page.evaluate(AXE_SCRIPT)
    for light in ("true", "false"):
        lab.page.evaluate("""(light) => {
            document.body.dataset.jpThemeLight = light;
            // The ground Lab's own two themes give a notebook.
            for (const el of document.querySelectorAll('.jp-Notebook, .jp-NotebookPanel'))
                el.style.background = light === 'true' ? '#fff' : '#111';
        }""", light)
        lab.page.wait_for_timeout(600)
        found = lab.page.evaluate(AXE, OURS)
        assert not found, f"light: {light}\n" + "\n".join(dict.fromkeys(found))
    assert lab.page.evaluate(SKIPPED) == [], "no heading skips a level"
    moving = lab.page.evaluate("""() => [...document.querySelectorAll('.wb, .wb *')]
        .map((el) => getComputedStyle(el)).filter((style) => style.animationName !== 'none'
            || parseFloat(style.transitionDuration) > 0).length""")
    assert moving == 0, "nothing moves by itself, so nobody need ask for less movement"
    lab.page.evaluate("""() => {
        document.body.dataset.jpThemeLight = 'true';
        for (const el of document.querySelectorAll('.jp-Notebook, .jp-NotebookPanel'))
            el.style.background = '';
        document.querySelectorAll('.wb details').forEach((d) => { d.open = false; }); }""")
    assert looks.walk(lab.page, screenshots, f"{module}-1366") > 3


def test_what_jupyterlab_itself_fails_is_what_our_statement_lists(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    lab.open(desk("02-rubber-band", "right").address).run()
    lab.page.evaluate(AXE_SCRIPT)
    found = lab.page.evaluate("""async (tags) => {
        const found = await axe.run(document, {runOnly: tags, resultTypes: ['violations']});
        return found.violations.filter((v) => v.nodes.some((n) =>
            !document.querySelector(n.target[0])?.closest('.wb'))).map((v) => v.id); }""",
        [tag for tag in looks.TAGS if tag != "best-practice"])
    listed = re.search(r"<!-- rules: (.*?) -->", STATEMENT.read_text())
    assert listed
    assert sorted(found) == sorted(listed[1].split(", ")), (
        "JupyterLab fails other rules than ACCESSIBILITY.md says: put the statement right")


@pytest.mark.parametrize("width", [390, 320], ids=["a telephone", "1280 enlarged four times"])
@pytest.mark.parametrize("module", MODULES)
def test_on_a_narrow_screen_nothing_of_ours_is_cut_off_or_needs_scrolling_sideways(
        lab: Lab, desk: Callable[..., Desk], module: str, width: int, screenshots: Path) -> None:
    laid = desk(module, "right")
    lab.page.set_viewport_size({"width": width, "height": 844})
    # One document and no list of files: how a course is best opened on a telephone.
    lab.open(laid.address.replace("lab/tree", "doc/tree")).run()
    lab.page.wait_for_timeout(1500)
    found = lab.page.evaluate(SPILLED)
    assert found == [], json.dumps(found, indent=1)
    looks.walk(lab.page, screenshots, f"{module}-{width}")
