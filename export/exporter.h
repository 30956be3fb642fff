/* External orders to files and to the partner. Lines come one by one; an order is exported when all
 * its lines are here: file, partner, then the word that it is done. An order that cannot be
 * exported, or that stays incomplete for too long, is given up: its lines are dead-lettered, and
 * come back whole when they are replayed.
 *
 * Everything may be done again: the same order gives the same file and the same Idempotency-Key.
 * So it is enough that no line is forgotten before its order is done: exporter_needed. */
#ifndef EXPORT_EXPORTER_H
#define EXPORT_EXPORTER_H

#include "document.h"
#include "files.h"
#include "held.h"
#include "kafka/stage.h"
#include "partner.h"

#define EXPORTER_SLOW_MS 1000 /* writing and sending took that long: exporter_is_slow */

/* What an exporter says; the stage's part. */
struct exporter_words {
    /* `line` is one of the order's; `name` the file's within the folder. */
    int (*exported)(
        void *context, const struct of_order_line *line, const char *name, struct of_error *error);
    int (*dead_letter)(void *context, const struct of_record *record, struct of_error *why);
    void *context;
};

struct exporter {
    const char *topic; /* that lines come from; borrowed */
    int64_t hold_ms;   /* an order may be incomplete that long */
    struct exporter_words words;
    struct held held;
    struct files files;
    struct partner partner;
    struct of_order_line lines[HELD_LINES_MAX];
    struct of_buffer document;
    int64_t busy;               /* ms that writing and sending took since the last settling */
    int64_t exported, given_up; /* orders since the last settling */
};

void exporter_init(struct exporter *exporter);
void exporter_release(struct exporter *exporter); /* also for OF_CLEANUP; files and partner, too */

/* A line: the record, its body in our schema, and what it says. INPUT: it cannot be a line of its
 * order; dead-letter it alone. `now` is monotonic. */
int exporter_take(struct exporter *exporter, const struct of_record *record, const uint8_t *body,
    size_t body_size, const struct of_order_line *line, int64_t now,
    struct of_error *error) OF_NODISCARD;

/* Before a commit: gives up what has been incomplete for too long, and makes sure that the files
 * last. */
int exporter_settle(struct exporter *exporter, int64_t now, struct of_error *error) OF_NODISCARD;

/* Forgets the lines: they will be read again. */
void exporter_forget(struct exporter *exporter);

int64_t exporter_needed(const struct exporter *exporter, int32_t partition);

/* Writing and sending have taken long since the last settling: the transaction should end before
 * its time is over. */
bool exporter_is_slow(const struct exporter *exporter);

#endif
