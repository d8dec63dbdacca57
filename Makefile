# Every target makes the environment that it needs. Two commands set everything up:
# `make demo` and `make test`.

PYTHON ?= python3
PIP_QUIET ?= -q --disable-pip-version-check
VENV := .venv
DEMO := .venv-demo
OLDEST := .venv-oldest
SWIFT := .venv-swift
S3RVER := .venv-s3rver
BENCH := .venv-bench
WRANGLER := .venv-bench-wrangler
BIN := $(VENV)/bin
WORKERS ?= 2
# How tests are dealt to workers; WORKERS=4 DIST=worksteal leaves no worker idle at the end.
DIST ?= loadfile
TESTS := -m "not slow and not live"
# What meets the versions of libraries: frames, bytes, pictures, connections, and one chain of jobs.
OLD := frames kernels plotting sandbox/test_model.py sandbox/test_profiles.py sandbox/test_registry.py \
	service storage/test_storage_text.py storage/test_result_spans.py \
	streaming demo test_config.py test_package.py test_environment.py jobs/test_chain.py

.DEFAULT_GOAL := help
.PHONY: help demo test lint format unit oldest docs links screenshots verify soak live bench budgets swift s3rver clean

help:  ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(DEMO)/ready  ## Run the main job on the embedded sandbox (ARGS="--events log.csv ...")
	@$(DEMO)/bin/python -m nclue_pandas demo $(ARGS)

test: lint unit oldest  ## Lint, all tests with coverage, and the oldest supported versions

lint: $(VENV)/ready  ## Style, types, import direction, docstrings, words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_imports.py
	$(BIN)/python scripts/check_docstrings.py
	$(BIN)/codespell $$(git ls-files 2>/dev/null || echo .)
	$(BIN)/python scripts/check_reference.py
	$(BIN)/python scripts/generate_docs.py --check
	$(BIN)/python scripts/catalog.py --check

format: $(VENV)/ready  ## Let ruff format and mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

unit: $(VENV)/ready swift s3rver
	$(BIN)/python -m pytest nclue_pandas tests --doctest-modules $(TESTS) \
		-n $(WORKERS) --dist $(DIST) --cov --cov-report=term --cov-fail-under=95

oldest: $(OLDEST)/ready  ## The oldest versions that pyproject.toml allows
	$(OLDEST)/bin/python -m pytest $(addprefix tests/,$(OLD)) \
		$(TESTS) -n $(WORKERS) --dist $(DIST) -q

docs: $(VENV)/ready  ## Build the documentation into docs/_build/html
	rm -rf docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	$(BIN)/python scripts/check_links.py

links: docs  ## Ask for every address of another site that the documentation names
	$(BIN)/python scripts/check_links.py --external

screenshots: docs  ## The documentation in a browser: no overflow, no error, pictures, the search
	$(BIN)/python scripts/screenshots.py
	$(BIN)/python scripts/check_search.py

verify: $(VENV)/ready swift s3rver  ## The long checks: repeated seeds, simulations
	$(BIN)/python -m pytest tests -m "slow and not live" -s --timeout 1800
	$(BIN)/python -m pytest tests -m "property and not slow" --hypothesis-profile long --timeout 1800

RUNS ?= 200
PAIRS ?= 50
soak: $(VENV)/ready swift  ## Kill predict hundreds of times and run it again (RUNS=, PAIRS=)
	PYTHONPATH=tests $(BIN)/python -m soak --store moto --runs $(RUNS) --pairs $(PAIRS)
	PYTHONPATH=tests $(BIN)/python -m soak --store swift --runs $(RUNS) --pairs $(PAIRS)

live: $(VENV)/ready  ## Against a real account: needs NCLUE_LIVE_BUCKET and keys
	@test -n "$$NCLUE_LIVE_BUCKET" || { \
		echo "make live creates billed jobs. Set NCLUE_LIVE_BUCKET to a bucket for it, and keys."; \
		exit 2; }
	$(BIN)/python -m pytest tests/live -m live -s --timeout 14400

bench: $(BENCH)/ready $(WRANGLER)/ready swift  ## Side by side with peers (ARGS="sequences --sizes 1e6")
	$(BENCH)/bin/python -m benchmarks $(ARGS)

budgets: $(BENCH)/ready  ## Streams of 12 shapes of logs by 3 budgets: memory on a plot
	$(BENCH)/bin/python -m benchmarks.budgets $(ARGS)

clean:  ## Remove environments and what was built
	rm -rf $(VENV) $(DEMO) $(OLDEST) $(SWIFT) $(S3RVER) $(BENCH) $(WRANGLER) docs/_build dist build .coverage* .pytest_cache .mypy_cache .ruff_cache

define environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Making $(@D) ..."
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install $(PIP_QUIET) -c $(1) -e ".[$(2)]"
	@touch $@
endef

$(VENV)/ready: pyproject.toml constraints.txt
	$(call environment,constraints.txt,test$(comma)docs)

$(DEMO)/ready: pyproject.toml constraints.txt
	$(call environment,constraints.txt,sandbox)

$(BENCH)/ready: pyproject.toml constraints.txt
	$(call environment,constraints.txt,bench)

# awswrangler wants an older pyarrow than the rest.
$(WRANGLER)/ready: constraints-bench-wrangler.txt
	@echo "Making $(@D) ..."
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install $(PIP_QUIET) -c $< awswrangler
	@touch $@

$(OLDEST)/ready: pyproject.toml constraints-oldest.txt
	$(call environment,constraints-oldest.txt,sandbox$(comma)plot$(comma)test-oldest)

# A real object store for the tests. Where it cannot be installed they skip, and say why.
swift:
	@$(MAKE) -s $(SWIFT)/ready || echo "Without Swift: its tests are skipped."

$(SWIFT)/ready: constraints-swift.txt
	@echo "Making $(@D) ..."
	@mkdir -p $(@D)
	@{ $(PYTHON) -m venv $(@D) && \
		$(@D)/bin/python -m pip install $(PIP_QUIET) -c $< swift && \
		$(@D)/bin/python -W ignore -c "import swift.proxy.server"; } > $(@D)/install.log 2>&1
	@touch $@

# Another one, for Node: pinned by its own version only.
s3rver:
	@$(MAKE) -s $(S3RVER)/ready || echo "Without s3rver (npm): its tests are skipped."

$(S3RVER)/ready:
	@echo "Making $(@D) ..."
	@npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(@D) s3rver@3.7.1
	@touch $@

comma := ,
