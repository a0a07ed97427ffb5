# Needs only Python >= 3.11 with venv, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The older engine that conditions must agree on; its tests skip without it.
OLDER := .venv-duckdb15

.PHONY: help demo test check format bench faults docs lock clean older-duckdb

help:
	@echo "make demo     install, write the sample data, run the nightly job, show the report"
	@echo "make test     the tests (those whose server or browser is missing skip with a message)"
	@echo "make check    ruff, mypy, layers, fresh docs"
	@echo "make bench    benchmarks, with ratios"
	@echo "make faults   long fault runs"

$(STAMP): .ci/requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q opscli
	@touch $(STAMP)

older-duckdb: $(OLDER)/.installed

$(OLDER)/.installed: .ci/duckdb15.txt
	$(PYTHON) -m venv $(OLDER)
	$(OLDER)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/duckdb15.txt
	@touch $@

demo: $(STAMP)
	$(BIN)/opscli demo data
	$(BIN)/opscli run nightly
	$(BIN)/opscli report show daily
	@echo
	@echo "The same as a page: $(CURDIR)/out/daily.html"

test: $(STAMP)
	$(BIN)/python -m pytest -m "not bench and not faults" -n 2 --dist loadfile

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	@! grep -rnE "TODO|FIXME|XXX" opscli tests --include=*.py --include=*.sql || (echo "finish these first"; exit 1)

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	$(BIN)/python -m pytest -m bench -s

faults: $(STAMP)
	$(BIN)/python -m pytest -m faults

docs: $(STAMP)
	$(BIN)/python docs/generate.py

lock:
	$(BIN)/uv pip compile pyproject.toml --extra demo --extra postgres --extra dev --generate-hashes --universal \
	  --python-version 3.11 --no-header --quiet --output-file .ci/requirements.txt

clean:
	rm -rf data out outbox rejects .opscli
