# make demo   the main job on real speech, from nothing
# make test   every test, from nothing
# make lint   what CI checks besides the tests

PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= $(shell nproc)
KERNEL := $(wildcard metrics/csrc/* asrdiag/simulation/csrc/*)
PIP    := $(VENV)/bin/python -m pip --disable-pip-version-check -q

.PHONY: demo test lint clean

demo: $(VENV)/.base
	$(VENV)/bin/asrdiag run quickstart

test: $(VENV)/.all
	$(VENV)/bin/python -m pytest -n $(JOBS) --dist loadfile

lint: $(VENV)/.all
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy -p asrdiag

$(VENV)/.base: pyproject.toml constraints.txt $(KERNEL)
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "asrdiag needs Python 3.11 or later; name one: make PYTHON=python3.12 ...")'
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --prefer-binary -c constraints.txt -e .
	touch $@

$(VENV)/.all: pyproject.toml constraints.txt $(VENV)/.base
	$(PIP) install --prefer-binary -c constraints.txt -e '.[all]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
