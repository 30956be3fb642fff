/* A tree of steps a writer's schema, built once; then a walk a record. */
#include "ksqld/serde/avro_reader.h"

#include "ksqld/exec/hash_order.h"
#include "ksqld/serde/avro_skip.h"
#include "ksqld/serde/number.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define FLOAT_DIGITS 9 /* that tell any float from all others */

enum step_kind {
    STEP_SKIP,
    STEP_NULL,
    STEP_BOOLEAN,
    STEP_INT,
    STEP_LONG,
    STEP_FLOAT,
    STEP_DOUBLE,
    STEP_DECIMAL,
    STEP_BYTES,
    STEP_FIXED,
    STEP_STRING,
    STEP_ENUM,
    STEP_ARRAY,
    STEP_MAP,
    STEP_ENTRIES, /* a map written as an array of records of key and value */
    STEP_RECORD,
    STEP_UNION,
};

struct step {
    enum step_kind kind;
    bool as_text; /* numbers and booleans for a STRING column */
    const struct of_avro_node *node;
    const char *field; /* for messages */
    struct step **items;
    size_t count;
    size_t *targets; /* RECORD: where each field goes; unused for skipped ones */
    size_t width;    /* RECORD: fields of the STRUCT */
    bool has_size;   /* ARRAY: each item takes at least a byte */
};

struct ksql_avro_reader {
    struct step *root;
    const struct ksql_schema *columns;
    bool key, unwrapped;
    size_t slot; /* unwrapped: of the column */
};

/* ---- building ---- */

struct builder {
    struct ksql_arena *arena;
    struct of_error *error;
};

static int build(struct builder *builder, const struct of_avro_node *node,
    const struct ksql_type *type, const struct ksql_want *want, const char *field,
    struct step **step);

static struct step *new_step(struct builder *builder, enum step_kind kind,
    const struct of_avro_node *node, const char *field)
{
    struct step *step = ksql_arena_new(builder->arena, sizeof(*step));
    step->kind = kind;
    step->node = node;
    step->field = field;
    return step;
}

static int mismatch(struct builder *builder, const struct of_avro_node *node,
    const struct ksql_type *type, const char *field)
{
    return of_fail(builder->error, OF_INPUT, "Cannot deserialize type %s as type %s for path: %s",
        of_avro_type_name(node->type), ksql_type_kind_name(type->kind), field);
}

/* What ksqlDB reads, and this reader does not. */
static int refuse(struct builder *builder, const char *what, const char *field)
{
    return of_fail(builder->error, OF_INPUT,
        "Field %s of the Avro schema: %s is not supported by this runner.", field, what);
}

/* Which step reads a writer's type as a column's; STEP_SKIP: none does. */
static enum step_kind choose(const struct of_avro_node *node, const struct ksql_type *type)
{
    enum of_avro_type from = node->type;
    bool text = type->kind == KSQL_STRING;
    switch (type->kind) {
    case KSQL_BOOLEAN:
        return from == OF_AVRO_BOOLEAN ? STEP_BOOLEAN : STEP_SKIP;
    case KSQL_INTEGER:
    case KSQL_DATE:
    case KSQL_TIME:
        return from == OF_AVRO_INT ? STEP_INT : STEP_SKIP;
    case KSQL_BIGINT:
    case KSQL_TIMESTAMP:
    case KSQL_STRING:
        if (from == OF_AVRO_INT || from == OF_AVRO_LONG)
            return from == OF_AVRO_INT ? STEP_INT : STEP_LONG;
        if (text && from == OF_AVRO_BOOLEAN)
            return STEP_BOOLEAN;
        if (text && (from == OF_AVRO_FLOAT || from == OF_AVRO_DOUBLE))
            return from == OF_AVRO_FLOAT ? STEP_FLOAT : STEP_DOUBLE;
        if (text && (from == OF_AVRO_STRING || from == OF_AVRO_ENUM))
            return from == OF_AVRO_STRING ? STEP_STRING : STEP_ENUM;
        return STEP_SKIP;
    case KSQL_DOUBLE:
        return from == OF_AVRO_FLOAT    ? STEP_FLOAT
               : from == OF_AVRO_DOUBLE ? STEP_DOUBLE
                                        : STEP_SKIP;
    case KSQL_DECIMAL:
        return from == OF_AVRO_BYTES && node->logical == OF_AVRO_DECIMAL &&
                       node->scale == type->scale
                   ? STEP_DECIMAL
                   : STEP_SKIP;
    case KSQL_BYTES:
        if (node->logical == OF_AVRO_DECIMAL)
            return STEP_SKIP;
        return from == OF_AVRO_BYTES ? STEP_BYTES : from == OF_AVRO_FIXED ? STEP_FIXED : STEP_SKIP;
    case KSQL_ARRAY:
        return from == OF_AVRO_ARRAY ? STEP_ARRAY : STEP_SKIP;
    case KSQL_MAP:
        return from == OF_AVRO_MAP ? STEP_MAP : ksql_avro_is_map(node) ? STEP_ENTRIES : STEP_SKIP;
    case KSQL_STRUCT:
        return from == OF_AVRO_RECORD ? STEP_RECORD : STEP_SKIP;
    default:
        return STEP_SKIP;
    }
}

static int build_record(struct builder *builder, const struct ksql_type *type,
    const struct ksql_want *want, struct step *step)
{
    static const struct ksql_want everything = {.any = true, .all = true};
    const struct of_avro_node *node = step->node;
    step->count = node->field_count;
    step->width = type->field_count;
    step->items = ksql_arena_new_array(builder->arena, step->count, sizeof(*step->items));
    step->targets = ksql_arena_new_array(builder->arena, step->count, sizeof(*step->targets));
    for (size_t i = 0; i < step->count; i++) {
        const struct of_avro_field *field = &node->fields[i];
        const char *path = ksql_arena_printf(
            builder->arena, "%s%s%s", step->field, *step->field ? "->" : "", field->name);
        size_t target = ksql_type_field(type, field->name);
        const struct ksql_want *inner = target == SIZE_MAX   ? NULL
                                        : !want || want->all ? &everything
                                        : want->fields       ? &want->fields[target]
                                                             : NULL;
        if (!inner || !inner->any) {
            step->items[i] = new_step(builder, STEP_SKIP, field->type, path);
            continue;
        }
        step->targets[i] = target;
        if (build(builder, field->type, type->fields[target].type, inner, path, &step->items[i]))
            return OF_INPUT;
    }
    return 0;
}

static int build_union(struct builder *builder, const struct of_avro_node *node,
    const struct ksql_type *type, const struct ksql_want *want, const char *field,
    struct step **step)
{
    size_t types = 0;
    *step = new_step(builder, STEP_UNION, node, field);
    (*step)->count = node->branch_count;
    (*step)->items =
        ksql_arena_new_array(builder->arena, node->branch_count, sizeof(*(*step)->items));
    for (size_t i = 0; i < node->branch_count; i++) {
        const struct of_avro_node *branch = node->branches[i];
        if (branch->type == OF_AVRO_NULL) {
            (*step)->items[i] = new_step(builder, STEP_NULL, branch, field);
            continue;
        }
        if (++types > 1)
            return refuse(builder, "a union of several types", field);
        if (build(builder, branch, type, want, field, &(*step)->items[i]))
            return OF_INPUT;
    }
    return 0;
}

bool ksql_avro_is_map(const struct of_avro_node *node)
{
    if (node->type != OF_AVRO_ARRAY)
        return false;
    const struct of_avro_node *entry = node->branches[0];
    if (entry->type != OF_AVRO_RECORD || entry->field_count != 2 || !entry->json ||
        strcmp(entry->fields[0].name, "key") != 0 || strcmp(entry->fields[1].name, "value") != 0)
        return false;
    const char *name = json_string_value(json_object_get(entry->json, "name"));
    return json_object_get(entry->json, "connect.internal.type") ||
           (name && strcmp(name, "MapEntry") == 0);
}

/* Keys and values by turns are, to a record, two fields. */
static int build_entries(struct builder *builder, const struct ksql_type *type, struct step *step)
{
    static const struct ksql_type text = {.kind = KSQL_STRING};
    struct ksql_field fields[] = {{"key", &text}, {"value", type->element}};
    struct ksql_type entry = {
        .kind = KSQL_STRUCT, .fields = fields, .field_count = OF_COUNT(fields)};
    step->items = ksql_arena_new_array(builder->arena, 1, sizeof(*step->items));
    step->items[0] = new_step(builder, STEP_RECORD, step->node->branches[0], step->field);
    return build_record(builder, &entry, NULL, step->items[0]);
}

static int build(struct builder *builder, const struct of_avro_node *node,
    const struct ksql_type *type, const struct ksql_want *want, const char *field,
    struct step **step)
{
    if (node->type == OF_AVRO_UNION)
        return build_union(builder, node, type, want, field, step);
    enum step_kind kind = choose(node, type);
    if (kind == STEP_SKIP && type->kind == KSQL_DECIMAL && node->logical == OF_AVRO_DECIMAL)
        return refuse(builder, "a decimal of another scale than its column's, or fixed,", field);
    if (kind == STEP_SKIP)
        return mismatch(builder, node, type, field);
    *step = new_step(builder, kind, node, field);
    (*step)->as_text = type->kind == KSQL_STRING;
    if (kind == STEP_RECORD)
        return build_record(builder, type, want, *step);
    if (kind == STEP_ENTRIES)
        return build_entries(builder, type, *step);
    if (kind != STEP_ARRAY && kind != STEP_MAP)
        return 0;
    const char *path =
        ksql_arena_printf(builder->arena, "%s->%s", field, kind == STEP_MAP ? "MAP" : "ARRAY");
    (*step)->has_size = kind == STEP_MAP || ksql_avro_takes_room(node->branches[0]);
    (*step)->items = ksql_arena_new_array(builder->arena, 1, sizeof(*(*step)->items));
    return build(builder, node->branches[0], type->element, NULL, path, &(*step)->items[0]);
}

/* The columns of the side as one STRUCT, at the places of their slots; those of the other side
 * can't be found by name. */
static int build_columns(struct builder *builder, struct ksql_avro_reader *reader,
    const struct of_avro_node *root, const struct ksql_want *wants)
{
    const struct ksql_schema *columns = reader->columns;
    struct ksql_field *fields =
        ksql_arena_new_array(builder->arena, columns->count, sizeof(*fields));
    struct ksql_want *open = ksql_arena_new_array(builder->arena, columns->count, sizeof(*open));
    for (size_t i = 0; i < columns->count; i++) {
        const struct ksql_column *column = &columns->columns[i];
        bool ours = ksql_column_is_on(column, reader->key);
        fields[i] = (struct ksql_field){ours ? column->name : "", column->type};
        if (ours)
            open[i] = wants ? wants[i] : (struct ksql_want){.any = true, .all = true};
    }
    struct ksql_type row = {.kind = KSQL_STRUCT, .fields = fields, .field_count = columns->count};
    struct ksql_want want = {.any = true, .fields = open};
    if (root->type != OF_AVRO_RECORD)
        return mismatch(builder, root, &row, "");
    return build(builder, root, &row, &want, "", &reader->root);
}

int ksql_avro_reader_new(struct ksql_arena *arena, const struct of_avro_schema *writer,
    const struct ksql_side *side, const struct ksql_want *wants, struct ksql_avro_reader **reader,
    struct of_error *error)
{
    struct builder builder = {arena, error};
    const struct of_avro_node *root = of_avro_schema_root(writer);
    struct ksql_avro_reader *built = ksql_arena_new(arena, sizeof(*built));
    *built = (struct ksql_avro_reader){.columns = side->schema,
        .key = side->key,
        .unwrapped = side->unwrapped,
        .slot = side->only};
    int status = side->unwrapped ? build(&builder, root, side->schema->columns[built->slot].type,
                                       NULL, "", &built->root)
                                 : build_columns(&builder, built, root, wants);
    if (!status)
        *reader = built;
    return status;
}

/* ---- reading ---- */

struct walk {
    struct of_avro_reader in;
    struct ksql_arena *arena;
    size_t items; /* of all arrays so far */
};

static void read_step(struct walk *walk, const struct step *step, struct ksql_value *value);

static void read_fields(struct walk *walk, const struct step *step, struct ksql_value *fields)
{
    for (size_t i = 0; i < step->count; i++) {
        const struct step *item = step->items[i];
        if (item->kind == STEP_SKIP)
            ksql_avro_skip(&walk->in, item->node, item->field);
        else
            read_step(walk, item, &fields[step->targets[i]]);
        if (walk->in.failure)
            return;
    }
}

static struct ksql_value *take(struct walk *walk, size_t count, const char *field)
{
    struct ksql_value *values = ksql_arena_take(walk->arena, count * sizeof(*values));
    if (walk->arena->full)
        of_avro_reader_fail(&walk->in, "the record's values take too much memory", field);
    return values;
}

static void read_record(struct walk *walk, const struct step *step, struct ksql_value *value)
{
    struct ksql_value *fields = take(walk, step->width, step->field);
    for (size_t i = 0; i < step->width; i++)
        fields[i] = KSQL_VALUE_NULL;
    value->fields = fields;
    read_fields(walk, step, fields);
}

/* The arena keeps what a growing array leaves behind: at most as much again, by doubling. */
static struct ksql_value *grow(struct walk *walk, const struct ksql_value *items, size_t total,
    size_t count, size_t *capacity, const char *field)
{
    *capacity = total + count > *capacity * 2 ? total + count : *capacity * 2;
    struct ksql_value *grown = take(walk, *capacity, field);
    if (total)
        memcpy(grown, items, total * sizeof(*grown));
    return grown;
}

static void read_array(struct walk *walk, const struct step *step, struct ksql_value *value)
{
    struct of_avro_reader *in = &walk->in;
    struct ksql_value *items = NULL;
    size_t total = 0, capacity = 0;
    for (;;) {
        size_t room = step->has_size ? (size_t)(in->end - in->next) : KSQL_LIST_MAX;
        size_t left = KSQL_LIST_MAX - walk->items;
        size_t count =
            of_avro_read_block(in, total, total + (room < left ? room : left), step->field);
        if (!count || in->failure)
            break;
        walk->items += count;
        if (count > capacity - total)
            items = grow(walk, items, total, count, &capacity, step->field);
        for (size_t i = 0; i < count && !in->failure; i++)
            read_step(walk, step->items[0], &items[total + i]);
        total += count;
    }
    value->list = (struct ksql_list){items, total};
}

static bool read_pair(struct walk *walk, const struct step *step, struct ksql_value *pair)
{
    pair[0] = (struct ksql_value){.null = step->kind == STEP_ENTRIES};
    pair[1] = KSQL_VALUE_NULL;
    if (step->kind == STEP_ENTRIES) {
        read_fields(walk, step->items[0], pair);
    } else {
        pair[0].text = of_avro_read_string(&walk->in, KSQL_TEXT_VALUE_MAX, step->field);
        if (!walk->in.failure)
            read_step(walk, step->items[0], &pair[1]);
    }
    if (!walk->in.failure && pair[0].null)
        of_avro_reader_fail(&walk->in, "a map's entry without a key", step->field);
    return !walk->in.failure;
}

static const struct ksql_type text_key = {.kind = KSQL_STRING};

static void read_map(struct walk *walk, const struct step *step, struct ksql_value *value)
{
    struct of_avro_reader *in = &walk->in;
    struct ksql_value *items = NULL;
    size_t total = 0, capacity = 0;
    for (;;) {
        size_t room = (size_t)(in->end - in->next), left = KSQL_LIST_MAX - walk->items;
        size_t count =
            of_avro_read_block(in, total, total + (room < left ? room : left), step->field);
        if (!count || in->failure)
            break;
        walk->items += count;
        if (2 * count > capacity - 2 * total)
            items = grow(walk, items, 2 * total, 2 * count, &capacity, step->field);
        for (size_t i = 0; i < count && read_pair(walk, step, &items[2 * (total + i)]); i++)
            ;
        total += count;
    }
    if (in->failure)
        return;
    /* Avro's own map comes before Connect's, unless it is an array of entries. */
    total *= 2;
    if (step->kind == STEP_MAP)
        total = ksql_hash_order(walk->arena, &text_key, items, total, ksql_hash_slots(total / 2));
    total = ksql_hash_order(walk->arena, &text_key, items, total, KSQL_HASH_DEFAULT);
    value->list = (struct ksql_list){items, total};
}

/* The same two's complement as of_avro_read_decimal, but for 128 bits. */
static __int128 read_decimal(struct of_avro_reader *in, const struct step *step)
{
    struct of_text bytes = of_avro_read_bytes(in, KSQL_TEXT_VALUE_MAX, step->field);
    if (bytes.length > sizeof(__int128)) {
        of_avro_reader_fail(in,
            "a decimal longer than 16 bytes, which is not supported by this runner", step->field);
        return 0;
    }
    if (!bytes.length) { /* Java's BigInteger takes no bytes for no number */
        if (!in->failure)
            of_avro_reader_fail(in, "a decimal without bytes", step->field);
        return 0;
    }
    unsigned __int128 units = (int8_t)bytes.data[0] < 0 ? ~(unsigned __int128)0 : 0;
    for (size_t i = 0; i < bytes.length; i++)
        units = units << 8 | (uint8_t)bytes.data[i];
    return (__int128)units;
}

static void number_to_text(struct walk *walk, const struct step *step, struct ksql_value *value)
{
    int64_t number = value->number;
    const char *text = step->kind == STEP_BOOLEAN
                           ? ksql_arena_strdup(walk->arena, number ? "true" : "false")
                           : ksql_arena_printf(walk->arena, "%lld", (long long)number);
    value->text = (struct of_text){text, strlen(text)};
}

/* As Java prints them. A float's text is the shortest that is read as the same float. */
static void real_to_text(struct walk *walk, const struct step *step, struct ksql_value *value)
{
    char text[KSQL_DOUBLE_TEXT_MAX];
    double real = value->real;
    for (int digits = 0; step->kind == STEP_FLOAT && digits < FLOAT_DIGITS; digits++) {
        snprintf(text, sizeof(text), "%.*e", digits, value->real);
        if (strtof(text, NULL) != (float)value->real)
            continue;
        real = strtod(text, NULL);
        break;
    }
    size_t length = ksql_double_print(real, text);
    value->text = (struct of_text){ksql_arena_strndup(walk->arena, text, length), length};
}

static void read_step(struct walk *walk, const struct step *step, struct ksql_value *value)
{
    struct of_avro_reader *in = &walk->in;
    value->null = false;
    switch (step->kind) {
    case STEP_SKIP:
    case STEP_NULL:
        value->null = true;
        break;
    case STEP_BOOLEAN:
        value->number = of_avro_read_boolean(in, step->field);
        break;
    case STEP_INT:
        value->number = of_avro_read_int(in, step->field);
        break;
    case STEP_LONG:
        value->number = of_avro_read_long(in, step->field);
        break;
    case STEP_FLOAT:
        value->real = (double)of_avro_read_float(in, step->field);
        break;
    case STEP_DOUBLE:
        value->real = of_avro_read_double(in, step->field);
        break;
    case STEP_DECIMAL:
        value->decimal = read_decimal(in, step);
        break;
    case STEP_BYTES:
        value->text = of_avro_read_bytes(in, KSQL_TEXT_VALUE_MAX, step->field);
        break;
    case STEP_FIXED:
        value->text = (struct of_text){
            (const char *)of_avro_read_fixed(in, step->node->size, step->field), step->node->size};
        break;
    case STEP_STRING:
        value->text = of_avro_read_string(in, KSQL_TEXT_VALUE_MAX, step->field);
        break;
    case STEP_ENUM: {
        const char *symbol =
            step->node->symbols[of_avro_read_branch(in, step->node->symbol_count, step->field)];
        value->text = (struct of_text){symbol, strlen(symbol)};
        break;
    }
    case STEP_ARRAY:
        read_array(walk, step, value);
        break;
    case STEP_MAP:
    case STEP_ENTRIES:
        read_map(walk, step, value);
        break;
    case STEP_RECORD:
        read_record(walk, step, value);
        break;
    case STEP_UNION: {
        size_t branch = of_avro_read_branch(in, step->count, step->field);
        if (!in->failure)
            read_step(walk, step->items[branch], value);
        break;
    }
    }
    bool number = step->kind == STEP_INT || step->kind == STEP_LONG || step->kind == STEP_BOOLEAN;
    if (step->as_text && number)
        number_to_text(walk, step, value);
    else if (step->as_text && (step->kind == STEP_FLOAT || step->kind == STEP_DOUBLE))
        real_to_text(walk, step, value);
}

int ksql_avro_read(const struct ksql_avro_reader *reader, const uint8_t *bytes, size_t size,
    struct ksql_arena *arena, struct ksql_value *row, bool *null, struct of_error *error)
{
    struct walk walk = {.arena = arena};
    of_avro_reader_init(&walk.in, bytes, size);
    for (size_t i = 0; i < reader->columns->count; i++) {
        if (reader->columns->columns[i].key == reader->key)
            row[i] = KSQL_VALUE_NULL;
    }
    if (reader->unwrapped)
        read_step(&walk, reader->root, &row[reader->slot]);
    else
        read_fields(&walk, reader->root, row);
    *null = reader->unwrapped && row[reader->slot].null;
    return walk.in.failure ? of_avro_reader_error(&walk.in, reader->key ? "key" : "value", error)
                           : 0;
}
