/* A dead letter as its headers tell it, and which of its headers are not the original record's.
 *
 * Understood are the headers of our stages (kafka/deadletter.h) and of Kafka Connect's sinks
 * (__connect.errors.*). Both append theirs behind the record's own, so that those at the end are
 * the writer's even where the record had some of the same name before. */
#ifndef ORDERFLOW_DEADLETTERS_LETTER_H
#define ORDERFLOW_DEADLETTERS_LETTER_H

#include "avro/binary.h"
#include "base/error.h"
#include "kafka/deadletter.h"

#include <stdbool.h>
#include <stdint.h>

#define LETTER_ATTEMPTS_HEADER OF_ATTEMPTS_HEADER
#define LETTER_ATTEMPTS_MAX 1000000 /* a larger number in the header is none */
#define LETTER_HEADERS_MAX 1000     /* of one record, for a replay */

/* Where a letter stands in the dead-letter topic. */
struct letter_position {
    int32_t partition;
    int64_t offset;
};

#define LETTER_POSITION_SIZE 48
/* "[1]@42" behind the topic's name, which is the caller's to print. */
const char *letter_position_print(
    const struct letter_position *position, char text[LETTER_POSITION_SIZE]);
/* Takes "orders_dlq[1]@42", "[1]@42" and "1@42". INPUT quotes the text. */
int letter_position_parse(const char *text, const char *topic, struct letter_position *position,
    struct of_error *error) OF_NODISCARD;

/* Texts borrow the message and are empty where the header is missing. */
struct letter {
    struct letter_position position;
    int64_t timestamp; /* of the letter, ms; -1: none */
    struct of_text source_topic;
    int64_t source_partition, source_offset; /* -1: unknown */
    struct of_text stage;                    /* or the connector's name */
    struct of_text class;                    /* or the exception's name */
    struct of_text message;
    int64_t attempts; /* replays of the record before this letter */
    const rd_kafka_message_t *record;
};

void letter_read(struct letter *letter, const rd_kafka_message_t *message);

/* Whether the letter is one of a stage that reads its topic beside the stage that the topic is for:
 * the order goes its way without it. */
bool letter_is_beside(const struct letter *letter);

/* The original record's headers with the counter of attempts set to the letter's plus one and, for
 * one that is beside, the name of the stage that it is for; the caller's. INPUT: more than
 * LETTER_HEADERS_MAX. */
int letter_replay_headers(
    const struct letter *letter, rd_kafka_headers_t **headers, struct of_error *error) OF_NODISCARD;

#endif
