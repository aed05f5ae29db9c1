#!/usr/bin/env bash
# Adapter of the benchmark harness that compares gateways by CPU time per request: starts
# Gatehouse with a Developer-tier service whose trust store is the harness's CA and deploys
# gatehouse.bicep to it. Reads BENCH_* and prints pid, url, connect and ca.
# GATEHOUSE names the binary (default: bin/gatehouse of this checkout, built when absent),
# BENCH_POLICY the policy of the API (default: gatehouse.xml; rich.xml does more).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
gatehouse=${GATEHOUSE:-$here/../bin/gatehouse}
if [[ ! -x $gatehouse ]]; then
  command -v go >/dev/null || { echo "GATEHOUSE does not name the binary, and there is no go to build it" >&2 && exit 3; }
  (cd "$here/.." && CGO_ENABLED=0 go build -pgo=cmd/gatehouse/gateway.pgo -trimpath -ldflags='-s -w' -o bin/gatehouse ./cmd/gatehouse) >&2
fi

# What the Bicep file loads: the CA without PEM markers, and the certificate for the origin.
cp "$here/gatehouse.bicep" "${BENCH_POLICY:-$here/gatehouse.xml}" "$BENCH_DIR/"
[[ -z ${BENCH_POLICY:-} ]] || mv "$BENCH_DIR/$(basename "$BENCH_POLICY")" "$BENCH_DIR/gatehouse.xml"
openssl x509 -in "$BENCH_CERTS/ca.pem" -outform der -out "$BENCH_DIR/ca.der"
openssl pkcs12 -export -passout pass: -in "$BENCH_CERTS/proxyclient.pem" -inkey "$BENCH_CERTS/proxyclient.key" -out "$BENCH_DIR/proxyclient.pfx"

export GATEHOUSE_DATA=$BENCH_DIR/data AZURE_CONFIG_DIR=$BENCH_DIR/azure
# The harness measures one process and ends it; its log stays in BENCH_DIR.
"$gatehouse" up --listen "$BENCH_HOST:$BENCH_PORT" --proxy 127.0.0.1:0 --session-tickets=false --access-log off >"$BENCH_DIR/out" 2>"$BENCH_DIR/log.json" &
pid=$!
trap '[[ $? == 0 ]] || kill "$pid"' EXIT # what can't be set up is not left running
for ((i = 0; i < 200; i++)); do
  ! grep -q '^ready' "$BENCH_DIR/out" || break
  kill -0 "$pid" 2>/dev/null || { cat "$BENCH_DIR/log.json" >&2 && exit 1; }
  sleep 0.05
done
"$gatehouse" az group create -n bench -l westeurope >&2
"$gatehouse" az deployment group create -g bench -f "$BENCH_DIR/gatehouse.bicep" \
  -p originUrl="https://$BENCH_ORIGIN_NAME:${BENCH_ORIGIN##*:}" >&2

echo "version=$("$gatehouse" version | head -n 1)"
echo "pid=$pid"
echo "url=https://bench.azure-api.net:$BENCH_PORT"
echo "ca=$BENCH_DIR/data/ca.pem"
echo "connect=$BENCH_HOST:$BENCH_PORT"
wait "$pid"
