# Ports and HTTP by bash alone: nothing else is there before the packages are.
# shellcheck shell=bash

port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The status code of GET http://127.0.0.1:PORT/PATH, or nothing.
http_status() { # port path
    local line
    {
        exec 3<>"/dev/tcp/127.0.0.1/$1" || return 0
        printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&3
        IFS=' ' read -r -t 5 _ line _ <&3 || true
        printf '%s' "${line-}"
    } 2>/dev/null
}

http_answers() { [ "$(http_status "$1" "$2")" = 200 ]; }
