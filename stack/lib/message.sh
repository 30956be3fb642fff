# What the script says. Messages go to standard error, answers to standard output.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }
step() { printf '  %-10s %s\n' "$1" "${*:2}" >&2; }
die() {
    printf 'orderflow: %s\n' "$*" >&2
    exit 1
}

# Ends with the last lines of a part's log, so that nobody has to look for them.
die_with_log() { # part message…
    local part=$1 log=$LOGS/$1.log
    shift
    if [ -s "$log" ]; then
        printf -- '--- the end of %s\n' "$log" >&2
        tail -n 20 "$log" >&2
        printf -- '---\n' >&2
    fi
    die "$part: $*"
}
