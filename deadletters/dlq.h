/* What the commands of orderflow-dlq share. Lists and letters go to standard output; errors go up
 * to main. */
#ifndef ORDERFLOW_DEADLETTERS_DLQ_H
#define ORDERFLOW_DEADLETTERS_DLQ_H

#include "base/config.h"
#include "handled.h"
#include "kafka/scan.h"
#include "select.h"

#include <stdio.h>

struct dlq {
    struct of_config *config;
    struct of_scan *scan;
    char *topic, *handled_topic; /* full names */
    struct selection selection;
    struct handled handled;
    bool all, json, dry_run;
    int64_t limit;   /* list: letters; 0: no limit */
    int64_t preview; /* show: bytes of key and value each */
    int64_t batch;   /* replay, drop: letters of one transaction */
    bool fenced;     /* another process has taken over */
};

/* The commands. */
typedef int dlq_command(struct dlq *dlq, struct of_error *error);
dlq_command dlq_list, dlq_show, dlq_replay, dlq_drop;

/* Reads the records of the handled topic, if there is one, into an empty set. */
int dlq_load_handled(struct dlq *dlq, struct of_error *error) OF_NODISCARD;

/* The parts of the dead-letter topic that can hold wanted letters, as far as it goes now. INPUT:
 * there is no such topic. */
int dlq_ranges(struct dlq *dlq, struct of_scan_ranges *ranges, struct of_error *error) OF_NODISCARD;

/* Every letter of these, partition after partition; NULL stands for one that is not wanted. A
 * positive answer of `visit` ends the reading without an error. */
typedef int dlq_visit(void *context, const struct letter *letter, struct of_error *error);
int dlq_each(struct dlq *dlq, const struct of_scan_ranges *ranges, dlq_visit *visit, void *context,
    struct of_error *error) OF_NODISCARD;

/* ---- printing (print.c) ---- */

/* At most `width` bytes of text (0: all); what a terminal would act upon, and what is no UTF-8,
 * shows as a dot. Pads up to `width`. */
void dlq_print_text(FILE *file, const char *text, size_t length, size_t width);
/* 16 bytes a line: offset, hexadecimal, text. */
void dlq_print_dump(FILE *file, const void *bytes, size_t size);

/* Members of a JSON object for a letter, without its braces. */
void dlq_append_json(const struct dlq *dlq, const struct letter *letter, struct of_buffer *out);

#endif
