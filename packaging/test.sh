#!/bin/sh
# Sets EdgeRoute up with its test dependencies and runs every check. Safe to run again.
#
#   sh packaging/test.sh                    everything
#   sh packaging/test.sh tests/wire -x      the checks of the source, then these tests
#   sh packaging/test.sh --light tests/core/test_usage.py
#                                           these tests alone, in a minute: compiles nothing,
#                                           fetches no model; tests that need one are skipped
#
# EDGEROUTE_MODELS names the folder with model files (otherwise in the cache folder): they are
# fetched once. What cannot be fetched makes the tests that need it skip, and say so.
set -eu
cd "$(dirname "$0")/.."
. packaging/setup.sh

EDGEROUTE_MODELS=${EDGEROUTE_MODELS:-$CACHE/models}
export EDGEROUTE_MODELS
if [ "${1:-}" = --light ]; then
    shift
    install packaging/requirements-test.txt
    exec $VENV/bin/pytest "$@"
fi

install packaging/requirements-test.txt
# The tests find the compiled llama.cpp as they find every other package.
$VENV/bin/edgeroute models pull llamacpp >"$LOGS/llamacpp" ||
    fail "llama.cpp could not be compiled: the lines above say what to do."
dirname "$(cat "$LOGS/llamacpp")" >"$($PYTHON -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/llamacpp.pth"
for id in rampart minilm e5 centerface cl100k qwen2.5-coder-0.5b; do
    have=$LOGS/model-$id-$(printf '%s' "$EDGEROUTE_MODELS" | cat - models/local.yaml models/support.yaml | cksum | cut -d ' ' -f 1).done
    if [ ! -f "$have" ]; then
        if $VENV/bin/edgeroute models pull "$id" >&2; then
            : >"$have"
        else
            say "$id could not be fetched: tests that need it are skipped."
        fi
    fi
done

$VENV/bin/ruff check
$VENV/bin/ruff format --check
$VENV/bin/mypy
$VENV/bin/lint-imports
# Files of tests run side by side: many wait more than they compute. `-n 0` runs them one by one.
exec $VENV/bin/pytest --numprocesses auto --maxprocesses 4 --dist loadfile "$@"
