# The gateway: orders over HTTP, and the page.
# shellcheck shell=bash

gateway_url() { printf 'http://127.0.0.1:%s' "${PORTS[gateway]}"; }
gateway_is_ready() { http_answers "${PORTS[gateway]}" /readyz; }

# The header that a gateway wants which was started with a token; it has visible letters only.
gateway_authorization() {
    local token=${ORDERFLOW_GATEWAY_TOKEN-}
    token=${token%%[[:space:]]*}
    [ -z "$token" ] || printf 'Authorization: Bearer %s' "$token"
}

start_gateway() {
    DATABASE_URL=$(database_url) spawn_program gateway orderflow-gateway --port "${PORTS[gateway]}" \
        --part "$RUN/producer.pid"
    wait_ready gateway gateway_is_ready
}
stop_gateway() { stop_process gateway; }
