# Two commands for a newcomer: `make audit` and `make test`. Both need Python 3.11 or newer, pip and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
REPORT ?= assay-report
WORKERS ?= 2

.PHONY: audit test check lint types contract format clean wheel

## audit the example vendor; assay itself is expected to exit 1, because the example's faults violate the policy
audit: $(STAMP)
	@$(BIN)/assay audit examples/labeling-vendor --output $(REPORT); code=$$?; \
	echo; echo "assay exited $$code: the policy is violated, as the faults planted in examples/labeling-vendor intend."; \
	if [ $$code -ne 1 ]; then echo "make audit expected 1."; exit 1; fi

## the whole test-suite. Byte code is kept: the tests start hundreds of interpreters, each of which would compile assay anew
test: export PYTHONDONTWRITEBYTECODE =
test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

## everything that a change must pass
check: lint types contract test

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

contract: $(STAMP)
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheel: $(STAMP)
	$(BIN)/python -m hatchling build -t wheel

clean:
	rm -rf $(VENV) $(REPORT) dist build

# uv when it is there, else venv and pip. The stamp is renewed when the project's metadata changes.
$(STAMP): pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
		uv pip install --quiet --python $(BIN)/python -e '.[all]' --group dev; \
	else \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "assay needs Python 3.11 or newer; try make PYTHON=python3.12"; exit 1; }; \
		$(PYTHON) -m venv $(VENV) && \
		$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' && \
		$(BIN)/python -m pip install --quiet -e '.[all]' --group dev; \
	fi
	@touch $@
