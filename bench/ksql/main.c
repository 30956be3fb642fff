/* bench-ksql: the pipeline's SQL scripts without servers, on orders in memory: what a record costs
 * the runner itself. A line of JSON for each query that reads orders. */
#include "../common/orders.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/options.h"
#include "ksqld/engine.h"
#include "schemas/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDERS_MAX 100000
#define SCRIPT_MAX (256u * 1024)
#define ORDER_MAX (64u * 1024)
#define FRAME                                                                                      \
    {                                                                                              \
        0, 0, 0, 0, 1                                                                              \
    }

static int64_t orders = 2000, rounds = 5;
static const char *scripts = "ksql", *only;

static const struct of_option options[] = {
    {.name = "orders",
        .type = OF_OPTION_INT,
        .target = &orders,
        .argument = "N",
        .help = "how many different orders",
        .minimum = 1,
        .maximum = ORDERS_MAX},
    {.name = "rounds",
        .type = OF_OPTION_INT,
        .target = &rounds,
        .argument = "N",
        .help = "how often each query reads them; the best round counts",
        .minimum = 1,
        .maximum = 1e6},
    {.name = "scripts",
        .type = OF_OPTION_TEXT,
        .target = &scripts,
        .argument = "FOLDER",
        .help = "with the pipeline's scripts"},
    {.name = "query",
        .type = OF_OPTION_TEXT,
        .target = &only,
        .argument = "ID",
        .help = "this query alone"},
    {.name = NULL},
};

static const struct of_program program = {.name = "bench-ksql",
    .synopsis = "[OPTION...]",
    .summary = "time the pipeline's SQL in memory",
    .options = options};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench-ksql: %s: %s\n", what, why);
    exit(OF_EXIT_FAILURE);
}

/* ---- the scripts ---- */

static int find_topic(
    void *context, const char *topic, struct ksql_topic *answer, struct of_error *error)
{
    (void)context, (void)topic, (void)error;
    *answer = (struct ksql_topic){.exists = true, .partitions = 4, .replicas = 1};
    return 0;
}

static int find_schema(void *context, int32_t id, enum of_schema_type type, const char **text,
    size_t *size, struct of_error *error)
{
    (void)type;
    (void)context, (void)id, (void)error;
    *text = of_order_schema;
    *size = of_order_schema_size;
    return 0;
}

static void apply(struct ksql_engine *engine, const struct ksql_piece *piece, int64_t sequence)
{
    static char name[] = "partitions", value[] = "4";
    static const struct ksql_property variable = {.name = name, .value = value};
    const struct ksql_prepare_options how = {.variables = &variable, .variable_count = 1};
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {0};
    OF_CLEANUP(of_cleanup_ksql_statement) struct ksql_statement *statement = NULL;
    struct of_error error;
    if (ksql_engine_prepare(engine, piece->text, piece->length, &how, &statement, &failure) < 0)
        die("statement", failure.message);
    if (statement->command_id && ksql_engine_apply(engine, statement, sequence, &error) < 0)
        die("statement", error.message);
}

static void apply_script(struct ksql_engine *engine, const char *name, int64_t *sequence)
{
    OF_FREE char *path = of_asprintf("%s/%s.sql", scripts, name);
    OF_FREE char *text = of_alloc(SCRIPT_MAX);
    OF_CLEANUP(of_cleanup_file) FILE *file = fopen(path, "re");
    OF_CLEANUP(ksql_pieces_release) struct ksql_pieces pieces = {0};
    struct of_error error;
    if (!file)
        die(path, "cannot be read");
    if (ksql_split(text, fread(text, 1, SCRIPT_MAX, file), &pieces, &error) < 0)
        die(path, error.message);
    for (size_t i = 0; i < pieces.count; i++, *sequence += 2)
        apply(engine, &pieces.items[i], *sequence);
}

/* ---- the orders ---- */

struct inputs {
    struct of_buffer bytes;
    size_t *ends; /* of each order's value */
};

static void encode(struct inputs *inputs)
{
    static const uint8_t frame[] = FRAME;
    struct bench_order slot;
    struct of_error error;
    bench_order_init(&slot);
    of_buffer_init(&inputs->bytes, (size_t)orders * ORDER_MAX);
    inputs->ends = of_alloc((size_t)orders * sizeof(*inputs->ends));
    for (int64_t i = 0; i < orders; i++) {
        of_buffer_append(&inputs->bytes, frame, sizeof(frame));
        if (bench_order_draw(&slot, i + 1, 1, OF_TOPIC_SHIPPED, &error) < 0 ||
            of_order_encode(&slot.order, &inputs->bytes, &error) < 0)
            die("orders", error.message);
        inputs->ends[i] = inputs->bytes.length;
    }
    bench_order_release(&slot);
}

/* ---- the race ---- */

struct outputs {
    int64_t records, bytes;
};

static int emit(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    (void)error;
    struct outputs *outputs = context;
    outputs->records++;
    outputs->bytes += (int64_t)record->value_size;
    return OF_OK;
}

static void run(const struct ksql_query *query, const struct inputs *inputs)
{
    const struct ksql_run_callbacks callbacks = {.schema = find_schema};
    OF_CLEANUP(of_cleanup_ksql_run) struct ksql_run *made = NULL;
    struct outputs outputs = {0};
    struct of_error error;
    int64_t best = INT64_MAX;
    if (ksql_run_new(query, &callbacks, 0, 2, &made, &error) < 0)
        die(query->id, error.message);
    for (int64_t round = 0; round < rounds; round++) {
        int64_t began = of_clock_monotonic_ns();
        outputs = (struct outputs){0};
        for (int64_t i = 0; i < orders; i++) {
            char key[24];
            size_t start = i ? inputs->ends[i - 1] : 0;
            const struct ksql_record_in record = {.key = key,
                .key_size = (size_t)snprintf(key, sizeof(key), "%lld", (long long)i + 1),
                .value = inputs->bytes.data + start,
                .value_size = inputs->ends[i] - start};
            if (ksql_run_process(made, &record, emit, &outputs, &error) < 0)
                die(query->id, error.message);
        }
        int64_t took = of_clock_monotonic_ns() - began;
        best = took < best ? took : best;
    }
    printf("{\"query\": \"%s\", \"nanoseconds\": %.1f, \"records\": %.2f, \"bytes\": %.1f}\n",
        query->id, (double)best / (double)orders, (double)outputs.records / (double)orders,
        (double)outputs.bytes / (double)orders);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {
        "01_sources", "02_customer_info", "03_order_info", "04_item_exploded"};
    struct of_error error;
    int first;
    int result = of_options_parse(&program, argc, argv, &first, &error);
    if (result)
        return result == 1 ? OF_EXIT_OK : of_program_complain(&program, &error, OF_EXIT_USAGE);
    OF_CLEANUP(of_cleanup_ksql_engine)
    struct ksql_engine *engine = ksql_engine_new(&(struct ksql_callbacks){.topic = find_topic});
    struct inputs inputs;
    int64_t sequence = 0;
    for (size_t i = 0; i < OF_COUNT(names); i++)
        apply_script(engine, names[i], &sequence);
    encode(&inputs);
    for (size_t i = 0; i < ksql_engine_query_count(engine); i++) {
        const struct ksql_query *query = ksql_engine_query(engine, i);
        if (strcmp(query->sources[0], "FINISHED") == 0 && (!only || strcmp(only, query->id) == 0))
            run(query, &inputs);
    }
    of_buffer_release(&inputs.bytes);
    free(inputs.ends);
    return OF_EXIT_OK;
}
