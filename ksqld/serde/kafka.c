/* Big-endian numbers, strings as they are. */
#include "ksqld/serde/kafka.h"

#include <endian.h>

static int read_size(
    const struct ksql_type *type, size_t size, size_t wanted, struct of_error *error)
{
    if (size == wanted)
        return 0;
    return of_fail(error, OF_INPUT, "%zu bytes are no %s, which has %zu", size,
        ksql_type_kind_name(type->kind), wanted);
}

int ksql_kafka_read(const struct ksql_type *type, const void *bytes, size_t size,
    struct ksql_value *value, struct of_error *error)
{
    uint32_t four;
    uint64_t eight;
    struct ksql_value read = {0};
    switch (type->kind) {
    case KSQL_INTEGER:
        if (read_size(type, size, sizeof(four), error))
            return OF_INPUT;
        memcpy(&four, bytes, sizeof(four));
        read.number = (int32_t)be32toh(four);
        break;
    case KSQL_BIGINT:
    case KSQL_DOUBLE:
        if (read_size(type, size, sizeof(eight), error))
            return OF_INPUT;
        memcpy(&eight, bytes, sizeof(eight));
        eight = be64toh(eight);
        if (type->kind == KSQL_BIGINT)
            read.number = (int64_t)eight;
        else
            memcpy(&read.real, &eight, sizeof(eight));
        break;
    default:
        read.text = (struct of_text){bytes, size};
        if (type->kind == KSQL_STRING && !of_avro_is_utf8(bytes, size))
            return of_fail(error, OF_INPUT, "a string that is no UTF-8");
        break;
    }
    *value = read;
    return 0;
}

void ksql_kafka_write(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out)
{
    uint32_t four;
    uint64_t eight;
    switch (type->kind) {
    case KSQL_INTEGER:
        four = htobe32((uint32_t)value->number);
        of_buffer_append(out, &four, sizeof(four));
        break;
    case KSQL_BIGINT:
        eight = htobe64((uint64_t)value->number);
        of_buffer_append(out, &eight, sizeof(eight));
        break;
    case KSQL_DOUBLE:
        memcpy(&eight, &value->real, sizeof(eight));
        eight = htobe64(eight);
        of_buffer_append(out, &eight, sizeof(eight));
        break;
    default:
        of_buffer_append(out, value->text.data, value->text.length);
        break;
    }
}
