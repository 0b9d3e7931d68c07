#!/bin/sh
# Writes the locked, hash-pinned dependencies anew from pyproject.toml. Needs uv.
#
#   sh packaging/lock.sh            keeps the versions that are locked where they still fit
#   sh packaging/lock.sh --upgrade  takes the newest that fit
set -eu
cd "$(dirname "$0")/.."

compile() {
    target=$1
    shift
    uv pip compile "$@" --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links --output-file "$target"
}

compile packaging/requirements.txt pyproject.toml "$@"
compile packaging/requirements-test.txt pyproject.toml --extra test "$@"
compile packaging/requirements-build.txt packaging/requirements-build.in "$@"
# These travel with the package: it compiles llama.cpp itself, wherever it was installed.
compile models/llamacpp.txt packaging/requirements-llamacpp.in --no-deps "$@"
compile models/llamacpp-build.txt packaging/requirements-llamacpp-build.in "$@"
