# make lab       everything from a fresh clone to JupyterLab: environment, drawn pets, notebooks
# make test      everything that CI runs
# make project   train for two minutes on the drawn pets; the report is in runs/project
# make experiments  measure again what the lessons claim about training: two hours on two cores; goes on if stopped
# make site      the course as a web site in site/_build/html; PYODIDE=FOLDER lets lessons run in it
# make lint      the checks of make test that are not tests
# make clean     remove the environment and all caches; keep your notebooks, data and runs
#
# Another Python: make lab PYTHON=python3.13. Torch with or without CUDA, whatever the machine: make lab TORCH=cuda, TORCH=cpu.
# Without make (Windows): see README.md.

PYTHON ?= python3
VENV := .venv
BIN = $(VENV)/bin
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
INSTALL = $(if $(UV),$(UV) pip install --compile-bytecode --python $(BIN)/python,$(BIN)/python -m pip install)

.PHONY: help lab test project experiments site lint clean

help:
	@sed -n '/^$$/q; s/^# \{0,1\}//p' Makefile

lab: $(VENV)/course.stamp
	$(BIN)/course data draw
	$(BIN)/course lab

project: $(VENV)/course.stamp
	$(BIN)/course train --data pocket --minutes 2 --out runs/project --resume

experiments: $(VENV)/test.stamp
	$(BIN)/python -m experiments --all

site: $(VENV)/site.stamp
	$(BIN)/python site/build.py $(if $(PYODIDE),--pyodide $(PYODIDE))

lint: $(VENV)/test.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/course build --check
	$(BIN)/course lint --table

# Two workers divide the files; a file stays on one of them, so that its fixtures and kernels are made once.
WORKERS ?= 2
SHARED_OUT = -n $(WORKERS) --dist loadfile

# Every cell of every notebook is run; the output of tagged cells must equal the stored one. A learner's progress
# is not changed. The solutions must pass all their checks, and use nothing deprecated.
REPLAY = OMP_NUM_THREADS=1 COURSE_PROGRESS=$(CURDIR)/.pytest_cache/progress.json \
	$(BIN)/pytest $(SHARED_OUT) --nbval-lax --nbval-current-env --nbval-cell-timeout=300

test: lint
	$(BIN)/pytest $(SHARED_OUT) --no-loadscope-reorder
	$(BIN)/python -m experiments --cheap
	$(REPLAY) notebooks
	COURSE_STRICT=1 PYTHONWARNINGS=error::DeprecationWarning $(REPLAY) solutions

clean:
	rm -rf $(VENV) build dist site/_build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# A stamp that is newer than pyproject.toml means that everything in that file is installed.
$(VENV)/site.stamp: EXTRA = [site]
$(VENV)/test.stamp: EXTRA = [test]
$(VENV)/course.stamp $(VENV)/site.stamp $(VENV)/test.stamp: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	wheels=$$($(BIN)/python course_lib/learner/torch_wheels.py $(if $(UV),uv,pip) $(TORCH)) && $(INSTALL) $$wheels -e ".$(EXTRA)"
	@touch $@
