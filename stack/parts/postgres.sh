# PostgreSQL: a cluster of our own in the data folder, never one that Debian made.
# shellcheck shell=bash

postgres_bin() { printf '%s' /usr/lib/postgresql/15/bin; }

# PostgreSQL refuses to run as root; then it runs as the package's user, who must be able to reach
# its folder: one below /root (mode 700) moves to /var/lib/orderflow.
postgres_folder() {
    local folder=$DATA/postgres parent
    if [ "$(id -u)" = 0 ]; then
        parent=$DATA
        while [ "$parent" != / ]; do
            if [ -d "$parent" ] && ! [[ $(stat -c %A "$parent") =~ x$|t$ ]]; then
                folder=/var/lib/orderflow/$(printf '%s' "$DATA" | cksum | cut -d' ' -f1)/postgres
                break
            fi
            parent=$(dirname "$parent")
        done
    fi
    printf '%s' "$folder"
}

# What goes before a command of PostgreSQL's server: nothing, or the change of user.
postgres_user_command() {
    [ "$(id -u)" != 0 ] || printf '%s\n' setpriv --reuid postgres --regid postgres --clear-groups --
}

as_postgres() {
    local -a user
    mapfile -t user < <(postgres_user_command)
    "${user[@]}" "$@"
}

new_password() { head -c 18 /dev/urandom | base64 | tr -d '\n=' | tr '/+' '_-'; }

database_url() { printf 'postgresql://orderflow:%s@127.0.0.1:%s/orderflow' "$(<"$SECRETS/postgres")" "${PORTS[postgres]}"; }

sql() { # psql arguments, as the owner of the database
    PGPASSWORD=$(<"$SECRETS/postgres") psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "${PORTS[postgres]}" \
        -U orderflow "$@"
}

make_secret() { # name
    [ -s "$SECRETS/$1" ] || new_password | write_private "$SECRETS/$1"
}

postgres_create() {
    local folder=$1 password_file
    step postgres "creating a cluster in $folder"
    mkdir -p "$folder"
    password_file=$(mktemp)
    cat "$SECRETS/postgres" >"$password_file"
    if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$folder" "$password_file"; fi
    chmod 700 "$folder"
    (cd / && as_postgres "$(postgres_bin)/initdb" -D "$folder" -E UTF8 --locale=C.UTF-8 -U orderflow \
        --auth=scram-sha-256 "--pwfile=$password_file" -N) >"$LOGS/postgres.log" 2>&1 || {
        rm -f "$password_file"
        rm -rf "$folder"
        die_with_log postgres "initdb failed"
    }
    rm -f "$password_file"
    as_postgres sync -f "$folder"
    as_postgres touch "$folder/complete"
}

postgres_is_ready() { "$(postgres_bin)/pg_isready" -q -h 127.0.0.1 -p "${PORTS[postgres]}" -U orderflow; }

# Sessions outlive a killed server for a moment, and two servers on one folder would ruin it. All of
# its processes stand in the data folder.
postgres_wait_gone() { # folder
    local place deadline=$((SECONDS + STOP_SECONDS)) found=1
    while [ -n "$found" ]; do
        found=''
        for place in /proc/[0-9]*/cwd; do
            if [ "$(readlink "$place" 2>/dev/null)" = "$1" ]; then found=1; fi
        done
        [ $SECONDS -lt $deadline ] || die "another PostgreSQL still works on $1"
        [ -z "$found" ] || sleep 0.2
    done
}

start_postgres() {
    local folder
    local -a user
    folder=$(postgres_folder)
    make_secret postgres
    [ -e "$folder/complete" ] || { rm -rf "$folder" && postgres_create "$folder"; }
    postgres_wait_gone "$folder"
    # After kill -9 the lock may name a pid that another process has now.
    as_postgres rm -f "$folder/postmaster.pid"
    mapfile -t user < <(postgres_user_command)
    (cd / && spawn postgres "${user[@]}" "$(postgres_bin)/postgres" -D "$folder" -h 127.0.0.1 -p "${PORTS[postgres]}" \
        -k '' -c shared_buffers=128MB -c max_connections=60 -c log_min_messages=warning)
    wait_ready postgres postgres_is_ready
}

complete_postgres() {
    local name
    for name in orderflow registry; do
        [ "$(sql -d postgres -tAc "SELECT 1 FROM pg_database WHERE datname = '$name'")" = 1 ] ||
            sql -d postgres -c "CREATE DATABASE $name"
    done
}

stop_postgres() { stop_process postgres INT; } # fast shutdown: sessions are ended
