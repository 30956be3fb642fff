/* Which letters have been dealt with.
 *
 * Beside a dead-letter topic T stands the compacted topic T_handled, one partition. A record of it
 * says of one letter what became of it: key = the letter's position, "T[1]@42"; value = "replayed"
 * or "dropped", a blank, and the letter's own timestamp in milliseconds. The timestamp ties the
 * record to this very letter: after T was deleted and made anew, its positions begin again, and old
 * records must not hide new letters.
 *
 * A replay writes the record back to its source topic and the letter's record here in one
 * transaction, under one transactional.id per dead-letter topic. Whoever handles letters first
 * takes that id over (which ends, one way or the other, what a predecessor left open, and fences
 * one that is still alive), then reads this topic to its end, and only then writes. So a letter is
 * handled once, however often the tool is killed and however many run at the same time. */
#ifndef ORDERFLOW_DEADLETTERS_HANDLED_H
#define ORDERFLOW_DEADLETTERS_HANDLED_H

#include "base/error.h"
#include "letter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HANDLED_MAX 50000000u /* letters that are kept in memory at once */
#define HANDLED_VALUE_SIZE 48

enum handled_as { HANDLED_NOT, HANDLED_REPLAYED, HANDLED_DROPPED };
/* "open", "replayed", "dropped". */
const char *handled_name(enum handled_as as);

struct handled_entry;
struct handled {
    struct handled_entry *entries; /* open addressing, capacity a power of two */
    size_t count, capacity;
};

void handled_release(struct handled *handled); /* also for OF_CLEANUP; usable again */

/* FATAL: more than HANDLED_MAX. A later record of the same letter wins. */
int handled_add(struct handled *handled, const struct letter_position *position, int64_t timestamp,
    enum handled_as as, struct of_error *error) OF_NODISCARD;
enum handled_as handled_find(
    const struct handled *handled, const struct letter_position *position, int64_t timestamp);

/* What one record of T_handled says of which letter; HANDLED_NOT: it is of another form, or a
 * tombstone. */
enum handled_as handled_parse(const char *letters_topic, const void *key, size_t key_size,
    const void *value, size_t value_size, struct letter_position *position, int64_t *timestamp);

/* Takes one record of T_handled; one of another form, or a tombstone, is passed over. */
int handled_take(struct handled *handled, const char *letters_topic, const void *key,
    size_t key_size, const void *value, size_t value_size, struct of_error *error) OF_NODISCARD;

/* The value of a letter's record. */
const char *handled_print(int64_t timestamp, enum handled_as as, char text[HANDLED_VALUE_SIZE]);

#endif
