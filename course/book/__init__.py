"""The reading edition: every module as static pages, and sheets for another way to the same marks.

    notebook.py  what a module's notebook says and asks for; its code is read, never run
    paper.py     the contract with `exercises/NAME/paper.py`: what an exercise shows on paper
    chapter.py   one module for paper: its parts, its questions numbered, its results
    draw.py      tables, charts and screens as HTML with no script
    build.py     writes the book: pages, sheets to print, typed sheets
    typed.py     the typed sheet, and what its marks mean
    filled.py    reads a typed sheet that came back
    enter.py     enters one as a fellow's submission
"""
