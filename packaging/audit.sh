#!/bin/sh
# Looks at everything that EdgeRoute installs: known holes, licences, hashes, and a list of parts.
#
#   sh packaging/audit.sh           checks; writes build/sbom.json (CycloneDX 1.6)
#
# Needs the environment that packaging/test.sh has made. The data about known holes comes from OSV or
# PyPI with pip-audit, which is fetched into an environment of its own; where it cannot be had that is
# said, and the exit code is 3. 1: something is wrong.
set -eu
cd "$(dirname "$0")/.."
. packaging/setup.sh

[ -x $PYTHON ] || fail "There is no $VENV: run sh packaging/test.sh --light tests/packaging first."
status=0
$PYTHON packaging/audit.py build/sbom.json || status=1

# The compiled llama.cpp has no hash of anybody's: it is checked against those of its installation.
if built=$($VENV/bin/edgeroute models pull llamacpp 2>/dev/null); then
    $PYTHON packaging/audit.py --installed "$(dirname "$built")" || status=1
else
    say "llama.cpp is not compiled here: its files were not looked at."
fi

AUDIT=$VENV/audit
if [ ! -x $AUDIT/bin/pip-audit ]; then
    $PYTHON -m venv $AUDIT && $AUDIT/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1 || {
        rm -rf $AUDIT
        say "pip-audit could not be fetched: known holes were NOT looked for."
        [ "$status" -ne 0 ] || status=3
        exit "$status"
    }
fi
for lock in packaging/requirements.txt models/llamacpp.txt; do
    if ! $AUDIT/bin/pip-audit --require-hashes --disable-pip --progress-spinner off --requirement "$lock"; then
        say "$lock: a known hole, or the data could not be reached (see above)."
        status=1
    fi
done
exit "$status"
