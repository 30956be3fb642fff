# up, down, reset, start, stop: the life of an instance.
# shellcheck shell=bash

# What runs may have been started a moment ago by an up that was killed: it is waited for, and what
# comes after its start is done again.
ensure_part() { # part
    if ! is_running "$1"; then
        step "$1" "starting"
        start_part "$1"
        return
    fi
    ! declare -F "$1_is_ready" >/dev/null || wait_ready "$1" "$1_is_ready"
    ! declare -F "complete_$1" >/dev/null || "complete_$1"
}

start_part() { # part [options]
    "start_$1" "${@:2}"
    ! declare -F "complete_$1" >/dev/null || "complete_$1"
    ! declare -F "after_start_$1" >/dev/null || "after_start_$1"
}

command_up() {
    local -a generator=()
    local live='' servers_only='' dashboards=''
    while [ $# -gt 0 ]; do
        case $1 in
            --orders | --seed | --until)
                [ $# -gt 1 ] || die "$1 needs a value"
                [ "$1" = --until ] || [[ $2 =~ ^[0-9]+$ ]] || die "$1: '$2' is no whole number"
                generator+=("$1" "$2")
                shift
                ;;
            --live)
                [ $# -gt 1 ] || die "--live needs a rate"
                [[ $2 =~ ^[0-9]+(\.[0-9]+)?$ ]] || die "--live: '$2' is no rate"
                live=$2
                shift
                ;;
            --servers) servers_only=1 ;;
            --with-dashboards) dashboards=1 ;;
            *) die "up: unknown option $1; see ./orderflow help" ;;
        esac
        shift
    done
    lock_instance
    check_disk
    check_ports ${dashboards:+dashboards}
    install_packages "$ROOT/stack/packages/run"
    install_jars
    build_programs
    local part
    for part in "${SERVERS[@]}"; do ensure_part "$part"; done
    client_properties | write_private "$CLIENT_PROPERTIES"
    [ -z "$servers_only" ] || return 0
    prepare_pipeline
    ensure_part ksqld
    apply_scripts
    step sinks "applied"
    apply_sinks
    for part in "${STAGES[@]}" gateway; do ensure_part "$part"; done
    generate_orders "${generator[@]}"
    wait_for_tables
    refresh_views || die_with_log tables "dashboards/refresh.sql failed"
    [ -z "$dashboards" ] || start_dashboards
    keep_live_orders "$live"
    print_summary
    [ -z "$dashboards" ] || print_dashboards
}

# One generator at a time: the gateway's switch refuses while the part runs, and a part that starts
# ends what the switch had started.
switch_is_on() {
    local answer status
    is_running gateway || return 1
    answer=$(http_answer "${PORTS[gateway]}" /generator "$(gateway_authorization)")
    IFS=' ' read -r _ status _ <<<"$answer"
    case ${status-} in
        200) [[ $answer == *'"wanted":true'* ]] ;;
        401) die "the gateway wants its token to tell of its generator: set ORDERFLOW_GATEWAY_TOKEN" ;;
        *) die "the gateway does not tell of its generator (${status:-no answer}): see ./orderflow logs gateway" ;;
    esac
}

switch_off() {
    ! switch_is_on || [ "$(http_status "${PORTS[gateway]}" /generator/stop POST "$(gateway_authorization)")" = 200 ] ||
        die "the gateway's generator does not stop: see ./orderflow logs gateway"
}

# The rate of up --live stands in a file while it holds: up brings a generator back that has died.
keep_live_orders() { # rate or nothing
    local rate=$1 kept=''
    [ ! -s "$LIVE_RATE_FILE" ] || kept=$(<"$LIVE_RATE_FILE")
    if [ -n "$rate" ] && [ "$rate" != "$kept" ]; then
        stop_process producer
        printf '%s\n' "$rate" | write_private "$LIVE_RATE_FILE"
        kept=$rate
    fi
    if [ -n "$kept" ] && ! is_running producer; then
        if [ -z "$rate" ] && switch_is_on; then
            step producer "left down: the gateway's switch has been turned on since"
            rm -f "$LIVE_RATE_FILE"
            return
        fi
        step producer "$kept live orders a second"
        start_producer --rate "$kept"
    fi
}

command_down() {
    [ $# = 0 ] || die "down: unknown argument $1; see ./orderflow help"
    [ -d "$DATA" ] || return 0
    lock_instance
    stop_all
}

stop_all() {
    local part index
    stop_dashboards
    stop_producer
    for ((index = ${#PARTS[@]} - 1; index >= 0; index--)); do
        part=${PARTS[index]}
        is_running "$part" && step "$part" stopping
        "stop_$part"
    done
}

# First the marks of what is complete, so that a reset that is cut off leaves nothing that passes for
# whole. The locks stay: another run may wait for them.
command_reset() {
    [ $# = 0 ] || die "reset: unknown argument $1; see ./orderflow help"
    local folder
    folder=$(postgres_folder)
    if [ -d "$DATA" ]; then
        lock_instance
        stop_all
        rm -f "$DATA"/{generated,views-applied,kafka/meta.properties} "$folder/complete"
        find "$DATA" -mindepth 1 -maxdepth 1 ! -name jars ! -name 'venv*' ! -name lock ! -name test-lock -exec rm -rf {} +
    fi
    if [ "$folder" != "$DATA/postgres" ]; then rm -rf "$(dirname "$folder")"; fi
    say "all data of this instance is deleted; the downloaded jars stay"
}

known_part() {
    local part
    for part in "${PARTS[@]}" producer; do [ "$part" != "$1" ] || return 0; done
    die "there is no part '$1'; the parts are: ${PARTS[*]} producer"
}

command_start() { # part [options of the producer…]
    [ $# -gt 0 ] || die "start what? one of: ${PARTS[*]} producer"
    known_part "$1"
    claim_data_folder
    is_running "$1" || start_part "$@"
}

command_stop() {
    [ $# = 1 ] || die "stop what? one of: ${PARTS[*]} producer"
    known_part "$1"
    "stop_$1"
}

command_logs() {
    [ $# -gt 0 ] || die "logs of what? one of: $(cd "$LOGS" 2>/dev/null && basename -s .log -a ./*.log | tr '\n' ' ')"
    [ -e "$LOGS/$1.log" ] || die "there is no log of '$1'"
    tail -n 200 "$LOGS/$1.log"
}

# Before the first up there are no addresses and no password.
needs_first_up() { [ -s "$SECRETS/postgres" ] || die "nothing was started yet: ./orderflow up"; }

command_env() {
    [ $# = 0 ] || die "env: unknown argument $1; see ./orderflow help"
    needs_first_up
    cat <<EOF
export BOOTSTRAP_SERVERS=127.0.0.1:${PORTS[kafka]}
export SCHEMA_REGISTRY_URL=$(registry_url)
export CONNECT_URL=$(connect_url)
export KSQL_URL=$(ksql_url)
export DATABASE_URL=$(database_url)
export GATEWAY_URL=$(gateway_url)
EOF
}

command_psql() {
    needs_first_up
    PGPASSWORD=$(<"$SECRETS/postgres") exec psql -h 127.0.0.1 -p "${PORTS[postgres]}" -U orderflow -d orderflow "$@"
}

command_exec() {
    [ $# -gt 0 ] || {
        say "programs of this build:"
        program_names
        exit 2
    }
    local path
    path=$(program_path "$1") || exit 1
    if [ -s "$SECRETS/postgres" ]; then
        DATABASE_URL=$(database_url)
        export DATABASE_URL
    fi
    ORDERFLOW_CONFIG=$CLIENT_PROPERTIES exec "$path" "${@:2}"
}

command_connect() {
    [ "${1-}" = apply ] || die "connect what? ./orderflow connect apply"
    apply_sinks
    say "all sinks run"
}

# reset deletes what is in the folder, and its permissions are set: it must not be somebody else's.
is_our_folder() {
    local mark
    case $DATA in "$ROOT"/data | "$ROOT"/data-test | "$ROOT"/data-bench) return 0 ;; esac
    for mark in "$DATA"/{lock,test-lock,client.properties} "$DATA"/run/*.pid; do
        if [ -f "$mark" ] && [ ! -L "$mark" ]; then return 0; fi
    done
    [ ! -e "$DATA" ] || { [ -d "$DATA" ] && [ -z "$(ls -A -- "$DATA")" ]; }
}

# The folder is for this user alone. PostgreSQL of root runs as a user of its own: it may pass
# through, and all else in the folder is closed.
claim_data_folder() {
    local name mode=700
    is_our_folder || die "$DATA holds files that are not of Orderflow; ORDERFLOW_DATA wants a folder of its own"
    [ "$(id -u)" != 0 ] || mode=711
    mkdir -p "$DATA"
    chmod "$mode" "$DATA"
    for name in run logs secrets kafka; do
        mkdir -p "$DATA/$name"
        chmod 700 "$DATA/$name"
    done
}

# Two runs at once would start everything twice, or start what the other stops.
lock_instance() {
    claim_data_folder
    exec 9>>"$DATA/lock"
    flock -n 9 && return
    say "waiting for another ./orderflow"
    flock -w "$LOCK_SECONDS" 9 || die "another ./orderflow is at work on $DATA"
}
