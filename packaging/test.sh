#!/bin/sh
# Sets EdgeRoute up with its test dependencies and runs every check. Safe to run again.
#
#   sh packaging/test.sh                    everything
#   sh packaging/test.sh tests/wire -x      the checks of the source, then these tests
#
# EDGEROUTE_MODELS names the folder with model files (otherwise in the cache folder): they are
# fetched once. What cannot be fetched makes the tests that need it skip, and say so.
set -eu
cd "$(dirname "$0")/.."
. packaging/setup.sh

install packaging/requirements-test.txt

EDGEROUTE_MODELS=${EDGEROUTE_MODELS:-$CACHE/models}
export EDGEROUTE_MODELS
for id in rampart minilm qwen2.5-coder-0.5b; do
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
# What fails is run once more, alone: real processes, sockets and a model on a busy machine can be
# late; what is wrong fails twice.
$VENV/bin/pytest "$@" || {
    status=$?
    [ "$status" -eq 1 ] || exit "$status"
    say "Running what failed once more, alone ..."
    exec $VENV/bin/pytest --last-failed --last-failed-no-failures none
}
