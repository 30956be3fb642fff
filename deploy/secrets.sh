#!/usr/bin/env bash
# Makes deploy/secrets with a new password, unless it is there. Run once before docker compose up.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

# The folder keeps everybody else out. The files in it are mounted with their modes, and those who
# read them in the containers (PostgreSQL's user, Connect's) are not their owner: 600 would shut
# them out, too.
mkdir -p secrets
chmod 700 secrets
[ ! -e secrets/sink.properties ] || exit 0
umask 022
password=$(head -c 18 /dev/urandom | base64 | tr -d '\n=' | tr '/+' '_-')
printf '%s\n' "$password" >secrets/postgres
# The server stands there twice: "the database system is starting up" would stop a sink's task for
# good, "no server of the list will have us" is retried.
cat >secrets/sink.new <<EOF
url=jdbc:postgresql://postgres:5432,postgres:5432/orderflow?reWriteBatchedInserts=true
user=orderflow
password=$password
EOF
mv secrets/sink.new secrets/sink.properties
