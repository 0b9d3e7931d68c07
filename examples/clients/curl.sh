#!/bin/sh
# Asks the endpoint with curl and shows where the answer came from.
#   EDGEROUTE_TOKEN=... sh curl.sh "Explain how a hash table works."
set -eu
url=${EDGEROUTE_URL:-http://127.0.0.1:8377}
prompt=$(printf '%s' "${1:-Explain how a hash table works.}" | sed 's/\\/\\\\/g; s/"/\\"/g; s/	/\\t/g' |
    awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }')
curl --silent --show-error --fail-with-body --dump-header /dev/stderr "$url/v1/chat/completions" \
    --header "Authorization: Bearer $EDGEROUTE_TOKEN" \
    --header "Content-Type: application/json" \
    --data "{\"model\": \"auto\", \"messages\": [{\"role\": \"user\", \"content\": \"$prompt\"}]}"
