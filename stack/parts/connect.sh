# Kafka Connect's distributed worker with the Avro converter and the JDBC sink.
# shellcheck shell=bash

# Debezium's sink, waiting out a database that is away: see connect/sink.
export SINK_CLASS=orderflow.connect.PatientJdbcSinkConnector

connect_url() { printf 'http://127.0.0.1:%s' "${PORTS[connect]}"; }
connect_is_ready() { http_answers "${PORTS[connect]}" /connectors; }
check_connect() { is_running connect || die_with_log connect "ended; ./orderflow up starts it again"; }

# One worker: after a rebalance there is no other to wait for (by default for five minutes), and what
# a killed one held is free in ten seconds, as the stages' partitions are (by default in 45).
connect_properties() {
    cat <<EOF
bootstrap.servers=127.0.0.1:${PORTS[kafka]}
group.id=orderflow-connect
listeners=http://127.0.0.1:${PORTS[connect]}
config.storage.topic=connect_configs
offset.storage.topic=connect_offsets
status.storage.topic=connect_status
config.storage.replication.factor=1
offset.storage.replication.factor=1
offset.storage.partitions=5
status.storage.replication.factor=1
offset.flush.interval.ms=1000
scheduled.rebalance.max.delay.ms=0
consumer.session.timeout.ms=10000
connector.client.config.override.policy=All
consumer.metadata.max.age.ms=10000
plugin.path=$JARS/plugins
key.converter=org.apache.kafka.connect.converters.ByteArrayConverter
value.converter=orderflow.connect.PatientAvroConverter
value.converter.apicurio.registry.url=http://127.0.0.1:${PORTS[registry]}/apis/registry/v2
value.converter.apicurio.registry.as-confluent=true
value.converter.apicurio.registry.use-id=contentId
value.converter.apicurio.registry.headers.enabled=false
value.converter.apicurio.registry.check-period-ms=86400000
value.converter.apicurio.registry.fault-tolerant-refresh=true
config.providers=file
config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
config.providers.file.param.allowed.paths=$SINK_SECRETS
EOF
}

# What the sinks read through the file provider. The server stands there twice: "the database system
# is starting up" would stop a sink's task for good, "no server of the list will have us" is retried.
sink_secrets() {
    cat <<EOF
url=jdbc:postgresql://127.0.0.1:${PORTS[postgres]},127.0.0.1:${PORTS[postgres]}/orderflow?reWriteBatchedInserts=true
user=orderflow
password=$(<"$SECRETS/postgres")
EOF
}

start_connect() {
    local command
    connect_properties | write_private "$DATA/connect.properties"
    sink_secrets | write_private "$SINK_SECRETS"
    mapfile -t command < <(java_with_jars "$CONNECT_HEAP" "$JAVA_QUICK_START" org.apache.kafka.connect.cli.ConnectDistributed \
        "$DATA/connect.properties")
    spawn connect "${command[@]}"
    wait_ready connect connect_is_ready
}

stop_connect() { stop_process connect; }
