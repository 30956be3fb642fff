/* Reading a dead letter's headers. Knows nothing of topics but their names. */
#include "letter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What dead letters' writers add: our stages, then Kafka Connect. */
#define OUR_HEADERS 10
static const char *const added_headers[] = {
    "__streams.errors.exception",
    "__streams.errors.stacktrace",
    "__streams.errors.message",
    "__streams.errors.topic",
    "__streams.errors.partition",
    "__streams.errors.offset",
    "orderflow.stage",
    "orderflow.instance",
    "orderflow.error.class",
    "orderflow.timestamp",
    "__connect.errors.topic",
    "__connect.errors.partition",
    "__connect.errors.offset",
    "__connect.errors.connector.name",
    "__connect.errors.task.id",
    "__connect.errors.stage",
    "__connect.errors.class.name",
    "__connect.errors.exception.class.name",
    "__connect.errors.exception.message",
    "__connect.errors.exception.stacktrace",
};

/* ---- positions ---- */

const char *letter_position_print(
    const struct letter_position *position, char text[LETTER_POSITION_SIZE])
{
    snprintf(text, LETTER_POSITION_SIZE, "[%" PRId32 "]@%" PRId64, position->partition,
        position->offset);
    return text;
}

/* Digits up to `end`, which is passed. */
static bool take_number(const char **cursor, char end, int64_t maximum, int64_t *number)
{
    char *behind;
    if (**cursor < '0' || **cursor > '9')
        return false;
    errno = 0;
    long long value = strtoll(*cursor, &behind, 10);
    if (errno || value > maximum || *behind != end)
        return false;
    *number = value;
    *cursor = end ? behind + 1 : behind;
    return true;
}

int letter_position_parse(
    const char *text, const char *topic, struct letter_position *position, struct of_error *error)
{
    const char *cursor = text;
    int64_t partition, offset;
    size_t topic_length = strlen(topic);
    if (strncmp(cursor, topic, topic_length) == 0 && cursor[topic_length] == '[')
        cursor += topic_length;
    bool bracket = *cursor == '[';
    cursor += bracket;
    bool fits = take_number(&cursor, bracket ? ']' : '@', INT32_MAX, &partition);
    if (fits && bracket)
        fits = *cursor++ == '@';
    if (!fits || !take_number(&cursor, '\0', INT64_MAX, &offset))
        return of_fail(error, OF_INPUT,
            "'%s' is no letter's position: write it as %s[PARTITION]@OFFSET or PARTITION@OFFSET",
            text, topic);
    *position = (struct letter_position){(int32_t)partition, offset};
    return OF_OK;
}

/* ---- headers ---- */

/* The last of that name: a writer appends. Null reads as empty. */
static bool header(
    const rd_kafka_headers_t *headers, const char *name, const char *other, struct of_text *text)
{
    const void *value;
    size_t size;
    if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR &&
        (!other ||
            rd_kafka_header_get_last(headers, other, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR))
        return false;
    *text = (struct of_text){value ? value : "", value ? size : 0};
    return true;
}

/* librdkafka puts a NUL behind each header's value. -1: no number within 0..maximum. */
static int64_t number_of(struct of_text text, int64_t maximum)
{
    const char *cursor = text.data;
    int64_t number;
    if (text.length == 0 || memchr(text.data, '\0', text.length) ||
        !take_number(&cursor, '\0', maximum, &number))
        return -1;
    return number;
}

static int64_t number_header(
    const rd_kafka_headers_t *headers, const char *name, const char *other, int64_t maximum)
{
    struct of_text text;
    return header(headers, name, other, &text) ? number_of(text, maximum) : -1;
}

void letter_read(struct letter *letter, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    rd_kafka_timestamp_type_t type;
    const struct of_text none = {"", 0};
    *letter = (struct letter){.position = {message->partition, message->offset},
        .timestamp = rd_kafka_message_timestamp(message, &type),
        .source_topic = none,
        .source_partition = -1,
        .source_offset = -1,
        .stage = none,
        .class = none,
        .message = none,
        .record = message};
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    header(headers, "__streams.errors.topic", "__connect.errors.topic", &letter->source_topic);
    letter->source_partition = number_header(
        headers, "__streams.errors.partition", "__connect.errors.partition", INT32_MAX);
    letter->source_offset =
        number_header(headers, "__streams.errors.offset", "__connect.errors.offset", INT64_MAX);
    header(headers, "orderflow.stage", "__connect.errors.connector.name", &letter->stage);
    header(
        headers, "orderflow.error.class", "__connect.errors.exception.class.name", &letter->class);
    header(headers, "__streams.errors.message", "__connect.errors.exception.message",
        &letter->message);
    int64_t attempts = number_header(headers, LETTER_ATTEMPTS_HEADER, NULL, LETTER_ATTEMPTS_MAX);
    letter->attempts = attempts > 0 ? attempts : 0;
}

static size_t added_index(const char *name)
{
    size_t index = 0;
    while (index < OF_COUNT(added_headers) && strcmp(added_headers[index], name) != 0)
        index++;
    return index;
}

/* How many headers the record had before it died: the run at the end of names that one writer adds,
 * each of them once, does not count. */
static size_t original_count(const rd_kafka_headers_t *headers)
{
    bool seen[OF_COUNT(added_headers)] = {false};
    size_t count = rd_kafka_header_cnt(headers);
    bool ours = true;
    while (count > 0) {
        const char *name;
        const void *value;
        size_t size;
        rd_kafka_header_get_all(headers, count - 1, &name, &value, &size);
        size_t index = added_index(name);
        if (index == OF_COUNT(added_headers) || seen[index])
            break;
        if (count == rd_kafka_header_cnt(headers))
            ours = index < OUR_HEADERS;
        if (ours != (index < OUR_HEADERS))
            break;
        seen[index] = true;
        count--;
    }
    return count;
}

bool letter_is_beside(const struct letter *letter)
{
    static const char routing[] = "routing";
    return letter->stage.length == strlen(routing) &&
           memcmp(letter->stage.data, routing, strlen(routing)) == 0;
}

int letter_replay_headers(
    const struct letter *letter, rd_kafka_headers_t **out, struct of_error *error)
{
    rd_kafka_headers_t *headers = NULL;
    char attempts[24];
    size_t count = 0;
    if (rd_kafka_message_headers(letter->record, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        count = original_count(headers);
    if (count > LETTER_HEADERS_MAX)
        return of_fail(error, OF_INPUT, "%zu headers, the limit is %d", count, LETTER_HEADERS_MAX);
    OF_CLEANUP(of_cleanup_rd_kafka_headers)
    rd_kafka_headers_t *copy = rd_kafka_headers_new(count + 2);
    for (size_t i = 0; i < count; i++) {
        const char *name;
        const void *value;
        size_t size;
        rd_kafka_header_get_all(headers, i, &name, &value, &size);
        if (strcmp(name, LETTER_ATTEMPTS_HEADER) != 0 && strcmp(name, OF_ONLY_HEADER) != 0)
            rd_kafka_header_add(copy, name, -1, value, value ? (ssize_t)size : 0);
    }
    snprintf(attempts, sizeof(attempts), "%" PRId64, letter->attempts + 1);
    rd_kafka_header_add(copy, LETTER_ATTEMPTS_HEADER, -1, attempts, (ssize_t)strlen(attempts));
    if (letter_is_beside(letter))
        rd_kafka_header_add(
            copy, OF_ONLY_HEADER, -1, letter->stage.data, (ssize_t)letter->stage.length);
    *out = OF_TAKE(copy);
    return OF_OK;
}
