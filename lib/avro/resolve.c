/* Schema resolution: compiles (writer, reader) into a tree of operations and runs it. Encoding of
 * defaults is in defaults.c. */
#include "avro/resolve.h"

#include "avro/binary.h"
#include "avro/defaults.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum operation {
    COPY_NULL,
    COPY_BOOLEAN,
    COPY_INT,
    COPY_LONG,
    COPY_BYTES,
    COPY_STRING,
    COPY_FIXED,
    LONG_TO_FLOAT,
    LONG_TO_DOUBLE,
    FLOAT_TO_DOUBLE,
    MAP_ENUM,
    EACH_ITEM,
    EACH_ENTRY,
    BY_BRANCH,   /* the writer's union: children by branch, NULL where none fits */
    INTO_BRANCH, /* the reader's union: `branch`, then child */
    RECORD,
};

struct step { /* one field of the reader */
    const char *name;
    struct op *op; /* NULL: a default */
    size_t source; /* the writer's field */
    struct of_buffer initial;
};

struct op {
    enum operation operation;
    const struct of_avro_node *writer, *reader;
    size_t size;   /* COPY_FIXED */
    size_t branch; /* INTO_BRANCH */
    int *symbols;  /* MAP_ENUM: reader's index by writer's, -1: none */
    struct op **children;
    size_t child_count;
    struct step *steps; /* RECORD */
    size_t step_count;
    bool in_order;   /* RECORD: every field is taken, in the writer's order */
    bool failed;     /* RECORD: the pair cannot be resolved */
    bool stale;      /* RECORD: made while a pair that failed was thought to be good */
    struct op *next; /* of all ops of the plan */
};

struct of_avro_plan {
    struct op *ops; /* owned */
    struct op *root;
};

struct compiler {
    struct of_avro_plan *plan;
    struct of_error *error;
    int depth;
};

static struct op *compile(struct compiler *compiler, const struct of_avro_node *writer,
    const struct of_avro_node *reader);

static const char *local_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static bool names_match(const struct of_avro_node *writer, const struct of_avro_node *reader)
{
    if (strcmp(local_name(writer->full_name), local_name(reader->full_name)) == 0)
        return true;
    for (size_t i = 0; i < reader->alias_count; i++)
        if (strcmp(writer->full_name, reader->aliases[i]) == 0)
            return true;
    return false;
}

static const char *describe(const struct of_avro_node *node)
{
    return node->full_name ? node->full_name : of_avro_type_name(node->type);
}

static struct op *mismatch(
    struct compiler *compiler, const struct of_avro_node *writer, const struct of_avro_node *reader)
{
    of_fail(compiler->error, OF_INPUT, "written as %s, wanted as %s", describe(writer),
        describe(reader));
    return NULL;
}

static struct op *new_op(struct compiler *compiler, enum operation operation,
    const struct of_avro_node *writer, const struct of_avro_node *reader)
{
    struct op *op = of_alloc(sizeof(*op));
    op->operation = operation;
    op->writer = writer;
    op->reader = reader;
    op->next = compiler->plan->ops;
    compiler->plan->ops = op;
    return op;
}

static struct op *add_child(struct op *op, struct op *child)
{
    op->children = of_realloc_array(op->children, op->child_count + 1, sizeof(*op->children));
    op->children[op->child_count++] = child;
    return op;
}

static const struct of_avro_field *find_writer_field(
    const struct of_avro_node *writer, const struct of_avro_field *field)
{
    for (size_t i = 0; i < writer->field_count; i++)
        if (strcmp(writer->fields[i].name, field->name) == 0)
            return &writer->fields[i];
    for (size_t a = 0; a < field->alias_count; a++)
        for (size_t i = 0; i < writer->field_count; i++)
            if (strcmp(writer->fields[i].name, field->aliases[a]) == 0)
                return &writer->fields[i];
    return NULL;
}

static bool compile_field(
    struct compiler *compiler, struct op *op, const struct of_avro_field *field)
{
    const struct of_avro_field *source = find_writer_field(op->writer, field);
    struct step *step = &op->steps[op->step_count++];
    step->name = field->name;
    of_buffer_init(&step->initial, OF_AVRO_DEFAULT_MAX);
    if (source) {
        step->source = (size_t)(source - op->writer->fields);
        step->op = compile(compiler, source->type, field->type);
        if (!step->op)
            of_error_context(compiler->error, "%s", field->name);
        return step->op != NULL;
    }
    if (!field->default_value) {
        of_fail(compiler->error, OF_INPUT,
            "%s: the writer has no such field and ours has no default", field->name);
        return false;
    }
    if (of_avro_encode_default(field->type, field->default_value, &step->initial, compiler->error) <
        0) {
        of_error_context(compiler->error, "%s", field->name);
        return false;
    }
    return true;
}

/* True when every field is taken in the writer's order and none is dropped: one pass will do. */
static bool is_in_order(const struct op *op)
{
    size_t wanted = 0;
    for (size_t i = 0; i < op->step_count; i++)
        if (op->steps[i].op && op->steps[i].source != wanted++)
            return false;
    return wanted == op->writer->field_count;
}

/* A union tries a pair that may fail, and goes on without it. Such a pair must not be found again
 * as if it were good, nor what refers to it from within. */
static struct op *give_up(struct compiler *compiler, struct op *op)
{
    for (struct op *later = compiler->plan->ops; later != op; later = later->next)
        later->stale = true;
    op->failed = true;
    return NULL;
}

static struct op *compile_record(
    struct compiler *compiler, const struct of_avro_node *writer, const struct of_avro_node *reader)
{
    if (!names_match(writer, reader))
        return mismatch(compiler, writer, reader);
    struct op *op = new_op(compiler, RECORD, writer, reader);
    op->steps = of_alloc(reader->field_count * sizeof(*op->steps));
    for (size_t i = 0; i < reader->field_count; i++)
        if (!compile_field(compiler, op, &reader->fields[i]))
            return give_up(compiler, op);
    op->in_order = is_in_order(op);
    return op;
}

static struct op *compile_enum(
    struct compiler *compiler, const struct of_avro_node *writer, const struct of_avro_node *reader)
{
    if (!names_match(writer, reader))
        return mismatch(compiler, writer, reader);
    struct op *op = new_op(compiler, MAP_ENUM, writer, reader);
    op->symbols = of_alloc(writer->symbol_count * sizeof(*op->symbols));
    for (size_t w = 0; w < writer->symbol_count; w++) {
        op->symbols[w] = -1;
        for (size_t r = 0; r < reader->symbol_count; r++) {
            if (strcmp(writer->symbols[w], reader->symbols[r]) == 0) {
                op->symbols[w] = (int)r;
                break;
            }
            if (reader->default_symbol && strcmp(reader->default_symbol, reader->symbols[r]) == 0)
                op->symbols[w] = (int)r;
        }
    }
    return op;
}

static bool decimals_differ(const struct of_avro_node *writer, const struct of_avro_node *reader)
{
    return writer->logical == OF_AVRO_DECIMAL && reader->logical == OF_AVRO_DECIMAL &&
           (writer->precision != reader->precision || writer->scale != reader->scale);
}

static struct op *compile_same_type(
    struct compiler *compiler, const struct of_avro_node *writer, const struct of_avro_node *reader)
{
    struct op *op;
    switch (writer->type) {
    case OF_AVRO_NULL:
        return new_op(compiler, COPY_NULL, writer, reader);
    case OF_AVRO_BOOLEAN:
        return new_op(compiler, COPY_BOOLEAN, writer, reader);
    case OF_AVRO_INT:
        return new_op(compiler, COPY_INT, writer, reader);
    case OF_AVRO_LONG:
        return new_op(compiler, COPY_LONG, writer, reader);
    case OF_AVRO_FLOAT:
    case OF_AVRO_DOUBLE:
        op = new_op(compiler, COPY_FIXED, writer, reader);
        op->size = writer->type == OF_AVRO_FLOAT ? 4 : 8;
        return op;
    case OF_AVRO_BYTES:
    case OF_AVRO_STRING:
        if (decimals_differ(writer, reader)) {
            of_fail(compiler->error, OF_INPUT,
                "written as decimal(%d,%d), wanted as decimal(%d,%d)", writer->precision,
                writer->scale, reader->precision, reader->scale);
            return NULL;
        }
        return new_op(
            compiler, writer->type == OF_AVRO_STRING ? COPY_STRING : COPY_BYTES, writer, reader);
    case OF_AVRO_FIXED:
        if (!names_match(writer, reader) || writer->size != reader->size ||
            decimals_differ(writer, reader))
            return mismatch(compiler, writer, reader);
        op = new_op(compiler, COPY_FIXED, writer, reader);
        op->size = writer->size;
        return op;
    case OF_AVRO_ENUM:
        return compile_enum(compiler, writer, reader);
    case OF_AVRO_ARRAY:
    case OF_AVRO_MAP: {
        op = new_op(
            compiler, writer->type == OF_AVRO_ARRAY ? EACH_ITEM : EACH_ENTRY, writer, reader);
        struct op *child = compile(compiler, writer->branches[0], reader->branches[0]);
        return child ? add_child(op, child) : NULL;
    }
    case OF_AVRO_RECORD:
        return compile_record(compiler, writer, reader);
    case OF_AVRO_UNION:
        break;
    }
    return mismatch(compiler, writer, reader);
}

static struct op *compile_promotion(
    struct compiler *compiler, const struct of_avro_node *writer, const struct of_avro_node *reader)
{
    static const struct {
        enum of_avro_type from, to;
        enum operation operation;
    } promotions[] = {
        {OF_AVRO_INT, OF_AVRO_LONG, COPY_INT},
        {OF_AVRO_INT, OF_AVRO_FLOAT, LONG_TO_FLOAT},
        {OF_AVRO_INT, OF_AVRO_DOUBLE, LONG_TO_DOUBLE},
        {OF_AVRO_LONG, OF_AVRO_FLOAT, LONG_TO_FLOAT},
        {OF_AVRO_LONG, OF_AVRO_DOUBLE, LONG_TO_DOUBLE},
        {OF_AVRO_FLOAT, OF_AVRO_DOUBLE, FLOAT_TO_DOUBLE},
        {OF_AVRO_STRING, OF_AVRO_BYTES, COPY_BYTES},
        {OF_AVRO_BYTES, OF_AVRO_STRING, COPY_STRING},
    };
    for (size_t i = 0; i < OF_COUNT(promotions); i++)
        if (promotions[i].from == writer->type && promotions[i].to == reader->type)
            return new_op(compiler, promotions[i].operation, writer, reader);
    return mismatch(compiler, writer, reader);
}

static struct op *compile_writer_union(
    struct compiler *compiler, const struct of_avro_node *writer, const struct of_avro_node *reader)
{
    struct op *op = new_op(compiler, BY_BRANCH, writer, reader);
    for (size_t i = 0; i < writer->branch_count; i++)
        add_child(op, compile(compiler, writer->branches[i], reader));
    return op;
}

/* A branch of the very same type and name first, then the first that can be resolved. */
static struct op *compile_reader_union(
    struct compiler *compiler, const struct of_avro_node *writer, const struct of_avro_node *reader)
{
    for (int exact = 1; exact >= 0; exact--) {
        for (size_t i = 0; i < reader->branch_count; i++) {
            const struct of_avro_node *branch = reader->branches[i];
            if (exact && branch->type != writer->type)
                continue;
            struct op *child = compile(compiler, writer, branch);
            if (!child)
                continue;
            struct op *op = new_op(compiler, INTO_BRANCH, writer, reader);
            op->branch = i;
            return add_child(op, child);
        }
    }
    return mismatch(compiler, writer, reader);
}

static struct op *find_record(const struct compiler *compiler, const struct of_avro_node *writer,
    const struct of_avro_node *reader)
{
    for (struct op *op = compiler->plan->ops; op; op = op->next)
        if (op->operation == RECORD && !op->stale && op->writer == writer && op->reader == reader)
            return op;
    return NULL;
}

static struct op *compile(
    struct compiler *compiler, const struct of_avro_node *writer, const struct of_avro_node *reader)
{
    struct op *known = find_record(compiler, writer, reader);
    if (known && known->failed)
        return mismatch(compiler, writer, reader);
    if (known)
        return known; /* a recursive type */
    if (compiler->depth == 2 * OF_AVRO_DEPTH_MAX) {
        of_fail(compiler->error, OF_INPUT, "nested deeper than the limit");
        return NULL;
    }
    compiler->depth++;
    struct op *op;
    if (writer->type == OF_AVRO_UNION)
        op = compile_writer_union(compiler, writer, reader);
    else if (reader->type == OF_AVRO_UNION)
        op = compile_reader_union(compiler, writer, reader);
    else if (writer->type == reader->type)
        op = compile_same_type(compiler, writer, reader);
    else
        op = compile_promotion(compiler, writer, reader);
    compiler->depth--;
    return op;
}

int of_avro_plan_new(const struct of_avro_schema *writer, const struct of_avro_schema *reader,
    struct of_avro_plan **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_avro_plan) struct of_avro_plan *plan = of_alloc(sizeof(*plan));
    struct of_error cause;
    struct compiler compiler = {plan, &cause, 0};
    plan->root = compile(&compiler, of_avro_schema_root(writer), of_avro_schema_root(reader));
    if (!plan->root) {
        *error = cause;
        return of_error_context(error, "the writer's schema cannot be resolved");
    }
    *out = OF_TAKE(plan);
    return OF_OK;
}

void of_avro_plan_free(struct of_avro_plan *plan)
{
    while (plan->ops) {
        struct op *op = plan->ops;
        plan->ops = op->next;
        for (size_t i = 0; i < op->step_count; i++)
            of_buffer_release(&op->steps[i].initial);
        free(op->steps);
        free(op->children);
        free(op->symbols);
        free(op);
    }
    free(plan);
}

struct run {
    struct of_avro_reader in;
    struct of_buffer *out;
    int depth;
    size_t taken, skipped; /* items without bytes so far */
};

#define OF_AVRO_RUN_DEPTH_MAX 64 /* of the data: recursive types nest as deep as they like */
#define OF_AVRO_ZERO_SIZE_ITEMS_MAX 65536 /* items that take no bytes cost the sender nothing */
/* What is taken once may be skipped once for every record around it. */
#define ZERO_SIZE_SKIPS_MAX ((size_t)OF_AVRO_ZERO_SIZE_ITEMS_MAX * OF_AVRO_RUN_DEPTH_MAX)

static bool enter(struct run *run, const char *field)
{
    if (run->depth == OF_AVRO_RUN_DEPTH_MAX) {
        of_avro_reader_fail(&run->in, "nested deeper than the limit", field);
        return false;
    }
    run->depth++;
    return true;
}

static size_t read_block(struct run *run, size_t so_far, const char *field)
{
    /* Each item takes a byte at least, or there may be only so many of them. */
    size_t left = (size_t)(run->in.end - run->in.next);
    size_t limit = left > OF_AVRO_ZERO_SIZE_ITEMS_MAX ? left : OF_AVRO_ZERO_SIZE_ITEMS_MAX;
    return of_avro_read_block(&run->in, so_far, so_far + limit, field);
}

static void count_item(
    struct run *run, const uint8_t *start, size_t *count, size_t limit, const char *field)
{
    if (run->in.next == start && ++*count > limit)
        of_avro_reader_fail(&run->in, "more items than the limit", field);
}

static void skip(struct run *run, const struct of_avro_node *node, const char *field)
{
    if (run->in.failure || !enter(run, field))
        return;
    switch (node->type) {
    case OF_AVRO_NULL:
        break;
    case OF_AVRO_BOOLEAN:
        of_avro_read_boolean(&run->in, field);
        break;
    case OF_AVRO_INT:
        of_avro_read_int(&run->in, field);
        break;
    case OF_AVRO_ENUM:
    case OF_AVRO_LONG:
        of_avro_read_long(&run->in, field);
        break;
    case OF_AVRO_FLOAT:
        of_avro_read_fixed(&run->in, 4, field);
        break;
    case OF_AVRO_DOUBLE:
        of_avro_read_fixed(&run->in, 8, field);
        break;
    case OF_AVRO_FIXED:
        of_avro_read_fixed(&run->in, node->size, field);
        break;
    case OF_AVRO_BYTES:
    case OF_AVRO_STRING:
        of_avro_read_bytes(&run->in, SIZE_MAX, field);
        break;
    case OF_AVRO_UNION:
        skip(run, node->branches[of_avro_read_branch(&run->in, node->branch_count, field)], field);
        break;
    case OF_AVRO_RECORD:
        for (size_t i = 0; i < node->field_count; i++)
            skip(run, node->fields[i].type, node->fields[i].name);
        break;
    case OF_AVRO_ARRAY:
    case OF_AVRO_MAP: {
        size_t total = 0;
        for (size_t block; (block = read_block(run, total, field)) > 0; total += block)
            for (size_t i = 0; i < block && !run->in.failure; i++) {
                const uint8_t *start = run->in.next;
                if (node->type == OF_AVRO_MAP)
                    of_avro_read_bytes(&run->in, SIZE_MAX, field);
                skip(run, node->branches[0], field);
                count_item(run, start, &run->skipped, ZERO_SIZE_SKIPS_MAX, field);
            }
        break;
    }
    }
    run->depth--;
}

static void put_long(struct run *run, int64_t value)
{
    uint8_t bytes[OF_AVRO_LONG_MAX];
    of_buffer_append(run->out, bytes, (size_t)(of_avro_write_long(bytes, value) - bytes));
}

static void put_text(struct run *run, struct of_text text)
{
    put_long(run, (int64_t)text.length);
    of_buffer_append(run->out, text.data, text.length);
}

static void execute(struct run *run, const struct op *op, const char *field);

/* Reads the writer's fields in their order; each reader's field is then made from its place. */
static void execute_record(struct run *run, const struct op *op)
{
    const uint8_t *starts[OF_AVRO_FIELDS_MAX];
    const struct of_avro_node *writer = op->writer;
    for (size_t i = 0; i < writer->field_count; i++) {
        starts[i] = run->in.next;
        skip(run, writer->fields[i].type, writer->fields[i].name);
    }
    const uint8_t *end = run->in.next;
    for (size_t i = 0; i < op->step_count && !run->in.failure; i++) {
        const struct step *step = &op->steps[i];
        if (!step->op) {
            of_buffer_append(run->out, step->initial.data, step->initial.length);
            continue;
        }
        run->in.next = starts[step->source];
        execute(run, step->op, step->name);
    }
    if (!run->in.failure)
        run->in.next = end;
}

static void execute_in_order(struct run *run, const struct op *op)
{
    for (size_t i = 0; i < op->step_count; i++) {
        const struct step *step = &op->steps[i];
        if (step->op)
            execute(run, step->op, step->name);
        else
            of_buffer_append(run->out, step->initial.data, step->initial.length);
    }
}

static void execute_blocks(struct run *run, const struct op *op, const char *field)
{
    size_t total = 0;
    for (size_t block; (block = read_block(run, total, field)) > 0; total += block) {
        put_long(run, (int64_t)block);
        for (size_t i = 0; i < block && !run->in.failure && !run->out->full; i++) {
            const uint8_t *start = run->in.next;
            if (op->operation == EACH_ENTRY)
                put_text(run, of_avro_read_string(&run->in, SIZE_MAX, field));
            execute(run, op->children[0], field);
            count_item(run, start, &run->taken, OF_AVRO_ZERO_SIZE_ITEMS_MAX, field);
        }
    }
    put_long(run, 0);
}

static int64_t read_number(struct run *run, const struct op *op, const char *field)
{
    return op->writer->type == OF_AVRO_INT ? of_avro_read_int(&run->in, field)
                                           : of_avro_read_long(&run->in, field);
}

static void execute_inner(struct run *run, const struct op *op, const char *field)
{
    struct of_avro_reader *in = &run->in;
    switch (op->operation) {
    case COPY_NULL:
        return;
    case COPY_BOOLEAN:
        of_buffer_append_byte(run->out, of_avro_read_boolean(in, field));
        return;
    case COPY_INT:
        put_long(run, of_avro_read_int(in, field));
        return;
    case COPY_LONG:
        put_long(run, of_avro_read_long(in, field));
        return;
    case COPY_BYTES:
        put_text(run, of_avro_read_bytes(in, SIZE_MAX, field));
        return;
    case COPY_STRING:
        put_text(run, of_avro_read_string(in, SIZE_MAX, field));
        return;
    case COPY_FIXED: {
        const uint8_t *bytes = of_avro_read_fixed(in, op->size, field);
        if (bytes)
            of_buffer_append(run->out, bytes, op->size);
        return;
    }
    case LONG_TO_FLOAT: {
        float value = (float)read_number(run, op, field);
        of_buffer_append(run->out, &value, sizeof(value));
        return;
    }
    case LONG_TO_DOUBLE: {
        double value = (double)read_number(run, op, field);
        of_buffer_append(run->out, &value, sizeof(value));
        return;
    }
    case FLOAT_TO_DOUBLE: {
        double value = (double)of_avro_read_float(in, field);
        of_buffer_append(run->out, &value, sizeof(value));
        return;
    }
    case MAP_ENUM: {
        int64_t symbol = of_avro_read_long(in, field);
        if (symbol < 0 || (uint64_t)symbol >= op->writer->symbol_count)
            of_avro_reader_fail(in, "an enum symbol that does not exist", field);
        else if (op->symbols[symbol] < 0)
            of_avro_reader_fail(in, "an enum symbol that our schema does not have", field);
        else
            put_long(run, op->symbols[symbol]);
        return;
    }
    case BY_BRANCH: {
        size_t branch = of_avro_read_branch(in, op->child_count, field);
        if (!op->children[branch])
            of_avro_reader_fail(in, "a union branch that our schema does not take", field);
        else
            execute(run, op->children[branch], field);
        return;
    }
    case INTO_BRANCH:
        put_long(run, (int64_t)op->branch);
        execute(run, op->children[0], field);
        return;
    case EACH_ITEM:
    case EACH_ENTRY:
        execute_blocks(run, op, field);
        return;
    case RECORD:
        if (op->in_order)
            execute_in_order(run, op);
        else
            execute_record(run, op);
        return;
    }
}

static void execute(struct run *run, const struct op *op, const char *field)
{
    if (run->in.failure || !enter(run, field))
        return;
    execute_inner(run, op, field);
    run->depth--;
}

int of_avro_plan_run(const struct of_avro_plan *plan, const uint8_t *bytes, size_t size,
    struct of_buffer *out, struct of_error *error)
{
    struct run run = {.out = out};
    of_avro_reader_init(&run.in, bytes, size);
    size_t start = out->length;
    execute(&run, plan->root, "value");
    if (!run.in.failure && run.in.next != run.in.end)
        of_avro_reader_fail(&run.in, "bytes behind the record", "end");
    int result = OF_OK;
    if (run.in.failure)
        result = of_avro_reader_error(&run.in, describe(plan->root->reader), error);
    else if (out->full)
        result = of_buffer_check(out, "the resolved record", error);
    if (result < 0)
        out->length = start;
    return result;
}
