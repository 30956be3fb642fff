#!/usr/bin/env bash
# What ./orderflow up does between starting the servers and generating orders, inside the compose
# network. Can be run again: everything in it leaves alone what is there already.
set -euo pipefail

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
LOGS=/tmp
READY_SECONDS=180
SINK_SECRETS=/run/secrets/orderflow-sink.properties
export ROOT LOGS READY_SECONDS SINK_SECRETS
check_connect() { :; } # compose restarts it
connect_url() { printf '%s' "$CONNECT_URL"; }

# shellcheck source=/dev/null
. "$ROOT/stack/lib/message.sh"
# shellcheck source=/dev/null
. "$ROOT/stack/lib/sinks.sh"

orderflow-admin setup
orderflow-ksql apply --define "partitions=${PARTITIONS:-4}" "$ROOT"/ksql/*.sql
apply_sinks
say "topics, schemas, scripts and sinks stand"
