# Parts as processes: a pid file with the start time, so that a pid used again is never killed.
# shellcheck shell=bash

# When a process started, in clock ticks since boot; nothing if it is gone or a zombie.
start_time() { # pid
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
    stat=${stat##*) }
    # shellcheck disable=SC2086 # split on purpose
    set -- $stat
    [ "$1" = Z ] || printf '%s' "${20}"
}

pid_of() { # part; prints the pid if the part runs
    local pid time
    { read -r pid time <"$RUN/$1.pid"; } 2>/dev/null || return 0
    [ -n "$time" ] && [ "$(start_time "$pid")" = "$time" ] && printf '%s' "$pid"
    return 0
}

is_running() { [ -n "$(pid_of "$1")" ]; }

# Starts a command in a session of its own, its output in the part's log. The process writes its pid
# file itself and keeps the instance's lock until it stands: whenever this script is killed, the next
# one finds what was started.
spawn() { # part command…
    local part=$1 pid
    shift
    mkdir -p "$RUN" "$LOGS"
    rm -f "$RUN/$part.pid"
    printf '\n=== %(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$1" >>"$LOGS/$part.log"
    (
        umask 077
        pid=$BASHPID # another one in the pipe's shells
        printf '%s %s\n' "$pid" "$(start_time "$pid")" | write_private "$RUN/$part.pid"
        exec setsid "$@" 9>&-
    ) </dev/null >>"$LOGS/$part.log" 2>&1 &
    pid=$!
    disown "$pid"
    until [ -e "$RUN/$part.pid" ] || [ -z "$(start_time "$pid")" ]; do sleep 0.01; done
}

# A file for this user alone, with all of standard input or as it was before.
write_private() { # file
    (umask 077 && cat >"$1.new") && mv -f "$1.new" "$1"
}

# Waits for a condition while the part lives.
wait_ready() { # part condition…
    local part=$1 deadline=$((SECONDS + READY_SECONDS))
    shift
    until "$@"; do
        is_running "$part" || die_with_log "$part" "ended while starting"
        [ $SECONDS -lt $deadline ] || die_with_log "$part" "no answer within $READY_SECONDS s"
        sleep 0.2
    done
}

stop_process() { # part [signal]
    local part=$1 pid deadline=$((SECONDS + STOP_SECONDS))
    pid=$(pid_of "$part")
    if [ -n "$pid" ]; then
        kill -"${2:-TERM}" "$pid" 2>/dev/null || true
        while is_running "$part"; do
            if [ $SECONDS -ge $deadline ]; then
                say "$part did not end within $STOP_SECONDS s and is killed"
                kill -KILL "$pid" 2>/dev/null || true
                deadline=$((SECONDS + STOP_SECONDS))
            fi
            sleep 0.1
        done
    fi
    rm -f "$RUN/$part.pid"
}
