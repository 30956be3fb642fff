/* The Avro body of a stage's input record. */
#ifndef OF_KAFKA_PAYLOAD_H
#define OF_KAFKA_PAYLOAD_H

#include "kafka/stage.h"
#include "registry/wire.h"

/* of_wire_reader_body of the record's value; INPUT, of kind "framing", when the writer put a
 * schema GUID into the header __value_schema_id instead. */
int of_payload_body(struct of_wire_reader *reader, const struct of_record *record,
    const uint8_t **body, size_t *size, struct of_error *error) OF_NODISCARD;

#endif
