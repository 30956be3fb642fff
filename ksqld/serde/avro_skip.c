/* Skipping walks the writer's schema itself: there is nothing to compile. */
#include "ksqld/serde/avro_skip.h"

#define SKIPPED_TEXT_MAX ((size_t)1 << 31)

static void skip(
    struct of_avro_reader *in, const struct of_avro_node *node, const char *field, unsigned depth);

static bool takes_room(const struct of_avro_node *node, unsigned depth)
{
    if (node->type == OF_AVRO_NULL || (node->type == OF_AVRO_FIXED && node->size == 0))
        return false;
    if (node->type != OF_AVRO_RECORD)
        return true;
    /* A record that holds itself without a union between could not end: no such data exists. */
    for (size_t i = 0; i < node->field_count; i++) {
        if (depth == KSQL_SKIP_DEPTH_MAX || takes_room(node->fields[i].type, depth + 1))
            return true;
    }
    return false;
}

bool ksql_avro_takes_room(const struct of_avro_node *node)
{
    return takes_room(node, 0);
}

static void skip_items(
    struct of_avro_reader *in, const struct of_avro_node *node, const char *field, unsigned depth)
{
    bool map = node->type == OF_AVRO_MAP;
    bool room = map || ksql_avro_takes_room(node->branches[0]);
    for (;;) {
        size_t limit = room ? (size_t)(in->end - in->next) : SKIPPED_TEXT_MAX;
        size_t count = of_avro_read_block(in, 0, limit, field);
        if (!count || in->failure)
            return;
        for (size_t i = 0; room && i < count && !in->failure; i++) {
            if (map)
                of_avro_read_bytes(in, SKIPPED_TEXT_MAX, field);
            skip(in, node->branches[0], field, depth);
        }
    }
}

static void skip_union(
    struct of_avro_reader *in, const struct of_avro_node *node, const char *field, unsigned depth)
{
    size_t branch = of_avro_read_branch(in, node->branch_count, field);
    if (!in->failure)
        skip(in, node->branches[branch], field, depth);
}

static void skip(
    struct of_avro_reader *in, const struct of_avro_node *node, const char *field, unsigned depth)
{
    if (depth == KSQL_SKIP_DEPTH_MAX) {
        of_avro_reader_fail(in, "nested too deeply", field);
        return;
    }
    switch (node->type) {
    case OF_AVRO_NULL:
        break;
    case OF_AVRO_BOOLEAN:
        of_avro_read_boolean(in, field);
        break;
    case OF_AVRO_INT:
        of_avro_read_int(in, field);
        break;
    case OF_AVRO_LONG:
        of_avro_read_long(in, field);
        break;
    case OF_AVRO_FLOAT:
        of_avro_read_fixed(in, sizeof(float), field);
        break;
    case OF_AVRO_DOUBLE:
        of_avro_read_fixed(in, sizeof(double), field);
        break;
    case OF_AVRO_BYTES:
    case OF_AVRO_STRING:
        of_avro_read_bytes(in, SKIPPED_TEXT_MAX, field);
        break;
    case OF_AVRO_ENUM:
        of_avro_read_branch(in, node->symbol_count, field);
        break;
    case OF_AVRO_FIXED:
        of_avro_read_fixed(in, node->size, field);
        break;
    case OF_AVRO_RECORD:
        for (size_t i = 0; i < node->field_count && !in->failure; i++)
            skip(in, node->fields[i].type, node->fields[i].name, depth + 1);
        break;
    case OF_AVRO_ARRAY:
    case OF_AVRO_MAP:
        skip_items(in, node, field, depth + 1);
        break;
    case OF_AVRO_UNION:
        skip_union(in, node, field, depth + 1);
        break;
    }
}

void ksql_avro_skip(struct of_avro_reader *in, const struct of_avro_node *node, const char *field)
{
    skip(in, node, field, 0);
}
