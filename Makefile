# make start   open the course        make test   run every test
# Python 3.11 or newer and make are all that is needed; the rest goes into .venv
PYTHON ?= python3
VENV   ?= .venv
RUN    := $(VENV)/bin
PIP    := $(RUN)/python -m pip install --disable-pip-version-check -c constraints.txt

.PHONY: start tutor test check bench clean
start: $(VENV)/.start ; @$(RUN)/course start $(ARGS)
tutor: $(VENV)/.start ; @$(RUN)/course tutor $(ARGS)
# Two at a time; the tests of one file may be steps of one story and stay together.
test:  check          ; @$(RUN)/python -m pytest -n 2 --dist loadfile $(ARGS)
bench: $(VENV)/.test  ; @$(RUN)/python bench/run.py $(ARGS)
check: $(VENV)/.test
	@$(RUN)/ruff check . && $(RUN)/mypy && $(RUN)/lint-imports
clean:                ; rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make PYTHON=python3.12 start"; exit 1; }
	@echo "Making a private Python environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python could not make an environment. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }

$(VENV)/.start: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing the course (some minutes, the first time only) …"
	@$(PIP) -e .
	@touch $@

$(VENV)/.test: $(VENV)/.start pyproject.toml constraints.txt
	@echo "Installing what the tests need …"
	@$(PIP) -e '.[dev]'
	@touch $@
