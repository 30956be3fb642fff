#!/usr/bin/env bash
# The first start of the database: our tables, and the reference tables from the generator's facts.
set -euo pipefail

run() { psql -X -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" "$@"; }

for file in /docker-entrypoint-initdb.d/tables/*.sql; do run -f "$file"; done
run -c "\copy sku_info FROM '/reference/skus.csv' WITH (FORMAT csv, HEADER true)"
run -c "\copy province_info(lgu, provincial_code, category) FROM '/reference/provinces.csv' WITH (FORMAT csv, HEADER true)"
