# The commands of this project. They need Python 3.11 or newer and make; all else is fetched, built and kept in .venv
# and in the user's cache folders. PYTHON=/path/to/python3 chooses the Python.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
WITH_PYTHON := python=$$(scripts/find-python $(PYTHON)) && "$$python"
STAGES := $(WITH_PYTHON) scripts/stages.py
CHECKS := format lint types layers generated unit
COMPILE = $(VENV)/uv/bin/uv pip compile -q --generate-hashes --python-version 3.11 --universal --no-header $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help setup demo check test chaos soak bench $(CHECKS) tools tests generate lock sbom

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## from nothing to the running main job, in a cluster of its own; ONCE=1 ends by itself
	@$(BIN)/python scripts/demo.py $(if $(ONCE),--once)

test: ## from nothing to a finished full test run
	@$(STAGES) "$(MAKE)" setup $(CHECKS) tools tests chaos

check: ## seconds: format, lint, types, layers, generated files, unit tests
	@$(STAGES) "$(MAKE)" setup $(CHECKS)

setup: $(READY) ## .venv with the locked dependencies and the command tracardi-operator
	@echo "ready: $(BIN)/tracardi-operator"

$(READY): requirements/dev.txt pyproject.toml
	@$(WITH_PYTHON) scripts/setup.py $(VENV)

format: $(READY)
	@$(BIN)/ruff format --check

lint: $(READY)
	@$(BIN)/ruff check

types: $(READY)
	@$(BIN)/mypy

layers: $(READY)
	@$(BIN)/lint-imports --no-logo

generated: $(READY)
	@$(BIN)/python -m tracardi_operator.generate --check

unit: $(READY)
	@$(BIN)/python -m pytest -q tests/unit

tools: $(READY)
	@$(BIN)/python -c 'from tracardi_operator.devcluster import Toolchain; print(Toolchain.provide().apiserver.parent)'
	@$(BIN)/python -c 'from tracardi_operator.devcluster.helm import provide_helm; print(provide_helm())'
	@$(BIN)/python -c 'from tracardi_operator.devcluster.prometheus import PrometheusTools as T; print(T.provide().server)'

tests: $(READY)
	@$(BIN)/python -m pytest tests --ignore=tests/unit

chaos: $(READY) ## faults, and runs of users and faults at random; SEED=7 plays and shrinks one, RUNS=500 so many from there
	@$(if $(SEED)$(RUNS),$(BIN)/python -m tests.chaos.seeded --seed $(or $(SEED),0) --runs $(or $(RUNS),1) \
	  $(if $(RUNS),--record bench/chaos.jsonl,--shrink),$(BIN)/python -m pytest tests/chaos)

soak: $(READY) ## mixed load for MINUTES=60, and whether memory, tasks, sockets and queue are flat at its end
	@$(BIN)/python -m tests.chaos.seeded.soak --minutes $(or $(MINUTES),60)

bench: $(READY) ## the figures of docs/RESULTS.md, on a quiet machine; an hour and a half; ARGS=--help says more
	@$(BIN)/python -m tests.bench $(ARGS) && $(BIN)/python -m tests.bench.report

generate: $(READY) ## crds/, policies and pages of the service types anew, after a change of the models or the catalogue
	@$(BIN)/python -m tracardi_operator.generate

sbom: ## build/sbom.cdx.json, from the lock: what is in the image, in the form of CycloneDX
	@$(WITH_PYTHON) -m venv $(VENV)/sbom && $(VENV)/sbom/bin/python -m pip install -q cyclonedx-bom==7.5.0
	@mkdir -p build && $(VENV)/sbom/bin/python -W ignore -m cyclonedx_py requirements requirements/run.txt \
	  --pyproject pyproject.toml --mc-type application --output-reproducible --output-file build/sbom.cdx.json

lock: ## requirements/*.txt anew, after a change of pyproject.toml; UPGRADE=-U takes the newest versions
	@$(WITH_PYTHON) -m venv $(VENV)/uv && $(VENV)/uv/bin/python -m pip install -q uv
	@$(COMPILE) pyproject.toml -o requirements/run.txt
	@$(COMPILE) --extra dev --group test --group build -c requirements/run.txt pyproject.toml -o requirements/dev.txt
	@$(COMPILE) --group consumers -o requirements/consumers.txt
