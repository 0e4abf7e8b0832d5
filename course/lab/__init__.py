"""Starting JupyterLab: what it serves for us, and how a fellow's Lab is arranged."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path

from course import home
from course.assets import STATIC

HERE = Path(__file__).parent
FIRST_PORT = 8888


def served() -> Path:
    """Where JupyterLab finds our extension and the browser's half of our widgets."""
    return Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "ward-to-board"


def setup() -> Path:
    """Put our scripts, our style and the chart bundle where JupyterLab serves them.

    The Vega bundle (0.9 MB) comes out of vl-convert, so no chart needs a CDN. Returns the
    folder. Raises OSError when it cannot be written.
    """
    import vl_convert

    folder = served() / "static"
    folder.mkdir(parents=True, exist_ok=True)
    # Its type stub forgets that None asks for the plain bundle.
    bundle = vl_convert.javascript_bundle(None)  # type: ignore[arg-type]
    bundle += "\nexport default window.vegaEmbed;\n"
    _put(folder / "vega.js", bundle.encode())
    for path in STATIC.iterdir():
        _put(folder / path.name, path.read_bytes())
    _put(folder / "modules.json", json.dumps(
        {name: code_of(name) for name in home.modules()}, ensure_ascii=False).encode())
    # Last: with it JupyterLab loads lab.js, which asks for what is above.
    _put(served() / "package.json", json.dumps({
        "name": "ward-to-board", "version": "0.1.0",
        "description": "Opens the course's modules live",
        "jupyterlab": {"extension": True, "_build": {
            "load": "static/lab.js", "extension": "./extension"}}}).encode())
    return served()


def code_of(name: str) -> list[str]:
    """The code of a module as we ship it: only a notebook that has just this runs unasked."""
    path = home.content() / "modules" / name / f"{name}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def _put(path: Path, content: bytes) -> None:
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    new.write_bytes(content)
    new.replace(path)


@dataclass(frozen=True)
class Server:
    """A JupyterLab about to run: its command, environment and address."""

    command: list[str]
    environment: dict[str, str]
    address: str
    browser: bool


def fellow(port: int | None = None, browser: bool = True) -> Server:
    """JupyterLab for one local fellow, opened at the course's home page."""
    return _server(home.workspace(), "ward-to-board",
                   [HERE / "fellow", home.content()], port, browser)


def tutor(port: int | None = None, browser: bool = True) -> Server:
    """JupyterLab for a tutor, opened at nbgrader's formgrader."""
    return _server(home.classroom(), "formgrader", [home.content()], port, browser)


def _server(root: Path, page: str, config: list[Path], port: int | None, browser: bool) -> Server:
    port, token = port or free_port(), secrets.token_hex(16)
    here = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "COURSE_HOME": str(home.state()),
        # nbgrader looks for `alembic` on PATH.
        "PATH": f"{here}{os.pathsep}{os.environ.get('PATH', '')}",
        "JUPYTER_CONFIG_PATH": os.pathsep.join(
            [*map(str, config), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]),
        "JUPYTER_TOKEN": token,
        # This course's arrangement, not what another JupyterLab of the same person remembers.
        "JUPYTERLAB_SETTINGS_DIR": str(home.state() / "lab" / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home.state() / "lab" / "workspaces"),
    }
    browser = browser and _has_browser()
    command = [sys.executable, "-m", "jupyter", "lab", f"--ServerApp.root_dir={root}",
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
               f"--LabApp.default_url=/{page}", "--log-level=WARN"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return Server(command, environment, f"http://127.0.0.1:{port}/{page}?token={token}", browser)


def free_port(first: int = FIRST_PORT) -> int:
    """The first port from `first` on that nothing listens at."""
    for port in range(first, first + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _has_browser() -> bool:
    if sys.platform.startswith("linux") and not (
            os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False  # a text browser would take the terminal over
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def fetch(folder: Path) -> list[str]:
    """Give the local fellow every released module not in `folder` yet; names of the new.

    A module that is there is never touched: it may hold answers.
    """
    released = home.exchange() / home.COURSE_ID / "outbound"
    new = []
    folder.mkdir(parents=True, exist_ok=True)
    for name in home.modules():
        source, target = released / name, folder / name
        if target.exists() or not source.is_dir():
            continue
        staging = folder / f".{name}.{secrets.token_hex(4)}"
        shutil.copytree(source, staging)
        for path in (staging, *staging.rglob("*")):  # released files are read-only
            path.chmod(0o755 if path.is_dir() else 0o644)
        staging.rename(target)
        new.append(name)
    return new
