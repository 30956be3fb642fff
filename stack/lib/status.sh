# What runs, where, and how much stands where.
# shellcheck shell=bash

part_address() {
    case $1 in
        postgres) printf '127.0.0.1:%s' "${PORTS[postgres]}" ;;
        kafka) printf '127.0.0.1:%s' "${PORTS[kafka]}" ;;
        registry) registry_url ;;
        connect) connect_url ;;
        ksqld) ksql_url ;;
        gateway) gateway_url ;;
        dashboards) dashboards_url ;;
        *) printf '%s' - ;;
    esac
}

print_parts() {
    local part pid state
    printf '%-12s %-8s %-8s %s\n' part state pid address
    for part in "${PARTS[@]}" producer dashboards refresher; do
        pid=$(pid_of "$part")
        state=running
        if [ -z "$pid" ]; then
            state=down
            [[ " ${PARTS[*]} " == *" $part "* ]] || continue # runs only when asked for
        fi
        printf '%-12s %-8s %-8s %s\n' "$part" "$state" "${pid:--}" "$(part_address "$part")"
    done
}

print_sinks() {
    local name state
    printf '\n%-24s %s\n' sink state
    for name in $(sink_names); do
        state=$(sink_state "$name")
        printf '%-24s %s\n' "$name" "$state"
        [ "$state" != FAILED ] || printf '    %s\n' "$(sink_cause "$name" || printf 'Connect does not say why')"
    done
}

print_tables() {
    local name
    printf '\n%-24s %12s\n' table rows
    for name in order_info customer_info item_info order_price destination_total order_status_history sku_info province_info; do
        printf '%-24s %12s\n' "$name" "$(table_rows "$name" 2>/dev/null || echo -)"
    done
}

command_status() {
    [ $# = 0 ] || die "status: unknown argument $1; see ./orderflow help"
    print_status
}

print_status() {
    print_parts
    if is_running kafka; then
        printf '\n'
        run_program orderflow-admin status || true
    fi
    if is_running connect; then print_sinks; fi
    if is_running postgres; then print_tables; fi
    local part
    for part in "${PARTS[@]}"; do is_running "$part" || return 1; done
}

print_summary() {
    print_status || true
    if [ -n "$MISSING_ROWS" ]; then
        printf '\nEverything runs, but rows are missing: PostgreSQL holds %s;\n%s' "$MISSING_ROWS" \
            "./orderflow exec orderflow-reconcile tells which."
    else
        printf '\nEverything runs.'
    fi
    cat <<EOF
 What to try next:
    ./orderflow psql -c 'SELECT order_status, count(*), sum(order_total) FROM order_info GROUP BY 1'
    ./orderflow up --live 5            keeps 5 new orders a second coming
    ./orderflow logs payment           what a processor says
    ./orderflow exec orderflow-producer --dry-run --orders 3
    eval "\$(./orderflow env)"          addresses for your own clients
    ./orderflow down                   stops all; the data stays
EOF
}
