#!/usr/bin/env bash
# Latency where nobody is at the limit: finds nginx's highest rate with the benchmark harness, then
# lets nginx, HAProxy and Gatehouse answer 70 % of it. HARNESS names the harness's `run`; further
# arguments go to it, e.g. --seconds 10 --rounds 3. The column p99 is what counts.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${HARNESS:?names the harness that compares gateways, e.g. HARNESS=../shared/bench/run}"
share=${SHARE:-70}

most=$("$HARNESS" --peers nginx --workloads keepalive --seconds 4 --rounds 1 | awk '$1 == "keepalive" && $2 == "nginx" { print $3 }')
[[ $most =~ ^[0-9]+$ ]] || { echo "the harness gave no rate of nginx" >&2 && exit 1; }
echo "nginx answers $most requests a second at most; measuring at $share % of that"
exec "$HARNESS" --peers nginx,haproxy --sut "gatehouse=$here/gatehouse.sh" --workloads rate --rate $((most * share / 100)) "$@"
