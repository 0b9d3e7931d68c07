#!/bin/sh
# Prints the Homebrew formula of a release.
#
#   sh packaging/macos/formula.sh HOMEPAGE URL FILE
#
# URL is where the source archive of the release can be had, FILE the same archive here.
set -eu
[ $# -eq 3 ] || {
    echo "Usage: sh packaging/macos/formula.sh HOMEPAGE URL FILE" >&2
    exit 2
}
digest=$( (sha256sum "$3" 2>/dev/null || shasum -a 256 "$3") | cut -d ' ' -f 1)
[ -n "$digest" ] || {
    echo "$3 cannot be read." >&2
    exit 1
}
sed -e "s|@HOMEPAGE@|$1|" -e "s|@URL@|$2|" -e "s|@SHA256@|$digest|" \
    -e '1d' "$(dirname "$0")/edgeroute.rb.in"
