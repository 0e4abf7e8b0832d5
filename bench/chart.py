"""From a control's change to the redrawn chart, in Chromium, on the real module."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import TimeoutError, sync_playwright

from course import scoring
from course.answers import Answers

NAME = "02-rubber-band"
MOVES = """async () => {
  const slider = document.querySelector('.wb-live input[type=range]');
  const chart = document.querySelector('.wb-chart'), took = [];
  for (let i = 0; i < 60; i++) {
    const before = chart.dataset.drawn, begun = performance.now();
    slider.value = 10 + (i % 15) * 2;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    while (chart.dataset.drawn === before) await new Promise((r) => setTimeout(r, 1));
    took.push(performance.now() - begun);
    await new Promise((r) => setTimeout(r, 200));
  }
  return took;
}"""


def rows() -> list[tuple[str, str, str]]:
    """Rows of the table: what, measured, allowed."""
    with tempfile.TemporaryDirectory() as name:
        state = Path(name) / "state"
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "course"), "start", "--no-browser"], text=True,
            env={**os.environ, "COURSE_HOME": str(state)}, stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            address = next(m[0] for line in process.stdout
                           if (m := re.search(r"http://\S+token=\S+", line)))
            threading.Thread(target=process.stdout.read, daemon=True).start()
            answers = Answers(state / "workspace" / NAME / "answers.jsonl")
            for item, value in scoring.exercise("rubber-band").right.items():
                if ".predict" in item:
                    answers.save(item, value, "guess")
            took = sorted(_measure(address.replace("00-start-here/00-start-here",
                                                   f"{NAME}/{NAME}")))
        finally:
            process.terminate()
            process.wait()
    return [("slider to redrawn chart, median", f"{statistics.median(took):.0f} ms", "100 ms"),
            ("slider to redrawn chart, 95th percentile",
             f"{took[int(0.95 * len(took))]:.0f} ms", "250 ms")]


def _measure(address: str) -> list[float]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=[
            "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        time.sleep(4)  # the address is printed a moment before the server listens
        page.goto(address)
        page.wait_for_selector("#jp-main-statusbar >> text=| Idle", timeout=90_000)
        for _ in range(5):
            page.locator(".jp-Notebook .jp-Cell").first.focus()
            page.keyboard.press("Control+a")
            page.keyboard.press("Control+Enter")
            try:
                page.wait_for_selector(".wb-chart svg", timeout=20_000)
                break
            except TimeoutError:
                continue
        page.wait_for_timeout(3000)
        found: list[float] = page.evaluate(MOVES)
        browser.close()
        return found


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row))
