# The JDBC sinks: one JSON file each in connect/debezium.
# shellcheck shell=bash

# The files name the secrets where a container mounts them; here they are in the data folder.
readonly SECRETS_IN_FILES=/run/secrets/orderflow-sink.properties

# The files name Debezium's own connector. A worker that has another form of it sets SINK_CLASS.

sink_names() { basename -s .json -a "$ROOT"/connect/debezium/*.json; }

sink_status() { curl -fsS --max-time 10 "$(connect_url)/connectors/$1/status"; }

# RUNNING when connector and all tasks are; else the first state that is not.
sink_state() {
    sink_status "$1" 2>/dev/null |
        jq -r '[.connector.state, .tasks[].state] | if length < 2 then "STARTING" else (map(select(. != "RUNNING")) + ["RUNNING"])[0] end' ||
        printf 'ABSENT'
}

# The innermost cause alone: those around it quote whole rows.
sink_cause() {
    sink_trace "$1" 2>/dev/null |
        awk 'NR == 1 || /^Caused by/ || /^[a-z.]+[A-Za-z]*Exception/ { cause = $0 } END { print cause }' | cut -c 1-300
}

sink_trace() { sink_status "$1" | jq -r '[.connector, .tasks[]] | map(.trace // empty) | .[]'; }

put_sink() { # name
    jq --arg from "$SECRETS_IN_FILES" --arg to "$SINK_SECRETS" --arg class "${SINK_CLASS:-}" \
        'map_values(split($from) | join($to)) + if $class == "" then {} else {"connector.class": $class} end' \
        "$ROOT/connect/debezium/$1.json" |
        curl -fsS --max-time 60 --retry 5 --retry-all-errors -X PUT -H 'Content-Type: application/json' --data-binary @- \
            "$(connect_url)/connectors/$1/config" >>"$LOGS/sinks.log" 2>&1 ||
        die_with_log sinks "the worker refused $1"
}

# Only what failed. The worker does it in its own time: the old state must not be taken for the new.
restart_sink() { # name
    local patience=50
    curl -fsS --max-time 60 -X POST "$(connect_url)/connectors/$1/restart?includeTasks=true&onlyFailed=true" >>"$LOGS/sinks.log" 2>&1 || true
    while [ $patience -gt 0 ] && [ "$(sink_state "$1")" = FAILED ]; do
        sleep 0.2
        patience=$((patience - 1))
    done
}

restart_failed_sinks() {
    local name
    for name in $(sink_names); do
        [ "$(sink_state "$name")" != FAILED ] || restart_sink "$name"
    done
}

apply_sinks() {
    local name state deadline=$((SECONDS + READY_SECONDS))
    restart_failed_sinks
    for name in $(sink_names); do put_sink "$name"; done
    for name in $(sink_names); do
        while state=$(sink_state "$name") && [ "$state" != RUNNING ]; do
            check_connect
            if [ "$state" = FAILED ] || [ $SECONDS -ge $deadline ]; then
                sink_trace "$name" >&2
                die "sink $name is $state"
            fi
            sleep 0.5
        done
    done
}
