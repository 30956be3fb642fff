/* One record of a stage: transform, outputs, dead letter. */
#include "kafka/stage_state.h"

#include "base/log.h"
#include "kafka/deadletter.h"

#include <inttypes.h>
#include <string.h>

int of_stage_emit(struct of_stage *stage, const struct of_message *message, struct of_error *error)
{
    return of_outbox_add(&stage->outbox, message, error);
}

int of_stage_send(struct of_stage *stage, const struct of_message *message, struct of_error *error)
{
    return of_producer_send(stage->producer, message, error);
}

bool of_stage_refused(const struct of_stage *stage, const char *topic)
{
    return of_producer_refused(stage->producer, topic);
}

const rd_kafka_headers_t *of_record_headers(const struct of_record *record)
{
    rd_kafka_headers_t *headers = NULL;
    if (!record->message)
        return record->headers;
    return rd_kafka_message_headers(record->message, &headers) ? NULL : headers;
}

int of_stage_input(const struct of_stage *stage, const char *topic)
{
    for (int i = 0; stage->spec.inputs[i]; i++)
        if (strcmp(stage->spec.inputs[i], topic) == 0)
            return i;
    return -1;
}

void of_stage_end_batch(struct of_stage *stage)
{
    stage->end_batch = true;
}

int of_stage_dead_letter(
    struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    of_log(OF_LOG_WARNING, "dead letter", OF_F_TEXT("stage", stage->spec.name),
        OF_F_TEXT("topic", record->topic), OF_F_INT("partition", record->partition),
        OF_F_INT("offset", record->offset), OF_F_TEXT("class", error->kind),
        OF_F_TEXT("message", error->message));
    OF_CLEANUP(of_cleanup_rd_kafka_headers)
    rd_kafka_headers_t *headers =
        of_deadletter_headers(record, stage->spec.name, stage->spec.instance, error);
    const struct of_message message = {.topic = stage->spec.dead_letter_topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = record->key,
        .key_size = record->key_size,
        .value = record->value,
        .value_size = record->value_size,
        .headers = headers};
    stage->dead++;
    int result = of_producer_send(stage->producer, &message, error);
    if (result == OF_INPUT) /* nowhere to put it: stop rather than lose it */
        return of_fail(error, OF_FATAL, "%s[%d]@%" PRId64 ": cannot be dead-lettered: %s",
            record->topic, record->partition, record->offset, error->message);
    return result;
}

/* A record that was put back for one reader of the topic is no other's business. */
static bool is_for_another(const struct of_stage *stage, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    const void *only;
    size_t size;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    if (rd_kafka_header_get_last(headers, OF_ONLY_HEADER, &only, &size) ==
        RD_KAFKA_RESP_ERR_NO_ERROR)
        return size != strlen(stage->spec.name) || memcmp(only, stage->spec.name, size) != 0;
    return stage->spec.beside && rd_kafka_header_get_last(headers, OF_ATTEMPTS_HEADER, &only,
                                     &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

int of_stage_process(struct of_stage *stage, const rd_kafka_message_t *message,
    struct of_position *position, struct of_error *error)
{
    struct of_record record = {.topic = position->topic,
        .input = of_stage_input(stage, position->topic),
        .partition = message->partition,
        .offset = message->offset,
        .timestamp = rd_kafka_message_timestamp(message, NULL),
        .key = message->key,
        .key_size = message->key_len,
        .value = message->payload,
        .value_size = message->len,
        .message = message};
    int result = of_stage_begin(stage, error);
    if (result < 0)
        return result;
    if (!is_for_another(stage, message))
        result = stage->spec.transform(stage->spec.context, stage, &record, error);
    if (result == OF_OK) {
        stage->header_bytes += stage->outbox.header_bytes;
        stage->end_batch |= stage->header_bytes > OF_STAGE_OUTPUT_MAX;
        result = of_outbox_flush(&stage->outbox, stage->producer, error);
    } else if (result == OF_INPUT) {
        of_outbox_clear(&stage->outbox);
        result = of_stage_dead_letter(stage, &record, error);
    }
    if (result < 0)
        return of_error_context(
            error, "%s[%d]@%" PRId64, record.topic, record.partition, record.offset);
    of_positions_advance(&stage->positions, position, message->offset);
    of_counter_add(stage->meters.consumed, 1);
    stage->records++;
    return OF_OK;
}
