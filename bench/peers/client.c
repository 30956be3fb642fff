/* Handles, options and the send of the bare peers. */
#include "client.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_SIZE 128
#define QUEUE_FULL_WAIT_MS 10

static const char *program = "bench";

void client_die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", program, what, why);
    exit(OF_EXIT_FAILURE);
}

void client_check(rd_kafka_error_t *failure, const char *what)
{
    if (failure)
        client_die(what, rd_kafka_error_string(failure));
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[512];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) != RD_KAFKA_CONF_OK)
        client_die(name, reason);
}

/* One list of settings serves both clients of a transform. */
static bool belongs_to(rd_kafka_type_t type, const char *name)
{
    static const char *const producers[] = {"acks", "batch.", "compression.", "linger.",
        "partitioner", "queue.buffering.", "transaction.", NULL};
    static const char *const consumers[] = {
        "fetch.", "queued.", "isolation.level", "auto.offset.reset", NULL};
    const char *const *others = type == RD_KAFKA_PRODUCER ? consumers : producers;
    for (; *others; others++)
        if (strncmp(name, *others, strlen(*others)) == 0)
            return false;
    return true;
}

rd_kafka_t *client_new(
    rd_kafka_type_t type, const struct of_option_list *settings, const char *const *pairs)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char reason[512], name[NAME_MAX_SIZE];
    for (size_t i = 0; i < settings->count; i++) {
        const char *equals = strchr(settings->values[i], '=');
        if (!equals || equals - settings->values[i] >= NAME_MAX_SIZE)
            client_die(settings->values[i], "is not NAME=VALUE");
        snprintf(
            name, sizeof(name), "%.*s", (int)(equals - settings->values[i]), settings->values[i]);
        if (belongs_to(type, name))
            set(conf, name, equals + 1);
    }
    for (; pairs[0]; pairs += 2)
        set(conf, pairs[0], pairs[1]);
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof(reason));
    if (!client)
        client_die("rd_kafka_new", reason);
    return client;
}

void client_options(const char *name, const char *summary, struct of_option *options,
    struct of_option_list *settings, int argc, char **argv)
{
    program = name;
    struct of_option table[16] = {0};
    size_t count = 0;
    for (; options[count].name; count++)
        table[count] = options[count];
    table[count] = (struct of_option){.name = "set",
        .letter = 'X',
        .type = OF_OPTION_LIST,
        .target = settings,
        .argument = "NAME=VALUE",
        .help = "one of librdkafka's properties"};
    const struct of_program description = {
        .name = name, .synopsis = "[OPTION...]", .summary = summary, .options = table};
    struct of_error error;
    int operands = argc, result = of_options_parse(&description, argc, argv, &operands, &error);
    if (result > 0)
        exit(OF_EXIT_OK);
    if (result < 0 || operands < argc) {
        fprintf(stderr, "%s: %s\n", name, result < 0 ? error.message : "unexpected operand");
        exit(OF_EXIT_USAGE);
    }
}

void client_send(rd_kafka_t *client, rd_kafka_topic_t *topic, const void *key, size_t key_size,
    const void *value, size_t value_size)
{
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, (void *)value,
               value_size, key, key_size, NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            client_die("rd_kafka_produce", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(client, QUEUE_FULL_WAIT_MS);
    }
}

void client_report(int64_t records, int64_t began_ns)
{
    printf("{\"records\":%" PRId64 ",\"seconds\":%.3f}\n", records,
        (double)(of_clock_monotonic_ns() - began_ns) / 1e9);
}
