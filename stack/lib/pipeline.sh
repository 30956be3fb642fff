# From running servers to a running pipeline: topics, schemas, SQL scripts, tables, sinks, orders.
# shellcheck shell=bash

readonly LIVE_ORDERS=1000   # that up sends through the processors
readonly LIVE_RATE=200      # orders a second
readonly SETTLE_SECONDS=600 # how long the tables may take to hold all orders
readonly STEADY_SECONDS=20  # without a new row there comes none
# The queries that the rows come from, as ksql/*.sql names them: another may be paused, and lag.
readonly ROW_QUERIES='-(ORDER_INFO_(FINISHED|FAILED)|ITEM_EXPLODED_(FINISHED|FAILED)|CSAS_ITEM_INFO_[0-9]+)$'

MISSING_ROWS='' # what the tables lack for good, for the summary

apply_tables() {
    local file
    for file in "$ROOT"/connect/postgres/0*.sql; do
        sql -d orderflow -f "$file" >>"$LOGS/tables.log" 2>&1 || die_with_log tables "$file failed"
    done
    load_reference sku_info "$ROOT/producer/data/skus.csv" 'sku,price,cost,sale_event_0,sale_event_1,sale_event_2,sale_event_3'
    load_reference province_info "$ROOT/producer/data/provinces.csv" 'lgu,provincial_code,category'
    apply_views
}

load_reference() { # table csv columns
    sql -d orderflow >>"$LOGS/tables.log" 2>&1 <<EOF || die_with_log tables "loading $1 failed"
BEGIN;
TRUNCATE $1;
\\copy $1($3) FROM '$2' WITH (FORMAT csv, HEADER true)
COMMIT;
EOF
}

apply_scripts() {
    run_program orderflow-ksql apply --define "partitions=${PARTITIONS:-4}" "$ROOT"/ksql/*.sql \
        >"$LOGS/ksql.log" 2>&1 || die_with_log ksql "the SQL scripts were not applied"
}

prepare_pipeline() {
    step topics "created where missing, schemas registered"
    run_program orderflow-admin setup >"$LOGS/setup.log" 2>&1 || die_with_log setup "topics and schemas"
    apply_tables
}

# Orders: the history, then live ones. The generator's state lives in Kafka: a run that was cut off
# goes on where it stopped, one that ended generates nothing.
generate_orders() { # options of orderflow-producer…
    [ -e "$DATA/generated" ] && return 0
    step orders "generating the history and $LIVE_ORDERS live orders"
    run_program orderflow-producer --mode both --live-orders "$LIVE_ORDERS" --rate "$LIVE_RATE" "$@" ||
        die "the generator failed; ./orderflow up goes on where it stopped"
    touch "$DATA/generated"
}

flying_orders() { run_program orderflow-admin lag orderflow-validation orderflow-payment orderflow-shipping orderflow-delivery orderflow-routing | awk '{ sum += $4 } END { print sum + 0 }'; }
table_rows() { sql -d orderflow -tAc "SELECT count(*) FROM $1"; }

# Lines "NAME NUMBER": orders generated, finished, failed, come to their end (ended), dead, and on
# their way (flying). An order is one, however often it was sent.
count_orders() {
    local flying
    flying=$(flying_orders) && run_program orderflow-admin balance && printf 'flying %s\n' "$flying"
}

# Likewise: how many statuses were told of orders, how many of them their sink has not read yet, and
# what the SQL scripts and the sinks of orders have not. Older orders may have no status.
count_events() {
    run_program orderflow-admin count order_status | sed 's/^order_status/events/' &&
        unread_records unread connect-order_status_history=order_status &&
        unread_records behind 'orderflow-ksqld-*' connect-order_info=order_info connect-item_info=item_info
}

unread_records() { # name groups…
    run_program orderflow-admin lag "${@:2}" | awk -v name="$1" -v queries="$ROW_QUERIES" \
        '$1 !~ /orderflow-ksqld-/ || $1 ~ queries { sum += $4 } END { print name, sum + 0 }'
}

# Likewise: rows of the tables, and how many items the orders that are there have.
count_rows() {
    sql -d orderflow -tA -F ' ' <<'EOS'
SELECT 'rows', count(*) FROM order_info
UNION ALL SELECT 'wanted', coalesce(sum(item_variety), 0) FROM order_info
UNION ALL SELECT 'items', count(*) FROM item_info
UNION ALL SELECT 'statuses', count(*) FROM order_status_history
UNION ALL SELECT 'emptied', count(*) FROM reconcile_start
EOS
}

check_parts() {
    local part name
    for part in "${PARTS[@]}"; do
        is_running "$part" || die_with_log "$part" "ended before the orders were through; ./orderflow up goes on"
    done
    for name in $(sink_names); do
        [ "$(sink_state "$name")" != FAILED ] || die "sink $name is FAILED: $(sink_cause "$name"); ./orderflow up restarts it"
    done
}

end_tree() { # pid
    local child children
    { children=$(<"/proc/$1/task/$1/children"); } 2>/dev/null || children=''
    for child in $children; do end_tree "$child"; done
    kill "$1" 2>/dev/null || true
}

# Runs a command, but ends when a part dies meanwhile: clients are patient, and would wait for it.
watched() { # command…; its output goes to run/counts and logs/counts.log
    local pid last=$SECONDS
    "$@" >"$RUN/counts" 2>"$LOGS/counts.log" 9>&- &
    pid=$!
    while [ -n "$(start_time "$pid")" ]; do
        if [ $((SECONDS - last)) -ge 2 ]; then
            last=$SECONDS
            (check_parts) || { end_tree "$pid" && exit 1; }
        fi
        sleep 0.1
    done
    wait "$pid"
}

# Into the caller's `now`.
read_counts() { # count_orders or count_rows
    local name value
    watched "$1" || return
    while read -r name value; do now[$name]=$value; done <"$RUN/counts"
}

# As many rows as events; or else, if some were told twice or went to the dead letters, the sink has
# read all those there were, and PostgreSQL has what it wrote.
statuses_stand() { # the caller's `now` and `events`
    [ "${now[statuses]}" -ge "$events" ] || [ "${now[unread]}" = 0 ]
}

# No row will come any more: scripts and sinks have read everything, and nothing has come for a while.
rows_stand_still() { # the caller's `now` and `steady`
    local held="${now[rows]} ${now[items]} ${now[statuses]}"
    if [ "$held" != "${steady[held]-}" ]; then steady=([held]=$held [since]=$SECONDS); fi
    [ "${now[unread]}" = 0 ] && [ "${now[behind]}" = 0 ] && [ $((SECONDS - steady[since])) -ge "$STEADY_SECONDS" ]
}

# Orders of those that have come to their end, items of the orders that are there.
name_missing_rows() { # the caller's `now` and `final`
    local -a missing=()
    [ "${now[rows]}" -ge "$final" ] || missing+=("${now[rows]} of $final final orders")
    [ "${now[items]}" -ge "${now[wanted]}" ] || missing+=("${now[items]} of ${now[wanted]} items")
    printf -v MISSING_ROWS '%s, ' "${missing[@]}"
    MISSING_ROWS=${MISSING_ROWS%, }
}

# Done, for what had been generated when the wait began, whatever comes meanwhile: that many orders
# have come to their end, and the tables hold them all. If nothing comes, no order is left anywhere.
wait_for_tables() {
    local deadline=$((SECONDS + SETTLE_SECONDS)) failures=0 generated='' final='' events='' items='' what=count_orders
    local -A now=() steady=()
    step tables "waiting until PostgreSQL holds every final order"
    while :; do
        check_parts
        if read_counts "$what"; then failures=0; else failures=$((failures + 1)); fi
        [ $failures -lt 3 ] || die_with_log counts "orders and rows cannot be counted"
        if [ $failures = 0 ] && [ "$what" = count_orders ]; then
            : "${generated:=${now[generated]}}"
            final=${now[ended]}
            if [ $((final + now[dead])) -ge "$generated" ] && { [ "${now[flying]}" = 0 ] || [ "${now[generated]}" -gt "$generated" ]; }; then
                what=count_events
                continue
            fi
        elif [ $failures = 0 ] && [ "$what" = count_events ]; then
            : "${events:=${now[events]}}"
            what=count_rows
            continue
        elif [ $failures = 0 ]; then
            # POST /truncate emptied them: which rows are missing, orderflow-reconcile tells.
            if [ "${now[emptied]}" -gt 0 ]; then break; fi
            if [ -z "$items" ] && [ "${now[rows]}" -ge "$final" ]; then items=${now[wanted]}; fi
            if [ -n "$items" ] && [ "${now[items]}" -ge "$items" ] && statuses_stand; then break; fi
            if rows_stand_still; then
                name_missing_rows
                say "PostgreSQL holds $MISSING_ROWS and nothing is left to load:" \
                    "./orderflow exec orderflow-reconcile tells which are missing"
                break
            fi
            what=count_events
        fi
        [ -t 2 ] && printf '\r  %-10s %s of %s orders, %s on their way, %s rows   ' '' "$final" "$generated" "${now[flying]-?}" "${now[rows]-0}" >&2
        [ $SECONDS -lt $deadline ] ||
            die "after $SETTLE_SECONDS s $final of $generated orders are final, ${now[flying]-?} on their way," \
                "PostgreSQL holds ${now[rows]-0}: see ./orderflow status"
        sleep 0.5
    done
    if [ -t 2 ]; then printf '\n' >&2; fi
}
