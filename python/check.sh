#!/usr/bin/env bash
# Tests the package, and the wheel with the binary inside where it is installed from. Needs
# python3 with pip and its registry; says so and does nothing without them.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd .. && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! python3 -m venv "$work/build" 2>/dev/null ||
	! "$work/build/bin/pip" install -q --disable-pip-version-check --retries 1 --timeout 10 hatchling ruff mypy numpy 2>"$work/pip"; then
	echo "python: skipped: python3 -m venv and pip install do not work here"
	exit 0
fi

"$work/build/bin/ruff" check --no-cache -q .
"$work/build/bin/ruff" format --no-cache -q --check .
"$work/build/bin/mypy" --no-incremental --cache-dir=/dev/null >"$work/mypy" || { cat "$work/mypy"; exit 1; }

# The wheel, in an environment of its own, away from the sources.
(cd .. && go build -o "$work/prospect" ./cmd/prospect)
PROSPECT_WHEEL_BINARY="$work/prospect" "$work/build/bin/pip" wheel -q --disable-pip-version-check \
	--no-deps --no-build-isolation -w "$work/wheel" .
python3 -m venv "$work/clean"
"$work/clean/bin/pip" install -q --disable-pip-version-check "$work"/wheel/prospect_pc-*.whl pytest
cp -r tests README.md pyproject.toml "$work/"
cd "$work"
env -u PROSPECT_BINARY -u PYTHONPATH PATH="$work/clean/bin:/usr/bin:/bin" PYTHONDONTWRITEBYTECODE=1 \
	clean/bin/python -m pytest -q -p no:cacheprovider tests

# The pages of the guide once more, with their blocks of Python.
clean/bin/pip install -q --disable-pip-version-check safetensors
cd "$root"
PATH="$work/clean/bin:$PATH" go test -count 1 ./docs

# What other tools make of the files that a run writes for them.
if "$work/clean/bin/pip" install -q --disable-pip-version-check --retries 1 --timeout 10 tensorboard mlflow-skinny 2>"$work/pip"; then
	PROSPECT_PYTHON="$work/clean/bin/python" PATH="$work/clean/bin:$PATH" \
		go test -count 1 ./cli ./datasets ./tensorboard ./internal/safetensors ./internal/bench \
		-run 'TensorBoard|MLflow|Loggers|Peers|NPY|Python|Unaligned'
else
	echo "python: the tests with TensorBoard and MLflow are skipped: pip install does not find them here"
fi
