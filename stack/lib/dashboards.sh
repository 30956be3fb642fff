# Superset with our dashboard, the views that it reads, and the same analyses as plain SQL.
# shellcheck shell=bash

readonly FOLLOW_SECONDS=15 # how often the views are looked after while dashboards run
readonly FOLLOW_SHARE=10   # and how many times as long as a refresh took they are then left alone

superset_venv() { printf '%s' "$ROOT/data/venv-superset"; } # shared by all instances
superset_folder() { printf '%s' "$DATA/superset"; }
dashboards_url() { printf 'http://127.0.0.1:%s' "${PORTS[dashboards]}"; }
reader_url() { printf 'postgresql://orderflow_reader:%s@127.0.0.1:%s/orderflow' "$(<"$SECRETS/reader")" "${PORTS[postgres]}"; }

# Making the views again takes their data away for a while: only when their text changed.
apply_views() {
    local mark=$DATA/views-applied versions file
    versions=$(cat "$ROOT"/connect/postgres/1*.sql | cksum)
    if [ -e "$mark" ] && [ "$(<"$mark")" = "$versions" ]; then return 0; fi
    for file in "$ROOT"/connect/postgres/1*.sql; do
        sql -d orderflow -f "$file" >>"$LOGS/tables.log" 2>&1 || die_with_log tables "$file failed"
    done
    printf '%s' "$versions" >"$mark"
}

views_are_current() {
    [ "$(sql -d orderflow -tA <<'EOS'
SELECT (SELECT count(*) FROM order_info) = (SELECT count(*) FROM sales_order)
   AND (SELECT count(*) FROM item_info) = (SELECT count(*) FROM sales_line)
   AND (SELECT count(*) FROM customer_info) = (SELECT count(*) FROM sales_customer WHERE customer IS NOT NULL)
EOS
)" = t ]
}

refresh_views() { views_are_current || sql -d orderflow -f "$ROOT/dashboards/refresh.sql" >>"$LOGS/tables.log" 2>&1; }

# A refresh reads all orders. It may take a tenth of the time and no more, however many they are.
follow_orders() {
    local began took
    while :; do
        began=$SECONDS
        refresh_views || say "the views were not refreshed (is PostgreSQL up?)"
        took=$(((SECONDS - began) * FOLLOW_SHARE))
        sleep $((took > FOLLOW_SECONDS ? took : FOLLOW_SECONDS))
    done
}

command_refresh() {
    case ${1-} in
        --follow) follow_orders ;;
        '')
            is_running postgres || die "PostgreSQL is down: ./orderflow up"
            mkdir -p "$LOGS"
            refresh_views || die_with_log tables "dashboards/refresh.sql failed"
            ;;
        *) die "refresh: unknown option $1; see ./orderflow help" ;;
    esac
}

# Once, then kept; a half-done environment has no mark and is made again.
install_superset() {
    local venv mark versions
    venv=$(superset_venv)
    mark=$venv/complete
    versions=$(cksum <"$ROOT/dashboards/requirements.lock")
    if [ -e "$mark" ] && [ "$(<"$mark")" = "$versions" ]; then return 0; fi
    install_packages "$ROOT/stack/packages/dashboards"
    step download "Superset from PyPI, some 800 MB"
    rm -rf "$venv"
    { /usr/bin/python3 -m venv "$venv" &&
        "$venv/bin/pip" install --disable-pip-version-check --require-hashes -r "$ROOT/dashboards/requirements.lock"; } \
        >"$LOGS/install.log" 2>&1 </dev/null || die_with_log install "pip could not install Superset (is there a network?)"
    printf '%s' "$versions" >"$mark"
}

make_superset_secrets() {
    local folder name
    folder=$(superset_folder)
    (umask 077 && mkdir -p "$folder")
    for name in secret_key password; do
        [ -s "$folder/$name" ] || new_password | write_private "$folder/$name"
    done
    make_secret reader
    sql -d orderflow >>"$LOGS/tables.log" 2>&1 <<EOS || die_with_log tables "the reader got no password"
ALTER ROLE orderflow_reader LOGIN PASSWORD '$(<"$SECRETS/reader")';
EOS
}

# What load.py, check.py and the server find in their environment; never an argument, for all may read those.
# "Today" and "last week" of the time filter are UTC days, as all else.
superset_environment() {
    unset -v PYTHONPATH
    export TZ=UTC PYTHONDONTWRITEBYTECODE=1 SUPERSET_CONFIG_PATH=$ROOT/dashboards/superset_config.py
    ORDERFLOW_SUPERSET=$(superset_folder)
    export ORDERFLOW_SUPERSET
}

run_superset() ( # program of the environment, arguments…
    superset_environment
    DATABASE_URL=$(reader_url)
    export DATABASE_URL
    exec "$(superset_venv)/bin/$1" "${@:2}"
)

dashboards_are_ready() { http_answers "${PORTS[dashboards]}" /health; }

start_superset() {
    (
        superset_environment
        cd / && spawn dashboards "$(superset_venv)/bin/gunicorn" --workers 1 --worker-class gthread --threads 8 \
            --timeout 120 --bind "127.0.0.1:${PORTS[dashboards]}" 'superset.app:create_app()'
    )
    wait_ready dashboards dashboards_are_ready
}

start_dashboards() {
    install_superset
    apply_views
    make_superset_secrets
    refresh_views || die_with_log tables "dashboards/refresh.sql failed"
    is_running dashboards || ! port_is_open "${PORTS[dashboards]}" ||
        die "port ${PORTS[dashboards]}, wanted for dashboards, is in use by another program;" \
            "choose one with --port dashboards=N or ORDERFLOW_PORT_DASHBOARDS=N"
    step dashboards "loading"
    run_superset python "$ROOT/dashboards/load.py" >"$LOGS/dashboards-load.log" 2>&1 ||
        die_with_log dashboards-load "the dashboard was not loaded"
    is_running dashboards || start_superset
    run_superset python "$ROOT/dashboards/check.py" --quiet "$(dashboards_url)" >"$LOGS/dashboards-check.log" 2>&1 ||
        die_with_log dashboards-check "a chart does not answer"
    is_running refresher || spawn refresher "$ROOT/orderflow" refresh --follow
}

print_dashboards() {
    cat <<EOF

Dashboards: $(dashboards_url)/superset/dashboard/retail-sales/
    user analyst, password $(<"$(superset_folder)/password")
EOF
}

stop_dashboards() {
    stop_process refresher
    stop_process dashboards
}

command_dashboards() {
    case ${1-} in
        down) stop_dashboards ;;
        '')
            is_running postgres || die "there is nothing to show yet: ./orderflow up"
            lock_instance
            mkdir -p "$LOGS"
            start_dashboards
            print_dashboards
            ;;
        *) die "dashboards: unknown argument $1; see ./orderflow help" ;;
    esac
}

query_names() { basename -s .sql -a "$ROOT"/dashboards/queries/*.sql; }

command_query() { # [name [--csv]]
    local file=$ROOT/dashboards/queries/${1-}.sql name
    local -a form=(-P pager=off -P null=-)
    if [ $# = 0 ]; then
        for name in $(query_names); do
            printf '%-20s %s\n' "$name" "$(sed -n '1s/^-- //p' "$ROOT/dashboards/queries/$name.sql")"
        done
        return
    fi
    if ! [[ $1 =~ ^[a-z_]+$ ]] || ! [ -e "$file" ]; then
        die "there is no query '$1'; the queries are: $(query_names | tr '\n' ' ')"
    fi
    case ${2-} in
        '') ;;
        --csv) form=(--csv) ;;
        *) die "query: unknown option $2; see ./orderflow help" ;;
    esac
    is_running postgres || die "PostgreSQL is down: ./orderflow up"
    apply_views
    refresh_views || die_with_log tables "dashboards/refresh.sql failed"
    PGOPTIONS='-c default_transaction_read_only=on' sql -d orderflow "${form[@]}" -f "$file"
}
