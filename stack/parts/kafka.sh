# Apache Kafka: one node that is broker and controller (KRaft).
# shellcheck shell=bash

# Debian's Java 17, whatever other Java stands before it in the path.
java_program() {
    local path
    for path in /usr/lib/jvm/java-17-openjdk-*/bin/java; do
        [ ! -x "$path" ] || { printf '%s' "$path" && return; }
    done
    printf java
}

java_with_jars() { # heap [options of java…] class arguments…; the jars of Kafka
    local heap=$1
    shift
    printf '%s\n' "$(java_program)" "-Xmx$heap" -Xms64m -XX:+UseSerialGC \
        "-Dlog4j2.configurationFile=$ROOT/stack/conf/log4j2.properties" -cp "$JARS/kafka/*" "$@"
}

kafka_properties() {
    cat <<EOF
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:${PORTS[kafka]},CONTROLLER://127.0.0.1:${PORTS[controller]}
advertised.listeners=PLAINTEXT://127.0.0.1:${PORTS[kafka]}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:${PORTS[controller]}
log.dirs=$DATA/kafka
auto.create.topics.enable=false
num.partitions=4
offsets.topic.replication.factor=1
offsets.topic.num.partitions=10
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=10
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# After kill -9 the node waits until its own former session has ended.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.segment.bytes=268435456
# Small segments are compacted soon, so that the group coordinator loads its offsets at once: while a
# killed node loads them, it may answer with old ones (see docs/NOTES.md).
offsets.topic.segment.bytes=1048576
log.cleaner.backoff.ms=5000
EOF
}

kafka_is_ready() { port_is_open "${PORTS[kafka]}"; }

start_kafka() {
    local command
    kafka_properties | write_private "$DATA/kafka.properties"
    if ! [ -e "$DATA/kafka/meta.properties" ]; then
        step kafka "formatting $DATA/kafka"
        rm -rf "$DATA/kafka"
        mkdir -m 700 "$DATA/kafka"
        # No dash in it: at the beginning it would be taken for an option.
        mapfile -t command < <(java_with_jars 128m kafka.tools.StorageTool format --standalone \
            --cluster-id "$(head -c 16 /dev/urandom | base64 | tr '/+' 'sp' | tr -d '=')" --config "$DATA/kafka.properties")
        "${command[@]}" >"$LOGS/kafka.log" 2>&1 || die_with_log kafka "formatting failed"
    fi
    mapfile -t command < <(java_with_jars "$KAFKA_HEAP" kafka.Kafka "$DATA/kafka.properties")
    spawn kafka "${command[@]}"
    wait_ready kafka kafka_is_ready
}

stop_kafka() { stop_process kafka; }
