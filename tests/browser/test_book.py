"""The reading edition in Chromium: full pages with axe, narrow screens, a keyboard, paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from course import home
from course.book import build

MODULES = home.modules()
PAGES = ["index.html", *(f"{m}{end}.html" for m in MODULES for end in ("", "-sheet"))]
EXPECTED_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa",
                 "best-practice"]
AXE = """async (tags) => {
    const found = await axe.run(document, {runOnly: {type: 'tag', values: tags},
                                           resultTypes: ['violations']});
    return found.violations.flatMap((v) => v.nodes.map(
        (n) => `${v.id}: ${n.html.slice(0, 160)} (${n.failureSummary.slice(0, 200)})`));
}"""
OPEN = "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
# What is wider than the page; a table may scroll in its own frame.
SPILLED = """() => [...document.querySelectorAll('body *')].filter((el) => {
    if (el.closest('.wb-scroll, .wb-sr, .wb-skip, svg')) return false;
    const box = el.getBoundingClientRect();
    return box.width && box.right > document.documentElement.clientWidth + 1;
  }).map((el) => el.outerHTML.slice(0, 140))"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    build.write(folder)
    return folder


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    assert not [url for url in asked if not url.startswith(("file:", "data:"))], asked


def opened(page: Page, book: Path, name: str, *, all_: bool = True) -> None:
    page.goto((book / name).as_uri())
    if all_:
        page.evaluate(OPEN)


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_any_full_page_light_or_dark(
        page: Page, book: Path, name: str) -> None:
    opened(page, book, name)
    page.evaluate(AXE_SCRIPT)
    grounds = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        found = page.evaluate(AXE, EXPECTED_TAGS)
        assert not found, f"{scheme}\n" + "\n".join(dict.fromkeys(found))
    assert len(grounds) == 2, "the page follows the computer"


def test_axe_would_find_what_is_wrong(page: Page, book: Path) -> None:
    opened(page, book, PAGES[0])
    page.evaluate("""document.querySelector('h1').outerHTML =
        '<h3 style="color: #ddd">Too faint</h3>'""")
    page.evaluate(AXE_SCRIPT)
    found = " ".join(page.evaluate(AXE, EXPECTED_TAGS))
    assert "color-contrast" in found
    assert "heading" in found


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844)])
def test_on_a_narrow_screen_nothing_is_cut_off_or_needs_scrolling_sideways(
        page: Page, book: Path, name: str, width: int, height: int) -> None:
    """320 pixels are also what 1280 are at 400%."""
    page.set_viewport_size({"width": width, "height": height})
    opened(page, book, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SPILLED) == []
    charts = page.locator("svg:visible")
    for place in range(charts.count()):
        box = charts.nth(place).bounding_box()
        assert box is not None
        assert 200 <= box["width"] <= width, "drawn for this width, not shrunk to it"


@pytest.mark.parametrize("name", PAGES)
def test_text_is_large_enough_and_every_target_can_be_hit(
        page: Page, book: Path, name: str) -> None:
    opened(page, book, name)
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)"
                         ) >= 18
    small = page.evaluate("""() => [...document.querySelectorAll('a, summary')].filter((el) => {
        if (el.closest('p, li') && getComputedStyle(el).display === 'inline') return false;
        const box = el.getBoundingClientRect();
        return box.width && !el.matches('.wb-skip') && (box.height < 24 || box.width < 24);
      }).map((el) => el.outerHTML.slice(0, 120))""")
    assert small == []


def test_by_keyboard_one_skips_to_the_page_and_sees_where_one_is(page: Page, book: Path) -> None:
    opened(page, book, f"{MODULES[-1]}.html", all_=False)
    page.keyboard.press("Tab")
    skip = page.locator(".wb-skip")
    assert skip.evaluate("(el) => el === document.activeElement")
    box = skip.bounding_box()
    assert box is not None
    assert box["width"] > 100, "it shows while it has the focus"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    seen = 0
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("""() => { const s = getComputedStyle(document.activeElement);
            return document.activeElement.closest('main') && s.outlineStyle + s.outlineWidth; }""")
        assert outline == "solid3px"
        seen += 1
    assert seen == 12


def test_by_keyboard_results_open_and_close(page: Page, book: Path) -> None:
    opened(page, book, "02-rubber-band.html", all_=False)
    reveal = page.locator("details.wb-reveal").first
    assert reveal.get_attribute("open") is None
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.wb-reveal > summary')"):
            break
    page.keyboard.press("Enter")
    assert reveal.get_attribute("open") is not None
    page.wait_for_selector(".wb-reveal[open] svg:visible")
    page.keyboard.press("Space")
    assert reveal.get_attribute("open") is None


@pytest.mark.parametrize("name", PAGES)
def test_nothing_moves_by_itself(page: Page, book: Path, name: str) -> None:
    opened(page, book, name)
    moving = page.evaluate("""() => [...document.querySelectorAll('*')]
        .map((el) => getComputedStyle(el)).filter((style) => style.animationName !== 'none'
            || parseFloat(style.transitionDuration) > 0).length""")
    assert moving == 0


def printed(page: Page, book: Path, name: str, tmp_path: Path) -> list[str]:
    opened(page, book, name, all_=False)
    page.pdf(path=tmp_path / "out.pdf", prefer_css_page_size=True)
    reader = PdfReader(tmp_path / "out.pdf")
    width, height = (float(v) for v in reader.pages[0].mediabox[2:])
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297), "A4"
    return [" ".join(one.extract_text().split()) for one in reader.pages]


@pytest.mark.parametrize("module", MODULES)
def test_a_sheet_prints_on_a_sensible_number_of_numbered_pages(
        page: Page, book: Path, module: str, tmp_path: Path) -> None:
    sheets = printed(page, book, f"{module}-sheet.html", tmp_path)
    assert 2 <= len(sheets) <= 20
    for number, words in enumerate(sheets, 1):
        assert f"{number} of {len(sheets)}" in words
        assert "Course username:" in words
    whole = " ".join(sheets)
    questions = [int(n) for n in re.findall(r"Question (\d+) of", whole)]
    assert questions == sorted(set(questions)) != []
    assert "All modules" not in whole, "what only a screen needs is not printed"
    results = [n for n, words in enumerate(sheets) if "Turn over when you have" in words]
    last = max(n for n, words in enumerate(sheets) if "Question" in words)
    assert not results or min(results) > last, "results begin on a page of their own"


@pytest.mark.parametrize("module", MODULES)
def test_a_printed_page_keeps_its_results_closed_and_says_where_they_are(
        page: Page, book: Path, module: str, tmp_path: Path) -> None:
    leaves = printed(page, book, f"{module}.html", tmp_path)
    assert all(f"{n} of {len(leaves)}" in words for n, words in enumerate(leaves, 1))
    reveals = page.locator("details.wb-reveal").count()
    page.emulate_media(media="print")
    assert page.locator(".wb-print-only:visible").count() == reveals
    assert page.locator(".wb-opened:visible").count() == 0
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "light"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_a_picture_of_every_page_is_kept_to_look_at(
        page: Page, book: Path, screenshots: Path, name: str, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    opened(page, book, name, all_=False)
    path = screenshots / f"book-{name.removesuffix('.html')}-{width}.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 10_000
