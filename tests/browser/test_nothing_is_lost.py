"""What a fellow typed is on the disk, or on the page with a sentence that says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from course import lab as course_lab
from tests import bots
from tests.browser.conftest import PATIENCE, Desk, Lab

START, BAND, HOURS = "00-start-here", "02-rubber-band", "03-two-hour-organisation"
HOPE, REFLECTION = "start-here.hope", "rubber-band.reflection"
HOSTILE = ('<script>window.__ran=1</script><img src=x onerror="window.__ran=2"> **bold** $x^2$ '
           '</textarea></p><b>b</b> &amp; {{7*7}} \U0001f637 \u0645\u0631\u064a\u0636 \u202eabc')


def box(lab: Lab, key: str) -> str:
    return lab.page.locator(f'[data-wb-key="{key}"] textarea').first.input_value()


def paste(lab: Lab, key: str, words: str) -> None:
    """Put words into a box in one go, as from the clipboard, and leave it."""
    lab.tab_to(f'[data-wb-key="{key}"] textarea')
    lab.press("Control+a")
    lab.page.keyboard.insert_text(words)
    lab.press("Tab")


def test_a_module_whose_kernel_dies_is_put_right_by_itself_and_loses_no_word(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    laid = desk(BAND)
    lab.open(laid.address).run()
    lab.type(REFLECTION, "First half,")
    lab.wait_status(REFLECTION, "Saved")
    laid.kill()
    lab.shut_dialogs()
    lab.page.locator(f'[data-wb-key="{REFLECTION}"] textarea').focus()
    lab.press("Control+End")
    lab.page.keyboard.type(" second half.")
    for _ in range(PATIENCE // 250):
        if laid.record().value(REFLECTION) == "First half, second half.":
            break
        lab.page.wait_for_timeout(250)
    assert laid.record().value(REFLECTION) == "First half, second half."
    lab.shut_dialogs()
    assert box(lab, REFLECTION) == "First half, second half."


def test_words_typed_while_the_kernel_is_dead_stay_and_are_saved_when_it_is_back(
        lab: Lab, desk: Callable[..., Desk], screenshots: Path) -> None:
    laid = desk(BAND)
    laid.not_quite_ours()  # so that nothing runs by itself
    lab.open(laid.address).run()
    lab.type(REFLECTION, "First half,")
    lab.wait_status(REFLECTION, "Saved")
    laid.kill()
    lab.shut_dialogs()
    lab.page.locator(f'[data-wb-key="{REFLECTION}"] textarea').focus()
    lab.press("Control+End")
    lab.page.keyboard.type(" second half.")
    lab.wait_status(REFLECTION, "The course is not answering")
    lab.shut_dialogs()
    assert "press Start again above" in lab.status(REFLECTION)
    assert box(lab, REFLECTION) == "First half, second half."
    assert laid.record().value(REFLECTION) == "First half,"
    lab.page.screenshot(path=screenshots / "kernel-dead.png")
    lab.page.wait_for_timeout(1500)
    lab.shut_dialogs()
    lab.run()
    lab.wait_status(REFLECTION, "Saved")
    lab.page.wait_for_timeout(1000)
    assert box(lab, REFLECTION) == "First half, second half."
    assert laid.record().value(REFLECTION) == "First half, second half."


def test_with_a_slow_kernel_the_word_on_an_earlier_draft_puts_nothing_back(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    # What the kernel says reaches the page late: two seconds, once `late` is set.
    lab.page.add_init_script("""
        const Plain = WebSocket;
        window.WebSocket = class extends Plain {
            set onmessage(hear) { super.onmessage = (event) => window.late
                ? setTimeout(() => hear(event), 2000) : hear(event); }
            get onmessage() { return super.onmessage; }
        };""")
    laid = desk(START)
    lab.open(laid.address).run()
    lab.page.evaluate("window.late = true")
    lab.type(HOPE, "The first half")
    lab.page.wait_for_timeout(1500)  # the draft of it is on its way
    lab.page.keyboard.type(", and the second.")
    lab.press("Tab")  # off the box; the word on the first draft comes before that on the second
    seen = set()
    for _ in range(35):
        seen.add(box(lab, HOPE))
        lab.page.wait_for_timeout(100)
    assert seen == {"The first half, and the second."}
    lab.wait_status(HOPE, "Saved")
    assert laid.record().value(HOPE) == "The first half, and the second."


def test_closing_the_page_right_after_saved_loses_nothing(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    laid = desk(START)
    lab.open(laid.address).run()
    lab.type(HOPE, "Patients know what happens next.")
    lab.button(HOPE)
    lab.wait_status(HOPE, "Saved")
    lab.page.close()
    assert laid.record().value(HOPE) == "Patients know what happens next."


def test_two_tabs_and_two_kernels_both_save_and_the_later_word_is_held(
        tabs: Callable[[], Lab], desk: Callable[..., Desk]) -> None:
    laid = desk(START)
    # A copy beside the notebook has a kernel of its own and the same answers.
    shutil.copy(laid.folder / f"{START}.ipynb", laid.folder / "copy.ipynb")
    one, two, three = tabs(), tabs(), tabs()
    one.open(laid.address).run()
    two.open(laid.address).run()
    three.open(laid.address.replace(f"{START}.ipynb", "copy.ipynb")).run()
    assert len(set(laid.kernels())) == 2
    for lab, words in ((one, "One."), (two, "Two."), (three, "Three."), (one, "One again.")):
        lab.page.bring_to_front()
        lab.type(HOPE, words)
        lab.button(HOPE)
        lab.wait_status(HOPE, "Saved")
    record = laid.record()
    assert list(dict.fromkeys(saved.value for saved in record.all(HOPE))) == [
        "One.", "Two.", "Three.", "One again."]
    assert record.value(HOPE) == "One again."
    assert not record.notices
    three.page.bring_to_front()
    three.run()
    assert box(three, HOPE) == "One again."


def test_ten_thousand_characters_are_kept_and_more_are_not_taken(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    laid = desk(START)
    lab.open(laid.address).run()
    paste(lab, HOPE, "wörd " * 2100)
    lab.wait_status(HOPE, "Saved")
    assert box(lab, HOPE) == ("wörd " * 2000)
    assert "0 characters left of 10000" in lab.page.locator(f'[data-wb-key="{HOPE}"]').inner_text()
    assert laid.record().value(HOPE) == "wörd " * 2000


@pytest.mark.parametrize("module", [BAND, HOURS])
def test_whatever_is_typed_is_shown_as_text_and_never_run(
        lab: Lab, desk: Callable[..., Desk], module: str) -> None:
    laid = desk(module, "right")
    lab.open(laid.address).run()
    lab.page.evaluate("window.__ran = 0")
    keys = lab.page.evaluate("""() => [...new Set([...document.querySelectorAll('.wb textarea')]
        .map((el) => el.closest('[data-wb-key]').dataset.wbKey))]""")
    assert len(keys) >= 4
    for key in keys:
        for place in range(lab.page.locator(f'[data-wb-key="{key}"] textarea').count()):
            area = lab.page.locator(f'[data-wb-key="{key}"] textarea').nth(place)
            area.focus()
            lab.press("Control+a")
            lab.page.keyboard.insert_text(HOSTILE)
            lab.press("Tab")
        lab.wait_status(key, "Saved")
    lab.run()  # restored, compared and listed: everywhere once more
    for key in keys:
        assert box(lab, key) == HOSTILE
        held = laid.record().value(key)
        assert set(held.values() if isinstance(held, dict) else [held]) == {HOSTILE}
    assert lab.page.evaluate("window.__ran") == 0
    assert lab.page.locator(".wb img, .wb script, .wb-panel textarea").count() == 0


def test_a_number_that_is_script_is_named_as_text(lab: Lab, desk: Callable[..., Desk]) -> None:
    laid = desk(BAND)
    lab.open(laid.address).run()
    lab.page.evaluate("window.__ran = 0")
    lab.type("rubber-band.predict-snaps", '<img src=x onerror="window.__ran=1">')
    lab.button("rubber-band.predict-snaps")
    lab.wait_status("rubber-band.predict-snaps", "Not saved")
    assert "<img src=x" in lab.page.locator(
        '[data-wb-key="rubber-band.predict-snaps"] .wb-error').first.inner_text()
    assert lab.page.evaluate("window.__ran") == 0


@pytest.mark.parametrize("harm", ["a folder", "a link", "not allowed"])
def test_a_record_that_cannot_be_written_is_said_in_a_sentence_and_the_words_stay(
        lab: Lab, desk: Callable[..., Desk], harm: str) -> None:
    laid = desk(START)
    if harm == "a folder":
        laid.answers.mkdir()
    elif harm == "a link":
        laid.answers.symlink_to(laid.folder / "elsewhere.jsonl")
    else:
        laid.answers.write_text("")
        laid.answers.chmod(0o444)
        try:
            with laid.answers.open("a"):
                pytest.skip("This user (root) may write to what is read-only.")
        except PermissionError:
            pass
    lab.open(laid.address).run()
    lab.type(HOPE, "Not to be lost.")
    lab.button(HOPE)
    lab.wait_status(HOPE, "Not saved")
    form = lab.page.locator(f'[data-wb-key="{HOPE}"]')
    assert "Not saved: " in form.locator(".wb-error").first.inner_text()
    assert box(lab, HOPE) == "Not to be lost."
    # Put right, the same button saves them.
    laid.answers.rmdir() if laid.answers.is_dir() else laid.answers.unlink()
    lab.button(HOPE)
    lab.wait_status(HOPE, "Saved")
    assert laid.record().value(HOPE) == "Not to be lost."


def test_a_torn_record_is_told_at_the_top_and_the_rest_is_restored(
        lab: Lab, desk: Callable[..., Desk], screenshots: Path) -> None:
    laid = desk(BAND, "right")
    whole = laid.record()
    with laid.answers.open("a") as record:
        record.write('{"v":1,"item":"rubber-band.refl\n\n')
    lab.open(laid.address).run()
    notice = lab.page.locator(".wb-warning:visible").first
    assert "it was left out" in notice.inner_text()
    assert notice.evaluate("el => el.closest('[role=status]') !== null")
    lab.page.screenshot(path=screenshots / "torn.png")
    for key in (REFLECTION, "rubber-band.own-rest", "rubber-band.project"):
        assert box(lab, key) == whole.value(key)
    assert "3 runs kept" in lab.status("rubber-band.run.keep")


def test_submitting_twice_is_fine_and_without_an_exchange_is_a_sentence(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    laid = desk(START, folder=START)
    exchange = laid.served.state / "exchange"
    away = exchange.with_name("exchange-away")
    bots.play(laid.folder, START, "right")
    before = laid.answers.read_bytes()
    lab.open(laid.address).run()
    try:
        exchange.rename(away)
        exchange.write_text("")  # nothing can be made here again
        lab.button("submit")
        lab.page.wait_for_selector("text=Not submitted.", timeout=PATIENCE)
        assert "Your answers are safe" in lab.page.locator(".wb-note").last.inner_text()
    finally:
        exchange.unlink(missing_ok=True)
        away.rename(exchange)
    for words in ("Submitted on", "nothing has changed since"):
        lab.press("Enter")
        lab.page.wait_for_selector(f"text={words}", timeout=PATIENCE)
        assert lab.page.evaluate("document.activeElement.innerText") == "Submit this module"
    assert laid.answers.read_bytes() == before
    inbound = list(exchange.rglob(f"inbound/*+{START}+*/answers.jsonl"))
    assert [path.read_bytes() for path in inbound] == [before]


def test_without_our_script_a_sentence_stands_in_place_of_each_control(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    laid = desk(START)
    script = course_lab.served() / "static" / "course.js"
    away = script.with_name("course.js.away")
    try:
        script.rename(away)
        lab.open(laid.address)
        lab.page.locator(".jp-Notebook .jp-Cell").first.focus()
        lab.press("Control+a")
        lab.press("Control+Enter")
        told = lab.page.locator("text=This part of the page could not be drawn.")
        told.first.wait_for()
    finally:
        away.rename(script)
    lab.page.reload()
    lab.idle()
    lab.run()
    assert lab.status(HOPE).startswith("Not answered yet")
