#!/bin/sh
# Compares updates on an accelerator with JAX's on the same one, in at most five minutes, and prints one table:
#
#     PEERS_ENVIRONMENT=~/peers bench/gpu.sh [--cases b,c] [--rules pc,bp] [--products default] [--plugin PATH] [--seconds 2]
#
# PEERS_ENVIRONMENT is a Python with jax, for that accelerator, numpy and safetensors: python3 -m venv ~/peers;
# ~/peers/bin/pip install "jax[cuda13]" numpy safetensors. Its plugin is used by both, unless PROSPECT_PJRT_PLUGIN names one.
# PROSPECT is the command; without it, it is built here. The processor is what it runs on where there is nothing else.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
environment=${PEERS_ENVIRONMENT:-}
if [ -z "$environment" ] || [ ! -x "$environment/bin/python" ]; then
	echo "bench/gpu.sh: PEERS_ENVIRONMENT, got \"$environment\", want the folder of a virtual environment with jax, numpy and safetensors" >&2
	exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${PROSPECT:-}" ]; then
	(cd "$here/.." && go build -o "$work/prospect" ./cmd/prospect)
	PROSPECT=$work/prospect
fi
export PROSPECT VIRTUAL_ENV="$environment" PYTHONDONTWRITEBYTECODE=1
"$PROSPECT" devices
timeout 290 "$environment/bin/python" "$here/peers/gpu.py" --folder "$work" "$@"
