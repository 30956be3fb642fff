# Apicurio Registry, its Confluent API, stored in PostgreSQL.
# shellcheck shell=bash

registry_url() { printf 'http://127.0.0.1:%s/apis/ccompat/v7' "${PORTS[registry]}"; }
registry_is_ready() { http_answers "${PORTS[registry]}" /apis/ccompat/v7/subjects; }

start_registry() {
    # Secrets go by the environment, which only the process's owner can read.
    # The canonical hash lets a client look a schema up by its text printed anew, as ksqlDB does.
    # Connections are checked before use: else each of the pool's would fail once after PostgreSQL
    # was away.
    QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=${PORTS[registry]} \
        APICURIO_STORAGE_KIND=sql APICURIO_STORAGE_SQL_KIND=postgresql \
        APICURIO_DATASOURCE_URL=jdbc:postgresql://127.0.0.1:${PORTS[postgres]}/registry \
        APICURIO_DATASOURCE_USERNAME=orderflow APICURIO_DATASOURCE_PASSWORD=$(<"$SECRETS/postgres") \
        APICURIO_DATASOURCE_JDBC_INITIAL_SIZE=2 APICURIO_DATASOURCE_JDBC_MIN_SIZE=2 \
        APICURIO_DATASOURCE_JDBC_MAX_SIZE=10 QUARKUS_DATASOURCE_POSTGRESQL_JDBC_VALIDATE_ON_BORROW=true \
        APICURIO_CCOMPAT_USE_CANONICAL_HASH=true QUARKUS_LOG_LEVEL=WARN \
        spawn registry "$(java_program)" "-Xmx$REGISTRY_HEAP" -Xms64m -XX:+UseSerialGC \
        "$JAVA_QUICK_START" -jar "$(registry_jar)"
    wait_ready registry registry_is_ready
}

registry_jar() { printf '%s' "$JARS"/registry/apicurio-registry-app-*-runner.jar; } # one matches

stop_registry() { stop_process registry; }
