# Every target does its own set-up; a machine needs Python 3.10 or newer and make.

PYTHON ?= python3
BIN := .venv/bin
# A uv that is on the machine, else one of our own inside .venv.
UV = $(shell command -v uv || echo $(BIN)/uv)
LOCK := --quiet --universal --python-version 3.10 --upgrade \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links
INTEGRATIONS = $(basename $(wildcard integration_tests/requirements/*.in))
SOURCES := pytest_mlflow_gate tests integration_tests example_project benchmarks conftest.py noxfile.py

.PHONY: demo test lint test-integrations test-matrix soak bench screenshots lock schema mlflow2 clean

demo: .venv/ready
	$(BIN)/python example_project/demo.py

test: lint mlflow2
	$(BIN)/python -m pytest -n 2 -q

lint: .venv/ready
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# The systems around a gate, run for real, each in an environment of its own.
test-integrations: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist loadfile -q integration_tests

# The suite on each supported pytest, on each interpreter from 3.10 to 3.13 that is here.
test-matrix: .venv/ready mlflow2
	$(BIN)/nox

# All that tries to have a wrong model promoted: every route on every pytest, 100,000 examples of the oracle, ...
soak: .venv/ready mlflow2
	$(BIN)/python tests/soak.py

# The wheel of this checkout lies beside the environment and not in it, so that it can be left out.
bench: .cache/bench/ready
	rm -rf .cache/bench/wheel .cache/bench/plugin
	$(BIN)/python -m build --wheel --no-isolation --outdir .cache/bench/wheel . >/dev/null
	$(UV) pip install --quiet --python .cache/bench/bin/python --no-deps --target .cache/bench/plugin .cache/bench/wheel/*.whl
	PYTHONPATH=. $(BIN)/python benchmarks/bench.py

# The pictures of the README, taken anew from real sessions and a real server; needs Chromium.
screenshots: .venv/ready
	$(BIN)/python -m tests.browser.screenshots

# Pin everything again. The file names versions only, so that it works with any registry.
lock: .venv/ready
	$(UV) pip compile pyproject.toml --group dev --extra local --extra report --extra rules $(LOCK) -o constraints.txt
	$(UV) pip compile tests/mlflow2.in $(LOCK) -o tests/mlflow2.txt
	for name in $(INTEGRATIONS); do \
	  $(UV) pip compile pyproject.toml $$name.in --extra local --extra report $(LOCK) -o $$name.txt; done

schema: .venv/ready
	$(BIN)/python -m pytest_mlflow_gate schema > pytest_mlflow_gate/gate.schema.json

# The environment of the tests against servers of MLflow 2.
mlflow2: .cache/mlflow2/ready

.venv/bin/python:
	$(PYTHON) -m venv .venv
	command -v uv >/dev/null || .venv/bin/python -m pip install --quiet uv

.venv/ready: .venv/bin/python pyproject.toml constraints.txt
	$(UV) pip install --quiet --python .venv/bin/python --constraint constraints.txt --group dev --editable '.[local,report,rules]'
	touch $@

# What a user of the wheel and its extras `local` and `rules` has, and no development plugin: a bare pytest there is bare.
.cache/bench/ready: .venv/ready
	rm -rf .cache/bench
	$(BIN)/python -m venv --without-pip .cache/bench
	$(UV) pip install --quiet --python .cache/bench/bin/python --constraint constraints.txt --requirements pyproject.toml --extra local --extra report --extra rules
	touch $@

.cache/mlflow2/ready: tests/mlflow2.txt | .venv/bin/python
	$(PYTHON) -m venv --without-pip .cache/mlflow2
	$(UV) pip install --quiet --python .cache/mlflow2/bin/python --requirement tests/mlflow2.txt
	touch $@

clean:
	rm -rf .venv .cache .nox .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dist
