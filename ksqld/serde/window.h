/* Windows of keys: Kafka Streams writes them behind the key's own bytes. */
#ifndef KSQLD_SERDE_WINDOW_H
#define KSQLD_SERDE_WINDOW_H

#include "base/buffer.h"
#include "ksqld/plan/metastore.h"

/* A window [start, end) in ms. */
struct ksql_window {
    int64_t start, end;
};

/* Takes the window off the end of a key's bytes. The end of a TIME window is not written, but
 * follows from its size. INPUT: too few bytes, or no such window. */
int ksql_window_split(const struct ksql_windows *windows, size_t *key_size, const void *key,
    struct ksql_window *window, struct of_error *error) OF_NODISCARD;

/* Appends the window to a key's bytes; nothing where there are no windows. */
void ksql_window_append(
    enum ksql_window_kind kind, const struct ksql_window *window, struct of_buffer *out);

/* "30 SECONDS" in ms. INPUT: *problem says what is wrong in ksqlDB's words. */
struct ksql_problem;
int ksql_duration_parse(
    const char *text, int64_t *milliseconds, struct ksql_problem *problem) OF_NODISCARD;

#endif
