"""What the server answers at `ward-to-board/…`: one handler a page, each a few lines."""

from __future__ import annotations

import asyncio
import mimetypes
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import mistune
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from markupsafe import Markup
from tornado import web

from course import dates, handin, home, lab, programme
from course.assets import version
from course.fellow import standing
from course.ui import cards

ROOT = "ward-to-board"
_MODULE = r"(\d\d-[a-z-]+)"

_templates = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"),
                         autoescape=True, undefined=StrictUndefined,
                         trim_blocks=True, lstrip_blocks=True)
_templates.filters |= {"when": dates.when, "short": cards.short}


class _Page(JupyterHandler):
    """One of our pages: its own strict policy, and never a traceback."""

    auth_resource = "contents"

    @property
    def content_security_policy(self) -> str:
        return ("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
                "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")

    @property
    def folders(self) -> Path:
        """Where this fellow's modules are: the folder that the server opens."""
        return Path(self.settings["server_root_dir"]).expanduser()

    def at(self, *parts: str) -> str:
        """The address of a page of ours."""
        return url_path_join(self.base_url, ROOT, *map(quote, parts))

    def show(self, page: str, status: int = 200, **words: Any) -> None:
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")  # a state of a minute ago misleads
        static = url_path_join(self.base_url, "lab/extensions/ward-to-board/static")
        self.finish(_templates.get_template(f"{page}.html").render(
            at=self.at, static=static, version=version(), programme=programme.read(),
            now=datetime.now(UTC), distance=dates.distance,
            module_at=lambda s: url_path_join(
                self.base_url, "doc/tree", quote(s.name), quote(f"{s.name}.ipynb")),
            xsrf=self.xsrf_token.decode("utf-8"), **words))

    def standing(self, module: str) -> standing.Standing:
        try:
            return standing.one(self.folders, module)
        except KeyError:
            raise web.HTTPError(404) from None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        # The server's own log has the trace; the page names no more than the kind of error.
        kind = (kwargs.get("exc_info") or (None,))[0]
        self.clear()
        self.show("problem", status_code, missing=status_code == 404,
                  what=kind.__name__ if kind else "")


class Home(_Page):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        problem = ""
        try:  # what the programme has released since is there without being asked for
            await asyncio.to_thread(lab.fetch, self.folders)
        except OSError:
            problem = ("New modules could not be fetched just now. Those you have are all here; "
                       "tell your programme if this stays.")
        path = await asyncio.to_thread(standing.path, self.folders)
        self.show("home", path=path, next=standing.following(path), words=standing.WORDS,
                  problem=problem)


class Submit(_Page):
    """What is complete and what is missing, first; then, asked again, the submission."""

    @web.authenticated
    @authorized
    async def get(self, module: str) -> None:
        found = await asyncio.to_thread(self.standing, module)
        if found.state == "closed":
            raise web.HTTPError(404)
        self.show("submit", it=found, problem="")

    @web.authenticated
    @authorized
    async def post(self, module: str) -> None:
        found = self.standing(module)
        if found.state == "closed":
            raise web.HTTPError(404)
        outcome = await asyncio.to_thread(handin.submit, found.folder)
        if outcome.done:
            # To a page of its own: reloading it submits nothing.
            self.redirect(self.at("submitted", module), status=303)
        else:
            self.show("submit", 503, it=found, problem=outcome.says)


class Submitted(_Page):
    """The receipt, now and at any later time."""

    @web.authenticated
    @authorized
    async def get(self, module: str) -> None:
        found = await asyncio.to_thread(self.standing, module)
        if found.sent is None:
            self.redirect(self.at("submit", module))
            return
        self.show("submitted", it=found, all=handin.submissions(module),
                  late=handin.lateness(module, found.sent.at))


class Feedback(_Page):
    @web.authenticated
    @authorized
    async def get(self, module: str) -> None:
        found = await asyncio.to_thread(self.standing, module)
        if found.fresh or not handin.fetched(found.folder):
            said = await asyncio.to_thread(handin.fetch_feedback, found.folder)
        else:
            said = handin.Feedback("", handin.fetched(found.folder))
        links = [(page, url_path_join(self.base_url, "files", *map(quote, page.path.split("/"))))
                 for page in said.pages]
        self.show("feedback", it=found, said=said, links=links)


class Help(_Page):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.show("help")


class Accessibility(_Page):
    """The course's statement, with the programme's own address."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        words = (home.content() / "ACCESSIBILITY.md").read_text(encoding="utf-8")
        words = re.sub(r"<!--.*?-->\n", "", words)  # a line for our test
        to_html = mistune.create_markdown(plugins=["table"])
        self.show("accessibility", statement=Markup(to_html(words)))  # noqa: S704 (our own file)


class Book(_Page):
    """The reading edition, written when it is first asked for and when the course has changed."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        folder = home.state() / "book"
        if not _fresh(folder / "index.html"):
            # A program of its own: the models it runs have no place in a fellow's server.
            writing = await asyncio.create_subprocess_exec(
                sys.executable, "-c", "from course.cli import app; app()", "book",
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
            await writing.wait()
        try:
            content = (folder / name).read_bytes()
        except OSError:
            raise web.HTTPError(404) from None
        kind = mimetypes.guess_type(name)[0] or "text/plain"
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        await self.finish(content)


def _fresh(page: Path) -> bool:
    """Whether the book is newer than everything it is made of."""
    sources = [home.readings(), *(path for folder in ("modules", "assessments", "corpus")
                                  for path in (home.content() / folder).rglob("*"))]
    try:
        made = page.stat().st_mtime
        return all(path.stat().st_mtime <= made for path in sources if path.exists())
    except OSError:
        return False


def handlers(base_url: str) -> list[tuple[str, type[_Page]]]:
    """Every address of ours below the server's own, with what answers there."""
    pages = {"/?": Home, rf"/submit/{_MODULE}": Submit, rf"/submitted/{_MODULE}": Submitted,
             rf"/feedback/{_MODULE}": Feedback, "/help": Help, "/accessibility": Accessibility,
             r"/book/([\w-]+\.(?:html|txt|css))": Book}
    return [(url_path_join(base_url, ROOT) + path, page) for path, page in pages.items()]
