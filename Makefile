# Each target does all its set-up itself; each recipe line is a command anyone can type.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: all demo test lint fix docs model bench screenshot study programs clean
all: test lint

# The developer's environment: the locked packages, and unghost itself, editable.
$(VENV)/ready: pyproject.toml .ci/requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "unghost needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing; on Debian: apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .ci/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: $(VENV)/ready
	$(BIN)/unghost demo

test: $(VENV)/ready programs
	$(BIN)/pytest --numprocesses=2 --cov --cov-report=term:skip-covered

lint: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cog --check -r README.md docs/*.md models/README.md

fix: $(VENV)/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/ready
	$(BIN)/cog -r README.md docs/*.md models/README.md

# The shipped model, from the corpus: the same mail gives the same file.
model: $(VENV)/ready
	$(BIN)/python -m pipeline.ship

bench: $(VENV)/ready programs
	$(BIN)/python tests/bench.py

screenshot: $(VENV)/ready
	$(BIN)/python docs/screenshot.py

# How good the odds of still hearing back are, by simulation: docs/odds.md and docs/odds.png.
study: $(VENV)/ready
	$(BIN)/python docs/study.py

# The programs the tests talk to: installed where we may, named where we may not.
programs:
	@sh .ci/programs

clean:
	rm -rf $(VENV) unghost-demo
