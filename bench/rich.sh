#!/usr/bin/env bash
# gatehouse.sh with a richer policy: a choose, expressions and a header rewrite more.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export BENCH_POLICY=$here/rich.xml
exec bash "$here/gatehouse.sh"
