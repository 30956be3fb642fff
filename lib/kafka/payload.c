/* From record to Avro body. */
#include "kafka/payload.h"

#define GUID_HEADER "__value_schema_id"

static bool has_guid_header(const struct of_record *record)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    return record->message &&
           rd_kafka_message_headers(record->message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           rd_kafka_header_get_last(headers, GUID_HEADER, &value, &size) ==
               RD_KAFKA_RESP_ERR_NO_ERROR;
}

int of_payload_body(struct of_wire_reader *reader, const struct of_record *record,
    const uint8_t **body, size_t *size, struct of_error *error)
{
    /* First: a bare body may begin like a prefix, and be read as another schema's. */
    if (has_guid_header(record)) {
        of_fail(error, OF_INPUT,
            "the schema is named by a GUID in the header " GUID_HEADER ", which is not supported; "
            "let the writer use the prefix with a schema id (value.schema.id.serializer)");
        return of_error_kind(error, "framing");
    }
    return of_wire_reader_body(reader, record->value, record->value_size, body, size, error);
}
