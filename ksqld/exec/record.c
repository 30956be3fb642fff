/* Values to the bytes of a key and a value. Which schemas they name is the caller's business. */
#include "ksqld/exec/record.h"

#include "registry/wire.h"

enum { VALUE, KEY };

void ksql_record_writer_init(
    struct ksql_record_writer *writer, const struct ksql_source *source, const int32_t ids[2])
{
    *writer = (struct ksql_record_writer){.ids = {ids[VALUE], ids[KEY]}};
    ksql_side_init(&writer->sides[VALUE], source->value_format, &source->schema, false,
        !source->wrap_single_value);
    ksql_side_init(&writer->sides[KEY], source->key_format, &source->schema, true, true);
    for (int side = VALUE; side <= KEY; side++) {
        char delimiter = source->delimiters[side];
        writer->sides[side].delimiter = delimiter ? delimiter : KSQL_DELIMITER_DEFAULT;
        of_buffer_init(&writer->bytes[side], KSQL_RECORD_BYTES_MAX);
    }
}

void ksql_record_writer_release(struct ksql_record_writer *writer)
{
    of_buffer_release(&writer->bytes[VALUE]);
    of_buffer_release(&writer->bytes[KEY]);
}

/* *bytes stays NULL where the side as a whole is null. */
static int write_side(struct ksql_record_writer *writer, int side, const struct ksql_value *values,
    const void **bytes, size_t *size, struct of_error *error)
{
    const char *name = side == KEY ? "the key" : "the value";
    struct of_buffer *out = &writer->bytes[side];
    of_buffer_clear(out);
    *bytes = NULL;
    *size = 0;
    if (ksql_side_has_id(&writer->sides[side]) && of_wire_begin(out, writer->ids[side]))
        return of_buffer_check(out, name, error);
    if (!ksql_side_write(&writer->sides[side], values, out))
        return 0;
    *bytes = out->length ? (const void *)out->data : "";
    *size = out->length;
    return of_buffer_check(out, name, error);
}

int ksql_record_write(struct ksql_record_writer *writer, const struct ksql_value *values,
    struct ksql_record_out *record, struct of_error *error)
{
    int status = write_side(writer, KEY, values, &record->key, &record->key_size, error);
    return status ? status
                  : write_side(writer, VALUE, values, &record->value, &record->value_size, error);
}
