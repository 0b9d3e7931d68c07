#!/bin/sh
# Sets EdgeRoute up in this checkout and starts it. Safe to run again: what is there is reused.
#
#   sh packaging/run.sh             the chat app
#   sh packaging/run.sh ask "..."   any other command
#
# EDGEROUTE_HOME moves settings, conversations and models under one folder, EDGEROUTE_MODELS the
# models alone, EDGEROUTE_PYTHON names the Python to use.
set -eu
cd "$(dirname "$0")/.."
. packaging/setup.sh

install packaging/requirements.txt

# Once per models folder; afterwards EdgeRoute itself says what is missing.
ready=$LOGS/models-$(printf '%s' "${EDGEROUTE_MODELS:-} ${EDGEROUTE_HOME:-}" | cat - models/local.yaml models/support.yaml | cksum | cut -d ' ' -f 1).done
if [ ! -f "$ready" ]; then
    say "Fetching the models that EdgeRoute runs on this machine ..."
    for id in rampart minilm e5 auto; do
        $VENV/bin/edgeroute models pull "$id" >&2 ||
            fail "The models could not be fetched. Check the connection and run this again:" \
                "it goes on where it stopped."
    done
    : >"$ready"
fi

exec $VENV/bin/edgeroute "$@"
