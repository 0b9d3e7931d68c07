# Shared by run.sh and test.sh, which read it with `.` from the top of the checkout.
#
# Messages go to standard error: what `run.sh ask ...` answers stays alone on standard output.
# shellcheck shell=sh

VENV=.venv
PYTHON=$VENV/bin/python
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/edgeroute
LOGS=$VENV/setup

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

find_python() {
    for candidate in ${EDGEROUTE_PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    if command -v python3 >/dev/null 2>&1; then
        fail "EdgeRoute needs Python 3.11 or newer, and python3 here is $(python3 -V 2>&1)." \
            "Install a newer one (Debian, Ubuntu: apt install python3.11 python3.11-venv;" \
            "macOS: brew install python@3.12) or name it: EDGEROUTE_PYTHON=/path/to/python3."
    fi
    fail "EdgeRoute needs Python 3.11 or newer, and there is no python3." \
        "Install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.12)."
}

# watch TITLE COMMAND...: runs the command with its output in a log, and shows how far it is.
watch() {
    title=$1
    shift
    mkdir -p "$LOGS"
    log=$LOGS/$(printf '%s' "$title" | tr -c 'A-Za-z0-9\n' '-').log
    : >"$log"
    say "$title ..."
    show_progress "$title" "$log" &
    ticker=$!
    trap 'kill "$ticker" 2>/dev/null || :' EXIT
    trap 'exit 130' INT TERM
    if "$@" >"$log" 2>&1; then status=0; else status=$?; fi
    kill "$ticker" 2>/dev/null || :
    wait "$ticker" 2>/dev/null || :
    trap - EXIT INT TERM
    if [ -t 2 ]; then printf '\r\033[K' >&2; fi
    if [ "$status" -ne 0 ]; then
        tail -n 25 "$log" >&2
        fail "$title failed (all of it: $log). Check the connection and the lines above, then run this again."
    fi
}

show_progress() {
    begun=$(date +%s)
    told=$begun
    while :; do
        sleep 1
        now=$(date +%s)
        # pip names what it is at.
        at=$(sed -nE -e 's/^Installing collected.*/unpacking/p' -e 's/^ *(Collecting|Downloading|Building) +([^ ;]*).*/\2/p' "$2" |
            tail -n 1 | cut -c 1-50)
        if [ -t 2 ]; then
            printf '\r\033[K  %s %s s' "$at" "$((now - begun))" >&2
        elif [ $((now - told)) -ge 20 ]; then
            told=$now
            say "  $1: $at $((now - begun)) s"
        fi
    done
}

make_venv() {
    if [ -d $VENV ] && ! $PYTHON -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        # Its Python was moved, removed or is too old.
        [ -f $VENV/pyvenv.cfg ] || fail "$VENV is there but is no virtual environment. Move it away and run this again."
        rm -rf "$VENV"
    fi
    if [ ! -d $VENV ]; then
        python=$(find_python) || exit 1
        say "Making a virtual environment with $("$python" -V 2>&1) ..."
        "$python" -m venv $VENV >&2 || {
            rm -rf "$VENV"
            fail "The virtual environment could not be made." \
                "On Debian and Ubuntu its module is a package of its own: apt install python3-venv"
        }
    fi
    if ! $PYTHON -m pip --version >/dev/null 2>&1; then
        $PYTHON -m ensurepip >/dev/null 2>&1 ||
            fail "There is no pip in $VENV and Python does not carry one." \
                "Install it (Debian, Ubuntu: apt install python3-venv python3-pip), remove $VENV, run this again."
    fi
}

pip_install() {
    $PYTHON -m pip install --disable-pip-version-check --no-input --progress-bar off \
        --require-hashes --only-binary :all: --no-compile "$@"
}

# install LOCK: the virtual environment with exactly what LOCK names, and EdgeRoute in it. Nothing is
# compiled here: EdgeRoute does that itself, behind the app.
install() {
    make_venv
    mkdir -p "$LOGS"
    build=packaging/requirements-build.txt
    stamp=$LOGS/$(basename "$1").done
    wanted=$(cat "$1" $build pyproject.toml | cksum)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return
    fi
    watch "Installing the build tools" pip_install --requirement "$build"
    watch "Installing the dependencies" pip_install --requirement "$1"
    watch "Installing EdgeRoute" $PYTHON -m pip install --disable-pip-version-check --no-input \
        --no-deps --no-build-isolation --no-index --editable .
    printf '%s\n' "$wanted" >"$stamp"
}
