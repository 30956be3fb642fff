#!/usr/bin/env bash
# Makes deploy/secrets with a new password, unless it is there. Run once before docker compose up.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

[ ! -e secrets/sink.properties ] || exit 0
# The containers' users, who are not ours, read the files; the folder keeps others out.
mkdir -p secrets
chmod 711 secrets
password=$(head -c 18 /dev/urandom | base64 | tr -d '\n=' | tr '/+' '_-')
printf '%s\n' "$password" >secrets/postgres
# The server stands there twice: "the database system is starting up" would stop a sink's task for
# good, "no server of the list will have us" is retried.
cat >secrets/sink.properties <<EOF
url=jdbc:postgresql://postgres:5432,postgres:5432/orderflow?reWriteBatchedInserts=true
user=orderflow
password=$password
EOF
chmod 644 secrets/postgres secrets/sink.properties
