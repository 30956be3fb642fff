/* What the bare librdkafka peers share: a handle from NAME=VALUE settings. They stand for what a
 * user writes against librdkafka alone, so any error ends the program with a message. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "base/options.h"

#include <librdkafka/rdkafka.h>

/* Prints "PROGRAM: what: why" and exits with 1. */
void client_die(const char *what, const char *why) __attribute__((noreturn));
void client_check(rd_kafka_error_t *failure, const char *what);

/* `settings` from -X, each NAME=VALUE; `pairs` name and value, NULL-ended, on top. Settings that
 * the other type of client has alone are left out. */
rd_kafka_t *client_new(
    rd_kafka_type_t type, const struct of_option_list *settings, const char *const *pairs);

/* Parses the command line with -X added; exits on --help and on errors. */
void client_options(const char *name, const char *summary, struct of_option *options,
    struct of_option_list *settings, int argc, char **argv);

/* Sends, waiting while the queue is full. */
void client_send(rd_kafka_t *client, rd_kafka_topic_t *topic, const void *key, size_t key_size,
    const void *value, size_t value_size);

/* {"records":N,"seconds":S}: what the runner reads. */
void client_report(int64_t records, int64_t began_ns);

#endif
