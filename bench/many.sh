#!/usr/bin/env bash
# What a service of 10,000 APIs with 100,000 operations takes of one process: starts `gatehouse up`, imports the APIs by
# Resource Manager, each from an OpenAPI document with a policy of its own, changes one policy a hundred times,
# and prints the memory at each stage as the kernel tells it. APIS=200 bench/many.sh is a quick try. WORK names a
# folder to keep: the next run goes on with what is in it and imports nothing.
# GATEHOUSE names the binary (default: bin/gatehouse of this checkout). It needs curl.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
gatehouse=${GATEHOUSE:-$here/../bin/gatehouse}
apis=${APIS:-10000}
work=${WORK:-$(mktemp -d)}
mkdir -p "$work"
pid=
trap '[[ -z $pid ]] || kill "$pid"; wait; [[ -n ${WORK:-} ]] || rm -rf "$work"' EXIT
export GATEHOUSE_DATA=$work/data AZURE_CONFIG_DIR=$work/azure

begin() {
  : >"$work/out"
  "$gatehouse" up --listen 127.0.0.1:0 --proxy 127.0.0.1:0 --access-log off >"$work/out" 2>"$work/log.json" &
  pid=$!
  for ((i = 0; i < 600; i++)); do
    ! grep -q '^ready' "$work/out" || break
    kill -0 "$pid" || { cat "$work/log.json" >&2 && exit 1; }
    sleep 0.1
  done
  eval "$("$gatehouse" env)"
}

memory() { awk -v what="$1" '/^Vm(RSS|HWM)|^RssAnon/ { m[$1] = $2 / 1024 } END { printf "%-28s VmRSS %.0f MiB, of that RssAnon %.0f MiB; VmHWM %.0f MiB\n", what, m["VmRSS:"], m["RssAnon:"], m["VmHWM:"] }' "/proc/$pid/status"; }

# one writes a PUT for curl's --config.
one() { printf 'next\nurl = "%s"\nrequest = PUT\nheader = "Authorization: Bearer %s"\nheader = "Content-Type: application/json"\ndata = "@%s"\noutput = /dev/null\nsilent\nshow-error\nfail\n' "$1" "$token" "$2"; }

put() { # the file of requests
  sed 1d "$1" >"$1.k" # no "next" before the first
  curl --no-progress-meter --parallel --parallel-immediate --parallel-max 4 --config "$1.k"
}

policy='<policies><inbound><base /><set-header name=\"X-Version\"><value>VERSION</value></set-header><return-response><set-status code=\"200\" /><set-header name=\"X-Version\"><value>VERSION</value></set-header></return-response></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>'
old=$([[ -e $work/bodies ]] && echo yes || true)
SECONDS=0
begin
memory "started in $SECONDS s"
"$gatehouse" az group create -n many -l westeurope >/dev/null
token=$("$gatehouse" az account get-access-token --query accessToken -o tsv)
service=https://management.azure.com$("$gatehouse" az group show -n many --query id -o tsv)/providers/Microsoft.ApiManagement/service/many

import() {
  echo '{"location":"westeurope","sku":{"name":"Developer","capacity":1},"properties":{"publisherName":"Contoso","publisherEmail":"a@contoso.com"}}' >"$work/service.json"
  one "$service?api-version=2022-08-01" "$work/service.json" >"$work/service"
  put "$work/service"
  paths=
  for n in {0..9}; do
    paths+="${paths:+,}\"/orders/{id}/part$n\":{\"get\":{\"operationId\":\"part$n\",\"summary\":\"Part $n\",\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}],\"responses\":{\"200\":{\"description\":\"ok\"}}}}"
  done
  mkdir "$work/bodies"
  for ((i = 0; i < apis; i++)); do
    document="{\"openapi\":\"3.0.1\",\"info\":{\"title\":\"API $i\",\"version\":\"1\"},\"servers\":[{\"url\":\"https://backend$((i % 50)).example.com/api$i\"}],\"paths\":{$paths}}"
    printf '{"properties":{"format":"openapi+json","value":"%s","path":"team%d/api%d","subscriptionRequired":false,"protocols":["https"]}}' "${document//\"/\\\"}" $((i % 100)) "$i" >"$work/bodies/$i.json"
    printf '{"properties":{"format":"rawxml","value":"%s"}}' "${policy//VERSION/$i}" >"$work/bodies/$i.policy.json"
    one "$service/apis/api$i?api-version=2022-08-01" "$work/bodies/$i.json" >&3
    one "$service/apis/api$i/policies/policy?api-version=2022-08-01" "$work/bodies/$i.policy.json" >&4
  done 3>"$work/apis" 4>"$work/policies"
  SECONDS=0
  put "$work/apis"
  put "$work/policies"
  echo "$apis APIs with $((apis * 10)) operations in $SECONDS s"
  memory "after the import"
}
[[ -n $old ]] || import

call() { curl -sS -o /dev/null -D - "https://many.azure-api.net/team77/api77/orders/1/part3" | tr -d '\r' | awk 'tolower($1) == "x-version:" { print $2 }'; }
until [[ -n $(call) ]]; do sleep 1; done # a watch that fell behind reads all again
change() { # api77's policy, and waits until it answers so
  printf '{"properties":{"format":"rawxml","value":"%s"}}' "${policy//VERSION/$1}" >"$work/change.json"
  one "$service/apis/api77/policies/policy?api-version=2022-08-01" "$work/change.json" >"$work/change"
  put "$work/change"
  until [[ $(call) == "$1" ]]; do :; done
}
operations=$(sed -n 's/.*proxy \([^,]*\),.*/\1/p' "$work/out")
builds() { curl -s --noproxy '*' "$operations/metrics" | awk '/^gatehouse_snapshot_build_duration_seconds_(sum|count)/ { print $2 }'; }
before=$(builds)
for n in {1..100}; do change "v$n"; done
echo $before $(builds) | awk '{ printf "%d rebuilds of %.1f ms each\n", $4 - $2, ($3 - $1) / ($4 - $2) * 1000 }'
memory "after 100 changes"
sleep 20
memory "at rest"
[[ $(call) == v100 ]] || { echo "api77 has forgotten its policy" >&2 && exit 1; }
