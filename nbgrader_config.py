"""nbgrader's configuration: everything is in course/marking/configure.py."""

from course.marking.configure import configure

configure(get_config())  # noqa: F821 (nbgrader defines it where it runs this file)
