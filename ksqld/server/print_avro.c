/* One walk through schema and bytes. Logical types are shown as what they are made of. */
#include "ksqld/server/print_avro.h"

#include "avro/binary.h"
#include "ksqld/serde/json_writer.h"
#include "ksqld/serde/number.h"

#define TEXT_MAX (64u * 1024 * 1024)
#define ITEMS_MAX (1u << 24)

struct walk {
    struct of_avro_reader reader;
    struct of_buffer *out;
    unsigned depth;
};

static void print_value(struct walk *walk, const struct of_avro_node *node, bool inside);

static bool failed(const struct walk *walk)
{
    return walk->reader.failure || walk->out->full;
}

static void print_number(struct of_buffer *out, double number)
{
    char text[KSQL_DOUBLE_TEXT_MAX];
    of_buffer_append(out, text, ksql_double_print(number, text));
}

/* Texts have quotes within others only. */
static void print_text(struct walk *walk, struct of_text text, bool inside)
{
    if (inside)
        ksql_json_write_text(text, walk->out);
    else
        of_buffer_append(walk->out, text.data, text.length);
}

static void print_bytes(struct walk *walk, struct of_text bytes)
{
    of_buffer_append_byte(walk->out, '"');
    for (size_t i = 0; i < bytes.length; i++) {
        uint8_t byte = (uint8_t)bytes.data[i];
        if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\')
            of_buffer_append_byte(walk->out, byte);
        else
            of_buffer_appendf(walk->out, "\\u%04X", byte);
    }
    of_buffer_append_byte(walk->out, '"');
}

static void print_record(struct walk *walk, const struct of_avro_node *node)
{
    of_buffer_append_byte(walk->out, '{');
    for (size_t i = 0; i < node->field_count && !failed(walk); i++) {
        const char *name = node->fields[i].name;
        of_buffer_append_text(walk->out, i ? ", " : "");
        ksql_json_write_text((struct of_text){name, strlen(name)}, walk->out);
        of_buffer_append_text(walk->out, ": ");
        print_value(walk, node->fields[i].type, true);
    }
    of_buffer_append_byte(walk->out, '}');
}

static void print_items(struct walk *walk, const struct of_avro_node *node, bool map)
{
    size_t so_far = 0, count;
    of_buffer_append_byte(walk->out, map ? '{' : '[');
    while ((count = of_avro_read_block(&walk->reader, so_far, ITEMS_MAX, "")) && !failed(walk)) {
        for (size_t i = 0; i < count && !failed(walk); i++) {
            of_buffer_append_text(walk->out, so_far + i ? ", " : "");
            if (map) {
                print_text(walk, of_avro_read_string(&walk->reader, TEXT_MAX, ""), true);
                of_buffer_append_text(walk->out, ": ");
            }
            print_value(walk, node->branches[0], true);
        }
        so_far += count;
    }
    of_buffer_append_byte(walk->out, map ? '}' : ']');
}

static void print_symbol(struct walk *walk, const struct of_avro_node *node, bool inside)
{
    size_t index = of_avro_read_branch(&walk->reader, node->symbol_count, "");
    if (failed(walk))
        return;
    const char *symbol = node->symbols[index];
    print_text(walk, (struct of_text){symbol, strlen(symbol)}, inside);
}

static void print_branch(struct walk *walk, const struct of_avro_node *node, bool inside)
{
    size_t index = of_avro_read_branch(&walk->reader, node->branch_count, "");
    if (!failed(walk))
        print_value(walk, node->branches[index], inside);
}

static void print_fixed(struct walk *walk, const struct of_avro_node *node)
{
    const uint8_t *bytes = of_avro_read_fixed(&walk->reader, node->size, "");
    if (!failed(walk))
        print_bytes(walk, (struct of_text){(const char *)bytes, node->size});
}

static void print_plain(struct walk *walk, const struct of_avro_node *node, bool inside)
{
    switch (node->type) {
    case OF_AVRO_NULL:
        of_buffer_append_text(walk->out, inside ? "null" : "<null>");
        break;
    case OF_AVRO_BOOLEAN:
        of_buffer_append_text(
            walk->out, of_avro_read_boolean(&walk->reader, "") ? "true" : "false");
        break;
    case OF_AVRO_INT:
        of_buffer_appendf(walk->out, "%d", of_avro_read_int(&walk->reader, ""));
        break;
    case OF_AVRO_LONG:
        of_buffer_appendf(walk->out, "%lld", (long long)of_avro_read_long(&walk->reader, ""));
        break;
    case OF_AVRO_FLOAT:
        of_buffer_appendf(walk->out, "%.9g", (double)of_avro_read_float(&walk->reader, ""));
        break;
    case OF_AVRO_DOUBLE:
        print_number(walk->out, of_avro_read_double(&walk->reader, ""));
        break;
    case OF_AVRO_STRING:
        print_text(walk, of_avro_read_string(&walk->reader, TEXT_MAX, ""), inside);
        break;
    default:
        print_bytes(walk, of_avro_read_bytes(&walk->reader, TEXT_MAX, ""));
    }
}

static void print_value(struct walk *walk, const struct of_avro_node *node, bool inside)
{
    if (failed(walk))
        return;
    if (++walk->depth > KSQL_PRINT_DEPTH_MAX) {
        of_avro_reader_fail(&walk->reader, "values are nested too deep", "");
        return;
    }
    switch (node->type) {
    case OF_AVRO_RECORD:
        print_record(walk, node);
        break;
    case OF_AVRO_ARRAY:
    case OF_AVRO_MAP:
        print_items(walk, node, node->type == OF_AVRO_MAP);
        break;
    case OF_AVRO_ENUM:
        print_symbol(walk, node, inside);
        break;
    case OF_AVRO_UNION:
        print_branch(walk, node, inside);
        break;
    case OF_AVRO_FIXED:
        print_fixed(walk, node);
        break;
    default:
        print_plain(walk, node, inside);
    }
    walk->depth--;
}

int ksql_print_avro(const struct of_avro_node *node, const void *bytes, size_t size,
    struct of_buffer *out, struct of_error *error)
{
    struct walk walk = {.out = out};
    of_avro_reader_init(&walk.reader, bytes, size);
    print_value(&walk, node, false);
    if (!walk.reader.failure && walk.reader.next != walk.reader.end)
        of_avro_reader_fail(&walk.reader, "bytes are left", "");
    if (walk.reader.failure)
        return of_avro_reader_error(&walk.reader, "a record", error);
    return of_buffer_check(out, "a record as text", error);
}
