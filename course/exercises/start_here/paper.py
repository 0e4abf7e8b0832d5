"""Start here on paper: how to take the course with a sheet."""

from __future__ import annotations

from course.book.paper import Printed

ON_PAPER = {
    "start-here.practice": lambda: Printed(
        hint="This is a practice question, about the course in JupyterLab. Choose one."),
}
WORDS = {
    "- open a module, answer in it, leave it and come back;":
        "- read a module here and answer it on its sheet;",
    "## You need no code … presses a button.":
        "## Two ways to take the course\n\n"
        "Most fellows take it in JupyterLab, where questions, sliders and charts answer at once. "
        "You are reading the other edition: the same modules as pages to read, with a sheet to "
        "answer on. It is for a telephone, for paper, and for whoever cannot or would rather not "
        "use JupyterLab. Nothing is lost by it: the questions are the same, and so are the "
        "marks.\n\n"
        "**How it goes.** Read a module from top to bottom. Where a question stands, write your "
        "answer on the sheet, to print or typed. Some parts are closed, and say which questions "
        "to answer before you open them: the surprise is what teaches. At the end, send the "
        "sheet to your programme.\n\n"
        "You can change between the two. What you hand in last is what counts.",
    "3. play: run a small model of an organisation, and see what happens;":
        "3. play: decide what you would do in a small model of an organisation, and see what "
        "comes of it;",
    "When you have chosen, press the button. … and what to do next.":
        "So that you have used the sheet once before it matters. The answer stands a few lines "
        "further down.",
    "- Every answer is saved at once, … is part of learning.":
        "- In JupyterLab every answer is saved at once, in a file called `answers.jsonl` on the "
        "fellow's own space, and is there when the page is opened again. On paper your sheet is "
        "the record: keep a copy of what you send.",
    "- Your tutors see nothing until you choose **Submit**. Then they":
        "- Your tutors see nothing until you send your sheet in. Whoever enters it for you reads "
        "it, and then your tutors",
    "Whoever looks after the computer can reach your file, as they can any other.":
        "Whoever looks after the programme's computer can reach it, as they can any other file.",
    "The page looks for things like NHS numbers … It cannot recognise a person; you can.":
        "When a sheet is entered, a program looks for things like NHS numbers and postcodes, and "
        "sends nothing anywhere to do so. It cannot recognise a person; you can.",
    "Boxes save by themselves when you pause.": "A sentence or two is enough.",
    "- Answers are saved as you make them; leave and come back whenever you like.":
        "- Write on the sheet as you read; leave and come back whenever you like.",
    "- Your tutors see nothing before you submit.":
        "- Your tutors see nothing before you send your sheet in.",
    "Below you see what you have done in this notebook. …":
        "Send this sheet in too, so that you have done that once before it matters.",
}
