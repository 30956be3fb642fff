#!/usr/bin/env bash
# The pipeline under load with programs that the address and undefined behaviour sanitizers watch:
# a history with live orders, further ones at speed, clients of the gateway, then SIGTERM to all, so
# that leaks are told. Ends with 1 if a log holds a finding.
#
#     tests/load/sanitized.sh [ORDERS [SECONDS]]      3000 live orders, 60 s of clients
#
# ORDERFLOW_DATA, ORDERFLOW_BUILD and ORDERFLOW_PORT_... name other places than data-sanitize,
# build-sanitize and the usual ports. Needs wrk for the last part of the load.
set -Eeuo pipefail

ROOT=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../.." && pwd)
ORDERS=${1:-3000} CLIENT_SECONDS=${2:-60}
export ORDERFLOW_BUILD=${ORDERFLOW_BUILD:-$ROOT/build-sanitize}
export ORDERFLOW_DATA=${ORDERFLOW_DATA:-$ROOT/data-sanitize}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
readonly FINDINGS='ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:|AddressSanitizer:DEADLYSIGNAL'
own_log=$ORDERFLOW_DATA/logs/load.log

run() { "$ROOT/orderflow" "$@"; }

load() {
    local url producer
    run up --orders "$ORDERS"
    url=$(run env | sed -n "s/^export GATEWAY_URL=//p" | tr -d "'\"")
    "$ROOT/orderflow" exec orderflow-producer --mode live --orders 2000 --rate 100 &
    producer=$!
    # shellcheck disable=SC2064 # the process of now
    trap "kill $producer 2>/dev/null || true" EXIT
    python3 "$ROOT/tests/load/clients.py" "$url" "$CLIENT_SECONDS"
    wait "$producer"
    trap - EXIT
    if command -v wrk >/dev/null; then
        wrk -t 2 -c 32 -d 10s "$url/orders/1000000000000"
    fi
    run exec orderflow-status --json -i 1000000000000 >/dev/null
    run exec orderflow-dlq list >/dev/null
    run exec orderflow-reconcile
}

if ! [ -e "$ORDERFLOW_BUILD/build.ninja" ]; then
    PATH=/usr/bin:$PATH /usr/bin/meson setup "$ORDERFLOW_BUILD" "$ROOT" -Dtests=enabled \
        -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false
fi
PATH=/usr/bin:$PATH ninja -C "$ORDERFLOW_BUILD" >/dev/null
set +e # the load may fail: all is taken down and looked through nevertheless
(set -e && load) > >(tee "$ORDERFLOW_DATA.load") 2>&1
status=$?
run down || status=1
mv "$ORDERFLOW_DATA.load" "$own_log"
grep -E -A 30 "$FINDINGS" "$ORDERFLOW_DATA"/logs/*.log
case $? in
    0) status=1 ;;
    1) printf 'no findings in %s\n' "$ORDERFLOW_DATA/logs" ;;
    *) status=1 && printf 'the logs in %s cannot be read\n' "$ORDERFLOW_DATA/logs" >&2 ;;
esac
exit $status
