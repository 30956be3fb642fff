# Confluent's Kafka Connect with Debezium's JDBC sink, as stack/maven/archives.xml names it.
FROM debian:12.12-slim AS plugin
ARG VERSION=3.6.0.Final
ARG SHA256=c23af8d416f0f801ffb0271b1a8fd9b5360ff8d66b0dd650e066bb56ecfddc05
ADD https://repo1.maven.org/maven2/io/debezium/debezium-connector-jdbc/${VERSION}/debezium-connector-jdbc-${VERSION}-plugin.tar.gz /plugin.tar.gz
# The worker has the two jars itself; two versions in one plugin clash.
RUN echo "${SHA256}  /plugin.tar.gz" | sha256sum --check --quiet \
    && mkdir /plugins && tar -C /plugins --no-same-owner -xf /plugin.tar.gz \
    && rm -f /plugins/*/kafka-clients-*.jar /plugins/*/connect-api-*.jar

FROM confluentinc/cp-kafka-connect:8.3.1
COPY --from=plugin /plugins/ /usr/share/orderflow-plugins/
