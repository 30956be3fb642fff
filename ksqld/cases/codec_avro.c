/* JSON to Avro and back by a schema, as ksqlDB's test suite does it: a union takes its first branch
 * that fits, decimals are numbers, bytes are base64. */
#include "ksqld/cases/codec.h"
#include "ksqld/cases/tree.h"
#include "ksqld/exec/decimal.h"
#include "ksqld/serde/avro_reader.h"
#include "ksqld/serde/base64.h"
#include "ksqld/serde/number.h"

#include <strings.h>

#define ITEMS_MAX (1024u * 1024)
#define TEXT_MAX (16u * 1024 * 1024)
#define FIELD "value"

/* ---- writing ---- */

static int fail(const struct of_avro_node *node, struct of_error *error)
{
    return of_fail(error, OF_INPUT, "no value for Avro's %s", of_avro_type_name(node->type));
}

static void put_long(struct of_buffer *out, int64_t number)
{
    uint8_t bytes[16];
    of_buffer_append(out, bytes, (size_t)(of_avro_write_long(bytes, number) - bytes));
}

static void put_text(struct of_buffer *out, struct of_text text)
{
    put_long(out, (int64_t)text.length);
    of_buffer_append(out, text.data, text.length);
}

static int write_integer(const struct of_avro_node *node, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    bool small = node->type == OF_AVRO_INT;
    int64_t number;
    if (!ksql_number_integer(
            json->text, small ? INT32_MIN : INT64_MIN, small ? INT32_MAX : INT64_MAX, &number))
        return fail(node, error);
    put_long(out, number);
    return 0;
}

/* Cases may have numbers as strings. */
static bool may_be_number(const struct ksql_json *json)
{
    return json->kind == KSQL_JSON_NUMBER || json->kind == KSQL_JSON_STRING;
}

static int write_real(const struct of_avro_node *node, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    double number;
    if (!ksql_number_double(json->text, &number))
        return fail(node, error);
    float narrow = (float)number;
    if (node->type == OF_AVRO_FLOAT)
        of_buffer_append(out, &narrow, sizeof(narrow));
    else
        of_buffer_append(out, &number, sizeof(number));
    return 0;
}

/* Cases may have numbers and booleans where texts belong. */
static int write_string(const struct of_avro_node *node, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    struct of_text text;
    if (!ksql_codec_text(json, &text))
        return fail(node, error);
    put_text(out, text);
    return 0;
}

static int write_bytes(const struct of_avro_node *node, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct of_text bytes;
    __int128 units;
    char big[sizeof(units)];
    if (node->logical == OF_AVRO_DECIMAL &&
        (json->kind == KSQL_JSON_NUMBER || json->kind == KSQL_JSON_STRING)) {
        if (!ksql_number_decimal(json->text, node->scale, &units))
            return fail(node, error);
        for (size_t i = sizeof(big); i-- > 0; units >>= 8)
            big[i] = (char)units;
        bytes = (struct of_text){big, sizeof(big)};
        while (bytes.length > 1 && ((bytes.data[0] == 0 && bytes.data[1] >= 0) ||
                                       (bytes.data[0] == -1 && bytes.data[1] < 0))) {
            bytes.data++;
            bytes.length--;
        }
    } else if (json->kind != KSQL_JSON_STRING || !ksql_base64_decode(&arena, json->text, &bytes)) {
        return fail(node, error);
    }
    if (node->type == OF_AVRO_BYTES)
        put_text(out, bytes);
    else if (bytes.length == node->size)
        of_buffer_append(out, bytes.data, bytes.length);
    else
        return fail(node, error);
    return 0;
}

static int write_union(const struct of_avro_node *node, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    size_t start = out->length;
    for (size_t i = 0; i < node->branch_count; i++) {
        out->length = start;
        put_long(out, (int64_t)i);
        if (ksql_codec_write_avro(node->branches[i], json, out, error) == 0)
            return 0;
    }
    out->length = start;
    return fail(node, error);
}

const struct ksql_json *ksql_codec_find(const struct ksql_json *json, const char *name)
{
    const struct ksql_json *found = ksql_json_get(json, name);
    for (size_t i = 0; !found && i < json->count; i++) {
        const struct of_text *text = &json->members[i].name;
        if (strlen(name) == text->length && strncasecmp(name, text->data, text->length) == 0)
            found = json->members[i].value;
    }
    return found;
}

static int write_record(const struct of_avro_node *node, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    static const struct ksql_json none = {.kind = KSQL_JSON_NULL};
    if (json->kind != KSQL_JSON_OBJECT)
        return fail(node, error);
    for (size_t i = 0; i < node->field_count; i++) {
        const struct ksql_json *value = ksql_codec_find(json, node->fields[i].name);
        if (ksql_codec_write_avro(node->fields[i].type, value ? value : &none, out, error))
            return of_error_context(error, "%s", node->fields[i].name);
    }
    return 0;
}

/* A map written as an array of records of key and value. */
static int write_entry(const struct of_avro_node *entry, const struct ksql_json_member *member,
    struct of_buffer *out, struct of_error *error)
{
    const struct ksql_json key = {.kind = KSQL_JSON_STRING, .text = member->name};
    if (ksql_codec_write_avro(entry->fields[0].type, &key, out, error))
        return OF_INPUT;
    return ksql_codec_write_avro(entry->fields[1].type, member->value, out, error);
}

static int write_items(const struct of_avro_node *node, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    bool map = node->type == OF_AVRO_MAP;
    bool entries = json->kind == KSQL_JSON_OBJECT && ksql_avro_is_map(node);
    if (json->kind != (map ? KSQL_JSON_OBJECT : KSQL_JSON_ARRAY) && !entries)
        return fail(node, error);
    if (json->count)
        put_long(out, (int64_t)json->count);
    for (size_t i = 0; i < json->count; i++) {
        const struct ksql_json_member *member = &json->members[i];
        if (map)
            put_text(out, member->name);
        int status = entries ? write_entry(node->branches[0], member, out, error)
                             : ksql_codec_write_avro(node->branches[0], member->value, out, error);
        if (status)
            return OF_INPUT;
    }
    put_long(out, 0);
    return 0;
}

static int write_symbol(const struct of_avro_node *node, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    for (size_t i = 0; json->kind == KSQL_JSON_STRING && i < node->symbol_count; i++) {
        if (!ksql_text_is(json->text, node->symbols[i]))
            continue;
        put_long(out, (int64_t)i);
        return 0;
    }
    return fail(node, error);
}

int ksql_codec_write_avro(const struct of_avro_node *node, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    switch (node->type) {
    case OF_AVRO_NULL:
        return json->kind == KSQL_JSON_NULL ? 0 : fail(node, error);
    case OF_AVRO_BOOLEAN:
        if (json->kind != KSQL_JSON_BOOLEAN)
            return fail(node, error);
        of_buffer_append_byte(out, json->truth);
        return 0;
    case OF_AVRO_INT:
    case OF_AVRO_LONG:
        return may_be_number(json) ? write_integer(node, json, out, error) : fail(node, error);
    case OF_AVRO_FLOAT:
    case OF_AVRO_DOUBLE:
        return may_be_number(json) ? write_real(node, json, out, error) : fail(node, error);
    case OF_AVRO_BYTES:
    case OF_AVRO_FIXED:
        return write_bytes(node, json, out, error);
    case OF_AVRO_STRING:
        return write_string(node, json, out, error);
    case OF_AVRO_RECORD:
        return write_record(node, json, out, error);
    case OF_AVRO_ENUM:
        return write_symbol(node, json, out, error);
    case OF_AVRO_ARRAY:
    case OF_AVRO_MAP:
        return write_items(node, json, out, error);
    default:
        return write_union(node, json, out, error);
    }
}

/* ---- reading ---- */

static void read_bytes(const struct of_avro_node *node, struct ksql_arena *arena,
    struct of_avro_reader *reader, struct ksql_json *json)
{
    struct of_text bytes = {NULL, node->size};
    if (node->type == OF_AVRO_BYTES)
        bytes = of_avro_read_bytes(reader, TEXT_MAX, FIELD);
    else
        bytes.data = (const char *)of_avro_read_fixed(reader, node->size, FIELD);
    if (reader->failure)
        return;
    if (node->logical != OF_AVRO_DECIMAL) {
        ksql_json_set_bytes(json, arena, bytes);
        return;
    }
    __int128 units = bytes.length && bytes.data[0] < 0 ? -1 : 0;
    for (size_t i = 0; i < bytes.length; i++)
        units = (__int128)((unsigned __int128)units << 8 | (uint8_t)bytes.data[i]);
    ksql_json_set_decimal(json, arena, units, node->scale);
    json->truth = true; /* may be expected as a string */
}

static int read_member(const struct of_avro_node *node, bool entries, struct ksql_arena *arena,
    struct of_avro_reader *reader, struct ksql_json_member *member)
{
    struct ksql_json key = {0}, *value = ksql_arena_new(arena, sizeof(*value));
    const struct of_avro_node *element = node->branches[0];
    if (node->type == OF_AVRO_MAP)
        member->name = of_avro_read_string(reader, TEXT_MAX, FIELD);
    if (entries) {
        if (ksql_codec_read_avro(element->fields[0].type, arena, reader, &key))
            return OF_INPUT;
        member->name = key.kind == KSQL_JSON_NULL ? (struct of_text){"null", 4} : key.text;
        element = element->fields[1].type;
    }
    member->value = value;
    return ksql_codec_read_avro(element, arena, reader, value);
}

static int read_items(const struct of_avro_node *node, struct ksql_arena *arena,
    struct of_avro_reader *reader, struct ksql_json *json)
{
    bool entries = ksql_avro_is_map(node);
    json->kind = node->type == OF_AVRO_MAP || entries ? KSQL_JSON_OBJECT : KSQL_JSON_ARRAY;
    size_t block;
    while ((block = of_avro_read_block(reader, json->count, ITEMS_MAX, FIELD)) > 0) {
        for (; block > 0; block--) {
            struct ksql_json_member member = {0};
            if (read_member(node, entries, arena, reader, &member))
                return OF_INPUT;
            *ksql_arena_append(arena, json->members, json->count) = member;
        }
    }
    return 0;
}

static int read_record(const struct of_avro_node *node, struct ksql_arena *arena,
    struct of_avro_reader *reader, struct ksql_json *json)
{
    json->kind = KSQL_JSON_OBJECT;
    for (size_t i = 0; i < node->field_count; i++) {
        struct ksql_json *value = ksql_arena_new(arena, sizeof(*value));
        if (ksql_codec_read_avro(node->fields[i].type, arena, reader, value))
            return OF_INPUT;
        *ksql_arena_append(arena, json->members, json->count) = (struct ksql_json_member){
            {ksql_arena_strdup(arena, node->fields[i].name), strlen(node->fields[i].name)}, value};
    }
    return 0;
}

int ksql_codec_read_avro(const struct of_avro_node *node, struct ksql_arena *arena,
    struct of_avro_reader *reader, struct ksql_json *json)
{
    int status = 0;
    size_t index;
    switch (node->type) {
    case OF_AVRO_NULL:
        break;
    case OF_AVRO_BOOLEAN:
        json->kind = KSQL_JSON_BOOLEAN;
        json->truth = of_avro_read_boolean(reader, FIELD);
        break;
    case OF_AVRO_INT:
    case OF_AVRO_LONG:
        ksql_json_set_number(json, arena, of_avro_read_long(reader, FIELD));
        break;
    case OF_AVRO_FLOAT:
        ksql_json_set_double(json, arena, (double)of_avro_read_float(reader, FIELD));
        break;
    case OF_AVRO_DOUBLE:
        ksql_json_set_double(json, arena, of_avro_read_double(reader, FIELD));
        break;
    case OF_AVRO_BYTES:
    case OF_AVRO_FIXED:
        read_bytes(node, arena, reader, json);
        break;
    case OF_AVRO_STRING:
        ksql_json_set_text(json, of_avro_read_string(reader, TEXT_MAX, FIELD));
        break;
    case OF_AVRO_ENUM:
        index = of_avro_read_branch(reader, node->symbol_count, FIELD);
        if (!reader->failure)
            ksql_json_set_text(
                json, (struct of_text){ksql_arena_strdup(arena, node->symbols[index]),
                          strlen(node->symbols[index])});
        break;
    case OF_AVRO_RECORD:
        status = read_record(node, arena, reader, json);
        break;
    case OF_AVRO_ARRAY:
    case OF_AVRO_MAP:
        status = read_items(node, arena, reader, json);
        break;
    case OF_AVRO_UNION:
        index = of_avro_read_branch(reader, node->branch_count, FIELD);
        status = reader->failure ? OF_INPUT
                                 : ksql_codec_read_avro(node->branches[index], arena, reader, json);
        break;
    }
    return reader->failure ? OF_INPUT : status;
}
