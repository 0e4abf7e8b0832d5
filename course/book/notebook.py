"""What a module's notebook says and asks for. Its code is read as a text, never run."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass

from course import home


@dataclass(frozen=True)
class Prose:
    """A text cell, in Markdown."""

    words: str


@dataclass(frozen=True)
class Call:
    """The one call of a code cell: `module.exercise("rubber-band.run")`."""

    what: str
    names: tuple[str, ...]


class NotOnPaper(Exception):
    """Something in a module has no printed counterpart. The message says what, and what to do."""


def parts(name: str) -> list[Prose | Call]:
    """The cells of a module, in order. Raises NotOnPaper for code that is not one call of ours."""
    path = home.content() / "modules" / name / f"{name}.ipynb"
    found: list[Prose | Call] = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        words = "".join(cell["source"])
        found.append(Prose(words) if cell["cell_type"] == "markdown" else _call(name, words))
    return found


def _call(name: str, code: str) -> Call:
    match ast.parse(code).body:
        case [ast.ImportFrom("course"), ast.Assign([ast.Name("module")], ast.Call(
                ast.Name("open_module"), [ast.Constant(str(module))], []))]:
            return Call("open_module", (module,))
        case [ast.Expr(ast.Call(ast.Attribute(ast.Name("module"), what), words, []))]:
            names = [w.value for w in words if isinstance(w, ast.Constant)]
            if len(names) == len(words) and all(isinstance(n, str) for n in names):
                return Call(what, tuple(map(str, names)))
    first = code.strip().splitlines()[0] if code.strip() else "an empty cell"
    raise NotOnPaper(f"{name}: the code cell “{first}” is not one call of the module, so it "
                     "cannot be put on paper.")
