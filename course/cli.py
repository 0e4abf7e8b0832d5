"""The `course` command: start, readings, release, collect, mark, feedback, export."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from course import home

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Ward to Board: a clinical-leadership course that runs in Jupyter.")
readings = typer.Typer(no_args_is_help=True, help="The reader's own copies of the five readings.")
app.add_typer(readings, name="readings")
sheets = typer.Typer(no_args_is_help=True, help="Sheets that fellows filled in, typed.")
app.add_typer(sheets, name="sheet")
out = Console(highlight=False, soft_wrap=True)

Modules = Annotated[list[str] | None, typer.Argument(
    help="Names of modules, such as 02-rubber-band; all of them when none is named.")]


@app.callback()
def course(state: Annotated[Path | None, typer.Option(
        "--home", help="The folder that holds everything the course makes.")] = None) -> None:
    """Choose the folder of state before anything looks for it."""
    if state is not None:
        os.environ["COURSE_HOME"] = str(state.expanduser().resolve())


@app.command()
def setup() -> None:
    """Put what our charts and controls need where JupyterLab serves it."""
    from course import lab

    with out.status("Preparing charts and controls (no internet is needed to show them) …"):
        folder = lab.setup()
    out.print(f"Charts and controls are ready in {folder}")


@app.command()
def start(port: Annotated[int | None, typer.Option(help="The port to use.")] = None,
          browser: Annotated[bool, typer.Option(help="Open a browser.")] = True) -> None:
    """Open the course in JupyterLab for one local fellow."""
    from course import lab

    setup()
    _each(None, lambda loop, name, tell: loop.release(name, tell=tell))
    new = lab.fetch(home.workspace())
    for name in home.modules():
        out.print(f"  {name}: {'added' if name in new else 'here already, left as it is'}")
    _serve(lab.fellow(port, browser), "The course is open at")


@app.command()
def tutor(port: Annotated[int | None, typer.Option(help="The port to use.")] = None,
          browser: Annotated[bool, typer.Option(help="Open a browser.")] = True) -> None:
    """Open nbgrader's formgrader, to read and mark reflections."""
    from course import lab

    _serve(lab.tutor(port, browser), "The formgrader is open at")


def _serve(server: object, words: str) -> None:
    from course.lab import Server

    assert isinstance(server, Server)
    home.state().mkdir(parents=True, exist_ok=True)
    out.print(f"\n[bold]{words}[/bold]\n{server.address}")
    if not server.browser:
        out.print("No browser could be opened here: copy the address into one on this computer.")
    out.print("To stop, press Control and C here. Answers are saved as they are made.\n")
    running = subprocess.Popen(server.command, env=server.environment)  # noqa: S603
    # Told to stop from outside, stop JupyterLab too; it would live on unseen.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = running.wait()
    except KeyboardInterrupt:
        running.send_signal(signal.SIGTERM)
        running.wait()
        out.print("\nStopped. Everything saved is still there.")
        return
    if code:
        out.print(f"JupyterLab stopped with code {code}. What it said is above.")
        raise typer.Exit(1)


@app.command()
def release(modules: Modules = None, again: Annotated[bool, typer.Option(
        help="Release again what is out already, to put right its wording.")] = False) -> None:
    """Make the fellows' version of modules and put it into the exchange."""
    _each(modules, lambda loop, name, tell: loop.release(name, again=again, tell=tell))


@app.command()
def collect(modules: Modules = None) -> None:
    """Fetch what fellows have submitted."""
    _each(modules, lambda loop, name, tell: loop.collect(name, tell=tell))


@app.command()
def mark(modules: Modules = None, again: Annotated[bool, typer.Option(
        help="Mark again also what has not changed.")] = False) -> None:
    """Mark what is marked by rule, and lay the reflections out for the tutor."""
    _each(modules, lambda loop, name, tell: loop.mark(name, again=again, tell=tell))


@app.command()
def feedback(modules: Modules = None, everyone: Annotated[bool, typer.Option(
        help="Also those whose reflection is not marked yet.")] = False) -> None:
    """Make feedback and release it to the fellows."""
    _each(modules, lambda loop, name, tell: loop.feedback(name, everyone=everyone, tell=tell))


@app.command()
def due(module: Annotated[str, typer.Argument(help="A module, such as 02-rubber-band.")],
        date: Annotated[str, typer.Argument(
            help="The day first, such as \"11/12/2026 17:00\"; \"none\" takes the date away.")],
        zone: Annotated[str, typer.Option(
            help="A time zone, such as Europe/London; otherwise this computer's own.")] = "",
        ) -> None:
    """Set when a module is due, for nbgrader and on the fellows' home page."""
    from course import dates

    try:
        at = None if date.lower() == "none" else dates.moment(date, zone)
    except dates.NotADate as error:
        out.print(escape(str(error)))
        raise typer.Exit(1) from None
    _plainly(lambda loop, tell: loop.due(module, at, tell=tell))


@app.command()
def contact(words: Annotated[str, typer.Argument(
        help="Whom fellows ask, such as an e-mail address; it stands on every page of theirs.")],
        ) -> None:
    """Say whom fellows can ask."""
    from course import programme

    try:
        programme.write(programme.Programme.model_validate(
            programme.read().model_dump() | {"contact": " ".join(words.split())}))
    except ValueError:
        out.print("That is longer than the 500 characters a page has room for.")
        raise typer.Exit(1) from None
    except OSError as error:
        out.print(f"It could not be written ({escape(str(error.strerror))}).")
        raise typer.Exit(1) from None
    out.print("Fellows see it at the foot of their pages.")


@app.command()
def export(to: Annotated[Path, typer.Argument(help="The CSV file to write.")]) -> None:
    """Write the marks of every module and fellow as CSV."""
    _plainly(lambda loop, tell: loop.export(to, tell=tell))


def _each(names: list[str] | None, work: Callable[[Any, str, Any], Any]) -> None:
    """One step of the loop for each module, with a bar, and every report in plain words."""
    failed = False
    for name in names or home.modules():
        failed |= not _plainly(partial(_on, work, name), stop=False)
    if failed:
        raise typer.Exit(1)


def _on(work: Callable[[Any, str, Any], Any], name: str, loop: Any, tell: Any) -> Any:
    return work(loop, name, tell)


def _bar() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                    TimeElapsedColumn(), console=out, transient=True)


def _plainly(work: Callable[[Any, Any], Any], stop: bool = True) -> bool:
    with out.status("Starting nbgrader …"):
        from course.marking import loop
    try:
        with _bar() as bar:
            task = bar.add_task("", total=None)

            def tell(done: int, total: int, what: str) -> None:
                bar.update(task, completed=done, total=total, description=escape(what))

            report = work(loop, tell)
    except loop.Trouble as trouble:
        out.print(escape(str(trouble)))
        if stop:
            raise typer.Exit(1) from None
        return False
    for sentence in report.sentences():
        out.print(escape(sentence))
    return bool(report.ok)


@readings.command("add")
def readings_add(files: Annotated[list[Path], typer.Argument(
        help="Your own copies of the readings: text, HTML or PDF.")]) -> None:
    """Find the course's passages in your own copies and show their words beside the exercises.

    The words are kept in the folder of state and nowhere else.
    """
    from course import corpus

    with out.status("Looking for the passages …"):
        added = corpus.add(files, home.readings())
    for refused in added.refused:
        out.print(f"[bold]Not added:[/bold] {escape(refused.why)}")
    for reading in corpus.readings():
        found, missing = added.found.get(reading.id, ()), added.missing.get(reading.id, ())
        if found:
            out.print(f"{reading.id}  {escape(reading.title)}: {len(found)} of "
                      f"{len(reading.passages)} passages found")
            if missing:
                out.print(f"   not found: {', '.join(missing)}")
    if not any(added.found.values()):
        out.print("Nothing was added; what was there before is unchanged.")
        raise typer.Exit(1)
    lacking = [r.id for r in corpus.readings() if added.missing.get(r.id)]
    if lacking:
        out.print(f"Still to add: {', '.join(lacking)}. Until then the course shows its own "
                  "summaries of those.")


@app.command()
def book(to: Annotated[Path | None, typer.Option(help="The folder to write to.")] = None,
         with_readings: Annotated[bool, typer.Option(
             "--with-readings/--without-readings",
             help="Whether passages of the programme's own copies of the readings are in it.")
             ] = True) -> None:
    """Write the reading edition: every module as pages, with sheets to print and to type on."""
    from course.book import build
    from course.book.notebook import NotOnPaper
    from course.marking.report import Trouble

    try:
        with _bar() as bar:
            task = bar.add_task("", total=None)
            written = build.write(to, readings=with_readings, tell=lambda done, total, what:
                                  bar.update(task, completed=done, total=total,
                                             description=escape(what)))
    except (Trouble, NotOnPaper) as trouble:
        out.print(escape(str(trouble)))
        raise typer.Exit(1) from None
    out.print(f"{len(written.modules)} modules are written. Begin at "
              f"{escape(str(written.folder / 'index.html'))}")
    if written.readings:
        out.print("They hold passages of the readings from your own copies: give them to this "
                  "programme's fellows only. Without them: course book --without-readings")


@sheets.command("check")
def sheet_check(file: Annotated[Path, typer.Argument(help="A typed sheet that came back.")]
                ) -> None:
    """Say what a filled typed sheet says, question by question. Nothing is written."""
    if not _sheet(file).whole:
        raise typer.Exit(1)


@sheets.command("add")
def sheet_add(file: Annotated[Path, typer.Argument(help="A typed sheet that came back.")],
              fellow: Annotated[str, typer.Option(help="The fellow's course username.")],
              received: Annotated[str, typer.Option(
                  help="When it was handed in, such as \"11/12/2026 17:00\"; otherwise now.")] = "",
              replace: Annotated[bool, typer.Option(
                  "--replace", help="Put it in place of a submission that is there already, "
                                    "which is set aside.")] = False,
              partly: Annotated[bool, typer.Option(
                  "--partly", help="Leave out what cannot be read.")] = False) -> None:
    """Enter a filled typed sheet for a fellow, as if it had been collected."""
    from course import dates
    from course.book import enter
    from course.marking.report import Trouble

    filled = _sheet(file)
    try:
        at = dates.moment(received) if received else None
        report = enter.enter(filled, file, fellow, received=at, replace=replace, partly=partly)
    except (Trouble, dates.NotADate) as trouble:
        out.print(escape(str(trouble)))
        raise typer.Exit(1) from None
    for sentence in report.sentences():
        out.print(escape(sentence))


def _sheet(file: Path) -> Any:
    """Read a typed sheet and say what was understood of it."""
    from course.book import filled

    try:
        found = filled.read(file)
    except filled.NotASheet as why:
        out.print(escape(str(why)))
        raise typer.Exit(1) from None
    for sentence in found.sentences():
        out.print(escape(sentence))
    return found


@app.command()
def charts() -> None:
    """Write the charts' Vega-Lite ahead of time, for whoever changes a chart."""
    from course.ui import charts as ahead

    with out.status("Writing charts …"):
        for path, content in ahead.rendered().items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
            out.print(f"  {path.relative_to(path.parents[3])}")
