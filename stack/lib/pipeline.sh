# From running servers to a running pipeline: topics, schemas, SQL scripts, tables, sinks, orders.
# shellcheck shell=bash

readonly LIVE_ORDERS=1000   # that up sends through the processors
readonly LIVE_RATE=200      # orders a second
readonly SETTLE_SECONDS=600 # how long the tables may take to hold all orders

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

flying_orders() { run_program orderflow-admin lag orderflow-payment orderflow-shipping orderflow-delivery | awk '{ sum += $4 } END { print sum + 0 }'; }
table_rows() { sql -d orderflow -tAc "SELECT count(*) FROM $1"; }

# Done: no stage has anything left to read, every generated order is final or dead, and the tables
# hold all final ones.
wait_for_tables() {
    local deadline=$((SECONDS + SETTLE_SECONDS)) name count final rows flying
    local -A orders=()
    step tables "waiting until PostgreSQL holds every final order"
    while :; do
        flying=$(flying_orders)
        while read -r name count; do orders[$name]=$count; done < <(run_program orderflow-admin balance)
        final=$((${orders[finished]:-0} + ${orders[failed]:-0}))
        rows=$(table_rows order_info)
        [ -t 2 ] && printf '\r  %-10s %s of %s orders, %s on their way   ' '' "$rows" "$final" "$flying" >&2
        if [ "$flying" = 0 ] && [ "$rows" = "$final" ] && items_are_complete &&
            [ $((final + ${orders[dead]:-0})) -ge "${orders[generated]:-1}" ]; then
            break
        fi
        [ $SECONDS -lt $deadline ] ||
            die "after $SETTLE_SECONDS s PostgreSQL holds $rows of $final final orders (${orders[generated]:-?} generated)," \
                "$flying are on their way: see ./orderflow status"
        sleep 0.5
    done
    if [ -t 2 ]; then printf '\n' >&2; fi
}

items_are_complete() {
    [ "$(sql -d orderflow -tAc 'SELECT count(*) = (SELECT coalesce(sum(item_variety), 0) FROM order_info) FROM item_info')" = t ]
}
