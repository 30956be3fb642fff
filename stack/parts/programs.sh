# Our own programs as parts: ksqld, the processors, the live generator.
# shellcheck shell=bash

program_path() { # name; prints where the build put it
    local path
    for path in "$BUILD"/{producer,processors,routing,export,deadletters,reconcile,status,gateway,ksqld,stack/admin}/"$1"; do
        [ -x "$path" ] && printf '%s' "$path" && return 0
    done
    die "there is no program $1; see ./orderflow exec"
}

program_names() {
    find "$BUILD" -type f -name 'orderflow-*' -perm -u+x -printf '%f\n' | sort
}

client_properties() {
    cat <<EOF
# Made by ./orderflow; what the programs of this instance connect to.
bootstrap.servers=127.0.0.1:${PORTS[kafka]}
schema.registry.url=$(registry_url)
ksql.url=http://127.0.0.1:${PORTS[ksqld]}
order.status.topic=order_status
order.cancel.topic=cancel_requests
payment.input.topic=valid_orders
EOF
}

run_program() { # name arguments…
    ORDERFLOW_CONFIG=$CLIENT_PROPERTIES "$(program_path "$1")" "${@:2}"
}

spawn_program() { # part program arguments…
    ORDERFLOW_CONFIG=$CLIENT_PROPERTIES spawn "$1" "$(program_path "$2")" "${@:3}"
}

ksql_url() { printf 'http://127.0.0.1:%s' "${PORTS[ksqld]}"; }
ksqld_is_ready() { http_answers "${PORTS[ksqld]}" /info; }

start_ksqld() {
    spawn_program ksqld orderflow-ksqld --port "${PORTS[ksqld]}" --state-dir "$DATA/ksqld"
    wait_ready ksqld ksqld_is_ready
}
stop_ksqld() { stop_process ksqld; }

# A stage is up when its process is: it waits for its servers by itself.
start_stage() { spawn_program "$1" "orderflow-$1"; }
start_validation() { spawn_program validation orderflow-validation --data "$ROOT/producer/data"; }
start_payment() { start_stage payment; }
start_shipping() { start_stage shipping; }
start_delivery() { start_stage delivery; }
start_routing() {
    spawn_program routing orderflow-routing --data "$ROOT/producer/data" --rules "$ROOT/routing/rules.txt"
}
start_export() { spawn_program export orderflow-export --folder "$DATA/export"; }
stop_validation() { stop_process validation; }
stop_payment() { stop_process payment; }
stop_shipping() { stop_process shipping; }
stop_delivery() { stop_process delivery; }
stop_routing() { stop_process routing; }
stop_export() { stop_process export; }

# The generator sends live orders, without end unless its options say so.
start_producer() { # [options of orderflow-producer…]
    ! is_running gateway || switch_off
    spawn_program producer orderflow-producer --mode live "$@"
}
stop_producer() {
    rm -f "$LIVE_RATE_FILE"
    stop_process producer
}
