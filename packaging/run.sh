#!/bin/sh
# Sets EdgeRoute up in this checkout and starts it. Safe to run again: what is there is reused.
#
#   sh packaging/run.sh             the chat app
#   sh packaging/run.sh ask "..."   any other command
#
# Only what needs no compiling is installed first. Before the app opens, EdgeRoute fetches the models
# that read prompts for personal data; behind it llama.cpp is compiled and a model that fits fetched
# (`sh packaging/run.sh models status`).
#
# EDGEROUTE_HOME moves settings, conversations and models under one folder, EDGEROUTE_MODELS the
# models alone, EDGEROUTE_PYTHON names the Python to use.
set -eu
cd "$(dirname "$0")/.."
. packaging/setup.sh

install packaging/requirements.txt
exec $VENV/bin/edgeroute "$@"
