"""nbgrader's loop with answers as data.

What is marked is the released notebook and the fellow's record, `answers.jsonl`. The
notebook that was handed in is never executed, never rendered and never needed.

    configure.py  what nbgrader_config.py sets
    intake.py     looks at a submission without following, opening or deleting anything in it
    rebuild.py    released notebook + record -> marked notebook, pure
    hooks.py      the classes that stock nbgrader is configured to use
    export.py     marks as CSV
    batch.py      the same marking in one process, for whole cohorts
    loop.py       release, collect, mark, feedback, export: what the CLI calls
"""
