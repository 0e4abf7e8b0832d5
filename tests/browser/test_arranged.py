"""A fellow's Lab is arranged for a reader; a tutor's Lab is left whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog

from course import lab as jupyter
from tests.browser.conftest import FIRST_PORT, Desk, Lab, Served
from tests.browser.test_opens_live import serving, wait_for

BAND, START = "02-rubber-band", "00-start-here"
SIZES = {"laptop": (1366, 768), "phone": (390, 844)}
VIEWS = ("lab/tree", "doc/tree", "notebooks")
SHOWN = """(selector) => [...document.querySelectorAll(selector)]
    .filter((el) => el.checkVisibility() && el.getBoundingClientRect().width > 0)
    .map((el) => el.getAttribute('aria-label') || el.textContent.trim())"""
TOOLBAR = ".jp-NotebookPanel-toolbar jp-button"
MENUS = ".lm-MenuBar-item"
STRAY = ("a", "b", "c", "d", "d", "m", "r", "v", "x", "y", "z", "0", "0", "1", "i", "i", "Enter",
         "Backspace", "Delete", "ArrowDown", "ArrowLeft", "ArrowRight", "Space", "Shift+M",
         "Shift+A", "Shift+Enter", "Alt+Enter", "Control+x", "Control+c", "Control+v",
         "Control+Shift+ArrowDown", "Control+Shift+M", "Control+Backspace", "Control+z")
CELLS = """() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].map((cell) => [
    cell.className.match(/jp-(Code|Markdown|Raw)Cell/)[0], cell.checkVisibility(),
    cell.querySelector('.jp-RenderedMarkdown')?.textContent])"""


@pytest.fixture
def window(chromium: Browser) -> Iterator[Callable[..., Lab]]:
    """One more window: of a size, and on a computer whose colours are light or dark."""
    opened = []

    def look(size: str = "laptop", colours: str = "light") -> Lab:
        width, height = SIZES[size]
        opened.append(chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if colours == "dark" else "light"))
        return Lab(opened[-1].new_page())

    yield look
    for context in opened:
        context.close()


def here(desk: Desk, view: str) -> str:
    return desk.address.replace("lab/tree", view)


def shown(lab: Lab, selector: str) -> list[str]:
    return list(lab.page.evaluate(SHOWN, selector))


@pytest.mark.parametrize("view", VIEWS)
def test_a_fellow_sees_the_module_and_three_buttons_of_the_course(
        lab: Lab, desk: Callable[..., Desk], view: str) -> None:
    lab.open(here(desk(START), view)).run()
    lab.wait_bar("live")
    assert shown(lab, TOOLBAR) == ["Course home", "Start again", "Help"]
    assert shown(lab, MENUS) == ["Colours", "Help"]
    assert not shown(lab, "#jp-main-statusbar, .jp-SideBar, #jp-left-stack, #jp-right-stack")
    assert not shown(lab, ".jp-cell-toolbar, .jp-InputPrompt, .jp-OutputPrompt, .jp-Collapser, "
                          ".jp-Notebook-footer, .lm-DockPanel-addButton")
    assert not shown(lab, "#jp-title-panel-title input"), "no file name to type over"
    assert not shown(lab, ".jp-toast-button, .Toastify__toast, .jp-Dialog")
    panel = lab.page.locator(".jp-NotebookPanel").bounding_box()
    assert panel
    assert panel["width"] >= 1350


def test_the_first_word_of_help_is_the_courses_own(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    lab.open(here(desk(START), "doc/tree")).run()
    lab.page.locator(MENUS, has_text="Help").click()
    assert shown(lab, ".lm-Menu-item[data-type=command] .lm-Menu-itemLabel")[:2] == [
        "Help with this course", "Course home"]
    with lab.page.context.expect_page() as opened:
        lab.page.locator(".lm-Menu-item", has_text="Help with this course").click()
    opened.value.wait_for_url("**/ward-to-board/help**")
    opened.value.close()
    lab.page.locator(f"{TOOLBAR}[aria-label='Course home']").click()
    lab.page.wait_for_url("**/ward-to-board**")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_colours_are_the_computers_and_everything_has_room(
        window: Callable[..., Lab], desk: Callable[..., Desk], screenshots: Path, size: str,
        colours: str) -> None:
    lab = window(size, colours)
    laid = desk(BAND)
    lab.open(here(laid, "doc/tree")).run()
    lab.wait_bar("live")
    assert lab.page.locator("body").get_attribute("data-jp-theme-light") == (
        "true" if colours == "light" else "false")
    assert shown(lab, TOOLBAR) == ["Course home", "Start again", "Help"]
    for button in lab.page.locator(TOOLBAR).all()[:3]:
        box = button.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= SIZES[size][0]
        assert box["height"] >= 24
    lab.page.screenshot(path=screenshots / f"module-{size}-{colours}.png")
    laid.close()  # its kernel and its session are gone
    lab.wait_bar("stopped")
    assert lab.page.evaluate("""() => { const bar = document.querySelector('.wb-bar');
        return bar.scrollWidth <= bar.clientWidth && bar.getBoundingClientRect().left >= 0; }""")
    heading = lab.page.locator(".jp-RenderedMarkdown h1").bounding_box()
    bar = lab.page.locator(".wb-bar").bounding_box()
    assert heading
    assert bar
    assert bar["y"] + bar["height"] <= heading["y"], "the bar hides nothing that cannot be reached"
    lab.page.screenshot(path=screenshots / f"stopped-{size}-{colours}.png")
    lab.page.locator(".wb-bar button").focus()
    lab.press("Enter")
    lab.wait_bar("live")
    assert lab.page.locator("[data-wb-key=submit]").count() == 1


def test_dark_can_be_chosen_and_the_computers_colours_again(
        lab: Lab, served: Served, desk: Callable[..., Desk], tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(served.state))
    wait_for(served.address)
    laid = desk(START)
    # JupyterLab keeps the choice for whoever uses this computer: not here.
    with serving(jupyter.fellow(jupyter.free_port(FIRST_PORT), browser=False), served.state,
                 JUPYTERLAB_SETTINGS_DIR=str(tmp_path)) as own:
        lab.open(own.at(f"doc/tree/{laid.folder.name}/{START}.ipynb")).run()
        for words, light in (("Dark", "false"), ("Light", "true"), ("As on this", "true")):
            lab.page.locator(MENUS, has_text="Colours").click()
            lab.page.locator(".lm-Menu-item", has_text=words).click()
            lab.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
        lab.page.emulate_media(color_scheme="dark")
        lab.page.wait_for_selector("body[data-jp-theme-light=false]", state="attached")


def test_a_stray_key_changes_nothing_and_the_file_is_never_written(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    laid = desk(START)
    file = laid.folder / f"{START}.ipynb"
    before, written = file.read_bytes(), file.stat().st_mtime_ns
    lab.open(here(laid, "doc/tree")).run()
    lab.wait_bar("live")
    cells = lab.page.evaluate(CELLS)
    at = "document.activeElement.closest('.jp-Cell') !== null"
    assert lab.page.evaluate(at), "the focus is on the module from the start"
    for place in ("nothing pressed yet", "on the text", "on a heading"):
        if place == "on the text":
            lab.page.locator(".jp-RenderedMarkdown p").nth(1).click()
        elif place == "on a heading":
            lab.page.locator(".jp-RenderedMarkdown h1, .jp-RenderedMarkdown h2").first.click()
        for key in STRAY:
            lab.press(key)
        lab.page.wait_for_timeout(300)
        assert lab.page.evaluate(CELLS) == cells, place
        assert lab.page.locator(".jp-Dialog").count() == 0
    lab.page.locator(".jp-RenderedMarkdown p").nth(1).dblclick()
    assert not shown(lab, ".jp-Notebook .cm-editor"), "no source to edit"
    lab.tab_to("[data-wb-key] input", most=10)  # Tab goes on from there, as on any page
    lab.press("Control+s")
    lab.wait_bar("nothing")
    assert "Your answers are saved as you make them." in lab.page.locator(".wb-bar").inner_text()
    lab.wait_bar("live")
    lab.page.wait_for_timeout(21000)  # longer than JupyterLab waits to save by itself
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (before, written)


def test_leaving_asks_nothing(lab: Lab, desk: Callable[..., Desk]) -> None:
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    lab.page.on("dialog", note)
    lab.open(here(desk(START), "doc/tree")).run()
    lab.type("start-here.hope", "Words on their way.")
    lab.wait_status("start-here.hope", "Saved")
    lab.page.locator(f"{TOOLBAR}[aria-label='Course home']").click()
    lab.page.wait_for_url("**/ward-to-board**")
    assert asked == []


def test_the_side_bars_stay_away_when_lab_restores_what_was_open(
        lab: Lab, served: Served, desk: Callable[..., Desk]) -> None:
    laid = desk(START)
    lab.open(laid.address.replace("&reset", "")).run()
    lab.page.wait_for_timeout(2000)  # Lab writes down how it looked
    lab.open(laid.address.replace("&reset", "")).run()
    assert not shown(lab, ".jp-SideBar, #jp-left-stack, #jp-right-stack")


def test_a_tutor_keeps_the_full_lab(
        lab: Lab, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(served.state))
    wait_for(served.address)
    with serving(jupyter.tutor(browser=False), served.state) as full:
        lab.go(full.at("lab"))
        lab.page.wait_for_selector("#jp-main-statusbar")
        lab.page.wait_for_selector("#jp-left-stack")
        assert {"File", "Edit", "View", "Run", "Kernel", "Settings", "Help"} <= set(
            shown(lab, MENUS))
        assert "Colours" not in shown(lab, MENUS)
        assert len(shown(lab, ".jp-SideBar .lm-TabBar-tab")) >= 4
        released = f"release/{START}/{START}.ipynb"
        lab.open(full.at(f"lab/tree/{released}")).run()
        assert {"Run", "Interrupt"} <= {name.split()[0] for name in shown(lab, TOOLBAR)}
        assert "Course home" not in shown(lab, TOOLBAR)
        assert lab.page.locator("body.wb-fellow").count() == 0
        lab.page.locator(".jp-RenderedMarkdown p").nth(1).click()
        cells = lab.page.locator(".jp-Notebook .jp-Cell").count()
        lab.press("b")  # a key is a command here, as an author of notebooks expects
        lab.page.wait_for_function(
            "n => document.querySelectorAll('.jp-Notebook .jp-Cell').length > n", arg=cells)
