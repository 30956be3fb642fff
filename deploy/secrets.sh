#!/usr/bin/env bash
# Makes what is missing in deploy/secrets: a password, and what is made of it; and the gateway's token.
# Run once before docker compose up.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

# The folder keeps everybody else out. The files in it are mounted with their modes, and those who
# read them in the containers (PostgreSQL's user, Connect's) are not their owner: 600 would shut
# them out, too.
mkdir -p secrets
chmod 700 secrets
umask 022

secret() { head -c "$1" /dev/urandom | base64 | tr -d '\n=' | tr '/+' '_-'; }

# Appears whole or not at all, and stays as it is.
keep() { # file; its content on standard input
    if [ -e "secrets/$1" ]; then
        cat >/dev/null
    else
        cat >"secrets/$1.new"
        mv "secrets/$1.new" "secrets/$1"
    fi
}

printf '%s\n' "$(secret 18)" | keep postgres
printf '%s\n' "$(secret 24)" | keep gateway-token
password=$(<secrets/postgres)
# The server stands there twice: "the database system is starting up" would stop a sink's task for
# good, "no server of the list will have us" is retried.
keep sink.properties <<EOF
url=jdbc:postgresql://postgres:5432,postgres:5432/orderflow?reWriteBatchedInserts=true
user=orderflow
password=$password
EOF
# libpq takes no password file that others may read, but a service file.
keep pg-service <<EOF
[orderflow]
host=postgres
dbname=orderflow
user=orderflow
password=$password
EOF
