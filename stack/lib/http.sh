# Ports and HTTP by bash alone: nothing else is there before the packages are.
# shellcheck shell=bash

readonly CRLF=$'\r\n'

port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The status code of GET http://127.0.0.1:PORT/PATH, or of another method's request, or nothing.
# printf is the shell's own: a secret in the header is on no argument list.
http_status() { # port path [method [header]]
    local line
    {
        exec 3<>"/dev/tcp/127.0.0.1/$1" || return 0
        printf '%s %s HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n%s\r\n' "${3:-GET}" "$2" "${4:+$4$CRLF}" >&3
        IFS=' ' read -r -t 5 _ line _ <&3 || true
        printf '%s' "${line-}"
    } 2>/dev/null
}

# What GET http://127.0.0.1:PORT/PATH answers, with its headers.
http_answer() { # port path [header]
    {
        exec 3<>"/dev/tcp/127.0.0.1/$1" || return 0
        printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n%s\r\n' "$2" "${3:+$3$CRLF}" >&3
        timeout 5 cat <&3 || true
    } 2>/dev/null
}

http_answers() { [ "$(http_status "$1" "$2")" = 200 ]; }
