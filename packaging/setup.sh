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

need_compiler() {
    for kind in "C:${CC:-cc}:gcc:clang" "C++:${CXX:-c++}:g++:clang++"; do
        found=
        rest=${kind#*:}
        while [ -n "$rest" ]; do
            name=${rest%%:*}
            case $rest in *:*) rest=${rest#*:} ;; *) rest= ;; esac
            if command -v "${name%% *}" >/dev/null 2>&1; then found=$name; break; fi
        done
        [ -n "$found" ] || fail "llama.cpp has to be compiled, and there is no ${kind%%:*} compiler." \
            "Install one (Debian, Ubuntu: apt install build-essential; Fedora: dnf install gcc-c++;" \
            "macOS: xcode-select --install) and run this again."
    done
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
        # A compile counts its steps as [12/345]; pip names what it is at.
        at=$(tail -n 200 "$2" | sed -nE 's/.*(\[[0-9]+\/[0-9]+\]).*/\1/p' | tail -n 1)
        [ -n "$at" ] || at=$(sed -nE -e 's/^Installing collected.*/unpacking/p' -e 's/^ *(Collecting|Downloading|Building) +([^ ;]*).*/\2/p' "$2" |
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
    $PYTHON -m pip install --disable-pip-version-check --no-input --progress-bar off "$@"
}

# Matrix tiles (AMX) stay off: GCC up to 13 drops half of their configuration when it optimises, and
# the model process dies at its first token.
compiler_flags() {
    if grep -qw amx_tile /proc/cpuinfo 2>/dev/null; then
        printf ' -mno-amx-tile -mno-amx-int8 -mno-amx-bf16'
    fi
}

# llama.cpp is compiled for this very processor, once: the wheel is kept for other checkouts. pip's own
# cache is left aside, since it does not know the flags that a wheel was compiled with.
install_llama() {
    version=$(sed -n 's/^llama-cpp-python==\([^ ;]*\).*/\1/p' "$1")
    if $PYTHON -c "import importlib.metadata as m, sys; sys.exit(m.version('llama-cpp-python') != '$version')" 2>/dev/null; then
        return
    fi
    machine=$({
        uname -sm
        sed -nE '/^(flags|Features)/{p;q;}' /proc/cpuinfo 2>/dev/null || :
        printf '%s' "${CMAKE_ARGS:-}" "$(compiler_flags)"
    } | cksum | cut -d ' ' -f 1)
    wheels=$CACHE/wheels/$($PYTHON -c 'import sys; print(sys.implementation.cache_tag)')-$machine
    if ! ls "$wheels"/llama_cpp_python-"$version"-*.whl >/dev/null 2>&1; then
        need_compiler
        mkdir -p "$wheels"
        building=$wheels/building-$$
        sed -n '/^llama-cpp-python==/,/^ *# via/p' "$1" | sed '/# via/d' >"$LOGS/llama.txt"
        watch "Compiling llama.cpp (several minutes, only once)" \
            env CFLAGS="${CFLAGS:-}$(compiler_flags)" CXXFLAGS="${CXXFLAGS:-}$(compiler_flags)" \
            $PYTHON -m pip wheel --verbose --disable-pip-version-check --no-input --no-deps \
            --no-cache-dir --no-build-isolation --require-hashes --requirement "$LOGS/llama.txt" --wheel-dir "$building"
        mv "$building"/*.whl "$wheels/"
        rmdir "$building"
    fi
    watch "Installing llama.cpp" $PYTHON -m pip install --disable-pip-version-check --no-input \
        --no-deps --no-index "$wheels"/llama_cpp_python-"$version"-*.whl
}

# install LOCK [light]: the virtual environment with exactly what LOCK names, and EdgeRoute in it.
# Light compiles nothing and so leaves llama.cpp out; a full installation completes it.
install() {
    make_venv
    mkdir -p "$LOGS"
    lock=$1
    build=packaging/requirements-build.txt
    stamp=$LOGS/$(basename "$lock")
    wanted=$(cat "$lock" $build pyproject.toml | cksum)
    for mark in "$stamp.done" ${2:+"$stamp.$2"}; do
        if [ -f "$mark" ] && [ "$(cat "$mark")" = "$wanted" ]; then
            return
        fi
    done
    if [ -n "${2:-}" ]; then
        without_compiling "$lock" >"$LOGS/$2.txt"
        without_compiling $build >"$LOGS/$2-build.txt"
        lock=$LOGS/$2.txt
        build=$LOGS/$2-build.txt
    fi
    watch "Installing the build tools" pip_install --require-hashes --requirement "$build"
    if [ -z "${2:-}" ]; then
        # pip takes its environment's programs for the build only when they are on the path.
        PATH=$PWD/$VENV/bin:$PATH install_llama "$lock"
    fi
    watch "Installing the dependencies" pip_install --require-hashes ${2:+--only-binary :all: --no-compile} --requirement "$lock"
    watch "Installing EdgeRoute" pip_install --no-deps --no-build-isolation --no-index --editable .
    printf '%s\n' "$wanted" >"$mark"
}

# The lock $1 without llama.cpp and the tools that compile it.
without_compiling() {
    sed -E '/^(llama-cpp-python|cmake|ninja|scikit-build-core)(\[|=)/,/^ *# via/d' "$1"
}
